#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>

namespace holdfast::kube {

/// Wakes coroutines that wait for a change; they look for themselves what changed. On one thread.
class pulse {
public:
    pulse();
    ~pulse();
    pulse(const pulse&) = delete;
    pulse& operator=(const pulse&) = delete;

    /// Returns at the next notify_all(). Throws operation_aborted when cancelled.
    boost::asio::awaitable<void> wait();
    /// The same, but no longer than that; false when nothing was notified until then.
    boost::asio::awaitable<bool> wait_until(std::chrono::steady_clock::time_point limit);
    /// Wakes all who wait now.
    void notify_all();

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace holdfast::kube
