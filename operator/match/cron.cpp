#include "match/cron.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <vector>

namespace holdfast::match {

using namespace std::chrono;

namespace {

constexpr std::uint64_t all_hours = (std::uint64_t{1} << 24U) - 1;
constexpr int most_years = 5;

constexpr std::array<std::string_view, 12> month_names{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct field {
    std::string_view name;
    unsigned least;
    unsigned most;
    std::span<const std::string_view> names = {}; // of the values from the least on
};

constexpr std::array<field, 5> fields{
    {{"minute", 0, 59},
     {"hour", 0, 23},
     {"day of the month", 1, 31},
     {"month", 1, 12, month_names},
     {"day of the week", 0, 6, weekday_names}}
};

std::vector<std::string_view> split(std::string_view text, std::string_view by) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find_first_of(by);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

result<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) {
        return user_error(fmt::format("\"{}\" is not a number", text));
    }
    return value;
}

result<unsigned> value_of(std::string_view text, const field& of) {
    for (std::size_t i = 0; i < of.names.size(); ++i) {
        if (std::ranges::equal(text, of.names[i], [](char a, char b) { return (a | 0x20) == b; })) {
            return of.least + static_cast<unsigned>(i);
        }
    }
    return number(text);
}

struct set {
    std::uint64_t bits = 0;
    bool is_any = false;
};

// "*", "5", "1-5", "*/15", "10-20/2", "5/10": from 5 on.
result<set> read_range(std::string_view text, const field& of) {
    set made;
    const auto steps = split(text, "/");
    if (steps.size() > 2) {
        return user_error(fmt::format("\"{}\" has more than one step", text));
    }
    const auto ends = split(steps[0], "-");
    unsigned first = of.least;
    unsigned last = of.most;
    if (ends[0] == "*" || ends[0] == "?") {
        if (ends.size() > 1) {
            return user_error(fmt::format("\"{}\" is not a range", text));
        }
        made.is_any = true;
    } else {
        const auto begin = value_of(ends[0], of);
        if (!begin) {
            return begin.error();
        }
        first = *begin;
        last = steps.size() == 2 ? of.most : first;
        if (ends.size() == 2) {
            const auto end = value_of(ends[1], of);
            if (!end) {
                return end.error();
            }
            last = *end;
        } else if (ends.size() > 2) {
            return user_error(fmt::format("\"{}\" is not a range", text));
        }
    }
    unsigned step = 1;
    if (steps.size() == 2) {
        const auto read = number(steps[1]);
        if (!read) {
            return read.error();
        }
        step = *read;
        made.is_any = made.is_any && step == 1;
    }
    if (first < of.least || last > of.most) {
        return user_error(
            fmt::format("\"{}\" is out of range: it goes from {} to {}", text, of.least, of.most)
        );
    }
    if (first > last) {
        return user_error(fmt::format("\"{}\" ends before it begins, and ranges do not wrap around", text));
    }
    if (step == 0) {
        return user_error(fmt::format("\"{}\" has a step of 0", text));
    }
    for (auto value = first; value <= last; value += step) {
        made.bits |= std::uint64_t{1} << value;
        if (step > last) {
            break;
        }
    }
    return made;
}

result<set> read_field(std::string_view text, const field& of) {
    set made;
    for (const auto part : split(text, ",")) {
        const auto read = read_range(part, of);
        if (!read) {
            return read.error().within(of.name);
        }
        made.bits |= read->bits;
        made.is_any = made.is_any || read->is_any;
    }
    return made;
}

bool has(std::uint64_t bits, unsigned value) {
    return (bits >> value & 1U) != 0;
}

} // namespace

result<cron> cron::parse(std::string_view schedule) {
    cron made;
    if (schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=")) {
        const auto equals = schedule.find('=');
        const auto blank = schedule.find(' ');
        if (blank == std::string_view::npos) {
            return user_error("there are no fields after the time zone");
        }
        made.zone_ = schedule.substr(equals + 1, blank - equals - 1);
        schedule.remove_prefix(blank);
    }
    auto words = split(schedule, " \t\n\v\f\r");
    std::erase_if(words, [](std::string_view word) { return word.empty(); });
    if (words.size() != fields.size()) {
        return user_error(fmt::format(
            "expected exactly 5 fields (minute, hour, day of the month, month, day of the week), found {}: [{}]",
            words.size(), fmt::join(words, " ")
        ));
    }
    std::array<set, 5> sets;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        auto read = read_field(words[i], fields[i]);
        if (!read) {
            return read.error();
        }
        sets[i] = *read;
    }
    made.minutes_ = sets[0].bits;
    made.hours_ = sets[1].bits;
    made.days_ = sets[2].bits;
    made.months_ = sets[3].bits;
    made.weekdays_ = sets[4].bits;
    made.is_any_day_ = sets[2].is_any;
    made.is_any_weekday_ = sets[4].is_any;
    return made;
}

bool cron::is_on(local_days day) const {
    const year_month_day date{day};
    if (!has(months_, static_cast<unsigned>(date.month()))) {
        return false;
    }
    const bool by_day = has(days_, static_cast<unsigned>(date.day()));
    const bool by_weekday = has(weekdays_, weekday{day}.c_encoding());
    return is_any_day_ || is_any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

std::optional<sys_time> cron::next_on(local_days day, sys_time after, const time_zone& zone) const {
    const sys_time begin{day.time_since_epoch()};
    // Whatever the offset is, which is at most a day, this is when clocks show the day.
    const auto around = zone.stretch_at(begin - zone.offset_at(begin));
    const bool is_even = around.begin <= begin - days{2} && around.end >= begin + days{3};
    std::optional<sys_time> found;
    for (unsigned hour = 0; hour < 24; ++hour) {
        for (unsigned minute = 0; has(hours_, hour) && minute < 60; ++minute) {
            if (!has(minutes_, minute)) {
                continue;
            }
            const auto shown = day + hours{hour} + minutes{minute};
            if (is_even) {
                const sys_time time{shown.time_since_epoch() - around.offset};
                if (time > after) {
                    return time;
                }
                continue;
            }
            const auto times = zone.when(shown);
            const auto count = hours_ == all_hours ? times.size() : 1;
            for (std::size_t i = 0; i < count; ++i) {
                if (times[i] > after && (!found || times[i] < *found)) {
                    found = times[i];
                }
            }
        }
    }
    return found;
}

std::optional<sys_time> cron::next(sys_time time, const time_zone& zone) const {
    // One that is set back over midnight shows the end of a day once more.
    auto day = floor<days>(zone.local(time)) - days{1};
    const auto end = day + days{366 * most_years};
    for (; day < end; day += days{1}) {
        if (!is_on(day)) {
            continue;
        }
        if (const auto found = next_on(day, time, zone)) {
            return found;
        }
    }
    return std::nullopt;
}

} // namespace holdfast::match
