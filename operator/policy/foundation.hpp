#pragma once

#include "sync/identity.hpp"

#include <string>

namespace holdfast::policy {

/// Whether the operator stands on an object: without it, it could not go on with what it is doing. Such an
/// object is never deleted by it, and never deleted to be made anew, whoever asks and whatever the sources
/// say: its namespace, its custom resources, its Lease, its Deployment and the rights of that, its options
/// and certificates. They have the names of the installation manifests (config/).
[[nodiscard]] bool is_foundation(const sync::object_id& id, const std::string& own_namespace);

/// A CustomResourceDefinition of ours: it is changed only where what is stored survives that.
[[nodiscard]] bool is_own_definition(const sync::object_id& id);

} // namespace holdfast::policy
