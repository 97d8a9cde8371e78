#pragma once

#include "base/async.hpp"
#include "base/backoff.hpp"

#include <chrono>

namespace holdfast::git {

/// When a store that is damaged may be thrown away and fetched anew. The first time at once; what is damaged
/// again soon may be the server's fault, or the disk's, so each time after that comes later. A value: no
/// clock inside.
class repair_pace {
public:
    [[nodiscard]] bool may_repair(steady_clock::time_point now) const noexcept { return now >= next_; }

    /// It is being thrown away.
    void repairs(steady_clock::time_point now) {
        if (now - next_ > quiet) {
            waits_.reset();
        }
        next_ = now + waits_.next();
    }

private:
    /// After so long without damage the next one is the first again.
    static constexpr std::chrono::minutes quiet{10};

    backoff waits_{
        {.base = std::chrono::seconds{2}, .cap = std::chrono::minutes{10}, .factor = 4.0, .jitter = 0}
    };
    steady_clock::time_point next_{};
};

} // namespace holdfast::git
