#pragma once

#include "cluster/destination.hpp"
#include "cluster/destinations.hpp"
#include "control/application_controller.hpp"

#include <optional>

namespace holdfast {

/// Have what the operator's own cluster tells reach the controller of its Applications, which is there before anything
/// is told, and outlives it.
[[nodiscard]] cluster::destination::handlers
handlers_of_own_cluster(std::optional<control::application_controller>& applications);

/// The same of the other clusters.
[[nodiscard]] cluster::destinations::handlers
handlers_of_other_clusters(std::optional<control::application_controller>& applications);

} // namespace holdfast
