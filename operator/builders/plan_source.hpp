#pragma once

#include "builders/plan.hpp"
#include "builders/plugin.hpp"
#include "crds/application_status.hpp"
#include "render/directory.hpp"
#include "render/source_tree.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::builders {

/// What an administrator gives to all builds.
struct build_settings {
    builders::programs programs;
    std::vector<plugin_declaration> plugins;
};

/// How a source is built: by which tool, and what names the outcome.
struct planned_source {
    crds::source_type type = crds::source_type::none;
    /// Right once `missing` of the plan is empty.
    render::build_key key{};
    /// Of a directory of plain manifests, which is read in process.
    std::optional<render::directory_options> directory;
    /// What another program does: everything, or a directory's *.jsonnet.
    std::optional<build_plan> by_program;
    /// Of the files that say how it is built, beside those of `by_program`.
    std::vector<std::string> warnings = {};
};

/// What a source with a chart needs.
[[nodiscard]] need chart_need(const crds::application_source& source);

/// Chooses the builder as Argo CD does (the block of the source; else a plugin that discovers the files,
/// Chart.yaml, a kustomization, else a directory), after the override files of the source's directory, and
/// has it plan. `tree` is that of `source.at`, so that who plans for many applications of a revision opens it
/// once; null for a chart of a chart repository. For the pool; one thread a tree.
render::render_result<planned_source> plan_source(
    const build_source& source, render::source_tree* tree, const build_facts& facts, const supplies& supplied,
    const build_settings& with
);

} // namespace holdfast::builders
