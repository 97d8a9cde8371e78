#include "kube/informer.hpp"

#include "base/async.hpp"
#include "base/log.hpp"
#include "base/loop_turns.hpp"
#include "http/client.hpp"

#include <algorithm>
#include <random>
#include <utility>
#include <variant>

namespace holdfast::kube {

namespace {

constexpr std::string_view initial_end = "k8s.io/initial-events-end";

/// What the server sends when only metadata was asked for.
constexpr std::string_view partial_version = "meta.k8s.io/v1";
constexpr std::string_view partial_kind = "PartialObjectMetadata";

std::string expected_version(const informer_options& o) {
    return o.what.metadata_only ? std::string{partial_version} : o.kind.api_version();
}

std::string expected_kind(const informer_options& o) {
    return o.what.metadata_only ? std::string{partial_kind} : o.kind.kind;
}

std::string name_of_watch(const informer_options& o) {
    auto name = group_kind{o.kind.group, o.kind.kind}.to_string();
    return o.what.namespace_.empty() ? name : name + " in " + o.what.namespace_;
}

// An open watch, for whoever counts.
class watch_in_view {
public:
    explicit watch_in_view(observer* seen_by) : seen_by_{seen_by} {
        if (seen_by_ != nullptr) {
            seen_by_->watch_opened();
        }
    }
    watch_in_view(const watch_in_view&) = delete;
    watch_in_view& operator=(const watch_in_view&) = delete;
    ~watch_in_view() { ended("stopped"); }

    void ended(std::string_view why) {
        if (seen_by_ != nullptr) {
            std::exchange(seen_by_, nullptr)->watch_ended(why);
        }
    }

private:
    observer* seen_by_;
};

std::chrono::milliseconds until(std::chrono::steady_clock::time_point end) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
}

} // namespace

informer::informer(client& api, informer_options options, informer_handler& handler)
    : api_{api},
      options_{std::move(options)},
      handler_{handler},
      fsm_{options_.reflector, expected_version(options_), expected_kind(options_)},
      changes_{handler},
      random_{options_.seed != 0 ? options_.seed : std::random_device{}()} {}

boost::asio::awaitable<void> informer::run() {
    while (true) {
        const auto action = fsm_.next(std::chrono::steady_clock::now(), random_);
        if (const auto* list = std::get_if<reflector_fsm::list>(&action)) {
            co_await do_list(*list);
        } else if (const auto* watch = std::get_if<reflector_fsm::watch>(&action)) {
            co_await do_watch(*watch);
        } else {
            co_await sleep_for(std::get<reflector_fsm::pause>(action).delay);
        }
    }
}

boost::asio::awaitable<void> informer::do_list(reflector_fsm::list what) {
    ++status_.lists;
    const page_request page{
        .resource_version = what.resource_version, .limit = what.limit, .continue_token = what.continue_token
    };
    // The state machine decides when to try again.
    const call_options calls{.deadline = options_.request_deadline, .max_retries = 0};
    auto got = co_await api_.list_some(options_.kind, options_.what, page, calls);
    if (got.has_error()) {
        failed(got.error());
        fsm_.on_list_failed(got.error());
        co_return;
    }
    const auto verdict = fsm_.on_page(got->resource_version, got->continue_token);
    works(); // before the handler acts upon what it gets
    if (verdict.begin) {
        begin_list();
    }
    loop_turns turns;
    for (const auto& item : got->items()) {
        changes_.there_is(item.get_object());
        co_await turns.give_back();
    }
    if (verdict.end) {
        end_list();
    }
}

boost::asio::awaitable<void> informer::do_watch(reflector_fsm::watch what) {
    ++status_.watches;
    const watch_request how{
        .resource_version = what.resource_version,
        .send_initial_events = what.send_initial_events,
        .timeout = what.timeout
    };
    const call_options calls{.deadline = options_.request_deadline, .max_retries = 0};
    auto opened = co_await api_.watch(options_.kind, options_.what, how, calls);
    if (opened.has_error()) {
        if (fsm_.on_watch_refused(opened.error())) {
            failed(opened.error());
        }
        co_return;
    }
    const auto stream = std::move(*opened);
    watch_in_view view{api_.observer()};
    const auto now = std::chrono::steady_clock::now();
    // The server ends it at its timeout. One that has not is gone without a word, whatever TCP believes.
    const auto end = now + what.timeout + options_.grace;
    if (fsm_.on_watch_opened(now)) {
        begin_list();
    } else {
        works();
    }
    watch_decoder decoder{options_.max_line};
    std::optional<failure> broken;
    while (until(end) > std::chrono::milliseconds{0}) {
        auto silence = until(end);
        if (fsm_.in_initial_events()) {
            silence = std::min(silence, options_.initial_silence);
        }
        auto bytes = co_await stream->read_some(std::max(silence, std::chrono::milliseconds{1}));
        if (bytes.has_error()) {
            broken = failure{bytes.error()}.within("watch " + name_of_watch(options_));
            break;
        }
        if (bytes->empty()) {
            break;
        }
        decoder.feed(std::move(*bytes));
        if (!co_await take_events(decoder, broken)) {
            break;
        }
    }
    const bool refused = status_.last_failure.has_value(); // by an event that says so
    if (broken) {
        failed(*broken);
    }
    view.ended(
        refused && status_.last_failure->is_expired() ? "expired"
        : refused || broken                           ? "failed"
                                                      : "ended"
    );
    fsm_.on_watch_ended(broken, std::chrono::steady_clock::now());
}

