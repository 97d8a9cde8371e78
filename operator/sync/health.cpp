#include "sync/health.hpp"

#include "sync/health_kinds.hpp"
#include "sync/health_rule.hpp"
#include "sync/hooks.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace holdfast::sync {

namespace {

constexpr std::array<std::string_view, 6> status_names{"Healthy", "Suspended", "Progressing",
                                                       "Missing", "Degraded",  "Unknown"};

using rule = health (*)(const json::object&);

struct kind_rule {
    std::string_view group;
    std::string_view kind;
    rule apply;
};

constexpr std::array kind_rules{
    kind_rule{"apps", "Deployment", deployment_health},
    kind_rule{"apps", "StatefulSet", stateful_set_health},
    kind_rule{"apps", "DaemonSet", daemon_set_health},
    kind_rule{"apps", "ReplicaSet", replica_set_health},
    kind_rule{"", "Pod", pod_health},
    kind_rule{"batch", "Job", job_health},
    kind_rule{"batch", "CronJob", cron_job_health},
    kind_rule{"", "Service", service_health},
    kind_rule{"networking.k8s.io", "Ingress", ingress_health},
    kind_rule{"extensions", "Ingress", ingress_health},
    kind_rule{"", "PersistentVolumeClaim", volume_claim_health},
    kind_rule{"autoscaling", "HorizontalPodAutoscaler", autoscaler_health},
    kind_rule{"apiregistration.k8s.io", "APIService", api_service_health},
    kind_rule{"argoproj.io", "Workflow", workflow_health},
    kind_rule{"argoproj.io", "Rollout", rollout_health},
    kind_rule{"opentelemetry.io", "OpenTelemetryCollector", collector_health},
    kind_rule{"apiextensions.k8s.io", "CustomResourceDefinition", custom_resource_definition_health},
    kind_rule{"policy", "PodDisruptionBudget", disruption_budget_health},
    kind_rule{"holdfast.dev", "Application", application_health},
    kind_rule{"holdfast.dev", "ApplicationSet", application_set_health},
    kind_rule{"argoproj.io", "Application", argo_application_health},
    kind_rule{"argoproj.io", "ApplicationSet", argo_application_set_health},
};

bool is_child_application(const object_id& id) {
    return id.kind == "Application" && (id.group == "holdfast.dev" || id.group == "argoproj.io");
}

} // namespace

std::string_view to_string(health_status status) noexcept {
    return status_names[static_cast<std::size_t>(status)];
}

std::optional<health_status> parse_health_status(std::string_view text) noexcept {
    const auto* found = std::find(status_names.begin(), status_names.end(), text);
    if (found == status_names.end()) return std::nullopt;
    return static_cast<health_status>(found - status_names.begin());
}

judgement judge_health(const json::object& live) {
    // A hook that is to go stays for its result to be read.
    if (kube::deletion_timestamp(live) && !kube::has_finalizer(live, hook_finalizer)) {
        return {health{health_status::progressing, "Pending deletion"}, judge::deletion, {}, {}};
    }
    const auto gvk = kube::gvk_of(live);
    for (const auto& entry : kind_rules) {
        if (entry.group == gvk.group && entry.kind == gvk.kind) {
            return {entry.apply(live), judge::built_in, {}, {}};
        }
    }
    if (const auto* rule = find_health_rule(gvk.group, gvk.kind)) {
        auto decision = rule->decide(live);
        return {std::move(decision.verdict), judge::rule, rule->name, decision.because};
    }
    return {health_by_conditions(live), judge::conditions, {}, {}};
}

std::optional<health> assess(const json::object& live) {
    return judge_health(live).verdict;
}

health aggregate(std::span<const member_health> members) {
    health whole;
    bool any = false;
    bool any_exists = false;
    for (const auto& member : members) {
        if (member.ignored) continue;
        any = true;
        any_exists = any_exists || member.exists;
        if (!member.exists || !member.verdict) continue;
        const auto status = member.verdict->status;
        if (is_child_application(member.id) &&
            (status == health_status::missing || status == health_status::unknown)) {
            continue;
        }
        whole.status = std::max(whole.status, status);
    }
    if (any && !any_exists) {
        whole.status = std::max(whole.status, health_status::missing);
    }
    if (whole.status == health_status::healthy) return whole;

    constexpr std::size_t named = 3;
    std::size_t causes = 0;
    for (const auto& member : members) {
        if (member.ignored) continue;
        const bool is_cause = member.exists ? member.verdict && member.verdict->status == whole.status
                                            : whole.status == health_status::missing && !any_exists;
        if (!is_cause) continue;
        if (++causes > named) continue;
        whole.message += causes == 1 ? "Caused by " : ", ";
        whole.message += to_string(member.id);
        if (member.exists && !member.verdict->message.empty()) {
            whole.message += " (" + member.verdict->message + ")";
        }
    }
    if (causes > named) {
        whole.message += " and " + std::to_string(causes - named) + " more";
    }
    return whole;
}

std::int64_t number_at(const json::object& object, kube::path steps, std::int64_t otherwise) noexcept {
    const auto* value = kube::find_path(object, steps);
    if (value == nullptr) return otherwise;
    if (const auto* n = value->if_int64()) return *n;
    if (const auto* n = value->if_uint64()) return static_cast<std::int64_t>(*n);
    if (const auto* n = value->if_double()) return static_cast<std::int64_t>(*n);
    return otherwise;
}

bool flag_at(const json::object& object, kube::path steps) noexcept {
    const auto* value = kube::find_path(object, steps);
    return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<condition> condition_of(const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) return std::nullopt;
    return condition{
        kube::find_text(*object, {"type"}),
        kube::find_text(*object, {"status"}),
        kube::find_text(*object, {"reason"}),
        kube::find_text(*object, {"message"}),
        kube::find_text(*object, {"lastTransitionTime"}),
        number_at(*object, {"observedGeneration"}, -1)
    };
}

std::optional<condition> find_condition(const json::object& object, std::string_view type) {
    std::optional<condition> found;
    each_condition(object, [&](const condition& c) {
        if (c.type != type) return false;
        found = c;
        return true;
    });
    return found;
}

} // namespace holdfast::sync
