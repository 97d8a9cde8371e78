#pragma once

#include "crds/application.hpp"
#include "policy/project_rules.hpp"
#include "sync/identity.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::policy {

/// Which Projects there are. On the loop's thread.
class known_projects {
public:
    virtual ~known_projects() = default;

    /// False until all are known: until then nobody can say what an Application may do.
    [[nodiscard]] virtual bool are_known() const = 0;
    /// Null: there is no such Project.
    [[nodiscard]] virtual std::shared_ptr<const project_rules> find(std::string_view name) const = 0;
    [[nodiscard]] virtual bool any_of(const std::function<bool(const project_rules&)>& is_it) const = 0;
};

/// What one Application may do, worked out once for the Application and its Project as they are, and handed to
/// whoever builds, compares, applies and deletes for it. Cheap to copy; any thread.
///
/// An Application in the operator's namespace may do what its Project permits. One elsewhere deploys into its own
/// namespace alone, unless its Project names that namespace in spec.sourceNamespaces: then what the Project permits
/// counts in place of that. It may use no other Project, but for "default", which lets nobody out whom it does not
/// name. "default" need not be there, and limits nothing then.
struct grants {
    /// Null: no Project limits anything.
    std::shared_ptr<const project_rules> project;
    /// The one namespace that objects may be in, and nothing outside of namespaces; empty: no such limit.
    std::string confined_to;
    /// Where it deploys to.
    cluster_identity cluster;
    /// As whom it deploys where it names no account of its own ("system:serviceaccount:…"), by its Project; empty: its
    /// Project does not say.
    std::string account;
    /// Why it may do nothing at all, in Argo CD's words; empty: it may do what the rest says.
    crds::problem refused;
    /// That is because its Project is not there, and may still come.
    bool awaits_project = false;

    /// Why an object may not be the Application's, in Argo CD's words; empty: it may. What is not permitted is never
    /// applied; where it is in the cluster, it is neither compared nor deleted.
    [[nodiscard]] std::string why_not(const sync::object_id& id) const;
    /// Whether no object is refused, whatever it is.
    [[nodiscard]] bool permits_everything() const noexcept {
        return !project && confined_to.empty() && refused.message.empty();
    }

    friend bool operator==(const grants&, const grants&) = default;
};

/// The cluster that a destination means, where no other is known by that name or server.
[[nodiscard]] cluster_identity cluster_of(const crds::application_destination& destination);

[[nodiscard]] grants grants_of(
    const crds::application& value, cluster_identity cluster, const known_projects& projects,
    const std::string& own_namespace
);

/// What of a specification its grants do not permit: the Project itself, sources, the destination. Each in Argo CD's
/// words, at its field.
[[nodiscard]] std::vector<crds::problem>
what_is_not_granted(const crds::application& value, const grants& granted);

/// The same of sources that are not those of the specification, such as those of an operation; empty: all of them are
/// permitted.
[[nodiscard]] std::string
why_not_from(const std::vector<crds::application_source>& sources, const grants& granted);

/// Whether it deploys to where it may: nothing of it counts elsewhere.
[[nodiscard]] bool deploys_where_it_may(const crds::application& value, const grants& granted);

/// Whether an Application is outside of its own namespace's fence: a Project says where it may deploy to.
[[nodiscard]] bool
is_let_out(const crds::object_metadata& of, const grants& granted, const std::string& own_namespace);

} // namespace holdfast::policy
