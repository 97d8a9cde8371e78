#include "builders/plan_source.hpp"

#include "base/hash.hpp"
#include "builders/helm.hpp"
#include "builders/jsonnet.hpp"
#include "builders/kustomize.hpp"
#include "builders/overrides.hpp"
#include "render/directory_walk.hpp"
#include "render/links.hpp"
#include "render/source_kind.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::builders {

namespace {

render::source_blocks blocks_of(const crds::application_source& source) {
    return {
        .directory = source.directory.has_value(),
        .helm = source.helm.has_value(),
        .kustomize = source.kustomize.has_value(),
        .plugin = source.plugin.has_value(),
        .chart = !source.chart.empty()
    };
}

bool has_any(const render::source_blocks& blocks) {
    return blocks.directory || blocks.helm || blocks.kustomize || blocks.plugin || blocks.chart;
}

render::render_result<planned_source> of_program(crds::source_type type, plan_result plan) {
    if (!plan) {
        return plan.error();
    }
    const auto key = plan->key;
    return planned_source{.type = type, .key = key, .directory = {}, .by_program = std::move(*plan)};
}

// Whether it is worth a closer look: hardly any directory has such files.
result<bool> may_have_jsonnet(
    render::source_tree& tree, const render::followed& directory, const render::directory_options& options
) {
    if (options.recurse) {
        return true;
    }
    const auto entries = tree.list(directory.entry);
    if (!entries) {
        return entries.error();
    }
    return std::ranges::any_of(*entries, [](const render::source_entry& entry) {
        return render::is_jsonnet(entry.name);
    });
}

// What symlinks in the directory lead through and to outside of it; its own id does not tell of that. What is
// wrong with them is told when it is built.
std::vector<render::outside_read>
read_outside(render::source_tree& tree, const render::directory_options& options) {
    render::collected seen;
    render::walk_directory(tree, options, {}, seen, [](const render::taken_file&) { return true; });
    return std::move(seen.output.outside_reads);
}

// A directory is identified by its tree id; where symlinks lead to it, by that of where they lead; and by
// what its own symlinks lead to elsewhere.
render::render_result<planned_source> plan_directory(
    render::source_tree& tree, const build_source& source, const build_facts& facts,
    const build_settings& with
) {
    auto options = directory_of(source.spec);
    const auto clean = render::clean_path(options.path);
    if (!clean) {
        return render::as_errors(clean.error());
    }
    const auto at = render::follow(tree, *clean);
    if (!at) {
        return render::as_errors(at.error());
    }
    render::render_result<std::optional<build_plan>> jsonnet{std::optional<build_plan>{}};
    if (const auto any = may_have_jsonnet(tree, *at, options); !any) {
        return render::as_errors(any.error());
    } else if (*any) {
        jsonnet = plan_jsonnet(source, facts, with.programs);
        if (!jsonnet) {
            return jsonnet.error();
        }
    }
    auto key = render::directory_key(at->entry.id, options, {});
    if (const auto outside = read_outside(tree, options); !outside.empty()) {
        hasher h;
        h.add("directory and what its symlinks lead to").add(to_hex(key));
        for (const auto& read : outside) {
            h.add(read.path).add(read.id);
        }
        key = h.finish();
    }
    planned_source made{
        .type = crds::source_type::directory,
        .key = key,
        .directory = std::move(options),
        .by_program = std::move(*jsonnet)
    };
    if (made.by_program) {
        made.key = with_jsonnet(made.key, made.by_program->key);
    }
    return made;
}

// By which tool a source is built, once its override files are merged.
render::render_result<planned_source> plan_overridden(
    const build_source& whole, render::source_tree& tree, const build_facts& facts, const supplies& supplied,
    const build_settings& with
) {
    const auto blocks = blocks_of(whole.spec);
    if (blocks.plugin || !has_any(blocks)) {
        const auto plugin = find_plugin(with.plugins, whole.spec, facts, tree);
        if (!plugin) {
            return render::as_errors(plugin.error());
        }
        if (*plugin != nullptr) {
            return of_program(
                crds::source_type::plugin, plan_plugin(whole, facts, **plugin, facts.generate_paths)
            );
        }
    }
    const auto kind = render::detect(tree, whole.spec.path, blocks);
    if (!kind) {
        return render::as_errors(kind.error());
    }
    switch (*kind) {
    case render::source_kind::helm:
        return of_program(crds::source_type::helm, plan_helm(whole, facts, supplied, with.programs));
    case render::source_kind::kustomize:
        return of_program(
            crds::source_type::kustomize, plan_kustomize(whole, facts, supplied, with.programs)
        );
    case render::source_kind::plugin:
    case render::source_kind::directory: break;
    }
    return plan_directory(tree, whole, facts, with);
}

} // namespace

need chart_need(const crds::application_source& source) {
    return {need::kind::chart, source.repo_url, source.chart, source.target_revision};
}

render::render_result<planned_source> plan_source(
    const build_source& source, render::source_tree* tree, const build_facts& facts, const supplies& supplied,
    const build_settings& with
) {
    if (!source.spec.chart.empty()) {
        return of_program(crds::source_type::helm, plan_helm(source, facts, supplied, with.programs));
    }
    auto overridden = with_overrides(*tree, source.spec, facts.application);
    if (!overridden) {
        return render::as_errors(overridden.error());
    }
    auto whole = source;
    whole.spec = std::move(overridden->source);
    auto planned = plan_overridden(whole, *tree, facts, supplied, with);
    if (planned && !overridden->warnings.empty()) {
        // What is kept of a build has its warnings, and these are of one Application's file.
        hasher h;
        h.add("warnings").add(to_hex(planned->key));
        for (const auto& warning : overridden->warnings) {
            h.add(warning);
        }
        planned->key = h.finish();
        planned->warnings = std::move(overridden->warnings);
    }
    return planned;
}

} // namespace holdfast::builders
