#pragma once

#include "base/async.hpp"
#include "base/work_budget.hpp"
#include "base/worker_pool.hpp"

#include <memory>
#include <utility>

namespace holdfast {

/// As on_pool without a stop, for `work` that can be stopped: it is called with a stop that is requested when
/// the caller is cancelled or `stop` (which may be null) is, and ends early once it sees that. The caller
/// waits for it all the same.
template <class F>
asio::awaitable<std::invoke_result_t<F&, std::shared_ptr<const work_stop>>>
on_pool(worker_pool& pool, std::shared_ptr<const work_stop> stop, F work) {
    const auto mine = std::make_shared<work_stop>(std::move(stop));
    const auto state = co_await asio::this_coro::cancellation_state;
    struct listening {
        asio::cancellation_slot slot;
        ~listening() {
            if (slot.is_connected()) slot.clear();
        }
    };
    listening until_done{state.slot()};
    if (until_done.slot.is_connected()) {
        until_done.slot.assign([mine](asio::cancellation_type) { mine->request(); });
    }
    auto call = [work = std::move(work), mine]() mutable { return work(mine); };
    co_return co_await on_pool(pool, std::move(call));
}

} // namespace holdfast
