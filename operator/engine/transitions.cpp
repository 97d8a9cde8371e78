#include "engine/transitions.hpp"

#include "engine/conditions.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace holdfast::engine {

namespace {

void tell_of_operation(
    const crds::application_status& before, const crds::application_status& now, transitions& made
) {
    const auto& last = now.operation_state;
    if (!last) {
        return;
    }
    const auto& known = before.operation_state;
    const bool same = known && known->started_at == last->started_at && known->operation == last->operation;
    if (last->finished_at) {
        if (same && known->finished_at) {
            return;
        }
        ended_operation ended{.phase = last->phase, .message = last->message};
        ended.took =
            std::chrono::duration_cast<std::chrono::milliseconds>(*last->finished_at - last->started_at);
        if (last->sync_result) {
            ended.revision = last->sync_result->revision;
        }
        const bool succeeded = last->phase == crds::operation_phase::succeeded;
        made.told.push_back(
            {.is_warning = !succeeded,
             .reason = succeeded ? "OperationCompleted" : "OperationFailed",
             .action = "Sync",
             .note = "Sync to " + crds::short_revision(ended.revision) + ": " + ended.message}
        );
        made.ended = std::move(ended);
        return;
    }
    // Once for an operation, not for each attempt.
    const auto retries = same ? known->retry_count : 0;
    if (retries == 0 && last->retry_count > 0) {
        made.told.push_back(
            {.is_warning = true, .reason = "OperationRetrying", .action = "Sync", .note = last->message}
        );
    }
}

void tell_of_problems(
    const crds::application_status& before, const crds::application_status& now, transitions& made
) {
    constexpr std::array<std::string_view, 5> types{
        "ComparisonError", "InvalidSpecError", "DeletionError", "RepositoryError", ownership_type
    };
    for (const auto type : types) {
        const auto* condition = crds::find_condition(now.conditions, type);
        const auto* old = crds::find_condition(before.conditions, type);
        if (condition != nullptr && (old == nullptr || old->message != condition->message)) {
            made.told.push_back(
                {.is_warning = true,
                 .reason = std::string{type},
                 .action = "Compare",
                 .note = condition->message}
            );
        }
    }
}

void tell_of_health(
    const crds::application_status& before, const crds::application_status& now, transitions& made
) {
    if (before.health.status == now.health.status || before.observed_generation == 0) {
        return;
    }
    const bool bad = now.health.status == crds::health_code::degraded;
    const bool recovered = before.health.status == crds::health_code::degraded &&
                           now.health.status == crds::health_code::healthy;
    if (bad || recovered) {
        made.told.push_back(
            {.is_warning = bad,
             .reason = "HealthStatusChanged",
             .action = "Observe",
             .note = "from " + std::string{crds::to_string(before.health.status)} + " to " +
                     std::string{crds::to_string(now.health.status)} +
                     (now.health.message.empty() ? "" : ": " + now.health.message)}
        );
    }
}

} // namespace

transitions transitions_of(const crds::application_status& before, const crds::application_status& now) {
    transitions made;
    tell_of_operation(before, now, made);
    tell_of_problems(before, now, made);
    tell_of_health(before, now, made);
    return made;
}

} // namespace holdfast::engine
