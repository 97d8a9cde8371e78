#include "set_clusters.hpp"

#include "policy/cluster_use.hpp"

namespace holdfast {

result<std::vector<sets::cluster_facts>> clusters_for_sets(
    const std::string& namespace_, const cluster::destinations& clusters,
    const policy::known_projects& projects, const std::string& own_namespace
) {
    if (auto why = clusters.why_unknown()) {
        return std::move(*why);
    }
    if (namespace_ != own_namespace && !projects.are_known()) {
        return transient_error("the Projects are being listed");
    }
    std::vector<sets::cluster_facts> all;
    for (auto& one : clusters.known().facts()) {
        const policy::cluster_identity cluster{
            .server = one.server, .name = one.name, .project = one.project
        };
        if (!one.secret.empty() && policy::could_use_cluster(namespace_, cluster, projects, own_namespace)) {
            all.push_back(
                {.name = std::move(one.name),
                 .server = std::move(one.server),
                 .project = std::move(one.project),
                 .labels = std::move(one.labels),
                 .annotations = std::move(one.annotations)}
            );
        }
    }
    return all;
}

} // namespace holdfast
