#pragma once

#include "cluster/destinations.hpp"
#include "control/application_record.hpp"
#include "control/application_settings.hpp"
#include "kube/client.hpp"

#include <string>

// Where an application is deployed to, and as whom.

namespace holdfast::control {

/// The cluster that it is deployed to.
[[nodiscard]] cluster::destination&
destination_of(const cluster::destinations& clusters, const crds::application& a);

/// As whom it reads and writes what it deploys.
[[nodiscard]] kube::call_options call_as(const application_record& r, const application_settings& s);
/// The same as a name, for comparing; empty: as the operator itself.
[[nodiscard]] std::string identity_of(const application_record& r, const application_settings& s);

} // namespace holdfast::control
