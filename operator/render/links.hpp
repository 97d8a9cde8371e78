#pragma once

// Symlinks, followed by hand: nothing outside of the tree can be reached. For the builders.

#include "render/manifest.hpp"
#include "render/source_tree.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::render {

/// A path as people write it ("./apps/", "", ".") as a source_tree takes it. Errors: user for absolute paths,
/// for
/// ".." and for what cannot be a path, naming it.
result<std::string> clean_path(std::string_view path);

/// How messages call a directory of a repository; "" is its root.
std::string name_of_directory(std::string_view path);

/// "a/b"; one of both where the other is empty.
std::string join_path(std::string_view directory, std::string_view name);

/// True when `path` is `directory` or below it.
bool is_within(std::string_view path, std::string_view directory) noexcept;

/// What a path leads to when its symlinks are followed.
struct followed {
    /// Where it really is.
    std::string path;
    source_entry entry;
};

/// Follows `path` (clean, but for symlinks on the way) inside of the tree. The symlinks on the way and what
/// is at the end, as far as they lie outside of the directory `inside`, are added to `outside`, also when
/// there is nothing at the end. Errors: not_found when it leads nowhere; user when it leaves the tree, is
/// absolute, or runs in circles.
result<followed> follow(
    source_tree& tree, std::string_view path, std::string_view inside = {},
    std::vector<outside_read>* outside = nullptr
);

} // namespace holdfast::render
