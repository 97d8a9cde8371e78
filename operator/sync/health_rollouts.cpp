// Kinds whose rule needs more than the words of health_rules: Argo Rollouts, and the OpenTelemetry operator.

#include "sync/health_kinds.hpp"

#include <fmt/format.h>

#include <charconv>

namespace holdfast::sync {

namespace {

std::optional<std::int64_t> as_number(std::string_view text) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

/// The controller writes it as text. What it was before v1.0, a hash, tells nothing, though it may look like a number.
bool is_behind(std::string_view observed, std::int64_t wanted) {
    const auto seen = as_number(observed);
    return seen && *seen < wanted;
}

/// Whether the Deployment that it stands for was changed since.
bool is_workload_behind(const json::object& live) {
    const auto wanted = kube::annotation(live, "rollout.argoproj.io/workload-generation");
    const auto number = wanted ? as_number(*wanted) : std::nullopt;
    return number && is_behind(kube::find_text(live, {"status", "workloadObservedGeneration"}), *number);
}

health rollout_phase(const json::object& live, std::string_view phase) {
    std::string message{kube::find_text(live, {"status", "message"})};
    if (phase == "Paused") return {health_status::suspended, std::move(message)};
    const auto verdict = parse_health_status(phase);
    if (!verdict) return {health_status::unknown, fmt::format("status.phase is {}", phase)};
    return {*verdict, std::move(message)};
}

/// A controller before v1.0 wrote no phase.
health rollout_without_phase(const json::object& live) {
    if (const auto c = find_condition(live, "InvalidSpec")) return degraded(std::string{c->message});
    if (const auto c = find_condition(live, "Progressing");
        c && (c->reason == "RolloutAborted" || c->reason == "ProgressDeadlineExceeded")) {
        return degraded(std::string{c->message});
    }
    const auto* pauses = kube::find_array(live, {"status", "pauseConditions"});
    if (flag_at(live, {"spec", "paused"}) || flag_at(live, {"status", "controllerPause"}) ||
        (pauses != nullptr && !pauses->empty())) {
        return {health_status::suspended, "Rollout is paused"};
    }
    const auto wanted = number_at(live, {"spec", "replicas"}, 1);
    const auto updated = number_at(live, {"status", "updatedReplicas"});
    const auto all = number_at(live, {"status", "replicas"});
    const auto available = number_at(live, {"status", "availableReplicas"});
    if (updated < wanted) {
        return progressing(
            fmt::format("Waiting for rollout to finish: {} of {} replicas are updated", updated, wanted)
        );
    }
    const auto current = kube::find_text(live, {"status", "currentPodHash"});
    if (kube::find_object(live, {"spec", "strategy", "blueGreen"}) != nullptr) {
        auto active = kube::find_text(live, {"status", "blueGreen", "activeSelector"});
        if (active.empty()) active = kube::find_text(live, {"status", "activeSelector"});
        if (available < updated) {
            return progressing(fmt::format(
                "Waiting for rollout to finish: {} of {} updated replicas are available", available, updated
            ));
        }
        return active == current ? healthy()
                                 : progressing("Waiting for rollout to finish: traffic is to be switched");
    }
    if (all > updated)
        return progressing("Waiting for rollout to finish: old replicas are pending termination");
    if (available < updated) {
        return progressing(fmt::format(
            "Waiting for rollout to finish: {} of {} updated replicas are available", available, updated
        ));
    }
    auto stable = kube::find_text(live, {"status", "stableRS"});
    if (stable.empty()) stable = kube::find_text(live, {"status", "canary", "stableRS"});
    return stable == current ? healthy()
                             : progressing("Waiting for rollout to finish: its steps are not all done");
}

} // namespace

health rollout_health(const json::object& live) {
    if (kube::find_object(live, {"status"}) == nullptr ||
        is_behind(kube::find_text(live, {"status", "observedGeneration"}), kube::generation_of(live)) ||
        is_workload_behind(live)) {
        return progressing("Waiting for rollout spec update to be observed");
    }
    const auto phase = kube::find_text(live, {"status", "phase"});
    return phase.empty() ? rollout_without_phase(live) : rollout_phase(live, phase);
}

// It writes how many are ready, and of how many, as "1/3".
health collector_health(const json::object& live) {
    const auto text = kube::find_text(live, {"status", "scale", "statusReplicas"});
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return kube::find_text(live, {"spec", "mode"}) == "sidecar"
                   ? healthy("Runs beside what injects it")
                   : progressing("Waiting for its controller");
    }
    const auto ready = as_number(text.substr(0, slash)).value_or(0);
    const auto wanted = as_number(text.substr(slash + 1)).value_or(0);
    auto message = fmt::format("{} of {} replicas are ready", ready, wanted);
    const bool has_no_nodes = wanted == 0 && kube::find_text(live, {"spec", "mode"}) == "daemonset";
    if (ready == 0 && !has_no_nodes) return degraded(std::move(message));
    return ready == wanted ? healthy(std::move(message)) : progressing(std::move(message));
}

} // namespace holdfast::sync
