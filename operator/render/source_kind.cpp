#include "render/source_kind.hpp"

#include "render/links.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace holdfast::render {

std::string_view to_string(source_kind kind) noexcept {
    switch (kind) {
    case source_kind::directory: return "directory";
    case source_kind::helm: return "helm";
    case source_kind::kustomize: return "kustomize";
    case source_kind::plugin: return "plugin";
    }
    return "directory";
}

result<source_kind> detect(source_tree& tree, std::string_view path, const source_blocks& blocks) {
    std::vector<source_kind> said;
    if (blocks.directory) said.push_back(source_kind::directory);
    if (blocks.helm || blocks.chart) said.push_back(source_kind::helm);
    if (blocks.kustomize) said.push_back(source_kind::kustomize);
    if (blocks.plugin) said.push_back(source_kind::plugin);
    if (said.size() > 1) {
        return user_error(fmt::format(
            "a source is built by one tool, but this one has the blocks {} and {}", to_string(said[0]),
            to_string(said[1])
        ));
    }
    if (said.size() == 1) return said.front();
    const auto clean = clean_path(path);
    if (!clean) return clean.error();
    const auto directory = follow(tree, *clean);
    if (!directory) return directory.error();
    if (directory->entry.kind != entry_kind::directory) {
        return user_error(fmt::format("{} is not a directory in {}", *clean, tree.describe()));
    }
    const auto has = [&](std::string_view name) -> result<bool> {
        const auto entry = tree.find(join_path(directory->path, name));
        if (!entry) return entry.error();
        return entry->has_value() && (*entry)->kind != entry_kind::directory;
    };
    const auto chart = has("Chart.yaml");
    if (!chart) return chart.error();
    if (*chart) return source_kind::helm;
    for (const std::string_view name : {"kustomization.yaml", "kustomization.yml", "Kustomization"}) {
        const auto there = has(name);
        if (!there) return there.error();
        if (*there) return source_kind::kustomize;
    }
    return source_kind::directory;
}

} // namespace holdfast::render
