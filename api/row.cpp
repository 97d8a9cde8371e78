#include "api/row.hpp"

#include "base/redact.hpp"

#include <algorithm>
#include <array>

namespace holdfast::api {

namespace {

bool is_true(const crds::application& one, std::string_view type) {
    const auto* condition = crds::find_condition(one.status.conditions, type);
    return condition != nullptr && condition->status == "True";
}

// Conditions that are there only while something is wrong.
bool has_problem(const crds::application& one) {
    constexpr std::array<std::string_view, 6> problems{"Stalled",         "InvalidSpecError",
                                                       "ComparisonError", "RepositoryError",
                                                       "SyncError",       "DeletionError"};
    return std::ranges::any_of(problems, [&](std::string_view type) { return is_true(one, type); });
}

void put_if(crds::json::object& to, std::string_view key, const std::string& text) {
    if (!text.empty()) {
        to[key] = text;
    }
}

} // namespace

urgency urgency_of(const crds::application& one) {
    using crds::health_code;
    using crds::operation_phase;
    const auto& status = one.status;
    const auto phase = status.operation_state ? std::optional{status.operation_state->phase} : std::nullopt;
    const bool has_failed = phase == operation_phase::failed || phase == operation_phase::error;
    // One that failed, and is as it should be by now, is history.
    if (has_problem(one) || status.health.status == health_code::degraded || status.pending_prune ||
        (has_failed && status.sync.status != crds::sync_code::synced)) {
        return urgency::broken;
    }
    if (status.sync.status == crds::sync_code::unknown || status.health.status == health_code::unknown ||
        status.health.status == health_code::missing) {
        return urgency::uncertain;
    }
    if (phase == operation_phase::running || phase == operation_phase::terminating || one.operation ||
        one.metadata.deletion_timestamp || status.health.status == health_code::progressing) {
        return urgency::busy;
    }
    return status.sync.status == crds::sync_code::out_of_sync ? urgency::differs : urgency::fine;
}

row row_of(const crds::application& one) {
    row made;
    const auto& status = one.status;
    made.id = {one.metadata.namespace_, one.metadata.name};
    made.project = one.spec.project;
    made.sync = status.sync.status;
    made.health = status.health.status;
    made.revision = status.sync.short_revision;
    if (const auto sources = one.spec.all_sources(); !sources.empty()) {
        const auto& first = sources.front();
        made.repository = without_credentials(first.repo_url);
        made.path = first.chart.empty() ? first.path : first.chart;
    }
    const auto& to = one.spec.destination;
    made.cluster = to.name.empty() ? to.server : to.name;
    made.into = to.namespace_;
    if (const auto& operation = status.operation_state) {
        made.phase = to_string(operation->phase);
        made.finished = operation->finished_at;
    }
    made.automated = one.spec.is_automated();
    made.suspended = one.spec.suspend;
    if (const auto* ready = crds::find_condition(status.conditions, "Ready");
        ready != nullptr && ready->status != "True") {
        made.reason = ready->reason;
        made.message = ready->message;
    }
    made.how_urgent = urgency_of(one);
    return made;
}

crds::json::object write(const row& one) {
    crds::json::object made{{"namespace", one.id.namespace_},  {"name", one.id.name},
                            {"project", one.project},          {"sync", to_string(one.sync)},
                            {"health", to_string(one.health)}, {"urgency", static_cast<int>(one.how_urgent)}};
    put_if(made, "revision", one.revision);
    put_if(made, "repoURL", one.repository);
    put_if(made, "path", one.path);
    put_if(made, "cluster", one.cluster);
    put_if(made, "destinationNamespace", one.into);
    put_if(made, "phase", one.phase);
    if (one.finished) {
        made["finishedAt"] = format_time(*one.finished);
    }
    if (one.automated) {
        made["automated"] = true;
    }
    if (one.suspended) {
        made["suspended"] = true;
    }
    put_if(made, "reason", one.reason);
    put_if(made, "message", one.message);
    return made;
}

} // namespace holdfast::api
