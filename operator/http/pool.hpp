#pragma once

// Not a public header: for the .cpp files of this folder.

#include "base/async.hpp"
#include "base/error.hpp"
#include "http/connection.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

namespace holdfast::http {

/// The kept connections of one client, and the line of those who wait for leave to use one. On one thread.
class pool : public std::enable_shared_from_this<pool> {
public:
    struct limits {
        std::size_t connections;
        std::size_t waiting;
        std::chrono::milliseconds keep_alive;
    };
    pool(const asio::any_io_executor& executor, limits l);

    /// The leave to use one connection; gone, the next in line has it.
    class slot {
    public:
        explicit slot(std::shared_ptr<pool> owner) : owner_{std::move(owner)} {}
        slot(slot&&) noexcept = default;
        slot& operator=(slot&&) = delete;
        ~slot() {
            if (owner_) owner_->release();
        }

    private:
        std::shared_ptr<pool> owner_;
    };

    /// First come, first served. Transient errors: nothing became free until `end`, the line is full.
    asio::awaitable<result<std::unique_ptr<slot>>> acquire(steady_clock::time_point end);

    /// The kept connection used last, if one is still good.
    std::unique_ptr<connection> take_idle();
    /// Keeps it for the next, unless forget_all() was called since `epoch`.
    void give_back(std::unique_ptr<connection> wire, std::uint64_t epoch);
    [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

    void close_idle();
    /// Closes what is idle; what is in use is not kept afterwards.
    void forget_all();

private:
    struct waiter {
        asio::steady_timer timer;
        bool granted = false;
    };
    struct resting {
        std::unique_ptr<connection> wire;
        steady_clock::time_point until;
    };
    class place;

    void release();
    void watch_oldest();

    asio::any_io_executor executor_;
    limits limits_;
    std::size_t in_use_ = 0;
    std::list<std::shared_ptr<waiter>> line_;
    std::list<resting> idle_; // the one used last at the end
    asio::steady_timer sweeper_;
    bool sweeping_ = false;
    std::uint64_t epoch_ = 0;
};

} // namespace holdfast::http
