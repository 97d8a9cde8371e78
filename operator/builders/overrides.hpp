#pragma once

#include "base/error.hpp"
#include "crds/source.hpp"
#include "render/source_tree.hpp"

#include <string>

namespace holdfast::builders {

/// Merges `.argocd-source.yaml` and then `.argocd-source-NAME.yaml` of the source's directory into the
/// source's block, as Argo CD does (a JSON merge patch over kustomize, helm, directory, plugin). Gives the
/// source unchanged where there is neither, which costs two lookups. Error: user, naming file and field.
result<crds::application_source>
with_overrides(render::source_tree& tree, crds::application_source source, const std::string& application);

} // namespace holdfast::builders
