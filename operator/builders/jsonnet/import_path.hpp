#pragma once

#include <optional>
#include <string>
#include <string_view>

/// What holdfast-jsonnet and its planner have in common. Nothing here needs more than the standard library.
namespace holdfast::builders::jsonnet {

/// Where an import of `name` from a file in `directory` leads, both relative to the root: by the names alone,
/// as Argo CD has it, so that ".." behind a symlink is the directory that the symlink is in. Nothing when it
/// leaves the root, is absolute, or cannot be the path of a file.
std::optional<std::string> import_path(std::string_view directory, std::string_view name);

/// Stands for the directory of code that is in no file: the value of a variable.
inline constexpr std::string_view in_code = "<code>";

/// "a/b" of "a/b/c", "" of "c".
std::string_view directory_of(std::string_view path) noexcept;

} // namespace holdfast::builders::jsonnet
