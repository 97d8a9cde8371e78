#include "control/standby.hpp"

#include "base/log.hpp"
#include "engine/pacing.hpp"

#include <utility>

namespace holdfast::control {

namespace {

// Beside admission, which every replica answers.
constexpr std::size_t side_by_side = 2;

} // namespace

standby::standby(asio::any_io_executor executor, parts with)
    : with_{std::move(with)}, queue_{std::move(executor), "standby", side_by_side, [this](std::string key) {
                                         return prepare_now(std::move(key));
                                     }} {}

void standby::forget(const std::string& key) {
    queue_.forget(key);
    failures_.erase(key);
}

asio::awaitable<void> standby::prepare_now(std::string key) {
    const auto r = with_.applications.find(key);
    if (!r || r->foreign || r->deleting() || !r->unreadable.empty()) {
        co_return;
    }
    if (!with_.knows_all()) {
        queue_.add_after(key, engine::delay_of(engine::recheck::start_up));
        co_return;
    }
    const auto prepared = co_await with_.sources.prepare(r);
    if (with_.applications.find(key) != r) {
        co_return; // it is another one, and waits for its turn
    }
    if (prepared) {
        failures_.erase(key);
        co_return;
    }
    // Whoever leads says it in the status.
    log::debug(
        "the sources of an application are not in the cache",
        {{"application", key}, {"error", prepared.error().message()}}
    );
    if (const auto again = engine::retry_delay(prepared.error().kind(), failures_[key]++)) {
        queue_.add_after(key, *again);
    }
}

asio::awaitable<void> standby::end() {
    co_await queue_.stop();
}

} // namespace holdfast::control
