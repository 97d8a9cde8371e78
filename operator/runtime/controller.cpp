#include "runtime/controller.hpp"

#include "base/log.hpp"
#include "base/loop_turns.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::runtime {

using namespace std::chrono_literals;

namespace {

kube::informer_options watching(const controller_settings& s) {
    kube::informer_options options;
    options.kind = s.kind;
    options.what.namespace_ = s.namespace_;
    return options;
}

} // namespace

controller::controller(
    asio::any_io_executor executor, kube::client& api, controller_settings s, kube::informer_handler& objects,
    work_queue::handler reconcile, queue_observer* counters
)
    : api_{api},
      settings_{std::move(s)},
      tasks_{executor},
      queue_{executor, settings_.name, settings_.concurrency, std::move(reconcile), counters},
      informer_{api, watching(settings_), objects} {
    queue_.hold();
}

void controller::start() {
    tasks_.spawn("watch " + settings_.kind.plural, [](kube::informer& all) -> asio::awaitable<void> {
        co_await all.run();
    }(informer_));
}

asio::awaitable<void> controller::wait_until_all_are_known() {
    while (!co_await informer_.wait_synced(30s)) {
    }
}

asio::awaitable<void> controller::read_all(std::function<void(const json::object&)> see) {
    for (auto wait = 200ms;; wait = std::min(wait * 2, 5'000ms)) {
        const auto all = co_await api_.list(settings_.kind, informer_.wanted());
        if (all) {
            loop_turns turns;
            for (const auto& one : all->items) {
                see(one);
                co_await turns.give_back();
            }
            co_return;
        }
        log::warn(
            "waiting for the API server to list objects",
            {{"kind", settings_.kind.kind}, {"error", all.error().message()}}
        );
        co_await sleep_for(wait);
    }
}

void controller::lead() {
    leads_ = true;
    queue_.release();
}

asio::awaitable<void> controller::hand_over(steady_clock::duration limit) {
    if (!leads_) {
        co_return;
    }
    if (settings_.at_the_end == hand_over_by::finishing) {
        co_await queue_.flush(limit);
        queue_.hold();
    } else {
        co_await queue_.drain(limit);
    }
}

asio::awaitable<void> controller::stop() {
    tasks_.cancel();
    co_await queue_.stop();
    co_await tasks_.join();
}

} // namespace holdfast::runtime
