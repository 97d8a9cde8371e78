#pragma once

#include "base/hash.hpp"
#include "render/directory.hpp"
#include "render/manifest.hpp"
#include "render/source_tree.hpp"

#include <string_view>

namespace holdfast::render {

/// Names a build: all that decides about its outcome. Builds with the same key have the same manifests.
using build_key = sha256_digest;

/// The version of what turns sources into manifests. To be raised with every change that gives other
/// manifests for the same source; it is part of every key.
inline constexpr int renderer_version = 1;

/// The key of a directory build: `tree_id` is the id of the directory at options.path. What the build reads
/// outside of that directory (the targets of symlinks) is not in the key but in
/// render_output::outside_reads: see `still_current`.
build_key
directory_key(std::string_view tree_id, const directory_options& options, const directory_limits& limits);

/// True when all that a build read outside of its own directory is in `tree` as it was. Costs nothing for a
/// build that read nothing there, which is nearly every one. Error: that of the tree.
result<bool> still_current(const std::vector<outside_read>& reads, source_tree& tree);

} // namespace holdfast::render
