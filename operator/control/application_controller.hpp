#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_settings.hpp"
#include "kube/client.hpp"
#include "kube/events.hpp"
#include "observe/metrics.hpp"
#include "policy/grants.hpp"
#include "policy/surroundings.hpp"
#include "sources/build_journal.hpp"
#include "sources/builder.hpp"
#include "sources/repositories.hpp"
#include "sources/secret_stores.hpp"
#include "sources/supplier.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace holdfast::control {

/// Brings every Application's objects to what its sources say, and holds them there. Level-triggered: a look
/// at an application finds what is wanted and what is, takes the steps that can be taken, and returns;
/// whatever changes the answer (a commit, a live object, the Application itself, a dependency) has it looked
/// at again. On the loop's thread.
class application_controller {
public:
    using settings = application_settings;

    /// What it works with; all outlive it.
    struct parts {
        /// Where Applications are, their statuses and their events.
        kube::client& home;
        /// Where they are deployed to, be it the same server or another one.
        cluster::destinations& clusters;
        sources::repositories& sources;
        sources::supplier& supplies;
        sources::secret_stores& secrets;
        sources::builder& build;
        kube::event_recorder& events;
        observe::metrics& counters;
        sources::build_journal& journal;
        /// What applications may do.
        const policy::known_projects& projects;
        /// Told when another thing is to be said of who uses a project.
        std::function<void(const std::string& project)> project_used;
    };

    application_controller(asio::any_io_executor executor, parts p, settings s);
    ~application_controller();
    application_controller(const application_controller&) = delete;
    application_controller& operator=(const application_controller&) = delete;

    /// Starts watching Applications, and the objects that they had when they were last seen; and nothing
    /// more, until lead().
    void start();
    /// From now on applications are worked on. `after_another`: there may have been a leader just now;
    /// returns when it is known where that one left them.
    asio::awaitable<void> lead(bool after_another);
    /// Ends what is under way and writes what is to be said of it, for another replica to go on from; what
    /// takes longer than `limit` is left. Nothing is begun afterwards.
    asio::awaitable<void> hand_over(steady_clock::duration limit);
    /// True once all Applications are known.
    [[nodiscard]] bool ready() const;

    /// What objects are judged in: all Applications, and the Repositories of `parts`.
    [[nodiscard]] const policy::surroundings& around() const;

    /// Handlers for what the parts tell; `cluster` is the id of the one that it is about.
    void object_changed(const std::string& cluster, const sync::application_ref& owner);
    /// The health check that an Application deployed to that cluster brings for a kind; null where it has none. Valid
    /// until the next turn of the loop.
    [[nodiscard]] const std::string* health_check_of(
        const std::string& cluster, const sync::application_ref& owner, const kube::group_kind& kind
    ) const;
    void kind_ready();
    void namespace_changed(const std::string& cluster, const std::string& name);
    void clusters_changed(const std::set<std::string>& applications);
    /// The Secrets of clusters say something else of them: for which project one is, say, of applications as well
    /// that may not use it so far.
    void declarations_changed();
    void charts_moved(const std::set<std::string>& applications);
    void repository_moved(const git::url& repository, const std::set<std::string>& applications);
    void kinds_changed(const std::string& cluster);

    /// A Project permits something else than before: looks at its applications again, and at no others.
    void project_changed(const std::string& project);
    void projects_are_known();
    struct usage_of_project {
        std::size_t applications = 0;
        /// Those that the project forbids what they say.
        std::size_t forbidden = 0;
    };
    [[nodiscard]] usage_of_project usage_of(const std::string& project) const;

    /// Cancels what runs, and returns when it has ended.
    asio::awaitable<void> stop();

    struct state;

private:
    std::shared_ptr<state> state_;
};

} // namespace holdfast::control
