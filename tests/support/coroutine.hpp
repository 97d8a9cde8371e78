#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace holdfast::test {

/// Runs `task` to its end on `context` and gives what it returned; an exception comes through. Throws when it
/// takes longer than `limit`, so that a hang is a failure with a line number.
template <class T>
T run(
    boost::asio::io_context& context, boost::asio::awaitable<T> task,
    std::chrono::seconds limit = std::chrono::seconds{30}
) {
    // Shared, since a task that does not end in time outlives this frame.
    auto shared = std::make_shared<std::optional<std::pair<std::exception_ptr, T>>>();
    auto& outcome = *shared;
    boost::asio::co_spawn(context, std::move(task), [shared](std::exception_ptr failure, T value) {
        shared->emplace(failure, std::move(value));
    });
    context.restart();
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!outcome && context.run_one_until(end) > 0) {
    }
    if (!outcome) {
        throw std::runtime_error{"the coroutine did not end in time"};
    }
    if (outcome->first) {
        std::rethrow_exception(outcome->first);
    }
    return std::move(outcome->second);
}

inline void
run(boost::asio::io_context& context, boost::asio::awaitable<void> task,
    std::chrono::seconds limit = std::chrono::seconds{30}) {
    run(
        context,
        [](boost::asio::awaitable<void> inner) -> boost::asio::awaitable<bool> {
            co_await std::move(inner);
            co_return true;
        }(std::move(task)),
        limit
    );
}

} // namespace holdfast::test
