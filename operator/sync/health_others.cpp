// What is no workload: the rules of Argo CD (gitops-engine/pkg/health and resource_customizations), and our
// own Application.

#include "sync/health_kinds.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace holdfast::sync {

namespace {

health by_load_balancer(const json::object& live) {
    const auto* list = kube::find_array(live, {"status", "loadBalancer", "ingress"});
    return list != nullptr && !list->empty() ? healthy() : progressing();
}

} // namespace

health service_health(const json::object& live) {
    if (kube::find_text(live, {"spec", "type"}) != "LoadBalancer") return healthy();
    return by_load_balancer(live);
}

health ingress_health(const json::object& live) {
    return by_load_balancer(live);
}

health volume_claim_health(const json::object& live) {
    const auto phase = kube::find_text(live, {"status", "phase"});
    if (phase == "Bound") return healthy();
    if (phase == "Pending") {
        return progressing("Waiting for a volume; some StorageClasses give one when a Pod uses the claim");
    }
    if (phase == "Lost") return degraded();
    return {health_status::unknown, {}};
}

namespace {

/// What keeps it from scaling. ScalingActive is false, too, where somebody has scaled the target to nothing;
/// AbleToScale while it rests between two changes: neither is bad.
bool is_bad_autoscaler_condition(const condition& c) {
    if (!c.is_false()) return false;
    if (c.type == "ScalingActive") return c.reason != "ScalingDisabled";
    return c.type == "AbleToScale" && (c.reason == "FailedGetScale" || c.reason == "FailedUpdateScale");
}

bool is_good_autoscaler_condition(const condition& c) {
    return (c.type == "AbleToScale" || c.type == "ScalingLimited") && c.is_true();
}

/// The controller lists first that it can scale, and only then that it does not know to what: bad news count
/// wherever they are. Until metrics of new pods are there, none can be had of them.
health autoscaler_verdict(const json::object& live, std::span<const condition> conditions) {
    const auto bad = std::ranges::find_if(conditions, is_bad_autoscaler_condition);
    if (bad != conditions.end()) return degraded_in_time(live, *bad, std::string{bad->message});
    const auto good = std::ranges::find_if(conditions, is_good_autoscaler_condition);
    if (good != conditions.end()) return healthy(std::string{good->message});
    return progressing("Waiting to Autoscale");
}

} // namespace

health autoscaler_health(const json::object& live) {
    std::vector<condition> conditions;
    if (kube::api_version_of(live) != "autoscaling/v1") {
        each_condition(live, [&](const condition& c) {
            conditions.push_back(c);
            return false;
        });
        return autoscaler_verdict(live, conditions);
    }
    // v1 has no room for conditions: they are in an annotation, as JSON.
    const auto text = kube::annotation(live, "autoscaling.alpha.kubernetes.io/conditions");
    boost::system::error_code ec;
    const auto parsed = text ? json::parse(*text, ec) : json::value{};
    if (const auto* list = ec ? nullptr : parsed.if_array()) {
        for (const auto& item : *list) {
            if (const auto c = condition_of(item)) conditions.push_back(*c);
        }
    }
    return autoscaler_verdict(live, conditions);
}

health api_service_health(const json::object& live) {
    const auto c = find_condition(live, "Available");
    if (!c) return progressing("Waiting to be processed");
    auto message = fmt::format("{}: {}", c->reason, c->message);
    return c->is_true() ? healthy(std::move(message)) : progressing(std::move(message));
}

health workflow_health(const json::object& live) {
    const auto phase = kube::find_text(live, {"status", "phase"});
    std::string message{kube::find_text(live, {"status", "message"})};
    if (phase.empty() || phase == "Pending" || phase == "Running") return progressing(std::move(message));
    if (phase == "Succeeded") return healthy(std::move(message));
    if (phase == "Failed" || phase == "Error") return degraded(std::move(message));
    return {health_status::unknown, std::move(message)};
}

