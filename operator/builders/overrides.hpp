#pragma once

#include "base/error.hpp"
#include "crds/source.hpp"
#include "render/source_tree.hpp"

#include <string>
#include <vector>

namespace holdfast::builders {

/// A source with what its override files say.
struct overridden_source {
    crds::application_source source;
    /// Fields that nobody knows, with file and line: they have no effect, as for Argo CD.
    std::vector<std::string> warnings;
};

/// Merges `.argocd-source.yaml` and then `.argocd-source-NAME.yaml` of the source's directory into the
/// source, as Argo CD does (a JSON merge patch, RFC 7386); repoURL, path, targetRevision, chart and ref stay
/// as they were, whatever the files say. Gives the source unchanged where there is neither file, which costs
/// two lookups behind those of the path. Errors: user for values of the wrong type, all at once with file,
/// line and field; not_found for the path; what the tree gives. For the pool.
result<overridden_source>
with_overrides(render::source_tree& tree, crds::application_source source, const std::string& application);

} // namespace holdfast::builders
