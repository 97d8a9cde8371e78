#pragma once

#include "files/tree_reader.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// A directory of a source.
struct copied_directory {
    std::string path;
    /// Of its tree.
    files::object_id id;
};

/// The directories to copy so that all of `roots` are there, none inside another, and so that no symlink in
/// one leads out of it: where one does, the directory above is taken instead, up to the whole repository.
/// Errors: those of the reader; user for a symlink that leaves the repository.
result<std::vector<copied_directory>> copies_of(files::tree_reader& tree, const std::set<std::string>& roots);

/// The path to `to` as it is written in a file of `from`; both are clean and have the same root: "../base",
/// ".".
std::string relative_path(std::string_view from, std::string_view to);

/// What `text` in the directory `from` means, with "." and ".." taken out. A user error when it leaves the
/// repository, is absolute or no path.
result<std::string> join_lexically(std::string_view from, std::string_view text);

} // namespace holdfast::builders
