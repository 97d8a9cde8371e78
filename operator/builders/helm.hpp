#pragma once

#include "builders/plan.hpp"

namespace holdfast::builders {

/// Plans `helm template` of a chart in a repository or of one that is a need (spec.source.chart), as Argo CD
/// runs it. Read are the chart's directory, value files and file parameters (relative, from the repository's
/// root, of $ref sources, globs), `file://` dependencies wherever in the repository they are, and
/// dependencies from chart repositories, which are needs unless `charts/` has them already.
/// spec.source.helm.passCredentials is for whoever gets the needs, and not in the plan. In the workspace: the
/// repository's files below repo/, those of $refs below refs/NAME/, archives in charts/, values in values/.
/// Copies are in an order in which a directory comes before what is put into it. For the pool; any thread.
plan_result plan_helm(
    const build_source& source, const build_facts& facts, const supplies& supplied, const programs& with
);

} // namespace holdfast::builders
