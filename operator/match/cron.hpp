#pragma once

#include "base/error.hpp"
#include "match/time_zone.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::match {

/// A schedule in five fields of cron, as github.com/robfig/cron reads them for Argo CD: minute, hour, day of the
/// month, month, day of the week. Lists, ranges and steps; '?' is '*'; months and days of the week have names
/// of three letters in either case; Sunday is 0 and not 7. Where both days are restricted, one of them is
/// enough. No seconds, no "@daily", no ranges that wrap around. Immutable; any thread.
class cron {
public:
    /// Error: user, which names the field and what would be right.
    static result<cron> parse(std::string_view schedule);

    /// The zone of a "TZ=…" or "CRON_TZ=…" before the fields; empty where there is none.
    [[nodiscard]] const std::string& zone() const noexcept { return zone_; }

    /// The first time after `time` at which it is due, by the clocks of `zone`; nothing where there is none
    /// within five years ("0 0 30 2 *"). A time of day that clocks jump over is due when they jump; one that
    /// they show twice is due once, the first time, unless the schedule is for every hour.
    [[nodiscard]] std::optional<sys_time> next(sys_time time, const time_zone& zone) const;

private:
    [[nodiscard]] bool is_on(std::chrono::local_days day) const;
    [[nodiscard]] std::optional<sys_time>
    next_on(std::chrono::local_days day, sys_time after, const time_zone& zone) const;

    std::uint64_t minutes_ = 0;
    std::uint64_t hours_ = 0;
    std::uint64_t days_ = 0;
    std::uint64_t months_ = 0;
    std::uint64_t weekdays_ = 0;
    bool is_any_day_ = false;
    bool is_any_weekday_ = false;
    std::string zone_;
};

} // namespace holdfast::match
