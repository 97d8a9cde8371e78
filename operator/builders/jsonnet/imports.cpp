#include "builders/jsonnet/imports.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace holdfast::builders::jsonnet {

namespace {

bool is_identifier_start(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_identifier(char c) noexcept {
    return is_identifier_start(c) || (c >= '0' && c <= '9');
}

void append_utf8(std::string& text, std::uint32_t c) {
    if (c < 0x80) {
        text += static_cast<char>(c);
    } else if (c < 0x800) {
        text += static_cast<char>(0xC0U | (c >> 6U));
        text += static_cast<char>(0x80U | (c & 0x3FU));
    } else {
        text += static_cast<char>(0xE0U | (c >> 12U));
        text += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
        text += static_cast<char>(0x80U | (c & 0x3FU));
    }
}

/// Reads a text token by token, as far as is needed to tell keywords and strings from what looks like them.
class scanner {
public:
    explicit scanner(std::string_view text) : text_{text} {}

    std::vector<import_statement> run() {
        std::vector<import_statement> found;
        while (skip_to_token()) {
            if (!is_identifier_start(text_[at_])) {
                if (!skip_token()) break;
                continue;
            }
            const int line = line_;
            const auto word = take_word();
            const bool is_code = word == "import";
            if (!is_code && word != "importstr" && word != "importbin") continue;
            if (!skip_to_token()) break;
            if (!starts_string()) continue; // a field, or computed, which is no jsonnet
            auto name = take_string();
            if (!name) break;
            found.push_back({
                .kind = is_code ? import_kind::code : import_kind::data,
                .name = std::move(*name),
                .line = line,
            });
        }
        return found;
    }

private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    [[nodiscard]] bool starts_with(std::string_view part) const noexcept {
        return text_.substr(std::min(at_, text_.size())).starts_with(part);
    }

    void go_to(std::size_t position) {
        position = std::min(position, text_.size());
        line_ += static_cast<int>(std::count(
            text_.begin() + static_cast<std::ptrdiff_t>(at_),
            text_.begin() + static_cast<std::ptrdiff_t>(position), '\n'
        ));
        at_ = position;
    }

    /// Behind blanks and comments; false at the end.
    bool skip_to_token() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                go_to(at_ + 1);
            } else if (c == '#' || starts_with("//")) {
                go_to(text_.find('\n', at_));
            } else if (starts_with("/*")) {
                const auto end = text_.find("*/", at_ + 2);
                if (end == std::string_view::npos) return false;
                go_to(end + 2);
            } else {
                return true;
            }
        }
        return false;
    }

    std::string_view take_word() {
        const auto start = at_;
        while (at_ < text_.size() && is_identifier(text_[at_])) {
            ++at_;
        }
        return text_.substr(start, at_ - start);
    }

    [[nodiscard]] bool starts_string() const noexcept {
        return peek() == '"' || peek() == '\'' || (peek() == '@' && (peek(1) == '"' || peek(1) == '\''));
    }

    /// False where the text is no jsonnet.
    bool skip_token() {
        if (starts_string()) return take_string().has_value();
        if (starts_with("|||")) return skip_block();
        if (peek() >= '0' && peek() <= '9') {
            while (is_identifier(peek())) { // 1e5 is no identifier behind a number
                ++at_;
            }
            return true;
        }
        go_to(at_ + 1);
        return true;
    }

    std::optional<std::string> take_string() {
        const bool is_verbatim = peek() == '@';
        if (is_verbatim) ++at_;
        const char quote = text_[at_++];
        std::string value;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == quote) {
                ++at_;
                if (!is_verbatim || peek() != quote) return value;
                value += quote;
                ++at_;
            } else if (c == '\\' && !is_verbatim) {
                take_escape(value);
            } else {
                value += c;
                go_to(at_ + 1);
            }
        }
        return std::nullopt;
    }

    void take_escape(std::string& value) {
        const char c = peek(1);
        go_to(at_ + 2);
        switch (c) {
        case 'b': value += '\b'; break;
        case 'f': value += '\f'; break;
        case 'n': value += '\n'; break;
        case 'r': value += '\r'; break;
        case 't': value += '\t'; break;
        case 'u': {
            std::uint32_t point = 0;
            const auto digits = text_.substr(std::min(at_, text_.size()), 4);
            std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
            append_utf8(value, point);
            go_to(at_ + 4);
            break;
        }
        default: value += c;
        }
    }

    [[nodiscard]] std::string_view line_at(std::size_t start) const noexcept {
        const auto end = text_.find('\n', start);
        return text_.substr(start, end == std::string_view::npos ? end : end - start + 1);
    }

    /// A block is the lines that start with the blanks of its first one, and empty ones.
    bool skip_block() {
        auto start = at_ + 3;
        if (start < text_.size() && text_[start] == '-') ++start;
        const auto opening = line_at(std::min(start, text_.size()));
        if (opening.find_first_not_of(" \t\r") != opening.size() - 1 || !opening.ends_with('\n')) {
            go_to(at_ + 3); // an operator, which is no jsonnet either
            return true;
        }
        start += opening.size();
        std::string_view blanks;
        while (start < text_.size()) {
            const auto line = line_at(start);
            if (line != "\n" && line != "\r\n") {
                if (blanks.empty()) blanks = line.substr(0, line.find_first_not_of(" \t"));
                if (blanks.empty()) return false;
                if (!line.starts_with(blanks)) {
                    const auto end = line.find_first_not_of(" \t");
                    if (end == std::string_view::npos || !line.substr(end).starts_with("|||")) return false;
                    go_to(start + end + 3);
                    return true;
                }
            }
            start += line.size();
        }
        return false;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
};

} // namespace

std::vector<import_statement> imports_of(std::string_view text) {
    return scanner{text}.run();
}

} // namespace holdfast::builders::jsonnet
