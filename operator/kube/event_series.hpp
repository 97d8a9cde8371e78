#pragma once

#include "base/lru.hpp"
#include "base/timestamp.hpp"
#include "kube/events.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::kube {

/// What becomes of an event: written, counted up, or dropped. Pure: times are parameters.
class event_series {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using key = std::uint64_t;

    explicit event_series(const event_settings& settings);

    enum class outcome { create, fold, drop };
    struct decision {
        outcome what = outcome::create;
        key series = 0;
    };
    decision on_event(const object_reference& about, const event_note& what, time_point now);

    /// The event was written under this name: from now on it can be counted up.
    void on_written(key series, std::string namespace_, std::string name, time_point now);
    /// It was not, or is gone: the next one is written anew.
    void forget(key series);

    /// A count that should be written.
    struct update {
        key series = 0;
        std::string namespace_;
        std::string name;
        std::uint64_t count = 0;
    };
    /// The counts that are due at `now` (or all, whatever the time); they count as written then.
    std::vector<update> take_due(time_point now, bool all = false);
    /// When the next one is due; nothing when none is.
    [[nodiscard]] std::optional<time_point> next_due();

private:
    struct series {
        std::string namespace_;
        std::string name; // empty: not written yet
        std::uint64_t count = 1;
        std::uint64_t written_count = 1;
        time_point last_seen;
        time_point last_written;
    };
    struct bucket {
        double tokens = 0;
        time_point at;
    };
    bool take_token(const object_reference& about, time_point now);

    std::chrono::seconds window_;
    std::chrono::seconds interval_;
    double burst_;
    std::chrono::duration<double> refill_;
    lru_map<key, series> series_;
    lru_map<key, bucket> buckets_;
};

/// The Event object; what is too long is cut, and a note says so.
[[nodiscard]] json::object make_event(
    const object_reference& about, const event_note& what, const event_settings& settings,
    wall_clock::time_point when
);

} // namespace holdfast::kube
