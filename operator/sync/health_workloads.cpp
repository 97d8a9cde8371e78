// Workloads: the rules of Argo CD (gitops-engine/pkg/health), which are those of `kubectl rollout status`.

#include "sync/health_kinds.hpp"

#include "base/timestamp.hpp"
#include "sync/annotations.hpp"

#include <fmt/format.h>

namespace holdfast::sync {

namespace {

bool is_stale(const json::object& live) {
    return kube::generation_of(live) > number_at(live, {"status", "observedGeneration"});
}

health stale(std::string_view what) {
    return progressing(fmt::format(
        "Waiting for rollout to finish: observed {} generation less than desired generation", what
    ));
}

/// -1 where the specification does not say.
std::int64_t wanted_replicas(const json::object& live) {
    return number_at(live, {"spec", "replicas"}, -1);
}

} // namespace

health deployment_health(const json::object& live) {
    if (flag_at(live, {"spec", "paused"})) return {health_status::suspended, "Deployment is paused"};
    if (is_stale(live)) return stale("deployment");
    if (const auto c = find_condition(live, "Progressing"); c && c->reason == "ProgressDeadlineExceeded") {
        return degraded(fmt::format("Deployment \"{}\" exceeded its progress deadline", kube::name_of(live)));
    }
    const auto wanted = wanted_replicas(live);
    const auto updated = number_at(live, {"status", "updatedReplicas"});
    const auto all = number_at(live, {"status", "replicas"});
    const auto available = number_at(live, {"status", "availableReplicas"});
    if (updated < wanted) {
        return progressing(fmt::format(
            "Waiting for rollout to finish: {} out of {} new replicas have been updated...", updated, wanted
        ));
    }
    if (all > updated) {
        return progressing(fmt::format(
            "Waiting for rollout to finish: {} old replicas are pending termination...", all - updated
        ));
    }
    if (available < updated) {
        return progressing(fmt::format(
            "Waiting for rollout to finish: {} of {} updated replicas are available...", available, updated
        ));
    }
    return healthy();
}

health stateful_set_health(const json::object& live) {
    if (number_at(live, {"status", "observedGeneration"}) == 0 || is_stale(live)) {
        return progressing("Waiting for statefulset spec update to be observed...");
    }
    const auto wanted = wanted_replicas(live);
    const auto ready = number_at(live, {"status", "readyReplicas"});
    const auto updated = number_at(live, {"status", "updatedReplicas"});
    if (ready < wanted) {
        return progressing(fmt::format("Waiting for {} pods to be ready...", wanted - ready));
    }
    const auto strategy = kube::find_text(live, {"spec", "updateStrategy", "type"});
    if (strategy == "RollingUpdate" &&
        kube::find_object(live, {"spec", "updateStrategy", "rollingUpdate"}) != nullptr) {
        const auto partition = number_at(live, {"spec", "updateStrategy", "rollingUpdate", "partition"}, -1);
        if (wanted >= 0 && partition >= 0 && updated < wanted - partition) {
            return progressing(fmt::format(
                "Waiting for partitioned roll out to finish: {} out of {} new pods have been updated...",
                updated, wanted - partition
            ));
        }
        return healthy(fmt::format("partitioned roll out complete: {} new pods have been updated...", updated)
        );
    }
    if (strategy == "OnDelete") {
        return healthy(fmt::format("statefulset has {} ready pods", ready));
    }
    const auto revision = kube::find_text(live, {"status", "updateRevision"});
    if (revision != kube::find_text(live, {"status", "currentRevision"})) {
        return progressing(fmt::format(
            "waiting for statefulset rolling update to complete {} pods at revision {}...", updated, revision
        ));
    }
    return healthy(fmt::format(
        "statefulset rolling update complete {} pods at revision {}...",
        number_at(live, {"status", "currentReplicas"}), revision
    ));
}

health daemon_set_health(const json::object& live) {
    if (is_stale(live)) return stale("daemon set");
    const auto wanted = number_at(live, {"status", "desiredNumberScheduled"});
    const auto updated = number_at(live, {"status", "updatedNumberScheduled"});
    const auto available = number_at(live, {"status", "numberAvailable"});
    if (kube::find_text(live, {"spec", "updateStrategy", "type"}) == "OnDelete") {
        return healthy(fmt::format("daemon set {} out of {} new pods have been updated", updated, wanted));
    }
    if (updated < wanted) {
        return progressing(fmt::format(
            "Waiting for daemon set \"{}\" rollout to finish: {} out of {} new pods have been updated...",
            kube::name_of(live), updated, wanted
        ));
    }
    if (available < wanted) {
        return progressing(fmt::format(
            "Waiting for daemon set \"{}\" rollout to finish: {} of {} updated pods are available...",
            kube::name_of(live), available, wanted
        ));
    }
    return healthy();
}

health replica_set_health(const json::object& live) {
    if (is_stale(live)) return stale("replica set");
    if (const auto c = find_condition(live, "ReplicaFailure"); c && c->is_true()) {
        return degraded(std::string{c->message});
    }
    const auto wanted = wanted_replicas(live);
    const auto available = number_at(live, {"status", "availableReplicas"});
    if (available < wanted) {
        return progressing(fmt::format(
            "Waiting for rollout to finish: {} out of {} new replicas are available...", available, wanted
        ));
    }
    return healthy();
}

namespace {

template <class Visit>
void each_container(const json::object& pod, std::string_view field, Visit visit) {
    if (const auto* list = kube::find_array(pod, {"status", field})) {
        for (const auto& item : *list) {
            if (const auto* object = item.if_object()) visit(*object);
        }
    }
}

/// Why a container ended badly; empty where it did not.
std::string failure_of(const json::object& container) {
    const auto* terminated = kube::find_object(container, {"state", "terminated"});
    if (terminated == nullptr) return {};
    if (const auto message = kube::find_text(*terminated, {"message"}); !message.empty()) {
        return std::string{message};
    }
    if (kube::find_text(*terminated, {"reason"}) == "OOMKilled") return "OOMKilled";
    if (const auto code = number_at(*terminated, {"exitCode"}); code != 0) {
        return fmt::format(
            "container \"{}\" failed with exit code {}", kube::find_text(container, {"name"}), code
        );
    }
    return {};
}

bool is_bad_wait(std::string_view reason) {
    return reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff");
}

health running_pod_health(const json::object& live, bool restarts_always) {
    if (!restarts_always) return progressing(std::string{kube::find_text(live, {"status", "message"})});
    if (const auto c = find_condition(live, "Ready"); c && c->is_true()) {
        return healthy(std::string{kube::find_text(live, {"status", "message"})});
    }
    std::optional<health> verdict;
    each_container(live, "containerStatuses", [&](const json::object& container) {
        if (verdict || kube::find_object(container, {"lastState", "terminated"}) == nullptr) return;
        verdict = degraded(failure_of(container));
    });
    return verdict ? *verdict : progressing(std::string{kube::find_text(live, {"status", "message"})});
}

health failed_pod_health(const json::object& live) {
    if (const auto message = kube::find_text(live, {"status", "message"}); !message.empty()) {
        return degraded(std::string{message});
    }
    std::string why;
    for (const auto* field : {"initContainerStatuses", "containerStatuses"}) {
        each_container(live, field, [&](const json::object& container) {
            if (why.empty()) why = failure_of(container);
        });
    }
    return degraded(std::move(why));
}

} // namespace

health pod_health(const json::object& live) {
    const auto policy = kube::find_text(live, {"spec", "restartPolicy"});
    const bool restarts_always = policy.empty() || policy == "Always";
    const bool is_hook = our_annotation(live, "hook").has_value();
    const bool ignores_policy = our_annotation(live, "ignore-restart-policy") == "true" && !is_hook;
    if (restarts_always || ignores_policy) {
        bool bad = false;
        std::string messages;
        each_container(live, "containerStatuses", [&](const json::object& container) {
            if (!is_bad_wait(kube::find_text(container, {"state", "waiting", "reason"}))) return;
            bad = true;
            const auto message = kube::find_text(container, {"state", "waiting", "message"});
            messages += messages.empty() ? "" : ", ";
            messages +=
                message.empty() ? kube::find_text(container, {"state", "waiting", "reason"}) : message;
        });
        if (bad) return degraded(std::move(messages));
    }
    const auto phase = kube::find_text(live, {"status", "phase"});
    if (phase == "Pending") return progressing(std::string{kube::find_text(live, {"status", "message"})});
    if (phase == "Succeeded") return healthy(std::string{kube::find_text(live, {"status", "message"})});
    if (phase == "Failed") return failed_pod_health(live);
    if (phase == "Running") return running_pod_health(live, restarts_always);
    return {health_status::unknown, std::string{kube::find_text(live, {"status", "message"})}};
}

health job_health(const json::object& live) {
    bool ended = false;
    bool suspended = false;
    std::optional<std::string> failure;
    std::string message;
    each_condition(live, [&](const condition& c) {
        if (c.type == "Failed" && !c.is_false()) {
            ended = true;
            failure = c.message;
        } else if (c.type == "Complete" && !c.is_false()) {
            ended = true;
            message = c.message;
        } else if (c.type == "Suspended") {
            ended = true;
            message = c.message;
            suspended = c.is_true();
        }
        return false;
    });
    if (!ended) return progressing(std::move(message));
    if (failure) return degraded(std::move(*failure));
    if (suspended) return {health_status::suspended, std::move(message)};
    return healthy(std::move(message));
}

health cron_job_health(const json::object& live) {
    if (flag_at(live, {"spec", "suspend"})) return healthy("CronJob is suspended");
    const auto scheduled = parse_time(kube::find_text(live, {"status", "lastScheduleTime"}));
    if (!scheduled) return healthy("CronJob has not been scheduled yet");
    if (const auto* active = kube::find_array(live, {"status", "active"});
        active != nullptr && !active->empty()) {
        return healthy("The job is running. Its last execution may not have been successful");
    }
    const auto succeeded = parse_time(kube::find_text(live, {"status", "lastSuccessfulTime"}));
    // A CronJob that has never succeeded may just not have been observed yet.
    if (!succeeded) return healthy("The CronJob never completed successfully. It may not be healthy");
    if (*succeeded < *scheduled) {
        return degraded("CronJob has not completed its last execution successfully");
    }
    return healthy("CronJob has completed its last execution successfully");
}

} // namespace holdfast::sync
