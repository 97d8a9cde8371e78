#pragma once

// JSON pointers (RFC 6901).

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// A name as a token of a pointer, without the '/' before it.
std::string pointer_token(std::string_view name);

/// The names that a pointer leads through. None for "", which names the whole; nothing where the text is not a
/// pointer: it does not begin with '/', or a '~' stands before something else than 0 and 1.
std::optional<std::vector<std::string>> read_pointer(std::string_view text);

/// Which item of a list with `size` items a name means; nothing where it means none of them.
std::optional<std::size_t> pointer_index(std::string_view name, std::size_t size) noexcept;

} // namespace holdfast
