#pragma once

// What the operator may do in the cluster, against what it needs for itself: what is missing is told when it
// starts, and not only when the first use of it fails.

#include "base/error.hpp"

#include <boost/json/object.hpp>

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::rights {

/// One verb on one resource.
struct right {
    std::string group;
    /// "applications", "applications/status".
    std::string resource;
    /// On this object only; empty: on all.
    std::string name;
    std::string verb;
    /// Needed in the operator's own namespace; else everywhere.
    bool in_own_namespace = false;

    friend auto operator<=>(const right&, const right&) = default;
};

/// "patch applications.holdfast.dev/status", "get secrets named holdfast-state-key in its namespace".
std::string describe(const right& one);

/// What is needed of the manifests of the installation.
struct wanted {
    /// Everything happens in the operator's namespace.
    bool one_namespace = false;
    bool webhook = false;
    bool page = false;
    bool election = false;
};

/// The rights that config/ gives to the operator for itself, sorted: what applications deploy is not among
/// them. From the manifests that this program was built with.
std::vector<right> needed(const wanted& what);

/// The rules of Roles and ClusterRoles in a YAML text, for objects of this name. A user error for what is no
/// such text.
result<std::vector<right>> read_rules(std::string_view yaml, std::string_view name);

/// What of `needed` two reviews do not give: one of a namespace that nobody has, which tells what is allowed
/// everywhere, and one of the operator's own (SelfSubjectRulesReview of authorization.k8s.io/v1). Nothing
/// where the server says that its answer is incomplete.
std::vector<right> missing(
    const std::vector<right>& needed, const boost::json::object& everywhere,
    const boost::json::object& in_own_namespace
);

/// The question for the rights in a namespace.
boost::json::object review_of(std::string_view namespace_);

} // namespace holdfast::rights
