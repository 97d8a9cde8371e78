#include "base/loop_turns.hpp"

#include <boost/asio/post.hpp>

namespace holdfast {

asio::awaitable<void> loop_turns::give_back() {
    if (steady_clock::now() - since_ < longest_) {
        co_return;
    }
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    since_ = steady_clock::now();
}

} // namespace holdfast
