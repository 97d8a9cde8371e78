#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// The time of day, for timestamps that people and other programs read; never for deadlines.
using wall_clock = std::chrono::system_clock;

/// RFC 3339 in UTC with whole seconds, as metav1.Time: "2026-01-31T12:00:00Z".
std::string format_time(wall_clock::time_point time);

/// RFC 3339 in UTC with microseconds, as metav1.MicroTime: "2026-01-31T12:00:00.000123Z".
std::string format_micro_time(wall_clock::time_point time);

/// Reads RFC 3339 with an optional fraction and any offset; nothing for everything else.
std::optional<wall_clock::time_point> parse_time(std::string_view text);

} // namespace holdfast
