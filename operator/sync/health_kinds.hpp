#pragma once

// The rules of single kinds; only for health.cpp. Each takes an object that is not being deleted.

#include "sync/health.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace holdfast::sync {

inline health healthy(std::string message = {}) {
    return {health_status::healthy, std::move(message)};
}
inline health progressing(std::string message = {}) {
    return {health_status::progressing, std::move(message)};
}
inline health degraded(std::string message = {}) {
    return {health_status::degraded, std::move(message)};
}

/// A condition of `status.conditions`; texts are owned by the object.
struct condition {
    std::string_view type;
    std::string_view status;
    std::string_view reason;
    std::string_view message;
    /// lastTransitionTime, as it is written.
    std::string_view since;
    /// -1 where it does not say.
    std::int64_t observed_generation = -1;

    [[nodiscard]] bool is_true() const noexcept { return status == "True"; }
    [[nodiscard]] bool is_false() const noexcept { return status == "False"; }
};

/// The number at a path, or `otherwise`.
std::int64_t number_at(const json::object& object, kube::path steps, std::int64_t otherwise = 0) noexcept;
/// True only for `true`.
bool flag_at(const json::object& object, kube::path steps) noexcept;
/// A condition as a JSON value has it; nothing for what is no object.
std::optional<condition> condition_of(const json::value& value);
/// The condition of a type in `status.conditions`.
std::optional<condition> find_condition(const json::object& object, std::string_view type);
/// Calls `visit(condition)` for each of `status.conditions`, until it answers true.
template <class Visit>
void each_condition(const json::object& object, Visit visit) {
    if (const auto* list = kube::find_array(object, {"status", "conditions"})) {
        for (const auto& item : *list) {
            if (const auto c = condition_of(item); c && visit(*c)) return;
        }
    }
}

health deployment_health(const json::object& live);
health stateful_set_health(const json::object& live);
health daemon_set_health(const json::object& live);
health replica_set_health(const json::object& live);
health pod_health(const json::object& live);
health job_health(const json::object& live);
health cron_job_health(const json::object& live);

health service_health(const json::object& live);
health ingress_health(const json::object& live);
health volume_claim_health(const json::object& live);
health autoscaler_health(const json::object& live);
health api_service_health(const json::object& live);
health workflow_health(const json::object& live);
health custom_resource_definition_health(const json::object& live);
health disruption_budget_health(const json::object& live);

health rollout_health(const json::object& live);
health collector_health(const json::object& live);

health argo_application_health(const json::object& live);
health argo_application_set_health(const json::object& live);
health application_health(const json::object& live);
health application_set_health(const json::object& live);

/// What a condition says that is bad where it stays: Progressing until it has been so for a while, Degraded
/// from then on, and where nobody knows since when.
health degraded_in_time(const json::object& live, const condition& c, std::string message);

/// What conditions and observedGeneration say of any kind. A kind of the server's own without any of them has
/// no health.
std::optional<health> health_by_conditions(const json::object& live);

} // namespace holdfast::sync
