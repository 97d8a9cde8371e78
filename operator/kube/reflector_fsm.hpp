#pragma once

#include "base/backoff.hpp"
#include "kube/failure.hpp"
#include "kube/watch_decoder.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <variant>

namespace holdfast::kube {

/// How to keep a copy of a collection in step with the server: every decision of list, watch and resume,
/// without a socket or a clock. The rules are those of client-go's reflector.go and of KEP-3157 (streaming
/// lists).
///
/// The shell asks next() and does what it says; it reports what came of it through the on_… functions, and
/// hands objects on as they tell it to.
class reflector_fsm {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using random_source = std::minstd_rand;

    struct settings {
        /// Begin with a streaming list where the server has it.
        bool watch_list = true;
        unsigned page_size = 500;
        /// A watch is asked to last a random time between these.
        std::chrono::seconds min_watch{300};
        std::chrono::seconds max_watch{600};
        backoff::settings pause{
            .base = std::chrono::milliseconds{800},
            .cap = std::chrono::milliseconds{30'000},
            .factor = 2.0,
            .jitter = 1.0
        };
        /// So long without a pause, and the next one is short again.
        std::chrono::seconds healthy_after{120};
        /// A watch that ends sooner without an event counts as failed.
        std::chrono::milliseconds very_short{1'000};
    };

    // ---- what to do next
    struct list {
        std::string resource_version;
        std::string continue_token;
        unsigned limit = 0;
    };
    struct watch {
        std::string resource_version;
        bool send_initial_events = false;
        std::chrono::seconds timeout{0};
    };
    struct pause {
        std::chrono::milliseconds delay{0};
    };
    using action = std::variant<list, watch, pause>;

    /// `api_version` and `kind` of the objects that are expected; others are skipped.
    reflector_fsm(settings s, std::string api_version, std::string kind);

    /// What to do now. Asked at the start and each time the last action has ended.
    action next(time_point now, random_source& random);

    // ---- what came of a list
    struct page_verdict {
        /// The page begins the new contents.
        bool begin = false;
        /// The page ends them: they replace what was.
        bool end = false;
    };
    page_verdict on_page(std::string_view resource_version, std::string_view continue_token);
    void on_list_failed(const failure& why);

    // ---- what came of a watch
    /// The stream is open. True: new contents begin with it.
    bool on_watch_opened(time_point now);
    /// There is no stream. False: nothing is wrong, the server just does not know streaming lists, and an ordinary one
    /// comes next.
    bool on_watch_refused(const failure& why);

    enum class verdict {
        /// Hand the object on as changed (or deleted).
        changed,
        deleted,
        /// The new contents are complete: they replace what was.
        replaced,
        /// Nothing to hand on.
        ignored,
        /// Of another kind than what was asked for: worth a line in the log.
        foreign,
    };
    struct event {
        event_type type = event_type::added;
        std::string_view api_version;
        std::string_view kind;
        std::string_view resource_version;
        /// The bookmark bears k8s.io/initial-events-end: "true".
        bool initial_events_end = false;
    };
    /// For all but errors.
    verdict on_event(const event& e);
    /// An ERROR event: the shell closes the stream then.
    void on_error_event(const failure& why);
    /// The stream has ended: cleanly, or broken by the network or by what could not be read.
    void on_watch_ended(const std::optional<failure>& why, time_point now);

    // ---- what is known
    /// True once there was a complete list.
    [[nodiscard]] bool synced() const noexcept { return synced_; }
    /// Of the newest event or bookmark; opaque.
    [[nodiscard]] const std::string& resource_version() const noexcept { return version_; }
    /// True where the last complete list is older than what was known before it: the server's store was set
    /// back, most likely restored from a backup.
    [[nodiscard]] bool went_back() const noexcept { return went_back_; }
    /// True where the list that is read, or was read last, need not be as new as what was known before: what
    /// the server had told is not there any more, or not yet, so that it was asked for what it has.
    [[nodiscard]] bool may_be_older() const noexcept { return may_be_older_; }
    /// True while the stream sends its initial events.
    [[nodiscard]] bool in_initial_events() const noexcept { return state_ == state::initial_events; }

private:
    enum class state { start, listing, watching, initial_events };

    void pause_for(const failure* why);
    void restart_after_pause(const failure* why);
    void begin_list();
    void watch_failed(const failure& why);
    void initial_failed(const failure* why, bool was_open);
    /// Pauses and watches on; every so often it lists anew instead.
    void watch_on_or_restart(const failure* why);
    void now_synced(std::string_view version);
    [[nodiscard]] watch make_watch(random_source& random) const;
    [[nodiscard]] std::string list_version() const;

    settings settings_;
    std::string api_version_;
    std::string kind_;

    state state_ = state::start;
    std::string version_;
    bool synced_ = false;
    bool went_back_ = false;
    /// The server has no longer (or not yet) what version_ names: ask for the newest.
    bool unavailable_ = false;
    bool watch_list_refused_ = false;
    unsigned initial_failures_ = 0;

    // of the list
    std::string list_version_;
    std::string continue_;
    bool first_page_ = true;
    bool may_be_older_ = false;
    bool full_list_ = false;

    // of the watch
    bool unordered_start_ = false;
    bool error_seen_ = false;
    time_point opened_{};
    std::uint64_t events_ = 0;
    unsigned bad_watches_ = 0;
    unsigned quick_ends_ = 0;

    // of the pause
    backoff backoff_;
    bool pause_first_ = false;
    std::chrono::milliseconds least_pause_{0};
    unsigned asked_pauses_ = 0;
    std::optional<time_point> last_pause_;
};

} // namespace holdfast::kube
