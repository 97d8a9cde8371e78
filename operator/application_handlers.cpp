#include "application_handlers.hpp"

#include <set>
#include <string>

namespace holdfast {

cluster::destination::handlers
handlers_of_own_cluster(std::optional<control::application_controller>& applications) {
    return {
        .object_changed = [&applications](const sync::application_ref& owner
                          ) { applications->object_changed({}, owner); },
        .namespace_changed = [&applications](const std::string& name
                             ) { applications->namespace_changed({}, name); },
        .kind_ready = [&applications] { applications->kind_ready(); },
        .kinds_changed = [&applications] { applications->kinds_changed({}); }
    };
}

cluster::destinations::handlers
handlers_of_other_clusters(std::optional<control::application_controller>& applications) {
    return {
        .object_changed = [&applications](
                              const std::string& cluster, const sync::application_ref& owner
                          ) { applications->object_changed(cluster, owner); },
        .namespace_changed = [&applications](
                                 const std::string& cluster, const std::string& name
                             ) { applications->namespace_changed(cluster, name); },
        .kind_ready = [&applications] { applications->kind_ready(); },
        .kinds_changed = [&applications](const std::string& cluster
                         ) { applications->kinds_changed(cluster); },
        .clusters_changed = [&applications](const std::set<std::string>& changed
                            ) { applications->clusters_changed(changed); }
    };
}

} // namespace holdfast
