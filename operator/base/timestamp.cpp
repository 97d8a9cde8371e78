#include "base/timestamp.hpp"

#include <fmt/format.h>

#include <charconv>

namespace holdfast {

namespace {

struct broken_down {
    std::chrono::year_month_day date;
    std::chrono::hh_mm_ss<std::chrono::microseconds> time;
};

broken_down break_down(wall_clock::time_point time) {
    const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(micros);
    return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss<std::chrono::microseconds>{micros - day}};
}

std::string seconds_part(const broken_down& b) {
    return fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(b.date.year()),
        static_cast<unsigned>(b.date.month()), static_cast<unsigned>(b.date.day()), b.time.hours().count(),
        b.time.minutes().count(), b.time.seconds().count()
    );
}

// Reads exactly `digits` digits at the front of `text` and removes them.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int value = 0;
    const auto* end = text.data() + digits;
    const auto [stop, ec] = std::from_chars(text.data(), end, value);
    if (ec != std::errc{} || stop != end || value < 0) {
        return std::nullopt;
    }
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

} // namespace

std::string format_time(wall_clock::time_point time) {
    return seconds_part(break_down(time)) + "Z";
}

std::string format_micro_time(wall_clock::time_point time) {
    const auto parts = break_down(time);
    return fmt::format("{}.{:06}Z", seconds_part(parts), parts.time.subseconds().count());
}

std::optional<wall_clock::time_point> parse_time(std::string_view text) {
    const auto year = take_number(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day || (!take(text, 'T') && !take(text, 't'))) return std::nullopt;
    const auto hour = take_number(text, 2);
    if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
    const auto minute = take_number(text, 2);
    if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
    const auto second = take_number(text, 2);
    if (!second || *second > 60) return std::nullopt;
    const std::chrono::year_month_day date{
        std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
        std::chrono::day{static_cast<unsigned>(*day)}
    };
    if (!date.ok()) return std::nullopt;

    std::chrono::microseconds fraction{0};
    if (take(text, '.')) {
        std::int64_t scale = 100'000;
        bool any = false;
        for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
            any = true;
            fraction += std::chrono::microseconds{(text.front() - '0') * scale};
            scale /= 10;
        }
        if (!any) return std::nullopt;
    }
    std::chrono::minutes offset{0};
    if (!take(text, 'Z') && !take(text, 'z')) {
        const bool east = take(text, '+');
        if (!east && !take(text, '-')) return std::nullopt;
        const auto hours = take_number(text, 2);
        if (!hours || !take(text, ':')) return std::nullopt;
        const auto minutes = take_number(text, 2);
        if (!minutes) return std::nullopt;
        offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
        offset = east ? offset : -offset;
    }
    if (!text.empty()) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second} + fraction - offset;
}

} // namespace holdfast
