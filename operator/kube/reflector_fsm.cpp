#include "kube/reflector_fsm.hpp"

#include "kube/object.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::kube {

namespace {

/// A server that begins a streaming list but does not end its initial events so often gets an ordinary list.
constexpr unsigned max_initial_failures = 2;
/// So many failed watches in a row at one version, and the next thing is a list.
constexpr unsigned max_bad_watches = 3;
constexpr std::chrono::milliseconds max_asked_pause{60'000};
// So often we wait just as long as the server asks for, as client-go does; from then on longer each time as
// well.
constexpr unsigned most_asked_pauses = 10;

/// The server does not know streaming lists, or not for this kind: it will not learn it.
bool refuses_streaming(const failure& why) {
    return why.status() == 400 || why.status() == 405 || why.status() == 406 || why.status() == 415 ||
           why.status() == 422;
}

/// Nothing is wrong with where we stand; only now is not the time.
bool is_only_busy(const failure& why) {
    if (why.status() == 500) {
        return false;
    }
    return why.is_network() || why.is_too_many_requests() || why.is_unauthorized() || why.status() == 408 ||
           why.status() > 500;
}

/// There is nobody, or a proxy says so: what answers next may be another server, on a store that was restored
/// from a backup.
bool is_away(const failure& why) {
    return why.is_network() || why.status() == 502 || why.status() == 503;
}

} // namespace

reflector_fsm::reflector_fsm(settings s, std::string api_version, std::string kind)
    : settings_{s}, api_version_{std::move(api_version)}, kind_{std::move(kind)}, backoff_{s.pause} {}

// ---- what to do next

reflector_fsm::action reflector_fsm::next(time_point now, random_source& random) {
    if (last_pause_ && now - *last_pause_ > settings_.healthy_after) {
        backoff_.reset();
        asked_pauses_ = 0;
        last_pause_.reset();
    }
    if (std::exchange(pause_first_, false)) {
        const auto asked = std::exchange(least_pause_, {});
        auto delay = asked;
        if (asked > std::chrono::milliseconds{0} && asked_pauses_ < most_asked_pauses) {
            // The server knows better than we how long it needs, such as for the storage of a new kind.
            ++asked_pauses_;
            delay += std::chrono::milliseconds{
                std::uniform_int_distribution<std::int64_t>{0, asked.count() / 4}(random)
            };
        } else {
            delay = std::max(backoff_.next(random), asked);
        }
        last_pause_ = now + delay;
        return pause{delay};
    }
    if (state_ == state::start) {
        const bool streaming =
            settings_.watch_list && !watch_list_refused_ && initial_failures_ < max_initial_failures;
        if (streaming) {
            state_ = state::initial_events;
        } else {
            begin_list();
        }
    }
    if (state_ != state::listing) {
        return make_watch(random);
    }
    const bool plain = list_version_.empty() || list_version_ == "0";
    // A limit with any other version would go past the server's watch cache, to etcd.
    const bool paged = !full_list_ && (plain || !continue_.empty());
    return list{
        .resource_version = continue_.empty() ? list_version_ : std::string{},
        .continue_token = continue_,
        .limit = paged ? settings_.page_size : 0
    };
}

reflector_fsm::watch reflector_fsm::make_watch(random_source& random) const {
    const bool initial = state_ == state::initial_events;
    const auto longest = std::max(settings_.min_watch, settings_.max_watch);
    std::uniform_int_distribution<std::int64_t> span{settings_.min_watch.count(), longest.count()};
    return watch{
        .resource_version = initial && unavailable_ ? std::string{} : version_,
        .send_initial_events = initial,
        .timeout = std::chrono::seconds{span(random)}
    };
}

std::string reflector_fsm::list_version() const {
    if (unavailable_) {
        return {}; // the newest, by quorum
    }
    // "0": whatever the server has at hand. Afterwards: at least as new as what we had.
    return version_.empty() ? "0" : version_;
}

void reflector_fsm::begin_list() {
    state_ = state::listing;
    list_version_ = list_version();
    continue_.clear();
    first_page_ = true;
    full_list_ = false;
}

void reflector_fsm::pause_for(const failure* why) {
    pause_first_ = true;
    least_pause_ = {};
    if (why != nullptr && why->retry_after()) {
        least_pause_ = std::min(*why->retry_after(), max_asked_pause);
    }
}

void reflector_fsm::restart_after_pause(const failure* why) {
    state_ = state::start;
    bad_watches_ = 0;
    pause_for(why);
}

void reflector_fsm::now_synced(std::string_view version) {
    went_back_ = is_older_version(version, version_);
    version_ = version;
    unavailable_ = false;
    synced_ = true;
    state_ = state::watching;
    initial_failures_ = 0;
    bad_watches_ = 0;
}

// ---- lists

reflector_fsm::page_verdict
reflector_fsm::on_page(std::string_view resource_version, std::string_view continue_token) {
    page_verdict v{.begin = std::exchange(first_page_, false), .end = continue_token.empty()};
    if (v.begin) {
        may_be_older_ = unavailable_;
    }
    if (v.end) {
        now_synced(resource_version);
    } else {
        continue_ = continue_token;
    }
    return v;
}

void reflector_fsm::on_list_failed(const failure& why) {
    if (!continue_.empty() && why.is_expired()) {
        // The snapshot that the pages were cut from is gone: all of it in one piece.
        continue_.clear();
        first_page_ = true;
        full_list_ = true;
        return;
    }
    const bool stale = why.is_expired() || why.is_too_large_resource_version();
    if (stale && !list_version_.empty()) {
        unavailable_ = true;
        state_ = state::start;
        return;
    }
    restart_after_pause(&why);
}

// ---- watches

bool reflector_fsm::on_watch_opened(time_point now) {
    opened_ = now;
    events_ = 0;
    error_seen_ = false;
    // Without a version to continue from, the server first sends what there is, in no order.
    unordered_start_ = state_ == state::watching && (version_.empty() || version_ == "0");
    if (state_ != state::initial_events) {
        return false;
    }
    may_be_older_ = unavailable_;
    return true;
}

bool reflector_fsm::on_watch_refused(const failure& why) {
    if (state_ == state::initial_events) {
        initial_failed(&why, false);
        return !watch_list_refused_;
    }
    if (is_away(why)) {
        // A watch that goes on from a version that the server has not come to yet is not refused: it is
        // silent until the server comes to it. A list at that version is. It costs no more than the watch
        // would: a server that has just begun refuses what was before its time.
        restart_after_pause(&why);
    } else {
        watch_failed(why);
    }
    return true;
}

reflector_fsm::verdict reflector_fsm::on_event(const event& e) {
    ++events_;
    if (e.kind != kind_ || e.api_version != api_version_) {
        return verdict::foreign;
    }
    if (state_ == state::initial_events) {
        switch (e.type) {
        case event_type::added:
        case event_type::modified: return verdict::changed;
        case event_type::deleted: return verdict::deleted;
        case event_type::bookmark:
            if (!e.initial_events_end) {
                return verdict::ignored;
            }
            now_synced(e.resource_version);
            return verdict::replaced;
        case event_type::error: break;
        }
        return verdict::ignored;
    }
    bad_watches_ = 0;
    if (e.type != event_type::added) {
        unordered_start_ = false;
    }
    if (!unordered_start_ && !e.resource_version.empty()) {
        version_ = e.resource_version;
    }
    switch (e.type) {
    case event_type::added:
    case event_type::modified: return verdict::changed;
    case event_type::deleted: return verdict::deleted;
    case event_type::bookmark:
    case event_type::error: break;
    }
    return verdict::ignored;
}

void reflector_fsm::on_error_event(const failure& why) {
    error_seen_ = true;
    if (state_ == state::initial_events) {
        initial_failed(&why, true);
    } else {
        watch_failed(why);
    }
}

void reflector_fsm::on_watch_ended(const std::optional<failure>& why, time_point now) {
    if (error_seen_) {
        return; // known, and decided
    }
    if (state_ == state::initial_events) {
        initial_failed(why ? &*why : nullptr, true);
        return;
    }
    const bool very_short = now - opened_ < settings_.very_short;
    quick_ends_ = very_short ? quick_ends_ + 1 : 0;
    if (why && !why->is_network()) {
        watch_failed(*why); // what came could not be read
    } else if (very_short && events_ == 0) {
        watch_on_or_restart(why ? &*why : nullptr);
    } else if (quick_ends_ > 1) {
        pause_for(nullptr); // one event a connection is no watch, either
    }
    // Else it was a good watch while it lasted: on at once from where it stopped.
}

void reflector_fsm::watch_on_or_restart(const failure* why) {
    if (++bad_watches_ > max_bad_watches) {
        restart_after_pause(why);
    } else {
        pause_for(why);
    }
}

void reflector_fsm::watch_failed(const failure& why) {
    if (why.is_too_large_resource_version()) {
        unavailable_ = true;
        restart_after_pause(&why);
    } else if (why.is_expired()) {
        // The list is asked for "at least as new as what we have", which costs the server less than the
        // newest.
        restart_after_pause(&why);
    } else if (is_only_busy(why)) {
        // Nothing is lost: on from where it stopped, and no list for a server that has enough to do already.
        pause_for(&why);
    } else if (why.status() == 500) {
        watch_on_or_restart(&why);
    } else {
        restart_after_pause(&why);
    }
}

void reflector_fsm::initial_failed(const failure* why, bool was_open) {
    state_ = state::start;
    if (why == nullptr) {
        ++initial_failures_;
        pause_for(why);
        return;
    }
    if (why->is_expired() || why->is_too_large_resource_version()) {
        if (!unavailable_ && !version_.empty()) {
            unavailable_ = true; // at once, for the newest
            return;
        }
        ++initial_failures_;
        pause_for(why);
        return;
    }
    if (refuses_streaming(*why)) {
        watch_list_refused_ = true;
        return;
    }
    if (was_open || !is_only_busy(*why)) {
        ++initial_failures_;
    }
    pause_for(why);
}

} // namespace holdfast::kube
