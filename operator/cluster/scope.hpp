#pragma once

#include "sync/identity.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace holdfast::cluster {

/// What of a cluster is looked at and changed: all of it, or a few namespaces.
struct scope {
    /// Empty: all of the cluster.
    std::vector<std::string> namespaces;
    /// Beside `namespaces`: what is in no namespace.
    bool cluster_resources = true;

    [[nodiscard]] bool is_all() const noexcept { return namespaces.empty(); }
    [[nodiscard]] bool has_namespace(const std::string& name) const {
        return is_all() || std::ranges::find(namespaces, name) != namespaces.end();
    }
    [[nodiscard]] bool has_cluster_resources() const noexcept { return is_all() || cluster_resources; }

    /// Why an object is not to be touched, in Argo CD's words; empty: it is within.
    [[nodiscard]] std::string why_outside(const sync::object_id& id) const {
        if (id.namespace_.empty()) {
            return has_cluster_resources() ? std::string{}
                                           : "cluster level " + id.kind + " \"" + id.name +
                                                 "\" can not be managed when in namespaced mode";
        }
        return has_namespace(id.namespace_) ? std::string{}
                                            : "namespace \"" + id.namespace_ + "\" for " + id.kind + " \"" +
                                                  id.name + "\" is not managed";
    }

    bool operator==(const scope&) const = default;
};

} // namespace holdfast::cluster
