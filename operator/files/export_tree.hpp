#pragma once

#include "files/tree_reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace holdfast::files {

struct export_limits {
    std::size_t max_entries = 100'000;
    std::uint64_t max_bytes = std::uint64_t{256} << 20U;
};

/// Writes what lies below `tree` into the existing, empty directory `to`, which nobody else may write in:
/// files 0644 or 0755, symlinks as such where they stay inside `tree` (others are a user error that names
/// them), submodules as empty directories. For tools that need files; plain YAML needs none. On an error what
/// was written so far is left to the caller, whose directory it is.
result<void>
export_tree(tree_reader& from, const object_id& tree, const std::string& to, export_limits limits = {});

} // namespace holdfast::files
