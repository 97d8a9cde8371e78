#pragma once

// Which files a directory source takes: one answer for whoever reads them. For the builders.

#include "render/directory.hpp"
#include "render/documents.hpp"
#include "render/source_tree.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace holdfast::render {

/// A file that a directory source takes.
struct taken_file {
    /// Where it is: of a symlink to a file its own path, of what is below a symlink to a directory the real
    /// one.
    std::string path;
    /// Of the content, symlinks followed.
    source_entry entry;
};

/// Calls `take` for each file that the options take, in the order of the paths, until it answers false. What
/// is wrong with the options and the directories, what was read outside of the directory and what is passed
/// over with a warning is added to `into`.
void walk_directory(
    source_tree& tree, const directory_options& options, const directory_limits& limits, collected& into,
    const std::function<bool(const taken_file&)>& take
);

/// True for a text with a mark that says that its file is none for us: "+argocd:skip-file-rendering" or
/// "+holdfast:skip-file-rendering".
bool is_marked_to_skip(std::string_view text) noexcept;

/// What is said of a file that is a pointer to one in LFS.
inline constexpr std::string_view lfs_sentence =
    "the file is in Git LFS, which is not fetched: what is in the repository is a pointer to it";

/// True for the names of files that are programs, whose results are the manifests.
bool is_jsonnet(std::string_view path) noexcept;

} // namespace holdfast::render
