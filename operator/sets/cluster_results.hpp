#pragma once

#include "sets/generate.hpp"
#include "sets/parameters.hpp"

#include <vector>

namespace holdfast::sets {

/// Parameters of the clusters that a generator selects, by name, without its values; the cluster that
/// Holdfast runs in is the first where there is no selector and no Secret for it.
std::vector<parameters>
cluster_parameters(const std::vector<cluster_facts>& clusters, const crds::label_selector& selector, bool go);

} // namespace holdfast::sets
