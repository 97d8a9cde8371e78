#include "cluster/remote_cluster.hpp"

#include "base/backoff.hpp"
#include "base/log.hpp"
#include "kube/connect.hpp"

#include <random>
#include <utility>

namespace holdfast::cluster {

namespace {

// A single answer that does not come may be the network's doing.
constexpr unsigned questions_unanswered = 2;
// Until then nobody says that a cluster does not answer.
constexpr std::chrono::seconds benefit_of_doubt{5};

kube::client_settings client_settings_of(const remote_cluster::settings& s, kube::observer& counter) {
    kube::client_settings made;
    made.may_write = s.may_write;
    made.observer = &counter;
    return made;
}

} // namespace

void request_counter::answered(std::string_view verb, unsigned status, std::chrono::nanoseconds took) {
    if (status == 0 || status == 401 || status >= 500) {
        ++failed_;
    }
    if (inner_ != nullptr) {
        inner_->answered(verb, status, took);
    }
}

void request_counter::watch_opened() {
    if (inner_ != nullptr) {
        inner_->watch_opened();
    }
}

void request_counter::watch_ended(std::string_view why) {
    if (inner_ != nullptr) {
        inner_->watch_ended(why);
    }
}

remote_cluster::remote_cluster(
    asio::any_io_executor executor, const cluster_secret& declared, settings s, destination::handlers told,
    write_observer& counters, std::function<void()> contact_changed
)
    : executor_{executor},
      settings_{std::move(s)},
      contact_changed_{std::move(contact_changed)},
      connection_{transient_error("there is no connection yet")},
      counter_{settings_.observer},
      api_{connection_, client_settings_of(settings_, counter_)},
      to_{executor, api_, settings_.of_destination, std::move(told), counters},
      tasks_{executor} {
    connect_with(declared);
}

void remote_cluster::start() {
    tasks_.spawn("keep contact with " + called_, keep_contact(this));
}

void remote_cluster::connect_with(const cluster_secret& declared) {
    called_ = declared.connection.origin;
    if (connection_key_ == declared.connection_key) {
        return;
    }
    connection_key_ = declared.connection_key;
    auto config = declared.connection;
    config.http.max_connections = settings_.max_connections;
    auto made = kube::connect(executor_, std::move(config));
    if (made) {
        connection_.exchange(std::move(*made));
    } else {
        connection_.close(made.error());
        note({contact::stand::failed, made.error().message()});
    }
    changed_.notify_all();
}

void remote_cluster::close(error why) {
    connection_key_.clear();
    connection_.close(std::move(why));
}

asio::awaitable<void> remote_cluster::stop() {
    tasks_.cancel();
    co_await tasks_.join();
    co_await to_.stop();
}

void remote_cluster::survey(std::function<void(bool found_more)> looked) {
    tasks_.spawn(
        "survey kinds of " + called_,
        [](remote_cluster* self, std::function<void(bool)> tell) -> asio::awaitable<void> {
            while (!self->is_started_) {
                co_await self->started_.wait();
            }
            co_await self->to_.survey(std::move(tell));
        }(this, std::move(looked))
    );
}

void remote_cluster::note(contact now) {
    if (contact_ == now) {
        return;
    }
    const bool is_other = contact_.now != now.now;
    contact_ = std::move(now);
    if (is_other && contact_.now == contact::stand::failed) {
        log::warn("a cluster cannot be reached", {{"cluster", called_}, {"error", contact_.why}});
    } else if (is_other) {
        log::info("a cluster is reached", {{"cluster", called_}, {"version", to_.kube_version()}});
    }
    contact_changed_();
}

asio::awaitable<kube::reply<void>> remote_cluster::ask() {
    const kube::call_options once{
        .deadline = settings_.answer_limit, .max_retries = 0, .as = {}, .on_warning = {}
    };
    const auto answer = co_await api_.version(once);
    // Whoever may not read the version has answered all the same.
    if (!answer && answer.error().status() != 403) {
        co_return answer.error();
    }
    co_return kube::reply<void>{};
}

// It is asked with one small request before more is asked of it.
asio::awaitable<void> remote_cluster::keep_contact(remote_cluster* self) {
    std::minstd_rand random{std::random_device{}()};
    backoff wait{{.base = std::chrono::milliseconds{500}, .cap = self->settings_.longest_wait}};
    const auto begun = steady_clock::now();
    unsigned unanswered = 0;
    for (;;) {
        auto answer = co_await self->ask();
        if (answer && !self->is_started_) {
            answer = co_await self->to_.try_start();
            if (answer) {
                self->is_started_ = true;
                self->started_.notify_all();
            }
        }
        if (answer) {
            unanswered = 0;
            wait.reset();
            self->note({contact::stand::reachable, {}});
            (void)co_await self->changed_.wait_until(steady_clock::now() + self->settings_.question_interval);
            continue;
        }
        const auto failure = answer.error();
        ++unanswered;
        const bool is_refusal = !failure.is_transient();
        const bool is_young = !self->is_started_ && steady_clock::now() - begun < benefit_of_doubt;
        const bool is_one_miss = self->is_started_ && unanswered < questions_unanswered;
        if (is_refusal || (!is_young && !is_one_miss)) {
            self->note({contact::stand::failed, failure.message()});
        }
        (void)co_await self->changed_.wait_until(steady_clock::now() + wait.next(random));
    }
}

} // namespace holdfast::cluster
