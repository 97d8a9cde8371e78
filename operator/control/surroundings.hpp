#pragma once

#include "base/async.hpp"
#include "crds/application.hpp"
#include "crds/repository.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::control {

/// What is known of everything around one object, at the moment when it is judged: from memory, without a
/// request. On the loop's thread; what it gives is valid until the next turn of the loop.
class surroundings {
public:
    virtual ~surroundings() = default;

    /// The operator's own namespace: Applications there may deploy anywhere, Repositories there serve all.
    [[nodiscard]] virtual const std::string& own_namespace() const = 0;
    /// All Applications, of other installations too. The callback is not to change anything.
    virtual void for_each_application(const std::function<void(const crds::application&)>& see) const = 0;
    /// Null when there is none.
    [[nodiscard]] virtual const crds::application*
    application(const std::string& namespace_, const std::string& name) const = 0;
    virtual void for_each_repository(const std::function<void(const crds::repository&)>& see) const = 0;
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
    /// Whether that revision names a branch (the default one, when empty); nothing when nobody knows.
    [[nodiscard]] virtual std::optional<bool>
    is_branch(const std::string& namespace_, const std::string& url, const std::string& revision) const = 0;
    /// What the sources of an application name and the commits that were fetched do not have (a path), or
    /// what there cannot be built. Reads files, on the pool; asks no repository. Sources whose commits were
    /// not fetched are passed over.
    [[nodiscard]] virtual asio::awaitable<std::vector<crds::problem>>
    look_into_sources(crds::application value) const = 0;
};

} // namespace holdfast::control
