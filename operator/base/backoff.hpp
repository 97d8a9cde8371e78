#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace holdfast {

/// How long to wait before the next try: `base`, then `factor` times as long each time, up to `cap`; each
/// with up to `jitter` (a share: 0.5 = up to half as much again) added, so that many who failed together do
/// not return together. A value: no clock inside, and randomness is a parameter.
class backoff {
public:
    struct settings {
        std::chrono::milliseconds base{200};
        std::chrono::milliseconds cap{30'000};
        double factor = 2.0;
        double jitter = 0.5;
    };

    backoff() = default;
    explicit backoff(settings s) : settings_{s} {}

    /// The wait before the next try; counts the try.
    template <class Random>
    std::chrono::milliseconds next(Random& random) {
        const double share = std::uniform_real_distribution<double>{0.0, settings_.jitter}(random);
        return std::chrono::milliseconds{
            static_cast<std::int64_t>(static_cast<double>(next().count()) * (1 + share))
        };
    }

    /// The same without jitter.
    std::chrono::milliseconds next() {
        double delay = static_cast<double>(settings_.base.count());
        const auto cap = static_cast<double>(settings_.cap.count());
        for (std::uint32_t i = 0; i < tries_ && delay < cap; ++i) {
            delay *= settings_.factor;
        }
        ++tries_;
        return std::chrono::milliseconds{static_cast<std::int64_t>(std::min(delay, cap))};
    }

    /// How many waits have been handed out since the last success.
    [[nodiscard]] std::uint32_t tries() const noexcept { return tries_; }

    /// To be called on success.
    void reset() noexcept { tries_ = 0; }

private:
    settings settings_;
    std::uint32_t tries_ = 0;
};

} // namespace holdfast
