#pragma once

#include "base/hash.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string_view>
#include <utility>

namespace holdfast::push {

/// Remembers what was received, for a while and so many of them; the oldest is forgotten first. Only what
/// was found to be genuine is to be remembered, so that forged deliveries push nothing out. One thread.
class replay_guard {
public:
    explicit replay_guard(
        std::size_t most = 8192, std::chrono::steady_clock::duration window = std::chrono::hours{24}
    )
        : most_{most}, window_{window} {}

    using time = std::chrono::steady_clock::time_point;

    [[nodiscard]] bool knows(std::string_view what, time now);
    void remember(std::string_view what, time now);
    [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

private:
    void forget(time now);

    std::size_t most_;
    std::chrono::steady_clock::duration window_;
    std::set<sha256_digest> known_;
    std::deque<std::pair<time, sha256_digest>> order_;
};

} // namespace holdfast::push
