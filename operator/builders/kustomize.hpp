#pragma once

#include "builders/plan.hpp"

namespace holdfast::builders {

/// Plans `kustomize build` of a directory with a kustomization, as Argo CD runs it: the options of
/// spec.source.kustomize are put into the kustomization as `kustomize edit` would. Read are the kustomization
/// and, followed from it, the directories of its bases and components, wherever in the repository they are:
/// just these are copied, and their tree ids make the key. Bases behind a URL (https, git::https, ssh,
/// github.com/…//path?ref=…) are needs, and are local directories to kustomize. Exec functions run only by
/// name, out of programs::functions. For the pool; any thread.
plan_result plan_kustomize(
    const build_source& source, const build_facts& facts, const supplies& supplied, const programs& with
);

} // namespace holdfast::builders
