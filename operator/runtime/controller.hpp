#pragma once

#include "base/async.hpp"
#include "base/task_group.hpp"
#include "kube/client.hpp"
#include "kube/informer.hpp"
#include "runtime/queue_observer.hpp"
#include "runtime/work_queue.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <string>

namespace holdfast::runtime {

/// What becomes of what waits when another replica takes over.
enum class hand_over_by : std::uint8_t {
    leaving,   ///< what is under way ends, what waits is the other's: it reconciles everything anyway
    finishing, ///< what waits is done first: it is what the other is to find
};

struct controller_settings {
    kube::resource kind;
    /// Only objects here are seen; empty: everywhere.
    std::string namespace_;
    /// In logs and metrics.
    std::string name;
    /// How many are reconciled side by side.
    std::size_t concurrency = 1;
    hand_over_by at_the_end = hand_over_by::leaving;
};

/// Runs one kind of object: has a handler kept in step with what the server has of it, and its keys
/// reconciled while this replica leads. Until then keys are only collected. On the loop's thread.
class controller {
public:
    /// `api`, `objects` and `counters` (which may be null) outlive it; `reconcile` is called until stop() was
    /// awaited.
    controller(
        asio::any_io_executor executor, kube::client& api, controller_settings s,
        kube::informer_handler& objects, work_queue::handler reconcile, queue_observer* counters
    );

    /// Begins to watch.
    void start();
    /// True once the handler has had all objects.
    [[nodiscard]] bool knows_all() const noexcept { return informer_.status().synced; }
    /// Returns when it has.
    asio::awaitable<void> wait_until_all_are_known();
    /// Another replica may have written just now what the watch has not told yet: reads all objects, however
    /// long that takes, and shows each to `see`. Gives the loop back in between.
    asio::awaitable<void> read_all(std::function<void(const json::object&)> see);

    /// From now on keys are reconciled.
    void lead();
    [[nodiscard]] bool leads() const noexcept { return leads_; }
    /// Ends the lead, as the settings say; what takes longer than `limit` is left.
    asio::awaitable<void> hand_over(steady_clock::duration limit);
    /// Cancels what runs, and returns when it has ended.
    asio::awaitable<void> stop();

    /// The keys that are to be reconciled.
    [[nodiscard]] work_queue& queue() noexcept { return queue_; }
    /// For what runs beside the reconciles, and ends with them.
    [[nodiscard]] task_group& tasks() noexcept { return tasks_; }
    /// How the watch is doing.
    [[nodiscard]] const kube::informer_status& watch_status() const noexcept { return informer_.status(); }
    /// Which objects are watched.
    [[nodiscard]] const kube::selection& wanted() const noexcept { return informer_.wanted(); }

private:
    kube::client& api_;
    controller_settings settings_;
    task_group tasks_;
    work_queue queue_;
    kube::informer informer_;
    bool leads_ = false;
};

} // namespace holdfast::runtime
