#pragma once

#include "crds/application.hpp"
#include "policy/grants.hpp"

#include <string>
#include <string_view>

// Who may deploy to which cluster.

namespace holdfast::policy {

/// The cluster that the operator works in, as destinations name it.
inline constexpr std::string_view own_cluster_server = "https://kubernetes.default.svc";
inline constexpr std::string_view own_cluster_name = "in-cluster";

/// Whether a destination is that cluster, whatever else is declared.
[[nodiscard]] bool is_own_cluster(const crds::application_destination& to);

/// Whether an Application may deploy to its destination's cluster where that is not the operator's own: those of
/// the operator's namespace may, and those that a Project lets out of their own namespace, where it permits the
/// destination.
[[nodiscard]] bool
may_use_cluster(const crds::application& value, const grants& granted, const std::string& own_namespace);

} // namespace holdfast::policy
