#pragma once

// What every coroutine of ours needs: deadlines, sleeping, and the bridge to the worker pool. Light to
// include: no sockets, no TLS, no Beast.

#include "base/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <type_traits>
#include <utility>

namespace holdfast {

namespace asio = boost::asio;

/// The clock of deadlines and backoffs: never goes back.
using steady_clock = std::chrono::steady_clock;

/// Waits for `delay`. Throws boost::system::system_error(operation_aborted) when cancelled, like every other
/// wait.
asio::awaitable<void> sleep_for(steady_clock::duration delay);

/// Runs `op` and cancels it when it has not finished after `limit`; then the answer is a transient error that
/// says what
/// (`what`, as in "listing refs of https://…") took how long. `op` has ended in every case when this returns.
/// An exception of `op` comes through, and so does a cancellation from outside. T must be
/// default-constructible.
template <class T>
asio::awaitable<result<T>>
with_deadline(steady_clock::duration limit, std::string what, asio::awaitable<result<T>> op);

/// Runs `work` on a thread of `pool` and resumes the caller on its own executor with what it returned; an
/// exception comes through. `work` takes and returns values and shares nothing with the caller's thread. It
/// cannot be interrupted: a cancelled caller still waits for it, so it has limits of its own.
template <class F>
asio::awaitable<std::invoke_result_t<F&>> on_pool(asio::thread_pool& pool, F work);

// ---- implementation
// ------------------------------------------------------------------------------------------------

namespace detail {
error deadline_error(steady_clock::duration limit, const std::string& what);

template <class F>
asio::awaitable<std::invoke_result_t<F&>> run_here(F work) {
    co_return work();
}
} // namespace detail

template <class T>
asio::awaitable<result<T>>
with_deadline(steady_clock::duration limit, std::string what, asio::awaitable<result<T>> op) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, limit};
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, std::move(op), asio::deferred), timer.async_wait(asio::deferred)
    );
    auto [order, failure, value, timer_error] =
        co_await group.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    if (order[0] == 1 && !timer_error) {
        // An operation that finished in the very moment of its deadline keeps its answer.
        if (!failure && value.has_value()) {
            co_return std::move(value);
        }
        co_return detail::deadline_error(limit, what);
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    co_return std::move(value);
}

template <class F>
asio::awaitable<std::invoke_result_t<F&>> on_pool(asio::thread_pool& pool, F work) {
    co_return co_await asio::co_spawn(pool, detail::run_here(std::move(work)), asio::use_awaitable);
}

} // namespace holdfast
