#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace holdfast {

/// The letters A to Z as small ones, whatever the locale is; every other byte stays.
[[nodiscard]] constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string ascii_lower(std::string_view text) {
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return ascii_lower(c); });
    return out;
}

} // namespace holdfast
