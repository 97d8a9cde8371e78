#include "render/glob.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <cstddef>
#include <utility>

namespace holdfast::render {

struct glob::program {
    re2::RE2 expression;
    explicit program(const std::string& text, const re2::RE2::Options& options) : expression{text, options} {}
};

glob::glob(std::string pattern, std::shared_ptr<const program> compiled)
    : pattern_{std::move(pattern)}, program_{std::move(compiled)} {}

bool glob::matches(std::string_view path) const {
    return re2::RE2::FullMatch(re2::StringPiece{path.data(), path.size()}, program_->expression);
}

namespace {

constexpr std::size_t max_pattern = 4096;
constexpr std::size_t max_nesting = 16;

/// One run over a pattern, giving a regular expression.
class translator {
public:
    explicit translator(std::string_view pattern) : rest_{pattern}, pattern_{pattern} {}

    result<std::string> run() {
        while (!rest_.empty()) {
            if (auto done = step(); !done) return done.error();
        }
        if (braces_ != 0) return wrong("'{' is not closed by '}'");
        return std::move(out_);
    }

private:
    [[nodiscard]] error wrong(std::string_view what) const {
        return user_error(fmt::format("glob \"{}\": {}", pattern_, what));
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

    void literal(std::string_view text) {
        out_ += re2::RE2::QuoteMeta(re2::StringPiece{text.data(), text.size()});
    }

    result<void> step() {
        const std::string_view c = take();
        switch (c.front()) {
        case '*':
            while (rest_.starts_with('*')) {
                take();
            }
            out_ += "\\C*";
            return {};
        case '?': out_ += '.'; return {};
        case '\\':
            if (rest_.empty()) return wrong("it ends with '\\', which takes the next character as it is");
            literal(take());
            return {};
        case '{':
            if (++braces_ > max_nesting) return wrong("'{' is nested too deep");
            out_ += "(?:";
            return {};
        case '}':
            if (braces_ == 0) break;
            --braces_;
            out_ += ')';
            return {};
        case ',':
            if (braces_ == 0) break;
            out_ += '|';
            return {};
        case '[': return set();
        default: break;
        }
        literal(c);
        return {};
    }

    /// One character of a set, escaped for one; empty with its error said when there is none.
    result<std::string_view> member() {
        if (rest_.starts_with('\\')) take();
        if (rest_.empty()) return wrong("'[' is not closed by ']'");
        return take();
    }

    static void append_member(std::string& text, std::string_view c) {
        if (std::string_view{"\\]^-["}.find(c.front()) != std::string_view::npos) text += '\\';
        text += c;
    }

    result<void> set() {
        std::string text = "[";
        if (rest_.starts_with('!') || rest_.starts_with('^')) {
            take();
            text += '^';
        }
        bool is_empty = true;
        while (is_empty || !rest_.starts_with(']')) {
            if (rest_.starts_with(']')) return wrong("'[]' has no characters");
            const auto low = member();
            if (!low) return low.error();
            append_member(text, *low);
            is_empty = false;
            if (rest_.size() >= 2 && rest_.front() == '-' && rest_[1] != ']') {
                take();
                const auto high = member();
                if (!high) return high.error();
                // UTF-8 sorts as its code points do.
                if (*high < *low) return wrong(fmt::format("the range {}-{} is empty", *low, *high));
                text += '-';
                append_member(text, *high);
            }
        }
        take();
        out_ += text + "]";
        return {};
    }

    std::string_view rest_;
    std::string_view pattern_;
    std::string out_;
    std::size_t braces_ = 0;
};

} // namespace

result<glob> glob::compile(std::string_view pattern) {
    if (pattern.size() > max_pattern) {
        return user_error(
            fmt::format("a glob of {} bytes is longer than the limit of {}", pattern.size(), max_pattern)
        );
    }
    auto expression = translator{pattern}.run();
    if (!expression) return expression.error();
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    options.set_dot_nl(true);
    options.set_max_mem(std::int64_t{4} << 20U);
    auto compiled = std::make_shared<program>(*expression, options);
    if (!compiled->expression.ok()) {
        return user_error(fmt::format("glob \"{}\": {}", pattern, compiled->expression.error()));
    }
    return glob{std::string{pattern}, std::move(compiled)};
}

} // namespace holdfast::render
