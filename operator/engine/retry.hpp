#pragma once

#include "base/async.hpp"
#include "base/timestamp.hpp"
#include "crds/application.hpp"

#include <optional>
#include <string>

namespace holdfast::engine {

/// What follows an attempt of an operation that failed.
struct after_failure {
    /// Of the next attempt; nothing: the operation has failed.
    std::optional<wall_clock::time_point> next_at;
    /// Until then; where there is none, how long an automatic operation rests.
    steady_clock::duration wait{};
    /// What is said of the operation.
    std::string message;
};

/// Whether the next attempt of `running` is due, and is to be of the newest revision (retry.refresh).
[[nodiscard]] bool is_to_refresh(
    const crds::operation_state& running, const std::optional<crds::retry_strategy>& of_spec,
    wall_clock::time_point now
) noexcept;

/// `running` has failed once more, because of `why`. `of_spec`: spec.syncPolicy.retry, for operations that
/// bring no strategy of their own. Requested operations without one are not tried again.
[[nodiscard]] after_failure after_attempt(
    const crds::operation_state& running, const std::optional<crds::retry_strategy>& of_spec, std::string why,
    wall_clock::time_point now
);

} // namespace holdfast::engine
