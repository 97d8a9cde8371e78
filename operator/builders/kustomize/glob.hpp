#pragma once

#include "render/source_tree.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// The paths, relative to the directory, that match a pattern as with `kustomize edit add component`: Go's
/// filepath.Glob, without hidden names where the pattern has none, sorted. A path without wildcards is
/// itself, where there is something. Errors: those of the tree; user for a pattern that leaves the repository
/// or matches more than 1000 names.
result<std::vector<std::string>>
matching_paths(render::source_tree& tree, const std::string& directory, std::string_view pattern);

} // namespace holdfast::builders
