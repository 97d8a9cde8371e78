#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace holdfast {

/// The owner of coroutines that run beside their maker: the only way to start one. It can cancel them all and
/// wait until they have ended; an exception that leaves one is logged with its name and ends only that one.
/// All members on the thread of the executor.
class task_group {
public:
    explicit task_group(boost::asio::any_io_executor executor);
    /// Cancels what still runs. Whoever owns what those coroutines use awaits join() first.
    ~task_group();
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    /// Starts `task` from the executor's next turn. After cancel() it is dropped unstarted. The task's frame
    /// holds its own copies of what it needs, or handles; a reference must outlive join().
    void spawn(std::string name, boost::asio::awaitable<void> task);

    /// The same for a task that is part of what the caller does now: it bears the caller's reconcile_id. For
    /// what ends by itself, such as an answer that several wait for: of the one who began it.
    void spawn_along(std::string name, boost::asio::awaitable<void> task);

    /// Asks every task to end, and refuses new ones. Tasks see operation_aborted from what they wait for.
    void cancel(boost::asio::cancellation_type type = boost::asio::cancellation_type::terminal);

    /// Returns when no task is left. Does not cancel.
    boost::asio::awaitable<void> join();

    [[nodiscard]] std::size_t size() const noexcept;

private:
    void
    start(const boost::asio::any_io_executor& executor, std::string name, boost::asio::awaitable<void> task);

    struct state;
    std::shared_ptr<state> state_;
};

} // namespace holdfast
