#pragma once

#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "kube/client.hpp"
#include "kube/events.hpp"
#include "observe/metrics.hpp"
#include "policy/surroundings.hpp"
#include "sets/generate.hpp"
#include "sets_control/generating.hpp"
#include "sources/repositories.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace holdfast::sets_control {

/// Keeps the Applications of every ApplicationSet as its generators and its template say. Level-triggered, as
/// the controller of Applications is; a set is looked at when it changes, when a repository that it reads
/// moves, when an Application of it is no more what it was written as, and never for the passing of time
/// alone. On the loop's thread.
class set_controller {
public:
    struct settings {
        /// Only sets here are seen; empty: everywhere.
        std::string watch_namespace;
        /// The value of the label by which sets, and the Applications that they make, are this installation's.
        std::string installation;
    };
    /// What it works with; all outlive it.
    struct parts {
        /// Where sets and Applications are.
        kube::client& home;
        sources::repositories& sources;
        worker_pool& pool;
        kube::event_recorder& events;
        observe::metrics& counters;
        /// Every Application that there is, and what one is judged in.
        const policy::surroundings& around;
        /// Whether all of them are known.
        std::function<bool()> applications_are_known;
        /// As generating::parts has them.
        std::function<result<std::vector<sets::cluster_facts>>(const std::string& namespace_)> clusters;
        renderer render;
    };

    set_controller(asio::any_io_executor executor, parts p, settings s);
    ~set_controller();
    set_controller(const set_controller&) = delete;
    set_controller& operator=(const set_controller&) = delete;

    /// Starts watching sets; nothing more until lead().
    void start();
    void lead();
    /// Ends what is under way; what takes longer than `limit` is left. Nothing is begun afterwards.
    asio::awaitable<void> hand_over(steady_clock::duration limit);

    // What others tell.
    /// An Application as the watch has it, once surroundings know it.
    void application_told(const json::object& application);
    void application_gone(const kube::object_name& name);
    /// Repositories that these users (sources/users.hpp) read moved; users that are no sets are passed over.
    void repository_moved(const std::set<std::string>& users);
    /// What `clusters` of the parts gives may be different now.
    void clusters_changed();

    /// How many sets are ready, and how many are not for which reason, in Prometheus' text format.
    [[nodiscard]] std::string metrics_text() const;

    /// Cancels what runs, and returns when it has ended.
    asio::awaitable<void> stop();

    struct state;

private:
    std::shared_ptr<state> state_;
};

} // namespace holdfast::sets_control
