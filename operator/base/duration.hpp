#pragma once

#include "base/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace holdfast {

/// Reads a duration as Go's time.ParseDuration does, without signs: "1h30m", "1.5s", "250ms". Units: h, m, s,
/// ms, us, ns. Refuses an empty text, a missing unit and what exceeds 100 years, with a user error that says
/// what would be right.
result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// Writes a duration the same way, with the units that it needs: "1h30m", "2.5s", "250ms", "0s".
std::string format_duration(std::chrono::milliseconds duration);

} // namespace holdfast
