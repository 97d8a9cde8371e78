#include "crds/yaml_writer.hpp"

#include "base/json_as_yaml.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace holdfast::crds {

namespace json = boost::json;

namespace {

constexpr std::size_t page_width = 110;
constexpr std::size_t folded_from = 80;

bool is_letter(char c) noexcept {
    return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

/// What YAML 1.1 reads as booleans and null (and y and n, which some readers do).
bool is_reserved(std::string_view text) noexcept {
    static constexpr std::array<std::string_view, 9> words{"y",   "n",    "yes",   "no",  "on",
                                                           "off", "true", "false", "null"};
    return std::ranges::any_of(words, [text](std::string_view word) {
        return std::ranges::equal(text, word, [](char a, char b) {
            return std::tolower(static_cast<unsigned char>(a)) == b;
        });
    });
}

bool prints(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string double_quoted(std::string_view text) {
    return json_as_yaml(json::serialize(json::string{text}));
}

class emitter {
public:
    void value(const json::value& value, std::size_t indent, bool inline_start) {
        if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
            mapping(*object, indent, inline_start);
        } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
            sequence(*array, indent);
        } else {
            scalar(value, indent);
            text_ += '\n';
        }
    }

    std::string take() { return std::move(text_); }

private:
    /// `inline_start`: the first key goes on in the line of the dash before it.
    void mapping(const json::object& object, std::size_t indent, bool inline_start) {
        bool first = inline_start;
        for (const auto& member : object) {
            if (!first) text_.append(indent, ' ');
            first = false;
            const std::string_view key{member.key()};
            text_ += is_plain_in_yaml(key) ? std::string{key} : double_quoted(key);
            text_ += ':';
            nested(member.value(), indent);
        }
    }

    void nested(const json::value& value, std::size_t indent) {
        const bool is_mapping = value.is_object() && !value.get_object().empty();
        const bool is_sequence = value.is_array() && !value.get_array().empty();
        if (is_mapping || is_sequence) {
            text_ += '\n';
            // A list stands under its key, as kubectl writes it.
            this->value(value, is_mapping ? indent + 2 : indent, false);
        } else {
            text_ += ' ';
            scalar(value, indent + 2);
            text_ += '\n';
        }
    }

    void sequence(const json::array& array, std::size_t indent) {
        for (const auto& item : array) {
            text_.append(indent, ' ');
            text_ += '-';
            if (item.is_array() && !item.get_array().empty()) {
                text_ += '\n';
                sequence(item.get_array(), indent + 2);
                continue;
            }
            text_ += ' ';
            value(item, indent + 2, true);
        }
    }

    void scalar(const json::value& value, std::size_t indent) {
        if (const auto* string = value.if_string()) {
            const std::string_view text{*string};
            if (text.size() > folded_from && can_fold(text)) {
                folded(text, indent);
            } else if (is_plain_in_yaml(text)) {
                text_ += text;
            } else {
                text_ += double_quoted(text);
            }
        } else {
            text_ += json::serialize(value);
        }
    }

    /// One space between words: the line ends that folding puts in their places read back as them.
    static bool can_fold(std::string_view text) {
        return prints(text) && text.front() != ' ' && text.back() != ' ' &&
               text.find("  ") == std::string_view::npos;
    }

    void folded(std::string_view text, std::size_t indent) {
        text_ += ">-";
        std::size_t column = page_width;
        while (!text.empty()) {
            const auto word = text.substr(0, text.find(' '));
            if (column + 1 + word.size() > page_width) {
                text_ += '\n';
                text_.append(indent, ' ');
                column = indent;
            } else {
                text_ += ' ';
                ++column;
            }
            text_ += word;
            column += word.size();
            text.remove_prefix(std::min(text.size(), word.size() + 1));
        }
    }

    std::string text_;
};

} // namespace

bool is_plain_in_yaml(std::string_view text) noexcept {
    // Beginning with a letter, it is no number, date, indicator or document mark.
    if (text.empty() || !is_letter(text.front()) || text.back() == ' ' || text.back() == ':' ||
        is_reserved(text)) {
        return false;
    }
    constexpr std::string_view harmless = " _-./,()=;+'%:$@";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool alphanumeric = std::isalnum(static_cast<unsigned char>(c)) != 0;
        if (!alphanumeric && harmless.find(c) == std::string_view::npos) return false;
        if (c == ':' && text[i + 1] == ' ') return false;
    }
    return true;
}

std::string to_yaml(const json::value& value) {
    emitter made;
    made.value(value, 0, false);
    return made.take();
}

} // namespace holdfast::crds
