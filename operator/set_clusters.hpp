#pragma once

#include "base/error.hpp"
#include "cluster/destinations.hpp"
#include "policy/grants.hpp"
#include "sets/generate.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// The clusters that ApplicationSets of a namespace may make Applications for, but for the operator's own where no
/// Secret declares it: the generators add that. What a namespace may not use, its sets do not see. Error: they are not
/// known yet.
[[nodiscard]] result<std::vector<sets::cluster_facts>> clusters_for_sets(
    const std::string& namespace_, const cluster::destinations& clusters,
    const policy::known_projects& projects, const std::string& own_namespace
);

} // namespace holdfast
