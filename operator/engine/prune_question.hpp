#pragma once

#include "base/timestamp.hpp"
#include "crds/application_status.hpp"
#include "sync/planner.hpp"

#include <cstddef>
#include <optional>

namespace holdfast::engine {

/// What a status asks a person about deletions that need a confirmation: `limit` is how many are done without
/// one. The same question as `before` stays as it is, with its time.
[[nodiscard]] crds::pending_prune question_of(
    const sync::blocked_step& blocked, std::size_t limit, std::optional<crds::pending_prune> before,
    wall_clock::time_point now
);

} // namespace holdfast::engine
