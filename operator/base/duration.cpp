#include "base/duration.hpp"

#include <array>
#include <cctype>
#include <cmath>
#include <cstdint>

namespace holdfast {

namespace {

struct unit {
    std::string_view name;
    double nanoseconds;
};

// "ms" stands before "m", so that the longer name is found first.
constexpr std::array<unit, 7> units{
    {{"ms", 1e6}, {"us", 1e3}, {"µs", 1e3}, {"ns", 1.0}, {"h", 3.6e12}, {"m", 6e10}, {"s", 1e9}}
};

constexpr double longest = 100.0 * 365.25 * 24 * 3.6e12;

error refused(std::string_view text) {
    return user_error(
        "must be a duration such as 30s, 5m or 1h30m, is \"" + std::string{text.substr(0, 64)} + "\""
    );
}

} // namespace

result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    if (text == "0") {
        return std::chrono::nanoseconds{0};
    }
    if (text.empty()) {
        return refused(text);
    }
    double total = 0;
    for (auto rest = text; !rest.empty();) {
        double value = 0;
        double scale = 1;
        bool digits = false;
        bool fraction = false;
        std::size_t used = 0;
        for (; used < rest.size(); ++used) {
            const char c = rest[used];
            if (c == '.' && !fraction) {
                fraction = true;
            } else if (c >= '0' && c <= '9') {
                digits = true;
                value = value * 10 + (c - '0');
                scale = fraction ? scale * 10 : scale;
            } else {
                break;
            }
        }
        rest.remove_prefix(used);
        const unit* found = nullptr;
        for (const auto& candidate : units) {
            if (rest.starts_with(candidate.name)) {
                found = &candidate;
                break;
            }
        }
        if (!digits || found == nullptr) {
            return refused(text);
        }
        total += value / scale * found->nanoseconds;
        if (!(total <= longest)) {
            return refused(text);
        }
        rest.remove_prefix(found->name.size());
    }
    return std::chrono::nanoseconds{static_cast<std::int64_t>(std::llround(total))};
}

std::string format_duration(std::chrono::milliseconds duration) {
    auto left = duration.count();
    if (left < 1000) {
        return left == 0 ? "0s" : std::to_string(left) + "ms";
    }
    std::string text;
    if (const auto hours = left / 3'600'000; hours > 0) {
        text += std::to_string(hours) + "h";
        left %= 3'600'000;
    }
    if (const auto minutes = left / 60'000; minutes > 0) {
        text += std::to_string(minutes) + "m";
        left %= 60'000;
    }
    if (left > 0) {
        text += std::to_string(left / 1000);
        if (auto rest = left % 1000; rest > 0) {
            std::string digits = std::to_string(1000 + rest).substr(1);
            digits.erase(digits.find_last_not_of('0') + 1);
            text += "." + digits;
        }
        text += "s";
    }
    return text;
}

} // namespace holdfast
