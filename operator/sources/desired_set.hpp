#pragma once

#include "base/error.hpp"
#include "kube/discovery.hpp"
#include "render/manifest.hpp"
#include "render/manifest_cache.hpp"
#include "secrets/value_mask.hpp"
#include "sync/desired.hpp"

#include <memory>
#include <string>
#include <vector>

namespace holdfast::sources {

/// What an application wants to be in the cluster. Immutable, shared; values of secrets in it are wiped when
/// the last holder lets go.
struct desired_set {
    desired_set() = default;
    desired_set(const desired_set&) = delete;
    desired_set& operator=(const desired_set&) = delete;
    ~desired_set();

    /// In the order of their ids.
    std::vector<sync::desired_object> objects;
    std::vector<std::string> warnings;
    /// The values that were put in, for messages; null where there are none.
    std::shared_ptr<const secrets::value_mask> mask;

    /// Null when there is no such object.
    [[nodiscard]] const sync::desired_object* find(const sync::object_id& id) const noexcept;
};

/// Where an application's objects go and whose they are.
struct build_target {
    sync::ownership who;
    std::string namespace_;
    /// Of the application.
    sync::sync_options options;
    /// The one namespace that objects may be in, and nothing outside of namespaces; empty: no such limit.
    std::string confined_to;
    /// The directory of each source in its repository, for messages; "" is the root.
    std::vector<std::string> directories = {};
};

/// Objects of all sources of an application, where they shall be; references to secrets as they were written.
struct placed_objects {
    std::vector<render::manifest> objects;
    std::vector<std::string> warnings;
    /// As desired_set::mask.
    std::shared_ptr<const secrets::value_mask> mask = {};
};

/// Merges the objects of finished builds (of two sources with the same object the later wins) and gives each
/// its namespace. Tests of Helm's are left out, and so is what is never applied and of a kind that the
/// cluster does not have. Errors: user, all objects that are wrong at once. For the pool.
result<placed_objects> place_objects(
    const std::vector<std::shared_ptr<const render::packed_output>>& outputs, const build_target& target,
    const kube::api_catalog& catalog
);

/// Makes of them what is compared and applied. For the pool.
result<std::shared_ptr<const desired_set>>
prepare_objects(placed_objects placed, const build_target& target, const kube::api_catalog& catalog);

} // namespace holdfast::sources
