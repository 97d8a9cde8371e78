#include "base/async.hpp"

#include "base/duration.hpp"

namespace holdfast {

asio::awaitable<void> sleep_for(steady_clock::duration delay) {
    asio::steady_timer timer{co_await asio::this_coro::executor, delay};
    co_await timer.async_wait(asio::use_awaitable);
}

namespace detail {
error deadline_error(steady_clock::duration limit, const std::string& what) {
    return transient_error(
        what + ": no answer within " +
        format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(limit))
    );
}
} // namespace detail

} // namespace holdfast
