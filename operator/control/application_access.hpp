#pragma once

#include "cluster/destinations.hpp"
#include "control/application_record.hpp"
#include "control/application_settings.hpp"
#include "engine/findings.hpp"
#include "kube/client.hpp"

#include <memory>
#include <optional>
#include <string>

// Where an application is deployed to, and as whom.

namespace holdfast::control {

/// The cluster that it is deployed to: see cluster::destinations::of. Held by whoever works on it.
[[nodiscard]] std::shared_ptr<cluster::destination>
destination_of(const cluster::destinations& clusters, const crds::application& a);

/// Two have the same one where they are deployed to the same cluster: see cluster::destinations::id_of.
[[nodiscard]] std::string cluster_id_of(const cluster::destinations& clusters, const crds::application& a);
/// How it stands with that cluster.
[[nodiscard]] cluster::standing
stand_of_cluster(const cluster::destinations& clusters, const crds::application& a);

/// What is to be said, and why nothing can be done, while the application's cluster is not ready; nothing: it is.
[[nodiscard]] std::optional<engine::findings> findings_of(const cluster::standing& cluster);

/// As whom it reads and writes what it deploys.
[[nodiscard]] kube::call_options call_as(const application_record& r, const application_settings& s);
/// The same as a name, for comparing; empty: as the operator itself.
[[nodiscard]] std::string identity_of(const application_record& r, const application_settings& s);

} // namespace holdfast::control
