#include "kube/events.hpp"

#include "base/async.hpp"
#include "base/backoff.hpp"
#include "base/log.hpp"
#include "kube/event_series.hpp"
#include "kube/pulse.hpp"

#include <deque>
#include <exception>
#include <utility>

namespace holdfast::kube {

namespace {

constexpr unsigned max_tries = 3;

struct waiting_event {
    json::object event;
    event_series::key series = 0;
};

} // namespace

struct event_recorder::state {
    state(boost::asio::any_io_executor executor, client& a, event_settings s)
        : api{a}, settings{std::move(s)}, series{settings}, tasks{std::move(executor)} {}

    client& api;
    event_settings settings;
    event_series series;
    std::deque<waiting_event> queue;
    event_counters counters;
    pulse wake;
    pulse idle;
    bool sending = false;
    bool closing = false;
    task_group tasks;

    static boost::asio::awaitable<void> work(std::shared_ptr<state> self);
    static boost::asio::awaitable<void> write(std::shared_ptr<state> self, waiting_event what);
    static boost::asio::awaitable<void> count_up(std::shared_ptr<state> self, event_series::update what);
};

event_recorder::event_recorder(boost::asio::any_io_executor executor, client& api, event_settings settings)
    : state_{std::make_shared<state>(std::move(executor), api, std::move(settings))} {
    state_->tasks.spawn("write events", state::work(state_));
}

event_recorder::~event_recorder() {
    state_->tasks.cancel();
}

void event_recorder::record(const object_reference& about, const event_note& what) noexcept {
    auto& s = *state_;
    try {
        const auto decision = s.series.on_event(about, what, steady_clock::now());
        if (decision.what == event_series::outcome::drop || s.closing) {
            ++s.counters.dropped;
            return;
        }
        if (decision.what == event_series::outcome::fold) {
            ++s.counters.folded;
        } else if (s.queue.size() >= s.settings.max_queued) {
            ++s.counters.dropped;
            s.series.forget(decision.series);
            return;
        } else {
            s.queue.push_back({make_event(about, what, s.settings, wall_clock::now()), decision.series});
        }
        s.wake.notify_all();
    } catch (const std::exception& e) {
        ++s.counters.dropped;
        log::warn("an event could not be recorded", {{"error", e.what()}});
    }
}

const event_counters& event_recorder::counters() const noexcept {
    return state_->counters;
}

boost::asio::awaitable<void> event_recorder::state::work(std::shared_ptr<state> self) {
    while (true) {
        self->sending = true;
        while (!self->queue.empty()) {
            auto next = std::move(self->queue.front());
            self->queue.pop_front();
            co_await write(self, std::move(next));
        }
        for (auto& update : self->series.take_due(steady_clock::now(), self->closing)) {
            co_await count_up(self, std::move(update));
        }
        if (!self->queue.empty()) {
            continue;
        }
        self->sending = false;
        self->idle.notify_all();
        const auto due = self->series.next_due();
        (void)co_await self->wake.wait_until(due.value_or(steady_clock::time_point::max()));
    }
}

boost::asio::awaitable<void> event_recorder::state::write(std::shared_ptr<state> self, waiting_event what) {
    backoff pause{{.base = std::chrono::milliseconds{1'000}}};
    const call_options calls{.deadline = self->settings.deadline};
    for (unsigned tries = 1;; ++tries) {
        const auto written = co_await self->api.create(resources::events(), what.event, "", {}, calls);
        // A try that was answered by nobody may have done it all the same.
        if (written.has_value() || (tries > 1 && written.error().is_already_exists())) {
            ++self->counters.written;
            self->series.on_written(
                what.series, std::string{namespace_of(what.event)}, std::string{name_of(what.event)},
                steady_clock::now()
            );
            co_return;
        }
        if (tries == max_tries || !written.error().is_transient()) {
            ++self->counters.failed;
            self->series.forget(what.series);
            log::debug("an event was not accepted", {{"error", written.error().message()}});
            co_return;
        }
        co_await sleep_for(pause.next());
    }
}

boost::asio::awaitable<void>
event_recorder::state::count_up(std::shared_ptr<state> self, event_series::update what) {
    const json::object patch{
        {"series",
         json::object{{"count", what.count}, {"lastObservedTime", format_micro_time(wall_clock::now())}}}
    };
    const call_options calls{.deadline = self->settings.deadline};
    const auto patched = co_await self->api.patch_merge(
        resources::events(), what.namespace_, what.name, patch, "", "", {}, calls
    );
    if (patched.has_value()) {
        ++self->counters.written;
    } else {
        ++self->counters.failed;
        if (patched.error().is_not_found()) {
            self->series.forget(what.series); // it has expired on the server
        }
    }
}

boost::asio::awaitable<void> event_recorder::close(std::chrono::milliseconds limit) {
    auto self = state_;
    self->closing = true;
    self->wake.notify_all();
    const auto end = steady_clock::now() + limit;
    while (self->sending || !self->queue.empty() || self->series.next_due()) {
        if (!co_await self->idle.wait_until(end)) {
            break;
        }
    }
    self->tasks.cancel();
    co_await self->tasks.join();
}

} // namespace holdfast::kube
