#pragma once

#include "crds/application.hpp"
#include "policy/grants.hpp"

#include <string>

// Who may deploy to which cluster.

namespace holdfast::policy {

/// Whether a destination is the cluster that the operator works in (match/own_cluster.hpp), whatever else is declared.
[[nodiscard]] bool is_own_cluster(const crds::application_destination& to);

/// Whether an Application may deploy to its destination's cluster where that is not the operator's own: those of
/// the operator's namespace may, and those that a Project lets out of their own namespace, where it permits the
/// destination.
[[nodiscard]] bool
may_use_cluster(const crds::application& value, const grants& granted, const std::string& own_namespace);

/// Whether some Application of a namespace could deploy to a cluster: the operator's own, any where the namespace is
/// the operator's, else those that a Project permits which lets the namespace in.
[[nodiscard]] bool could_use_cluster(
    const std::string& namespace_, const cluster_identity& cluster, const known_projects& projects,
    const std::string& own_namespace
);

} // namespace holdfast::policy
