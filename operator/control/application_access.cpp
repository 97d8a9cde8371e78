#include "control/application_access.hpp"

namespace holdfast::control {

std::shared_ptr<cluster::destination>
destination_of(const cluster::destinations& clusters, const crds::application& a) {
    const auto& named = a.spec.destination;
    return clusters.of(named.server, named.name);
}

std::string cluster_id_of(const cluster::destinations& clusters, const crds::application& a) {
    const auto& named = a.spec.destination;
    return clusters.id_of(named.server, named.name);
}

cluster::standing stand_of_cluster(const cluster::destinations& clusters, const crds::application& a) {
    const auto& named = a.spec.destination;
    return clusters.stands(named.server, named.name);
}

std::optional<engine::findings> findings_of(const cluster::standing& cluster) {
    using stand = cluster::standing::stand;
    if (cluster.now == stand::ready) {
        return std::nullopt;
    }
    engine::findings found;
    if (cluster.now == stand::connecting) {
        found.undecided = true;
        found.waiting = cluster.why;
        return found;
    }
    const bool is_unknown = cluster.now == stand::unknown;
    found.problems[is_unknown ? "InvalidSpecError" : "ComparisonError"] = cluster.why;
    found.reason = is_unknown ? "ClusterUnknown" : "ClusterUnreachable";
    found.stalled = is_unknown;
    found.unknown = true;
    found.health_unknown = true;
    return found;
}

kube::call_options call_as(const application_record& r, const application_settings& s) {
    kube::call_options options;
    const auto& metadata = r.object.metadata;
    auto account = r.object.spec.service_account_name;
    if (account.empty() && !r.granted.account.empty()) {
        options.as = kube::impersonation{.user = r.granted.account, .groups = {}, .uid = {}, .extra = {}};
        return options;
    }
    if (account.empty() && metadata.namespace_ != s.own_namespace) {
        // Outside the operator's own namespace an application has no more rights than its namespace gives it.
        account = "default";
    }
    if (!account.empty()) {
        // Its groups are the server's to say. To name them would need the right to impersonate groups, which
        // no ClusterRole can bound to those of ServiceAccounts.
        options.as = kube::impersonation{
            .user = "system:serviceaccount:" + metadata.namespace_ + ":" + account,
            .groups = {},
            .uid = {},
            .extra = {}
        };
    }
    return options;
}

std::string identity_of(const application_record& r, const application_settings& s) {
    const auto options = call_as(r, s);
    return options.as ? options.as->user : std::string{};
}

} // namespace holdfast::control
