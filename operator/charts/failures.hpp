#pragma once

#include "base/async.hpp"
#include "base/backoff.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace holdfast::charts {

/// A failure that is believed for a moment: who asks again within it is given the same answer, so that two
/// hundred applications do not hammer a dead registry. The moment grows from one failure to the next. A value
/// without a clock.
class recent_failure {
public:
    /// The failure, as long as it is believed.
    [[nodiscard]] std::optional<error> at(steady_clock::time_point now) const {
        return now < until_ ? last_ : std::nullopt;
    }

    /// `at_least`: the other side said so.
    void failed(error why, steady_clock::time_point now, std::chrono::milliseconds at_least = {}) {
        last_ = std::move(why);
        until_ = now + std::max(wait_.next(), at_least);
    }

    void succeeded() noexcept {
        last_.reset();
        until_ = {};
        wait_.reset();
    }

    /// Nobody asked for so long that it can be forgotten.
    [[nodiscard]] bool is_old(steady_clock::time_point now) const noexcept {
        return now > until_ + std::chrono::minutes{5};
    }

private:
    static constexpr backoff::settings moments{
        .base = std::chrono::milliseconds{1000}, .cap = std::chrono::milliseconds{30'000}
    };
    std::optional<error> last_;
    steady_clock::time_point until_{};
    backoff wait_{moments};
};

} // namespace holdfast::charts
