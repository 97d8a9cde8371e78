#pragma once

#include <cstddef>
#include <string_view>

namespace holdfast::lua {

/// Whether one of Lua's patterns is through with a text of that length within a fraction of a second, whatever is in the
/// text. Its matcher goes back: each repetition multiplies what it tries by the length of the text.
[[nodiscard]] bool is_pattern_cheap(std::string_view pattern, std::size_t text_size) noexcept;

} // namespace holdfast::lua