boost::asio::awaitable<bool> informer::take_events(watch_decoder& decoder, std::optional<failure>& broken) {
    loop_turns turns;
    while (true) {
        co_await turns.give_back();
        auto read = decoder.next();
        if (read.has_error()) {
            broken = failure{read.error()}.within("watch " + name_of_watch(options_));
            co_return false;
        }
        if (!*read) {
            co_return true;
        }
        auto& event = **read;
        ++status_.events;
        if (event.type == event_type::error) {
            const auto why = failure_from_status(event.object, "watch " + name_of_watch(options_));
            failed(why);
            fsm_.on_error_event(why);
            co_return false;
        }
        const reflector_fsm::event e{
            .type = event.type,
            .api_version = api_version_of(event.object),
            .kind = kind_of(event.object),
            .resource_version = resource_version_of(event.object),
            .initial_events_end =
                event.type == event_type::bookmark && annotation(event.object, initial_end) == "true"
        };
        const auto verdict = fsm_.on_event(e);
        works();
        if (options_.what.metadata_only && verdict != reflector_fsm::verdict::foreign) {
            event.object["apiVersion"] = options_.kind.api_version();
            event.object["kind"] = options_.kind.kind;
        }
        switch (verdict) {
        case reflector_fsm::verdict::changed: changes_.there_is(event.object); break;
        case reflector_fsm::verdict::deleted: changes_.is_gone(event.object); break;
        case reflector_fsm::verdict::replaced: end_list(); break;
        case reflector_fsm::verdict::ignored: break;
        case reflector_fsm::verdict::foreign:
            log::warn(
                "a watch sent an object of another kind",
                {{"watch", name_of_watch(options_)},
                 {"got", std::string{e.api_version} + ' ' + std::string{e.kind}}}
            );
            break;
        }
    }
}

void informer::failed(const failure& why) {
    // Said once for each new trouble, not for each try.
    const bool news = !status_.last_failure || status_.last_failure->status() != why.status() ||
                      status_.last_failure->kind() != why.kind();
    if (news) {
        const bool everyday = why.is_expired() || why.is_network() || why.is_too_many_requests();
        log::write(
            everyday ? log::level::info : log::level::warn, "a watch has to be taken up again",
            {{"watch", name_of_watch(options_)}, {"error", why.message()}}
        );
    }
    status_.last_failure = why;
    if (news) {
        handler_.trouble_changed();
    }
}

void informer::works() {
    status_.last_contact = std::chrono::steady_clock::now();
    if (std::exchange(status_.last_failure, std::nullopt)) {
        handler_.trouble_changed();
    }
    if (status_.resource_version != fsm_.resource_version()) {
        status_.resource_version = fsm_.resource_version();
    }
}

void informer::begin_list() {
    changes_.begin_list(fsm_.may_be_older() ? told_by::list_of_any_time : told_by::list);
}

void informer::end_list() {
    if (fsm_.went_back()) {
        log::warn(
            "the API server's store was restored to an older state: all objects are read again",
            {{"watch", name_of_watch(options_)}, {"version", fsm_.resource_version()}}
        );
    }
    changes_.end_list(fsm_.resource_version(), fsm_.went_back());
    if (!std::exchange(status_.synced, true)) {
        synced_.notify_all();
    }
}

boost::asio::awaitable<reply<void>> informer::wait_synced(std::chrono::milliseconds deadline) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!status_.synced) {
        if (!co_await synced_.wait_until(end) && !status_.synced) {
            if (status_.last_failure) {
                co_return *status_.last_failure;
            }
            co_return failure{transient_error(
                "the list of " + name_of_watch(options_) + " has not come within " +
                std::to_string(deadline.count()) + "ms"
            )};
        }
    }
    co_return reply<void>{};
}

} // namespace holdfast::kube
