#include "http/query.hpp"

#include <algorithm>

namespace holdfast::http {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// As forms write it: a blank is a plus.
std::optional<std::string> form_decode(std::string_view text) {
    std::string plain{text};
    std::ranges::replace(plain, '+', ' ');
    return percent_decode(plain);
}

} // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::optional<query_values> read_query(std::string_view target) {
    query_values all;
    const auto mark = target.find('?');
    auto rest = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        const auto one = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (one.empty()) {
            continue;
        }
        const auto equals = std::min(one.find('='), one.size());
        auto key = form_decode(one.substr(0, equals));
        auto value = form_decode(one.substr(std::min(equals + 1, one.size())));
        if (!key || !value) {
            return std::nullopt;
        }
        all.emplace_back(std::move(*key), std::move(*value));
    }
    return all;
}

} // namespace holdfast::http
