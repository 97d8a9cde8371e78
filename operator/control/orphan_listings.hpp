#pragma once

#include "base/async.hpp"
#include "base/async_semaphore.hpp"
#include "base/task_group.hpp"
#include "cluster/destination.hpp"
#include "cluster/namespace_content.hpp"
#include "control/reconcile_triggers.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace holdfast::control {

/// What there is in the namespaces in which a Project wants orphaned objects told: listed when somebody first asks,
/// and anew when it is asked about after `max_age`; one namespace at a time. What nobody asks about any more is
/// forgotten. On the loop's thread.
class orphan_listings {
public:
    static constexpr std::chrono::minutes max_age{5};

    /// `triggers` outlives it.
    orphan_listings(asio::any_io_executor executor, reconcile_triggers& triggers)
        : triggers_{triggers}, turns_{executor, 1}, tasks_{executor} {}

    /// What is known of a namespace; null: nothing yet. Where that is old it is listed, and the application is
    /// reconciled afterwards.
    std::shared_ptr<const cluster::namespace_content> look(
        const std::string& application, const std::shared_ptr<cluster::destination>& to,
        const std::string& namespace_
    );

    /// Ends what runs. To be awaited before destruction.
    asio::awaitable<void> stop();

private:
    using place = std::pair<std::string, std::string>; // cluster, namespace
    struct listing {
        std::shared_ptr<const cluster::namespace_content> content;
        steady_clock::time_point listed{};
        steady_clock::time_point asked{};
        bool is_under_way = false;
        std::set<std::string> waiting; // applications
    };

    static asio::awaitable<void>
    list(orphan_listings* self, place where, std::shared_ptr<cluster::destination> to);
    void forget_what_nobody_asks_about();

    reconcile_triggers& triggers_;
    std::map<place, listing> listings_;
    async_semaphore turns_;
    task_group tasks_;
};

} // namespace holdfast::control