health custom_resource_definition_health(const json::object& live) {
    const auto* conditions = kube::find_array(live, {"status", "conditions"});
    if (conditions == nullptr || conditions->empty()) return progressing("Status conditions not found");
    const auto terminating = find_condition(live, "Terminating");
    if (terminating && terminating->is_true()) {
        return progressing(fmt::format("CRD is terminating: {}", terminating->message));
    }
    const auto accepted = find_condition(live, "NamesAccepted");
    if (accepted && accepted->is_false()) {
        return degraded(fmt::format("CRD names have not been accepted: {}", accepted->message));
    }
    const auto schema = find_condition(live, "NonStructuralSchema");
    if (schema && schema->is_true()) {
        return degraded(fmt::format("Schema violations found: {}", schema->message));
    }
    const auto established = find_condition(live, "Established");
    if (established && established->is_true()) return healthy("CRD is healthy");
    if (established && established->reason == "Installing") {
        return progressing("CRD is being installed");
    }
    return degraded("CRD is not established");
}

health disruption_budget_health(const json::object& live) {
    std::optional<health> verdict;
    each_condition(live, [&](const condition& c) {
        const bool bad = c.is_false() && c.reason != "InsufficientPods";
        auto message = fmt::format("PodDisruptionBudget has {}", c.reason);
        verdict = bad ? degraded(std::move(message)) : healthy(std::move(message));
        return bad;
    });
    return verdict ? std::move(*verdict) : progressing("Waiting for status");
}

health application_health(const json::object& live) {
    // A verdict on an older specification says nothing of this one.
    if (number_at(live, {"status", "observedGeneration"}, -1) < kube::generation_of(live)) {
        return progressing("Waiting for the application to be looked at");
    }
    const std::string message{kube::find_text(live, {"status", "health", "message"})};
    if (const auto c = find_condition(live, "Stalled"); c && c->is_true()) {
        return degraded(std::string{c->message});
    }
    const auto operation = kube::find_text(live, {"status", "operationState", "phase"});
    const auto sync = kube::find_text(live, {"status", "sync", "status"});
    const auto own = parse_health_status(kube::find_text(live, {"status", "health", "status"}));
    if (!own) return progressing("Waiting for the health of the application");
    if (*own > health_status::progressing) return {*own, message};
    if (operation == "Running" || operation == "Terminating") return progressing("Syncing");
    if (sync != "Synced") {
        if (operation == "Failed" || operation == "Error") {
            return degraded(std::string{kube::find_text(live, {"status", "operationState", "message"})});
        }
        return progressing(sync == "OutOfSync" ? "Out of sync" : "Waiting for the sync status");
    }
    return {*own, message};
}

// Whether its Applications are there as they are wanted, and no more: each has a health of its own.
health application_set_health(const json::object& live) {
    if (number_at(live, {"status", "observedGeneration"}, -1) < kube::generation_of(live)) {
        return progressing("Waiting for the set to be looked at");
    }
    if (const auto c = find_condition(live, "Stalled"); c && c->is_true()) {
        return degraded(std::string{c->message});
    }
    const auto ready = find_condition(live, "Ready");
    if (ready && ready->is_true()) return healthy(std::string{ready->message});
    return progressing(ready ? std::string{ready->message} : "Waiting for its applications");
}

// Argo CD's kinds are served by whoever has Argo CD. Where nobody has, they are objects that nothing comes
// of.
health argo_application_health(const json::object& live) {
    const auto own = parse_health_status(kube::find_text(live, {"status", "health", "status"}));
    if (own) return {*own, std::string{kube::find_text(live, {"status", "health", "message"})}};
    if (kube::find_text(live, {"status", "reconciledAt"}).empty()) {
        return progressing("No controller has looked at it: Applications of argoproj.io are Argo CD's");
    }
    return progressing("Waiting for the health of the application");
}

health argo_application_set_health(const json::object& live) {
    if (kube::find_array(live, {"status", "conditions"}) == nullptr) {
        return progressing("No controller has looked at it: ApplicationSets of argoproj.io are Argo CD's");
    }
    if (const auto c = find_condition(live, "ErrorOccurred"); c && c->is_true()) {
        return degraded(std::string{c->message});
    }
    if (const auto c = find_condition(live, "ResourcesUpToDate"); c && c->is_false()) {
        return degraded(std::string{c->message});
    }
    if (const auto c = find_condition(live, "RolloutProgressing"); c && c->is_true()) {
        return progressing(std::string{c->message});
    }
    if (const auto c = find_condition(live, "ResourcesUpToDate"); c && c->is_true()) {
        return healthy(std::string{c->message});
    }
    return progressing("Waiting for its applications");
}

} // namespace holdfast::sync
