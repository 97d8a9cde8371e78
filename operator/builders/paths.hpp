#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::builders {

/// `path` as seen from `directory`, or from the root where it starts with '/', without "." and ".."; nothing
/// where it leads out of the root. As Go's filepath.Join does it, symlinks are not looked at.
std::optional<std::string> join_paths(std::string_view directory, std::string_view path);

/// Everything before the last '/', and what is behind it.
std::string_view parent_of(std::string_view path) noexcept;
std::string_view base_of(std::string_view path) noexcept;

} // namespace holdfast::builders
