#pragma once

#include "base/error.hpp"
#include "render/source_tree.hpp"

#include <string_view>

namespace holdfast::render {

/// What builds a source.
enum class source_kind { directory, helm, kustomize, plugin };

[[nodiscard]] std::string_view to_string(source_kind kind) noexcept;

/// The blocks that an Application's source has.
struct source_blocks {
    bool directory = false;
    bool helm = false;
    bool kustomize = false;
    bool plugin = false;
    /// spec.source.chart is set: a chart from a chart repository.
    bool chart = false;
};

/// What builds the source at `path`: the block that the specification has; else, as in Argo CD, helm where
/// there is a Chart.yaml, kustomize where there is a kustomization.yaml, kustomization.yml or Kustomization,
/// directory everywhere else. Errors: user when there are several blocks, or the path is none; not_found when
/// it is not in the tree.
result<source_kind> detect(source_tree& tree, std::string_view path, const source_blocks& blocks);

} // namespace holdfast::render
