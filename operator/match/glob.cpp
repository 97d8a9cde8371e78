#include "match/glob.hpp"

#include "base/bounded_text.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace holdfast::match {

struct glob::program {
    re2::RE2 expression;
    explicit program(const std::string& text, const re2::RE2::Options& options) : expression{text, options} {}
};

namespace {

constexpr std::size_t max_pattern = 4096;
constexpr std::size_t max_nesting = 16;

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

/// A text as RE2 can look at it, character by character. Go, too, reads U+FFFD in place of a byte that is no
/// UTF-8.
std::string_view readable(std::string_view text, std::string& made) {
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80U; };
    if (std::ranges::all_of(text, is_ascii)) return text;
    return made = valid_utf8(text);
}

struct translation {
    std::string expression;
    /// What a pattern without wildcards matches, and whether this is one.
    std::string literal;
    bool is_literal = true;
};

/// One run over a pattern. Its errors say what is wrong and not with which pattern.
class translator {
public:
    translator(glob_dialect dialect, std::string_view pattern) : dialect_{dialect}, rest_{pattern} {}

    result<translation> run() {
        while (!rest_.empty()) {
            if (auto done = step(); !done) return done.error();
        }
        if (braces_ != 0) return user_error("'{' without '}'");
        return std::move(out_);
    }

private:
    [[nodiscard]] bool has_braces() const noexcept { return dialect_ != glob_dialect::go_path; }
    [[nodiscard]] bool crosses_slashes() const noexcept { return dialect_ == glob_dialect::gobwas; }
    [[nodiscard]] bool is_of_gobwas() const noexcept {
        return dialect_ == glob_dialect::gobwas || dialect_ == glob_dialect::gobwas_path;
    }

    /// Takes the next character, with all its bytes.
    std::string_view take() {
        std::size_t length = 1;
        while (length < rest_.size() && (static_cast<unsigned char>(rest_[length]) & 0xC0U) == 0x80U) {
            ++length;
        }
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    bool takes(char c) {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void literal(std::string_view text) {
        out_.expression += re2::RE2::QuoteMeta(piece(text));
        out_.literal += text;
    }

    void special(std::string_view expression) {
        out_.expression += expression;
        out_.is_literal = false;
    }

    result<void> step() {
        const std::string_view c = take();
        switch (c.front()) {
        case '*': {
            std::size_t stars = 1;
            while (takes('*')) {
                ++stars;
            }
            const bool is_any = crosses_slashes() || (dialect_ == glob_dialect::gobwas_path && stars > 1);
            special(is_any ? ".*" : "[^/]*");
            return {};
        }
        case '?': special(crosses_slashes() ? "." : "[^/]"); return {};
        case '\\':
            if (rest_.empty()) return user_error("nothing comes after the last '\\'");
            literal(take());
            return {};
        case '{':
            if (!has_braces()) break;
            if (++braces_ > max_nesting) return user_error("'{' is nested too deep");
            special("(?:");
            return {};
        case '}':
            if (braces_ == 0 && dialect_ == glob_dialect::doublestar) return user_error("'}' without '{'");
            if (braces_ == 0) break;
            --braces_;
            special(")");
            return {};
        case ',':
            if (braces_ == 0) break;
            special("|");
            return {};
        case '[': return set();
        default: break;
        }
        literal(c);
        return {};
    }

    result<bool> is_negated() {
        switch (dialect_) {
        case glob_dialect::gobwas:
        case glob_dialect::gobwas_path:
            if (rest_.starts_with('^')) {
                return user_error("a set begins with '^': write [!…] for all other characters, or [\\^…]");
            }
            return takes('!');
        case glob_dialect::go_path: return takes('^');
        case glob_dialect::doublestar: return takes('^') || takes('!');
        }
        return false;
    }

    /// One character of a set.
    result<std::string_view> member() {
        if (dialect_ == glob_dialect::go_path && rest_.starts_with('-')) {
            return user_error("'-' in a set has to be written as '\\-'");
        }
        takes('\\');
        if (rest_.empty()) return user_error("'[' without ']'");
        return take();
    }

    static void append_member(std::string& text, std::string_view c) {
        if (std::string_view{"\\]^-["}.find(c.front()) != std::string_view::npos) text += '\\';
        text += c;
    }

    result<void> set() {
        const auto negated = is_negated();
        if (!negated) return negated.error();
        std::string members;
        for (bool first = true; first || !rest_.starts_with(']'); first = false) {
            if (rest_.empty()) return user_error("'[' without ']'");
            if (rest_.starts_with(']')) return user_error("'[]' has no characters");
            const auto low = member();
            if (!low) return low.error();
            auto high = *low;
            if (rest_.size() >= 2 && rest_.front() == '-' && rest_[1] != ']') {
                takes('-');
                const auto end = member();
                if (!end) return end.error();
                high = *end;
            }
            if (high < *low) {                 // UTF-8 sorts as its code points do
                if (!is_of_gobwas()) continue; // Go lets it match nothing
                return user_error(fmt::format("the range {}-{} is empty", *low, high));
            }
            append_member(members, *low);
            if (high != *low) {
                members += '-';
                append_member(members, high);
            }
        }
        takes(']');
        if (members.empty()) {
            special(*negated ? "." : "[^\\x{0}-\\x{10FFFF}]");
        } else {
            special((*negated ? "[^" : "[") + members + "]");
        }
        return {};
    }

    glob_dialect dialect_;
    std::string_view rest_;
    translation out_;
    std::size_t braces_ = 0;
};

re2::RE2::Options options() {
    re2::RE2::Options made;
    made.set_log_errors(false);
    made.set_never_capture(true);
    made.set_dot_nl(true);
    made.set_max_mem(std::int64_t{4} << 20U);
    return made;
}

} // namespace

result<glob> glob::read(glob_dialect dialect, std::string_view pattern) {
    if (pattern.size() > max_pattern) {
        return user_error(fmt::format("it has {} bytes, more than {}", pattern.size(), max_pattern));
    }
    std::string buffer;
    auto translated = translator{dialect, readable(pattern, buffer)}.run();
    if (!translated) return translated.error();
    glob made;
    made.pattern_ = pattern;
    made.is_any_ = translated->expression == ".*";
    if (made.is_any_) return made;
    if (translated->is_literal) {
        made.literal_ = std::move(translated->literal);
        return made;
    }
    auto compiled = std::make_shared<program>(translated->expression, options());
    if (!compiled->expression.ok()) return user_error(compiled->expression.error());
    made.program_ = std::move(compiled);
    return made;
}

result<glob> glob::compile(glob_dialect dialect, std::string_view pattern) {
    auto made = read(dialect, pattern);
    if (made) return made;
    return made.error().within(fmt::format("glob \"{}\"", first_bytes(pattern, 256)));
}

bool glob::matches(std::string_view text) const {
    if (is_any_) return true;
    std::string buffer;
    const auto characters = readable(text, buffer);
    return program_ ? re2::RE2::FullMatch(piece(characters), program_->expression) : characters == literal_;
}

std::string glob_problem(glob_dialect dialect, std::string_view pattern) {
    const auto made = glob::read(dialect, pattern);
    return made ? std::string{} : made.error().message();
}

} // namespace holdfast::match
