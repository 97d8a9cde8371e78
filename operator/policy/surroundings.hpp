#pragma once

#include "base/async.hpp"
#include "crds/application.hpp"
#include "crds/project.hpp"
#include "crds/repository.hpp"
#include "policy/grants.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::policy {

/// Why a destination stands for no cluster.
struct cluster_trouble {
    /// As a sentence.
    std::string why;
    /// No Secret that may still come makes it right.
    bool is_wrong = false;
};

/// What is known of everything around one object, at the moment when it is judged: from memory, without a
/// request. On the loop's thread; what it gives is valid until the next turn of the loop.
class surroundings {
public:
    virtual ~surroundings() = default;

    /// The operator's own namespace: Applications there may deploy anywhere, Repositories there serve all.
    [[nodiscard]] virtual const std::string& own_namespace() const = 0;
    /// The Application that was there before `value` and makes the same objects as this source of it in the
    /// same namespace (claim_of); the oldest of several, null when there is none.
    [[nodiscard]] virtual const crds::application*
    rival_of(const crds::application& value, const crds::application_source& source) const = 0;
    /// Null when there is none.
    [[nodiscard]] virtual const crds::application*
    application(const std::string& namespace_, const std::string& name) const = 0;
    /// What is wrong with the cluster that a destination names; nothing where it is one, or nobody knows.
    [[nodiscard]] virtual std::optional<cluster_trouble>
    trouble_with_cluster(const crds::application_destination& to) const = 0;
    /// The Repository of the same namespace that was there before `value` and is for the same URL; the oldest
    /// of several, null when there is none.
    [[nodiscard]] virtual const crds::repository* rival_of(const crds::repository& value) const = 0;
    /// The Repository through which applications of a namespace see a URL; null when there is none.
    [[nodiscard]] virtual const crds::repository*
    repository_for(const std::string& namespace_, const std::string& url) const = 0;
    /// The names of a Secret's keys; nothing when it is not known, or not there.
    [[nodiscard]] virtual std::optional<std::set<std::string>>
    secret_keys(const std::string& namespace_, const std::string& name) const = 0;
    /// Whether a repository has a revision, by the last listing of its refs; nothing when it was not listed.
    [[nodiscard]] virtual std::optional<bool> has_revision(
        const std::string& namespace_, const std::string& url, const std::string& revision,
        const std::string& tag_prefix
    ) const = 0;
    /// What the sources of an application name and the commits that were fetched do not have (a path), or
    /// what there cannot be built. Reads files, on the pool; asks no repository. Sources whose commits were
    /// not fetched are passed over.
    [[nodiscard]] virtual asio::awaitable<std::vector<crds::problem>>
    look_into_sources(crds::application value) const = 0;
    /// The Projects of the operator's namespace.
    [[nodiscard]] virtual const known_projects& projects() const = 0;
    /// The cluster that a destination means.
    [[nodiscard]] virtual cluster_identity cluster_meant_by(const crds::application_destination& to) const {
        return cluster_of(to);
    }
    /// Shows the Applications that name a project, or name none where it is "default".
    virtual void for_each_application_of(
        const std::string& project, const std::function<void(const crds::application&)>& see
    ) const = 0;
};

} // namespace holdfast::policy
