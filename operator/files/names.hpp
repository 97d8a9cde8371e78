#pragma once

#include <string>
#include <string_view>

namespace holdfast::files {

/// The text in double quotes, cut after 300 bytes, with '?' for what does not print.
[[nodiscard]] std::string shown(std::string_view text);

/// True for names that no checkout may have: Git itself refuses them, since they lead out of the tree or into
/// a repository on one file system or another.
[[nodiscard]] bool is_hostile_name(std::string_view name) noexcept;

} // namespace holdfast::files
