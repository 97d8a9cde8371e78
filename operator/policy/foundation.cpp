#include "policy/foundation.hpp"

#include "crds/types.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace holdfast::policy {

namespace {

constexpr std::string_view us = "holdfast";

struct kept {
    std::string_view group;
    std::string_view kind;
    std::string_view name;
};

constexpr std::array of_the_namespace{
    kept{"apps", "Deployment", us},
    kept{"", "ServiceAccount", us},
    kept{"", "Service", us},
    kept{"", "ConfigMap", "holdfast-options"},
    kept{"", "Secret", "holdfast-admission"},
    kept{"", "Secret", "holdfast-state-key"},
    kept{"coordination.k8s.io", "Lease", us},
};

// Roles and their bindings, in the cluster and in the namespace: what was allowed until now is needed to
// finish.
constexpr std::array rights{
    us,
    std::string_view{"holdfast-webhook"},
    std::string_view{"holdfast-tenant"},
    std::string_view{"holdfast-deploy"},
    std::string_view{"holdfast-deploy-applications"},
    std::string_view{"holdfast-deploy-cluster"},
    std::string_view{"holdfast-one-namespace"}
};

bool has(const auto& list, const sync::object_id& id) {
    return std::any_of(list.begin(), list.end(), [&](const kept& one) {
        return id.group == one.group && id.kind == one.kind && id.name == one.name;
    });
}

} // namespace

bool is_own_definition(const sync::object_id& id) {
    return id.group == "apiextensions.k8s.io" && id.kind == "CustomResourceDefinition" &&
           id.name.ends_with("." + std::string{crds::group});
}

bool is_foundation(const sync::object_id& id, const std::string& own_namespace) {
    if (id.group.empty() && id.kind == "Namespace") {
        return id.name == own_namespace;
    }
    if (is_own_definition(id)) {
        return true;
    }
    if (!id.namespace_.empty() && id.namespace_ != own_namespace) {
        return false;
    }
    if (id.group == "rbac.authorization.k8s.io") {
        return std::find(rights.begin(), rights.end(), id.name) != rights.end();
    }
    return has(of_the_namespace, id);
}

} // namespace holdfast::policy
