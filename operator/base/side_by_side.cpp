#include "base/side_by_side.hpp"

#include <boost/asio/experimental/parallel_group.hpp>

#include <exception>
#include <utility>

namespace holdfast {

asio::awaitable<void> all_of(std::vector<asio::awaitable<void>> tasks) {
    if (tasks.empty()) {
        co_return; // a group of none would never end
    }
    if (tasks.size() == 1) {
        co_await std::move(tasks.front());
        co_return;
    }
    auto executor = co_await asio::this_coro::executor;
    using started = decltype(asio::co_spawn(executor, std::move(tasks.front()), asio::deferred));
    std::vector<started> group;
    group.reserve(tasks.size());
    for (auto& task : tasks) {
        group.push_back(asio::co_spawn(executor, std::move(task), asio::deferred));
    }
    const auto [order, failures] = co_await asio::experimental::make_parallel_group(std::move(group))
                                       .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const auto& failure : failures) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    }
}

} // namespace holdfast
