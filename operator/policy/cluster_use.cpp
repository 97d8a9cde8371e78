#include "policy/cluster_use.hpp"

#include "policy/specification_checks_shared.hpp"

namespace holdfast::policy {

bool is_own_cluster(const crds::application_destination& to) {
    std::string_view server = to.server;
    while (server.ends_with('/')) {
        server.remove_suffix(1);
    }
    return server.empty() ? to.name == own_cluster_name : server == own_cluster_server;
}

bool may_use_cluster(const crds::application& value, const surroundings& around) {
    return is_own_cluster(value.spec.destination) || !is_confined(value.metadata, around);
}

} // namespace holdfast::policy
