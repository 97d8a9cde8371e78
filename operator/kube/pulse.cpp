#include "kube/pulse.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <list>

namespace holdfast::kube {

namespace asio = boost::asio;

struct pulse::state {
    struct waiter {
        asio::steady_timer timer;
        bool notified = false;
    };
    std::list<waiter> waiters;
};

pulse::pulse() : state_{std::make_shared<state>()} {}
pulse::~pulse() = default;

asio::awaitable<void> pulse::wait() {
    (void)co_await wait_until(std::chrono::steady_clock::time_point::max());
}

asio::awaitable<bool> pulse::wait_until(std::chrono::steady_clock::time_point limit) {
    auto executor = co_await asio::this_coro::executor;
    auto state = state_;
    const auto me = state->waiters.emplace(
        state->waiters.end(), pulse::state::waiter{.timer = asio::steady_timer{executor, limit}}
    );
    // Leaves the list however this ends.
    struct leave {
        std::list<pulse::state::waiter>& list;
        std::list<pulse::state::waiter>::iterator it;
        leave(std::list<pulse::state::waiter>& l, std::list<pulse::state::waiter>::iterator i)
            : list{l}, it{i} {}
        leave(const leave&) = delete;
        leave& operator=(const leave&) = delete;
        ~leave() { list.erase(it); }
    } guard{state->waiters, me};
    boost::system::error_code code;
    co_await me->timer.async_wait(asio::redirect_error(asio::use_awaitable, code));
    if (code == asio::error::operation_aborted && !me->notified) {
        throw boost::system::system_error{code};
    }
    co_return me->notified;
}

void pulse::notify_all() {
    for (auto& waiter : state_->waiters) {
        waiter.notified = true;
        waiter.timer.cancel();
    }
}

} // namespace holdfast::kube
