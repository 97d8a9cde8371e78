#pragma once

#include "files/file_source.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace holdfast::files {

/// What looking at a directory may take.
struct directory_limits {
    /// Files and directories that are looked at.
    std::size_t max_entries = 100'000;
    std::size_t max_depth = 64;
    /// Each is read as a whole to find out its id.
    std::uint64_t max_file_bytes = std::uint64_t{128} << 20U;
    /// Of all files that are read for that.
    std::uint64_t max_bytes = std::uint64_t{2} << 30U;
};

/// A directory on disk, such as a work tree, as a source. Files and directories have the ids that they have
/// in a commit of the same content, so that builds have the same keys. As Git has it, a file is executable
/// when its owner may execute it, a directory without a file in it is not there, one below the root with a
/// `.git` in it is a submodule (whose id stays that of nothing: it is in that `.git`), and names that no
/// checkout may have are an error. No `.git` is read, and no .gitignore: all that is there counts.
///
/// What is looked at first decides: the ids of one source stay as they were found, and reading what has
/// changed since is a conflict error. Only what a build reads is looked at. Links on disk are never followed
/// by the system, so that nothing outside of `path` is read whatever somebody puts there in the meantime.
/// Errors of the readers, beside those of every tree_reader and each naming the path: user for pipes, sockets
/// and devices, for what may not be read, and for the limits; transient for the disk.
///
/// Error of this: user when `path` is no directory or cannot be opened. Blocking: for the pool.
result<file_source> open_directory(const std::string& path, directory_limits limits = {});

} // namespace holdfast::files
