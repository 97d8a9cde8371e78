#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace holdfast::kube {

namespace json = boost::json;

/// What of a Lease (coordination.k8s.io/v1) an election goes by.
struct lease_record {
    /// Empty: nobody holds it.
    std::string holder;
    std::chrono::seconds duration{0};
    /// As they are in the object, metav1.MicroTime. Only compared with each other, never with a clock.
    std::string acquire_time;
    std::string renew_time;
    std::int64_t transitions = 0;
    /// What the holder leaves for the next one: the annotation holdfast.dev/note. Whoever takes the Lease
    /// keeps it until it says something else.
    std::string note;
    /// Of the object that it was read from; empty for one that is yet to be made.
    std::string resource_version;

    friend bool operator==(const lease_record&, const lease_record&) = default;
};

[[nodiscard]] lease_record read_lease(const json::object& lease);
/// The Lease to create or to replace. Labels and annotations that others put there are lost in a
/// replacement, but for the note.
[[nodiscard]] json::object
write_lease(const lease_record& record, std::string_view namespace_, std::string_view name);

/// Who of several replicas leads: every decision of the election, without a socket or a clock. The rules are
/// those of client-go's leaderelection.go: clocks of other machines are never looked at, only when we
/// ourselves saw the Lease change.
///
/// The shell asks next() and does what it says, and reports what came of it.
class lease_fsm {
public:
    using time_point = std::chrono::steady_clock::time_point;

    struct settings {
        /// Whoever finds its own identity in the Lease leads at once: it is to be one that no two processes
        /// have at a time. A pod's name is.
        std::string identity;
        /// So long after the last sign of life another one takes over.
        std::chrono::seconds duration{15};
        /// So long after the begin of the last renewal that succeeded the holder stops. Shorter than
        /// `duration`, by what clocks may differ in speed and a request that was sent may be on its way.
        std::chrono::milliseconds renew_deadline{10'000};
        /// Between two renewals.
        std::chrono::milliseconds retry{2'000};
        /// Between two tries of a renewal that failed.
        std::chrono::milliseconds retry_failed{1'000};
    };

    // ---- what to do next
    struct read {};
    struct write {
        lease_record record;
    };
    struct wait {
        time_point until;
    };
    /// It led, and does not any more: it must not write anything. There is no way back.
    struct lost {
        std::string why;
    };
    using action = std::variant<read, write, wait, lost>;

    explicit lease_fsm(settings s) : settings_{std::move(s)} {}

    /// What to do now; `wall_time` is what a record says of now.
    action next(time_point now, std::string_view wall_time);

    // ---- what came of it
    /// The Lease as it was read or as a watch told; nothing: there is none. A watch's word is not listened to
    /// while leading: it may be older than what we wrote.
    void on_seen(const std::optional<lease_record>& record, time_point now);
    void on_read(const std::optional<lease_record>& record, time_point now);
    void on_read_failed(time_point now);
    /// The record as the server stored it; `sent` is when the request began.
    void on_written(const lease_record& record, time_point sent);
    /// `conflict`: somebody else wrote before, or it is gone, or there is one already.
    void on_write_failed(bool conflict, time_point now);
    /// From now on this is the note: it is written at once while this replica leads, and with every renewal.
    void set_note(std::string note);

    // ---- what is known
    /// Whether what is begun now is still ours to do.
    [[nodiscard]] bool leads(time_point now) const noexcept;
    /// It led once, and its time has run out.
    [[nodiscard]] bool is_deposed(time_point now) const noexcept;
    /// Who holds the Lease as far as is known; may be empty.
    [[nodiscard]] const std::string& holder() const noexcept;
    /// Who was in the Lease when this replica took it, which may be a process of its own identity before it;
    /// empty where that one had let go of it, or there was no Lease.
    [[nodiscard]] const std::string& predecessor() const noexcept { return predecessor_; }
    /// The note as it is in the Lease, as far as is known.
    [[nodiscard]] const std::string& note() const noexcept;
    /// The record that lets go of it: for whoever leads and ends.
    [[nodiscard]] lease_record release(std::string_view wall_time) const;

private:
    [[nodiscard]] lease_record renewed(std::string_view wall_time) const;
    [[nodiscard]] lease_record taken(std::string_view wall_time);
    /// Has it lost where the Lease is of an earlier time than what it wrote itself.
    void judge_age(const std::optional<lease_record>& record);

    settings settings_;
    std::optional<lease_record> known_;
    time_point changed_{}; // when known_ was seen to change
    bool must_read_ = true;
    time_point not_before_{};
    bool may_write_note_ = false; // the last write succeeded
    std::optional<std::string> note_;
    std::string predecessor_;
    bool tried_ = false;                  // to take the Lease: the server may have done it without an answer
    std::optional<time_point> led_since_; // the begin of the last renewal that succeeded
    std::string newest_; // the resource version of the last Lease that it wrote or read while leading
    std::string lost_;
};

} // namespace holdfast::kube
