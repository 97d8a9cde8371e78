#pragma once

#include "sync/desired.hpp"
#include "sync/identity.hpp"

#include <functional>
#include <string>

// The Namespace that CreateNamespace=true stands for. It belongs to nobody: several applications may need it,
// and it may be among the sources of another one, or be somebody's own. So it bears no tracking id, is never
// pruned, and what managedNamespaceMetadata says of it is applied with a field manager of each application's
// own: one never takes away what another one set.

namespace holdfast::sync {

/// The field manager of an application's managedNamespaceMetadata; at most 128 characters, as the server asks
/// for.
std::string namespace_manager(const application_ref& application, const dialect& names);

/// How a live Namespace stands to what is wanted of it.
struct namespace_standing {
    /// It is being deleted; nothing is to be written.
    bool leaving = false;
    /// Who says what is wanted otherwise, and what; nothing is to be written. Empty: nobody.
    std::string conflict;
    /// It was among this application's sources and is tracked as such: that is to be taken off.
    bool to_release = false;
    /// Something is missing, is another value, is not held by this application, or is to be given up.
    bool to_apply = false;

    [[nodiscard]] bool is_as_wanted() const {
        return !leaving && conflict.empty() && !to_release && !to_apply;
    }
};

/// `made` is from make_namespace. What people and other programs set is taken back; what another application
/// sets, for which `exists` says true, is not.
namespace_standing stand_of_namespace(
    const desired_object& made, const json::object& live, const application_ref& application,
    const dialect& names, const std::function<bool(const application_ref&)>& exists
);

} // namespace holdfast::sync
