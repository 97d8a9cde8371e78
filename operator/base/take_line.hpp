#pragma once

#include <string_view>

namespace holdfast {

/// The next line without its end, a view into the text; what is left of `text` begins after it.
[[nodiscard]] constexpr std::string_view take_line(std::string_view& text) noexcept {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

} // namespace holdfast
