#include "base/task_group.hpp"

#include "base/log.hpp"
#include "base/reconcile_id.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <list>

namespace holdfast {

namespace asio = boost::asio;

struct task_group::state {
    explicit state(const asio::any_io_executor& ex) : executor{ex}, changed{ex} {
        changed.expires_at(asio::steady_timer::time_point::max());
    }

    struct task {
        std::string name;
        asio::cancellation_signal signal;
    };

    asio::any_io_executor executor;
    asio::steady_timer changed; // never expires: cancelled to wake those who join
    std::list<task> tasks;
    bool closed = false;
};

namespace {

void report(const std::string& name, const std::exception_ptr& failure) {
    if (!failure) {
        return;
    }
    try {
        std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::operation_aborted) {
            log::error("a task ended with an error", {{"task", name}, {"error", e.what()}});
        }
    } catch (const std::exception& e) {
        log::error("a task ended with an exception", {{"task", name}, {"error", e.what()}});
    }
}

} // namespace

task_group::task_group(asio::any_io_executor executor) : state_{std::make_shared<state>(executor)} {}

task_group::~task_group() {
    cancel();
}

void task_group::spawn(std::string name, asio::awaitable<void> task) {
    start(state_->executor, std::move(name), std::move(task));
}

void task_group::spawn_along(std::string name, asio::awaitable<void> task) {
    start(executor_of(reconcile_id::current(), state_->executor), std::move(name), std::move(task));
}

void task_group::start(const asio::any_io_executor& executor, std::string name, asio::awaitable<void> task) {
    if (state_->closed) {
        return;
    }
    auto entry = state_->tasks.emplace(state_->tasks.end());
    entry->name = std::move(name);
    asio::co_spawn(
        executor, std::move(task),
        asio::bind_cancellation_slot(
            entry->signal.slot(),
            [state = state_, entry](std::exception_ptr failure) {
                report(entry->name, failure);
                state->tasks.erase(entry);
                if (state->tasks.empty()) {
                    state->changed.cancel();
                }
            }
        )
    );
}

void task_group::cancel(asio::cancellation_type type) {
    state_->closed = true;
    // A task may end, and leave the list, from within its own cancellation.
    for (auto it = state_->tasks.begin(); it != state_->tasks.end();) {
        auto& current = *it++;
        current.signal.emit(type);
    }
}

asio::awaitable<void> task_group::join() {
    auto state = state_;
    while (!state->tasks.empty()) {
        boost::system::error_code ignored;
        co_await state->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        // Only the last task's end wakes this early without a cancellation of the caller.
        if (!state->tasks.empty() &&
            (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) {
            throw boost::system::system_error{asio::error::operation_aborted};
        }
    }
}

std::size_t task_group::size() const noexcept {
    return state_->tasks.size();
}

} // namespace holdfast
