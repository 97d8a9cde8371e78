#pragma once

#include <string_view>

namespace holdfast {

/// The text without these characters at its ends: blanks and line ends, where nothing else is said. A view into it.
[[nodiscard]] constexpr std::string_view
trimmed(std::string_view text, std::string_view blank = " \t\r\n") noexcept {
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

} // namespace holdfast
