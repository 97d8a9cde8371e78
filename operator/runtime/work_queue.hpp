#pragma once

#include "base/async.hpp"
#include "runtime/queue_observer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace holdfast::runtime {

/// Which keys are to be looked at, each at most once at a time. Adding a key that waits already changes
/// nothing; adding one that is being handled has it handled once more afterwards. Different keys run side by
/// side, up to `concurrency`, in the order of their adding; one is begun with in a turn of the loop, so that
/// others have theirs in between. Bounded by the number of distinct keys. All
/// members on the executor's thread.
class work_queue {
public:
    /// Looks at one key. An exception is logged and the key is added again with backoff; a cancellation ends
    /// it.
    using handler = std::function<asio::awaitable<void>(std::string key)>;

    /// `counters`, which outlives it, is told how many keys wait for their turn, and how long each did.
    work_queue(
        asio::any_io_executor executor, std::string name, std::size_t concurrency, handler handle,
        queue_observer* counters = nullptr
    );
    /// stop() has been awaited before.
    ~work_queue();
    work_queue(const work_queue&) = delete;
    work_queue& operator=(const work_queue&) = delete;

    void add(std::string key);
    /// Adds the key when `delay` has passed. A key has one such time: the earlier one wins, and add() takes
    /// it away.
    void add_after(std::string key, steady_clock::duration delay);
    /// From now on nothing more is handled; keys are taken all the same, until release().
    void hold();
    void release();
    /// Has what waits for its time handled now, and returns when nothing waits or is being handled; or after
    /// `limit`. Only useful while nobody adds much.
    asio::awaitable<void> flush(steady_clock::duration limit);
    /// Holds, and returns when what is being handled has ended; or after `limit`.
    asio::awaitable<void> drain(steady_clock::duration limit);

    /// Takes away what waits for the key. A handling that runs goes on.
    void forget(const std::string& key);

    /// How many keys wait (for their turn or their time), how many of those for their turn only, and how many
    /// are being handled.
    [[nodiscard]] std::size_t waiting() const noexcept;
    [[nodiscard]] std::size_t waiting_now() const noexcept;
    [[nodiscard]] std::size_t running() const noexcept;

    /// True while the key waits, for its turn or its time.
    [[nodiscard]] bool contains(const std::string& key) const noexcept;

    /// Cancels what is being handled and returns when it has ended. Nothing starts afterwards.
    asio::awaitable<void> stop();

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace holdfast::runtime
