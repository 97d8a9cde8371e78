#include "engine/pacing.hpp"

#include <algorithm>

namespace holdfast::engine {

using namespace std::chrono_literals;

steady_clock::duration delay_of(recheck why) noexcept {
    switch (why) {
    case recheck::start_up: return 50ms;
    case recheck::look_left: return 1s;
    case recheck::conflict: return 200ms;
    case recheck::answer: return 1s;
    case recheck::refused: return 10s;
    case recheck::kind: return 5s;
    case recheck::health: return 60s;
    case recheck::heirs: return 30s;
    case recheck::dependents: return 60s;
    case recheck::untold_source: return 3min;
    case recheck::untold_secret: return 1min;
    }
    return 1min;
}

std::optional<steady_clock::duration> retry_delay(error_kind kind, std::uint32_t tries) noexcept {
    const auto doubling = [tries](std::chrono::milliseconds first) {
        constexpr std::chrono::milliseconds longest = 5min;
        // Ten doublings are past the longest already.
        return std::min(first * (std::int64_t{1} << std::min(tries, 10U)), longest);
    };
    switch (kind) {
    case error_kind::transient: return doubling(2s);
    case error_kind::conflict: return doubling(1s);
    case error_kind::forbidden: return doubling(10s); // rights are given without a word to us
    case error_kind::cancelled: return delay_of(recheck::look_left);
    case error_kind::internal: return doubling(30s);
    case error_kind::user:
    case error_kind::not_found: return std::nullopt;
    }
    return std::nullopt;
}

} // namespace holdfast::engine
