#include "sets/go_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

namespace holdfast::sets {

namespace json = boost::json;

namespace {

constexpr std::size_t longest_name = 253;

void print(const json::value& value, std::string& text);

void print(const json::object& object, std::string& text) {
    std::vector<std::pair<std::string_view, const json::value*>> members;
    members.reserve(object.size());
    for (const auto& member : object)
        members.emplace_back(member.key(), &member.value());
    std::ranges::sort(members, {}, &std::pair<std::string_view, const json::value*>::first);
    text += "map[";
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0) text += ' ';
        text += members[i].first;
        text += ':';
        print(*members[i].second, text);
    }
    text += ']';
}

void print(const json::value& value, std::string& text) {
    switch (value.kind()) {
    case json::kind::null: text += "<nil>"; return;
    case json::kind::bool_: text += value.get_bool() ? "true" : "false"; return;
    case json::kind::int64: text += go_number(static_cast<double>(value.get_int64())); return;
    case json::kind::uint64: text += go_number(static_cast<double>(value.get_uint64())); return;
    case json::kind::double_: text += go_number(value.get_double()); return;
    case json::kind::string: text += std::string_view{value.get_string()}; return;
    case json::kind::array: {
        text += '[';
        bool first = true;
        for (const auto& item : value.get_array()) {
            if (!std::exchange(first, false)) text += ' ';
            print(item, text);
        }
        text += ']';
        return;
    }
    case json::kind::object: print(value.get_object(), text); return;
    }
}

/// How many bytes the character at the begin of `text` has, as Go counts: 1 for what is no UTF-8.
std::size_t width_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t width = lead < 0xC2U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : lead < 0xF5U ? 4 : 1;
    if (width > text.size()) return 1;
    const auto is_inner = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    return std::ranges::all_of(text.substr(1, width - 1), is_inner) ? width : 1;
}

} // namespace

std::string go_number(double number) {
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "-Inf" : "+Inf";
    if (number == 0) return std::signbit(number) ? "-0" : "0";
    std::array<char, 40> shortest{};
    const auto done = std::to_chars(
        shortest.data(), shortest.data() + shortest.size(), number, std::chars_format::scientific
    );
    const std::string_view text{shortest.data(), static_cast<std::size_t>(done.ptr - shortest.data())};
    const auto e = text.find('e');
    int exponent = 0;
    const auto* digits = text.data() + e + 1 + (text[e + 1] == '+' ? 1 : 0);
    std::from_chars(digits, text.data() + text.size(), exponent);
    constexpr int first_with_exponent = 6;
    constexpr int last_with_exponent = -5;
    if (exponent >= first_with_exponent || exponent <= last_with_exponent) {
        return fmt::format("{}e{}{:02}", text.substr(0, e), exponent < 0 ? '-' : '+', std::abs(exponent));
    }
    const auto plain =
        std::to_chars(shortest.data(), shortest.data() + shortest.size(), number, std::chars_format::fixed);
    return {shortest.data(), plain.ptr};
}

std::string go_text(const json::value& value) {
    std::string text;
    print(value, text);
    return text;
}

std::string normalized(std::string_view name) {
    std::string made;
    while (!name.empty()) {
        const auto width = width_of(name);
        const auto character = name.substr(0, width);
        const char c = character.front();
        if (character == "\xE2\x84\xAA") { // the Kelvin sign, which is a k when small
            made += 'k';
        } else if (character == "\xC4\xB0") { // I with a dot
            made += 'i';
        } else if (width == 1 && c >= 'A' && c <= 'Z') {
            made += static_cast<char>(c - 'A' + 'a');
        } else if (width == 1 && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) {
            made += c;
        } else {
            made += '-';
        }
        name.remove_prefix(width);
    }
    if (made.size() > longest_name) made.resize(longest_name);
    const auto first = made.find_first_not_of("-.");
    if (first == std::string::npos) return {};
    return made.substr(first, made.find_last_not_of("-.") - first + 1);
}

} // namespace holdfast::sets
