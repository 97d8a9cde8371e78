#include "sets/cluster_results.hpp"

#include "match/own_cluster.hpp"
#include "sets/go_text.hpp"
#include "sets/selector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace holdfast::sets {

namespace {

parameters common(std::string_view name, std::string_view server, std::string_view project) {
    return {{"name", name}, {"nameNormalized", normalized(name)}, {"server", server}, {"project", project}};
}

json::object object_of(const crds::string_map& texts) {
    json::object made;
    for (const auto& [name, text] : texts)
        made.emplace(name, text);
    return made;
}

parameters of_cluster(const cluster_facts& cluster, bool go) {
    auto made = common(cluster.name, cluster.server, cluster.project);
    if (go) {
        json::object metadata;
        if (!cluster.labels.empty()) metadata.emplace("labels", object_of(cluster.labels));
        if (!cluster.annotations.empty()) metadata.emplace("annotations", object_of(cluster.annotations));
        made.emplace("metadata", std::move(metadata));
        return made;
    }
    for (const auto& [name, text] : cluster.labels)
        made.emplace(fmt::format("metadata.labels.{}", name), text);
    for (const auto& [name, text] : cluster.annotations)
        made.emplace(fmt::format("metadata.annotations.{}", name), text);
    return made;
}

} // namespace

std::vector<parameters> cluster_parameters(
    const std::vector<cluster_facts>& clusters, const crds::label_selector& selector, bool go
) {
    std::vector<const cluster_facts*> selected;
    for (const auto& cluster : clusters) {
        if (matches(selector, cluster.labels)) selected.push_back(&cluster);
    }
    std::ranges::sort(selected, {}, [](const auto* one) { return std::tie(one->name, one->server); });
    std::vector<parameters> made;
    if (selector.empty() &&
        std::ranges::find(clusters, match::own_cluster_server, &cluster_facts::server) == clusters.end()) {
        made.push_back(common(match::own_cluster_name, match::own_cluster_server, {}));
    }
    for (const auto* cluster : selected)
        made.push_back(of_cluster(*cluster, go));
    return made;
}

} // namespace holdfast::sets
