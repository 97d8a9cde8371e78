// Kubernetes' quantities (apimachinery/pkg/api/resource): a decimal number and a suffix.

#include "sync/canonical.hpp"
#include "sync/compare.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace holdfast::sync {

namespace {

/// digits · 10^ten · 2^two, the digits without leading and trailing zeros: equal amounts of one suffix family
/// are equal members.
struct amount {
    bool negative = false;
    std::string digits;
    int ten = 0;
    int two = 0;
};

constexpr std::array<std::pair<std::string_view, int>, 10> decimal_suffixes{{
    {"", 0},
    {"n", -9},
    {"u", -6},
    {"m", -3},
    {"k", 3},
    {"M", 6},
    {"G", 9},
    {"T", 12},
    {"P", 15},
    {"E", 18},
}};
constexpr std::array<std::pair<std::string_view, int>, 6> binary_suffixes{{
    {"Ki", 10},
    {"Mi", 20},
    {"Gi", 30},
    {"Ti", 40},
    {"Pi", 50},
    {"Ei", 60},
}};

bool read_suffix(std::string_view suffix, amount& result) {
    for (const auto& [name, exponent] : decimal_suffixes) {
        if (name == suffix) {
            result.ten += exponent;
            return true;
        }
    }
    for (const auto& [name, exponent] : binary_suffixes) {
        if (name == suffix) {
            result.two = exponent;
            return true;
        }
    }
    if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return false;
    auto number = suffix.substr(1);
    if (number.starts_with('+')) number.remove_prefix(1);
    int exponent = 0;
    const auto [end, ec] = std::from_chars(number.data(), number.data() + number.size(), exponent);
    constexpr int largest = 1000;
    if (ec != std::errc{} || end != number.data() + number.size() || exponent > largest ||
        exponent < -largest) {
        return false;
    }
    result.ten += exponent;
    return true;
}

std::optional<amount> parse_amount(std::string_view text) {
    constexpr std::size_t longest = 64;
    if (text.empty() || text.size() > longest) return std::nullopt;
    amount result;
    if (text[0] == '+' || text[0] == '-') {
        result.negative = text[0] == '-';
        text.remove_prefix(1);
    }
    std::size_t i = 0;
    bool point = false;
    bool any = false;
    for (; i < text.size(); ++i) {
        const char c = text[i];
        if (c >= '0' && c <= '9') {
            any = true;
            result.digits += c;
            if (point) --result.ten;
        } else if (c == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    if (!any || !read_suffix(text.substr(i), result)) return std::nullopt;
    result.digits.erase(0, result.digits.find_first_not_of('0'));
    if (result.digits.empty()) return amount{};
    while (result.digits.back() == '0') {
        result.digits.pop_back();
        ++result.ten;
    }
    return result;
}

using wide = unsigned __int128;

/// As a multiple of 10^-9, the finest that Kubernetes keeps; nothing where that is no integer or too large.
std::optional<wide> in_nanos(const amount& a) {
    constexpr wide largest = ~wide{0};
    wide value = 0;
    const auto times = [&](unsigned factor) {
        if (value > largest / factor) return false;
        value *= factor;
        return true;
    };
    for (const char c : a.digits) {
        if (!times(10)) return std::nullopt;
        value += static_cast<unsigned>(c - '0');
    }
    for (int i = 0; i < a.two; ++i) {
        if (!times(2)) return std::nullopt;
    }
    int ten = a.ten + 9;
    for (; ten > 0; --ten) {
        if (!times(10)) return std::nullopt;
    }
    for (; ten < 0; ++ten) {
        if (value % 10 != 0) return std::nullopt;
        value /= 10;
    }
    return value;
}

std::optional<amount> amount_of(const json::value& value) {
    if (const auto* text = value.if_string()) return parse_amount(*text);
    if (value.is_number()) return parse_amount(canonical_number(value));
    return std::nullopt;
}

} // namespace

bool is_quantity(std::string_view text) {
    return parse_amount(text).has_value();
}

bool same_quantity(const json::value& a, const json::value& b) {
    const auto x = amount_of(a);
    const auto y = amount_of(b);
    if (!x || !y || x->negative != y->negative) return false;
    if (x->digits == y->digits && x->ten == y->ten && x->two == y->two) return true;
    const auto m = in_nanos(*x);
    const auto n = in_nanos(*y);
    return m && n && *m == *n;
}

} // namespace holdfast::sync
