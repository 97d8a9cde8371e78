#include "runtime/work_queue.hpp"

#include "base/backoff.hpp"
#include "base/log.hpp"
#include "base/reconcile_id.hpp"
#include "base/task_group.hpp"
#include "kube/pulse.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <deque>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace holdfast::runtime {

namespace {
constexpr backoff::settings after_exception{
    .base = std::chrono::milliseconds{500},
    .cap = std::chrono::milliseconds{60'000},
    .factor = 2.0,
    .jitter = 0.0
};
} // namespace

struct work_queue::state : std::enable_shared_from_this<work_queue::state> {
    state(asio::any_io_executor ex, std::string n, std::size_t c, handler h, queue_observer* m)
        : executor{std::move(ex)},
          name{std::move(n)},
          concurrency{c},
          handle{std::move(h)},
          counters{m},
          tasks{executor},
          timer{executor} {}

    asio::any_io_executor executor;
    std::string name;
    std::size_t concurrency;
    handler handle;
    queue_observer* counters;
    task_group tasks;
    asio::steady_timer timer;
    bool stopped = false;
    bool held = false;
    bool starting = false; // the next one is begun with in the loop's next turn
    kube::pulse ended;     // a handling has

    std::deque<std::string> ready;
    // What stands in `ready`, and what is to follow the handling that runs; since when.
    std::unordered_map<std::string, steady_clock::time_point> queued;
    std::unordered_set<std::string> active;
    std::multimap<steady_clock::time_point, std::string> later;
    std::unordered_map<std::string, std::multimap<steady_clock::time_point, std::string>::iterator> times;
    std::unordered_map<std::string, backoff> failures;

    void drop_time(const std::string& key) {
        if (const auto found = times.find(key); found != times.end()) {
            later.erase(found->second);
            times.erase(found);
        }
    }

    void add(std::string key) {
        if (stopped) {
            return;
        }
        drop_time(key);
        if (!queued.try_emplace(key, steady_clock::now()).second) {
            return;
        }
        count();
        if (!active.contains(key)) {
            ready.push_back(std::move(key));
            pump();
        }
    }

    void add_after(std::string key, steady_clock::duration delay) {
        if (stopped || queued.contains(key)) {
            return;
        }
        const auto when = steady_clock::now() + delay;
        if (const auto found = times.find(key); found != times.end()) {
            if (found->second->first <= when) {
                return;
            }
            drop_time(key);
        }
        times[key] = later.emplace(when, key);
        if (later.begin()->first == when) {
            arm();
        }
    }

    void count() const {
        if (counters != nullptr) {
            counters->queue_depth(name, queued.size());
        }
    }

    void arm() {
        if (later.empty()) {
            timer.cancel();
            return;
        }
        timer.expires_at(later.begin()->first);
        timer.async_wait([self = shared_from_this()](boost::system::error_code ec) {
            if (ec || self->stopped) {
                return;
            }
            const auto now = steady_clock::now();
            while (!self->later.empty() && self->later.begin()->first <= now) {
                self->add(std::string{self->later.begin()->second});
            }
            self->arm();
        });
    }

    [[nodiscard]] bool may_start() const {
        return !stopped && !held && active.size() < concurrency && !ready.empty();
    }

    // One key is begun with in a turn of the loop: a thousand that are due at once, each with little to do,
    // would hold it until all are done.
    void pump() {
        if (starting || !may_start()) {
            return;
        }
        starting = true;
        asio::post(executor, [self = shared_from_this()] {
            self->starting = false;
            self->start_next();
            self->pump();
        });
    }

    void start_next() {
        while (may_start()) {
            auto key = std::move(ready.front());
            ready.pop_front();
            const auto waited = queued.extract(key);
            if (waited.empty()) {
                continue; // forgotten meanwhile
            }
            if (counters != nullptr) {
                counters->queue_waited(name, steady_clock::now() - waited.mapped());
                count();
            }
            active.insert(key);
            const reconcile_scope scope{reconcile_id::make()};
            tasks.spawn_along(name + " " + key, work(shared_from_this(), key));
            return;
        }
    }

    static asio::awaitable<void> work(std::shared_ptr<state> self, std::string key) {
        std::string failure;
        bool cancelled = false;
        try {
            co_await self->handle(key);
        } catch (const boost::system::system_error& e) {
            cancelled = e.code() == asio::error::operation_aborted;
            failure = e.what();
        } catch (const std::exception& e) {
            failure = e.what();
        }
        self->active.erase(key);
        self->ended.notify_all();
        if (cancelled) {
            co_return;
        }
        if (failure.empty()) {
            self->failures.erase(key);
        } else {
            const auto delay = self->failures.try_emplace(key, after_exception).first->second.next();
            log::error(
                "a defect: an exception left a reconcile",
                {{"queue", self->name}, {"key", key}, {"error", failure}}
            );
            self->add_after(key, delay);
        }
        if (self->queued.contains(key)) {
            self->ready.push_back(key);
        }
        self->pump();
    }
};

work_queue::work_queue(
    asio::any_io_executor executor, std::string name, std::size_t concurrency, handler handle,
    queue_observer* counters
)
    : state_{std::make_shared<state>(
          std::move(executor), std::move(name), concurrency, std::move(handle), counters
      )} {
    state_->count();
}

work_queue::~work_queue() {
    state_->stopped = true;
}

void work_queue::add(std::string key) {
    state_->add(std::move(key));
}

void work_queue::add_after(std::string key, steady_clock::duration delay) {
    state_->add_after(std::move(key), delay);
}

void work_queue::hold() {
    state_->held = true;
}

void work_queue::release() {
    state_->held = false;
    state_->pump();
}

asio::awaitable<void> work_queue::flush(steady_clock::duration limit) {
    const auto state = state_;
    const auto until = steady_clock::now() + limit;
    std::vector<std::string> due; // first, since a handling may begin at once, and set itself another time
    for (const auto& [when, key] : state->later) {
        due.push_back(key);
    }
    for (auto& key : due) {
        state->add(std::move(key));
    }
    while ((!state->active.empty() || !state->queued.empty()) && steady_clock::now() < until) {
        (void)co_await state->ended.wait_until(until);
    }
}

asio::awaitable<void> work_queue::drain(steady_clock::duration limit) {
    const auto state = state_;
    const auto until = steady_clock::now() + limit;
    state->held = true;
    while (!state->active.empty() && steady_clock::now() < until) {
        (void)co_await state->ended.wait_until(until);
    }
}

void work_queue::forget(const std::string& key) {
    state_->drop_time(key);
    state_->queued.erase(key);
    state_->count();
    state_->failures.erase(key);
}

std::size_t work_queue::waiting() const noexcept {
    return state_->queued.size() + state_->later.size();
}

std::size_t work_queue::waiting_now() const noexcept {
    return state_->queued.size();
}

bool work_queue::contains(const std::string& key) const noexcept {
    return state_->queued.contains(key) || state_->times.contains(key);
}

std::size_t work_queue::running() const noexcept {
    return state_->active.size();
}

asio::awaitable<void> work_queue::stop() {
    auto state = state_;
    state->stopped = true;
    state->timer.cancel();
    state->tasks.cancel();
    co_await state->tasks.join();
}

} // namespace holdfast::runtime
