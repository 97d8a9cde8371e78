#pragma once

#include "base/async.hpp"
#include "base/error.hpp"
#include "base/lru.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace holdfast::sources {

/// Builds that took long and gave nothing, most often since their deadline passed. The same build would do
/// the same again: it rests for as long as it took, twice that the next time, and so on, however often its
/// application is looked at. Pure: the time is given. One thread.
class late_builds {
public:
    using time = steady_clock::time_point;
    /// What failed sooner costs little.
    static constexpr std::chrono::seconds least{5};
    static constexpr std::chrono::minutes longest{30};

    /// Why the build that is identified by `key` is not to be run now; nothing when it may be.
    [[nodiscard]] std::optional<error> resting(const std::string& key, time now) {
        const auto* known = builds_.find(key);
        if (known == nullptr || now >= known->until) {
            return std::nullopt;
        }
        return known->why;
    }
    /// A run ended in this transient error after so long.
    void failed(
        const std::string& key, const std::string& tenant, error why, steady_clock::duration took, time now
    ) {
        if (took < least) {
            return;
        }
        const auto* known = builds_.find(key);
        const std::size_t times = known == nullptr ? 0 : known->times + 1;
        const auto rest =
            std::min<steady_clock::duration>(took * (1U << std::min<std::size_t>(times, 10)), longest);
        builds_.insert(key, {std::move(why), tenant, times, now + rest});
    }
    void succeeded(const std::string& key) { builds_.erase(key); }
    /// Somebody asks for the builds of a tenant once more: none of them rests.
    void retry(const std::string& tenant) {
        for (auto& [key, one] : builds_) {
            if (one.tenant == tenant) {
                one.until = {};
            }
        }
    }

private:
    struct entry {
        error why;
        std::string tenant;
        std::size_t times = 0;
        time until;
    };
    lru_map<std::string, entry> builds_{1'000};
};

} // namespace holdfast::sources
