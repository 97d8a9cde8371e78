#include "policy/cluster_use.hpp"
#include "match/own_cluster.hpp"

namespace holdfast::policy {

bool is_own_cluster(const crds::application_destination& to) {
    std::string_view server = to.server;
    while (server.ends_with('/')) {
        server.remove_suffix(1);
    }
    return server.empty() ? to.name == match::own_cluster_name : server == match::own_cluster_server;
}

bool may_use_cluster(
    const crds::application& value, const grants& granted, const std::string& own_namespace
) {
    if (is_own_cluster(value.spec.destination)) {
        return true;
    }
    const auto& of = value.metadata;
    const bool is_outside =
        of.namespace_.empty() || of.namespace_ == own_namespace || is_let_out(of, granted, own_namespace);
    return is_outside && deploys_where_it_may(value, granted);
}

bool could_use_cluster(
    const std::string& namespace_, const cluster_identity& cluster, const known_projects& projects,
    const std::string& own_namespace
) {
    if (namespace_ == own_namespace || cluster.server == match::own_cluster_server) {
        return true;
    }
    return projects.any_of([&](const project_rules& one) {
        const bool is_for_it = cluster.project.empty() || cluster.project == one.name();
        return is_for_it && one.permits_applications_in(namespace_) && one.permits_cluster(cluster);
    });
}

} // namespace holdfast::policy
