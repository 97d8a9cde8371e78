#pragma once

// What every coroutine of ours needs: deadlines, sleeping, and the bridge to the worker pool. Light to
// include: no sockets, no TLS, no Beast.

#include "base/error.hpp"
#include "base/reconcile_id.hpp"
#include "base/worker_pool.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
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
/// cannot be interrupted: a cancelled caller still waits for it, so it has limits of its own. It is part of
/// the caller's reconcile.
template <class F>
asio::awaitable<std::invoke_result_t<F&>> on_pool(worker_pool& pool, F work);

// ---- implementation
// ------------------------------------------------------------------------------------------------

namespace detail {
error deadline_error(steady_clock::duration limit, const std::string& what);

/// What work on the pool came to, as its completion takes it.
template <class T>
struct pool_outcome {
    using signature = void(std::exception_ptr, std::optional<T>);
    std::exception_ptr failure;
    std::optional<T> value;
};
template <>
struct pool_outcome<void> {
    using signature = void(std::exception_ptr);
    std::exception_ptr failure;
};

/// Calls `work`, which is gone when this has returned: its caller may use what it held.
template <class T, class F>
pool_outcome<T> outcome_of(F work) {
    pool_outcome<T> came;
    try {
        if constexpr (std::is_void_v<T>) {
            work();
        } else {
            came.value.emplace(work());
        }
    } catch (...) {
        came.failure = std::current_exception();
    }
    return came;
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
asio::awaitable<std::invoke_result_t<F&>> on_pool(worker_pool& pool, F work) {
    using value = std::invoke_result_t<F&>;
    const auto executor = co_await asio::this_coro::executor;
    auto begin = [&pool, executor](auto handler, F what) {
        // The loop has work for as long as the pool has it: it does not end before the answer is there.
        auto back = asio::prefer(executor, asio::execution::outstanding_work.tracked);
        pool.post([what = std::move(what), handler = std::move(handler), back = std::move(back),
                   id = reconcile_id::current()]() mutable {
            const reconcile_scope scope{id};
            auto came = detail::outcome_of<value>(std::move(what));
            if constexpr (std::is_void_v<value>) {
                asio::post(back, asio::append(std::move(handler), std::move(came.failure)));
            } else {
                asio::post(
                    back, asio::append(std::move(handler), std::move(came.failure), std::move(came.value))
                );
            }
        });
    };
    auto done =
        asio::async_initiate<const asio::use_awaitable_t<>, typename detail::pool_outcome<value>::signature>(
            std::move(begin), asio::use_awaitable, std::move(work)
        );
    if constexpr (std::is_void_v<value>) {
        co_await std::move(done);
    } else {
        co_return std::move(*co_await std::move(done));
    }
}

} // namespace holdfast
