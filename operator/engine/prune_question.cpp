#include "engine/prune_question.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace holdfast::engine {

namespace {

// Enough to know what it is about; the count says how many there are.
constexpr std::size_t most_named = 20;

} // namespace

crds::pending_prune question_of(
    const sync::blocked_step& blocked, std::size_t limit, std::optional<crds::pending_prune> before,
    wall_clock::time_point now
) {
    if (before && before->token == blocked.token) {
        return std::move(*before);
    }
    crds::pending_prune asked;
    asked.token = blocked.token;
    asked.count = static_cast<std::int64_t>(blocked.objects.size());
    asked.limit = static_cast<std::int64_t>(limit);
    asked.requested_at = now;
    for (std::size_t i = 0; i < std::min(most_named, blocked.objects.size()); ++i) {
        asked.resources.push_back(sync::to_string(blocked.objects[i]));
    }
    return asked;
}

} // namespace holdfast::engine
