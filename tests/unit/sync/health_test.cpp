#include "sync/health.hpp"
#include "sync/live_record.hpp"

#include "support.hpp"

#include <vector>

namespace holdfast::sync {
namespace {

BOOST_AUTO_TEST_SUITE(health_rules)

struct row {
    const char* what;
    /// Of an object whose apiVersion and kind are those of the table.
    const char* fields;
    const char* expected;
    const char* message = nullptr;
};

void check(const char* api_version, const char* kind, const std::vector<row>& rows) {
    for (const auto& r : rows) {
        auto live = object(r.fields);
        live["apiVersion"] = api_version;
        live["kind"] = kind;
        const auto verdict = assess(live);
        std::string status = verdict ? std::string{to_string(verdict->status)} : "none";
        if (verdict && verdict->degraded_from) {
            status += ", Degraded from " + format_time(*verdict->degraded_from);
        }
        BOOST_TEST(
            status == r.expected, kind << ", " << r.what << ": is " << status << ", should be " << r.expected
        );
        if (r.message != nullptr && verdict) BOOST_TEST(verdict->message == r.message, r.what);
    }
}

BOOST_AUTO_TEST_CASE(a_deployment_fares_as_its_rollout) {
    check(
        "apps/v1", "Deployment",
        {
            {"paused", "{'spec': {'paused': true}}", "Suspended", "Deployment is paused"},
            {"not observed", "{'metadata': {'generation': 2}, 'status': {'observedGeneration': 1}}",
             "Progressing"},
            {"past its deadline",
             "{'metadata': {'name': 'web', 'generation': 1}, 'spec': {'replicas': 2}, 'status': "
             "{'observedGeneration': 1,"
             " 'conditions': [{'type': 'Progressing', 'status': 'False', 'reason': "
             "'ProgressDeadlineExceeded'}]}}",
             "Degraded", "Deployment \"web\" exceeded its progress deadline"},
            {"not updated", "{'spec': {'replicas': 2}, 'status': {'updatedReplicas': 1}}", "Progressing",
             "Waiting for rollout to finish: 1 out of 2 new replicas have been updated..."},
            {"old ones left", "{'spec': {'replicas': 2}, 'status': {'updatedReplicas': 2, 'replicas': 3}}",
             "Progressing", "Waiting for rollout to finish: 1 old replicas are pending termination..."},
            {"not available",
             "{'spec': {'replicas': 2}, 'status': {'updatedReplicas': 2, 'replicas': 2, 'availableReplicas': "
             "1}}",
             "Progressing", "Waiting for rollout to finish: 1 of 2 updated replicas are available..."},
            {"rolled out",
             "{'spec': {'replicas': 2}, 'status': {'updatedReplicas': 2, 'replicas': 2, 'availableReplicas': "
             "2}}",
             "Healthy"},
            {"no replicas wanted", "{'spec': {'replicas': 0}, 'status': {}}", "Healthy"},
            {"being deleted", "{'metadata': {'deletionTimestamp': '2026-01-01T00:00:00Z'}}", "Progressing",
             "Pending deletion"},
        }
    );
}

BOOST_AUTO_TEST_CASE(a_stateful_set_fares_as_its_rollout) {
    check(
        "apps/v1", "StatefulSet",
        {
            {"never observed", "{'metadata': {'generation': 1}, 'status': {}}", "Progressing"},
            {"not ready",
             "{'spec': {'replicas': 3}, 'status': {'observedGeneration': 1, 'readyReplicas': 1}}",
             "Progressing", "Waiting for 2 pods to be ready..."},
            {"partition not updated",
             "{'spec': {'replicas': 3, 'updateStrategy': {'type': 'RollingUpdate', 'rollingUpdate': "
             "{'partition': 1}}},"
             " 'status': {'observedGeneration': 1, 'readyReplicas': 3, 'updatedReplicas': 1}}",
             "Progressing"},
            {"partition updated",
             "{'spec': {'replicas': 3, 'updateStrategy': {'type': 'RollingUpdate', 'rollingUpdate': "
             "{'partition': 1}}},"
             " 'status': {'observedGeneration': 1, 'readyReplicas': 3, 'updatedReplicas': 2}}",
             "Healthy"},
            {"on delete",
             "{'spec': {'replicas': 1, 'updateStrategy': {'type': 'OnDelete'}}, 'status': "
             "{'observedGeneration': 1,"
             " 'readyReplicas': 1, 'updateRevision': 'b', 'currentRevision': 'a'}}",
             "Healthy"},
            {"between revisions",
             "{'spec': {'replicas': 1}, 'status': {'observedGeneration': 1, 'readyReplicas': 1, "
             "'updateRevision': 'b',"
             " 'currentRevision': 'a'}}",
             "Progressing"},
            {"at its revision",
             "{'spec': {'replicas': 1}, 'status': {'observedGeneration': 1, 'readyReplicas': 1, "
             "'updateRevision': 'b',"
             " 'currentRevision': 'b'}}",
             "Healthy"},
        }
    );
}

BOOST_AUTO_TEST_CASE(daemon_and_replica_sets_fare_as_their_pods) {
    check(
        "apps/v1", "DaemonSet",
        {
            {"stale", "{'metadata': {'generation': 2}, 'status': {'observedGeneration': 1}}", "Progressing"},
            {"on delete",
             "{'spec': {'updateStrategy': {'type': 'OnDelete'}}, 'status': {'desiredNumberScheduled': 2}}",
             "Healthy"},
            {"not updated", "{'status': {'desiredNumberScheduled': 2, 'updatedNumberScheduled': 1}}",
             "Progressing"},
            {"not available",
             "{'status': {'desiredNumberScheduled': 2, 'updatedNumberScheduled': 2, 'numberAvailable': 1}}",
             "Progressing"},
            {"there",
             "{'status': {'desiredNumberScheduled': 2, 'updatedNumberScheduled': 2, 'numberAvailable': 2}}",
             "Healthy"},
        }
    );
    check(
        "apps/v1", "ReplicaSet",
        {
            {"failing",
             "{'status': {'conditions': [{'type': 'ReplicaFailure', 'status': 'True', 'message': 'quota'}]}}",
             "Degraded", "quota"},
            {"not available", "{'spec': {'replicas': 1}, 'status': {}}", "Progressing"},
            {"stale", "{'metadata': {'generation': 2}, 'status': {'observedGeneration': 1}}", "Progressing"},
            {"there", "{'spec': {'replicas': 1}, 'status': {'availableReplicas': 1}}", "Healthy"},
        }
    );
}

BOOST_AUTO_TEST_CASE(a_pod_fares_as_its_containers) {
    check(
        "v1", "Pod",
        {
            {"image cannot be pulled",
             "{'spec': {'restartPolicy': 'Always'}, 'status': {'phase': 'Pending', 'containerStatuses': "
             "[{'state':"
             " {'waiting': {'reason': 'ImagePullBackOff', 'message': 'no such image'}}}]}}",
             "Degraded", "no such image"},
            {"the same in a pod that is not restarted",
             "{'spec': {'restartPolicy': 'Never'}, 'status': {'phase': 'Pending', 'containerStatuses': "
             "[{'state':"
             " {'waiting': {'reason': 'ImagePullBackOff'}}}]}}",
             "Progressing"},
            {"the same, asked to ignore the policy",
             "{'metadata': {'annotations': {'argocd.argoproj.io/ignore-restart-policy': 'true'}}, 'spec': "
             "{'restartPolicy':"
             " 'Never'}, 'status': {'phase': 'Pending', 'containerStatuses': [{'state': {'waiting': "
             "{'reason':"
             " 'ErrImagePull'}}}]}}",
             "Degraded"},
            {"waiting for a good reason",
             "{'status': {'phase': 'Pending', 'containerStatuses': [{'state': {'waiting': {'reason':"
             " 'ContainerCreating'}}}]}}",
             "Progressing"},
            {"done", "{'spec': {'restartPolicy': 'Never'}, 'status': {'phase': 'Succeeded'}}", "Healthy"},
            {"failed", "{'status': {'phase': 'Failed', 'message': 'evicted'}}", "Degraded", "evicted"},
            {"failed with a code",
             "{'status': {'phase': 'Failed', 'containerStatuses': [{'name': 'a', 'state': {'terminated': "
             "{'exitCode': 3}}}"
             "]}}",
             "Degraded", "container \"a\" failed with exit code 3"},
            {"out of memory",
             "{'status': {'phase': 'Failed', 'containerStatuses': [{'name': 'a', 'state': {'terminated': "
             "{'exitCode': 137,"
             " 'reason': 'OOMKilled'}}}]}}",
             "Degraded", "OOMKilled"},
            {"ready", "{'status': {'phase': 'Running', 'conditions': [{'type': 'Ready', 'status': 'True'}]}}",
             "Healthy"},
            {"restarting",
             "{'status': {'phase': 'Running', 'containerStatuses': [{'lastState': {'terminated': {}}}]}}",
             "Degraded"},
            {"starting", "{'status': {'phase': 'Running'}}", "Progressing"},
            {"a task", "{'spec': {'restartPolicy': 'OnFailure'}, 'status': {'phase': 'Running'}}",
             "Progressing"},
            {"lost", "{'status': {'phase': 'Unknown'}}", "Unknown"},
        }
    );
}

BOOST_AUTO_TEST_CASE(jobs_fare_as_their_conditions) {
    check(
        "batch/v1", "Job",
        {
            {"running", "{'status': {'active': 1}}", "Progressing"},
            {"complete", "{'status': {'conditions': [{'type': 'Complete', 'status': 'True'}]}}", "Healthy"},
            {"failed",
             "{'status': {'conditions': [{'type': 'Failed', 'status': 'True', 'message': 'BackoffLimit'}]}}",
             "Degraded", "BackoffLimit"},
            {"suspended", "{'status': {'conditions': [{'type': 'Suspended', 'status': 'True'}]}}", "Suspended"
            },
            {"resumed", "{'status': {'conditions': [{'type': 'Suspended', 'status': 'False'}]}}", "Healthy"},
        }
    );
    check(
        "batch/v1", "CronJob",
        {
            {"suspended", "{'spec': {'suspend': true}}", "Healthy"},
            {"never scheduled", "{'status': {}}", "Healthy"},
            {"active",
             "{'status': {'lastScheduleTime': '2026-01-02T00:00:00Z', 'lastSuccessfulTime': "
             "'2026-01-01T00:00:00Z',"
             " 'active': [{}]}}",
             "Healthy"},
            {"last run failed",
             "{'status': {'lastScheduleTime': '2026-01-02T00:00:00Z', 'lastSuccessfulTime': "
             "'2026-01-01T00:00:00Z'}}",
             "Degraded"},
            {"last run succeeded",
             "{'status': {'lastScheduleTime': '2026-01-02T00:00:00Z', 'lastSuccessfulTime': "
             "'2026-01-02T00:01:00Z'}}",
             "Healthy"},
        }
    );
}

BOOST_AUTO_TEST_CASE(networking_and_storage) {
    check(
        "v1", "Service",
        {
            {"inside", "{'spec': {'type': 'ClusterIP'}}", "Healthy"},
            {"no address yet", "{'spec': {'type': 'LoadBalancer'}, 'status': {'loadBalancer': {}}}",
             "Progressing"},
            {"with an address",
             "{'spec': {'type': 'LoadBalancer'}, 'status': {'loadBalancer': {'ingress': [{'ip': "
             "'192.0.2.1'}]}}}",
             "Healthy"},
        }
    );
    check(
        "networking.k8s.io/v1", "Ingress",
        {
            {"no address yet", "{'status': {'loadBalancer': {'ingress': []}}}", "Progressing"},
            {"with an address", "{'status': {'loadBalancer': {'ingress': [{'ip': '192.0.2.1'}]}}}", "Healthy"
            },
        }
    );
    check(
        "v1", "PersistentVolumeClaim",
        {
            {"bound", "{'status': {'phase': 'Bound'}}", "Healthy"},
            {"pending", "{'status': {'phase': 'Pending'}}", "Progressing"},
            {"lost", "{'status': {'phase': 'Lost'}}", "Degraded"},
            {"no phase", "{'status': {}}", "Unknown"},
        }
    );
}

BOOST_AUTO_TEST_CASE(autoscalers_budgets_and_services_of_the_api) {
    check(
        "autoscaling/v2", "HorizontalPodAutoscaler",
        {
            {"new", "{'status': {}}", "Progressing", "Waiting to Autoscale"},
            {"cannot scale",
             "{'status': {'conditions': [{'type': 'AbleToScale', 'status': 'False', 'reason': "
             "'FailedGetScale', 'message':"
             " 'gone'}]}}",
             "Degraded", "gone"},
            {"able", "{'status': {'conditions': [{'type': 'AbleToScale', 'status': 'True'}]}}", "Healthy"},
            {"no metrics, told first",
             "{'status': {'conditions': [{'type': 'ScalingActive', 'status': 'False', 'reason':"
             " 'FailedGetResourceMetric'}, {'type': 'AbleToScale', 'status': 'True'}]}}",
             "Degraded"},
            {"no metrics, told after what it can do",
             "{'status': {'conditions': [{'type': 'AbleToScale', 'status': 'True', 'reason': "
             "'SucceededGetScale'}, {'type': 'ScalingActive', 'status': 'False', 'reason':"
             " 'FailedGetResourceMetric', 'message': 'no metrics'}]}}",
             "Degraded", "no metrics"},
            {"no metrics yet",
             "{'metadata': {'creationTimestamp': '2026-01-01T00:00:00Z'}, 'status': {'conditions': [{'type': "
             "'AbleToScale', 'status': 'True'}, {'type': 'ScalingActive', 'status': 'False', 'reason':"
             " 'FailedGetContainerResourceMetric', 'lastTransitionTime': '2026-01-01T00:00:15Z'}]}}",
             "Progressing, Degraded from 2026-01-01T00:05:15Z"},
            {"of a metric that nobody knows",
             "{'status': {'conditions': [{'type': 'AbleToScale', 'status': 'True'}, {'type': "
             "'ScalingActive', 'status': 'False', 'reason': 'InvalidMetricSourceType'}]}}",
             "Degraded"},
            {"turned off by a target without replicas",
             "{'status': {'conditions': [{'type': 'AbleToScale', 'status': 'True'}, {'type': "
             "'ScalingActive', 'status': 'False', 'reason': 'ScalingDisabled'}]}}",
             "Healthy"},
            {"resting between two changes",
             "{'status': {'conditions': [{'type': 'AbleToScale', 'status': 'False', 'reason': "
             "'BackoffBoth'}, {'type': 'ScalingLimited', 'status': 'True'}]}}",
             "Healthy"},
        }
    );
    check(
        "autoscaling/v1", "HorizontalPodAutoscaler",
        {
            {"no annotation", "{}", "Progressing"},
            {"no JSON", "{'metadata': {'annotations': {'autoscaling.alpha.kubernetes.io/conditions': '['}}}",
             "Progressing"},
            {"able",
             R"({"metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/conditions":
             "[{\"type\": \"AbleToScale\", \"status\": \"True\"}]"}}})",
             "Healthy"},
            {"able, but without metrics",
             R"({"metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/conditions":)"
             R"("[{\"type\": \"AbleToScale\", \"status\": \"True\"}, {\"type\": \"ScalingActive\",)"
             R"(\"status\": \"False\", \"reason\": \"FailedGetExternalMetric\"}]"}}})",
             "Degraded"},
        }
    );
    check(
        "policy/v1", "PodDisruptionBudget",
        {
            {"new", "{'status': {}}", "Progressing"},
            {"too few pods",
             "{'status': {'conditions': [{'type': 'DisruptionAllowed', 'status': 'False', 'reason': "
             "'InsufficientPods'}]}}",
             "Healthy"},
            {"failing",
             "{'status': {'conditions': [{'type': 'DisruptionAllowed', 'status': 'False', 'reason': "
             "'SyncFailed'}]}}",
             "Degraded", "PodDisruptionBudget has SyncFailed"},
        }
    );
    check(
        "apiregistration.k8s.io/v1", "APIService",
        {
            {"new", "{}", "Progressing"},
            {"there",
             "{'status': {'conditions': [{'type': 'Available', 'status': 'True', 'reason': 'Passed'}]}}",
             "Healthy"},
            {"not answering", "{'status': {'conditions': [{'type': 'Available', 'status': 'False'}]}}",
             "Progressing"},
        }
    );
    check(
        "argoproj.io/v1alpha1", "Workflow",
        {
            {"new", "{}", "Progressing"},
            {"done", "{'status': {'phase': 'Succeeded'}}", "Healthy"},
            {"broken", "{'status': {'phase': 'Error', 'message': 'no'}}", "Degraded", "no"},
        }
    );
}

BOOST_AUTO_TEST_CASE(a_definition_is_healthy_once_established) {
    check(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition",
        {
            {"new", "{'status': {}}", "Progressing"},
            {"installing",
             "{'status': {'conditions': [{'type': 'NamesAccepted', 'status': 'True'}, {'type': "
             "'Established', 'status':"
             " 'False', 'reason': 'Installing'}]}}",
             "Progressing"},
            {"established", "{'status': {'conditions': [{'type': 'Established', 'status': 'True'}]}}",
             "Healthy"},
            {"name taken",
             "{'status': {'conditions': [{'type': 'NamesAccepted', 'status': 'False', 'message': 'taken'}]}}",
             "Degraded"},
            {"terminating", "{'status': {'conditions': [{'type': 'Terminating', 'status': 'True'}]}}",
             "Progressing"},
            {"not structural",
             "{'status': {'conditions': [{'type': 'Established', 'status': 'True'}, {'type': "
             "'NonStructuralSchema',"
             " 'status': 'True'}]}}",
             "Degraded"},
            {"not established", "{'status': {'conditions': [{'type': 'NamesAccepted', 'status': 'True'}]}}",
             "Degraded"},
        }
    );
}

BOOST_AUTO_TEST_CASE(a_set_is_healthy_when_its_applications_are_as_it_wants_them) {
    check(
        "holdfast.dev/v1alpha1", "ApplicationSet",
        {
            {"not looked at yet", "{'metadata': {'generation': 1}, 'spec': {}}", "Progressing",
             "Waiting for the set to be looked at"},
            {"not since it changed",
             "{'metadata': {'generation': 2}, 'status': {'observedGeneration': 1, 'conditions': [{'type': 'Ready', "
             "'status': 'True'}]}}",
             "Progressing", "Waiting for the set to be looked at"},
            {"made",
             "{'metadata': {'generation': 1}, 'status': {'observedGeneration': 1, 'conditions': [{'type': 'Ready', "
             "'status': 'True', 'message': 'all'}]}}",
             "Healthy", "all"},
            {"being made",
             "{'metadata': {'generation': 1}, 'status': {'observedGeneration': 1, 'conditions': [{'type': 'Ready', "
             "'status': 'False', 'message': 'some'}]}}",
             "Progressing", "some"},
            {"failed",
             "{'metadata': {'generation': 1}, 'status': {'observedGeneration': 1, 'conditions': [{'type': 'Ready', "
             "'status': 'False'}, {'type': 'Stalled', 'status': 'True', 'message': 'no list'}]}}",
             "Degraded", "no list"},
        }
    );
}

BOOST_AUTO_TEST_CASE(argo_cds_kinds_fare_as_whoever_serves_them_says) {
    check(
        "argoproj.io/v1alpha1", "Application",
        {
            {"nobody serves it", "{}", "Progressing",
             "No controller has looked at it: Applications of argoproj.io are Argo CD's"},
            {"looked at", "{'status': {'reconciledAt': '2026-01-01T00:00:00Z'}}", "Progressing",
             "Waiting for the health of the application"},
            {"healthy", "{'status': {'health': {'status': 'Healthy'}}}", "Healthy"},
            {"degraded", "{'status': {'health': {'status': 'Degraded', 'message': 'no pods'}}}", "Degraded",
             "no pods"},
        }
    );
    check(
        "argoproj.io/v1alpha1", "ApplicationSet",
        {
            {"nobody serves it", "{'spec': {}}", "Progressing",
             "No controller has looked at it: ApplicationSets of argoproj.io are Argo CD's"},
            {"made", "{'status': {'conditions': [{'type': 'ResourcesUpToDate', 'status': 'True'}]}}",
             "Healthy"},
            {"failed",
             "{'status': {'conditions': [{'type': 'ErrorOccurred', 'status': 'True', 'message': 'no list'}, "
             "{'type': 'ResourcesUpToDate', 'status': 'False'}]}}",
             "Degraded", "no list"},
            {"not made yet", "{'status': {'conditions': [{'type': 'ResourcesUpToDate', 'status': 'False'}]}}",
             "Degraded"},
        }
    );
}

BOOST_AUTO_TEST_CASE(an_application_is_healthy_only_when_looked_at_synced_and_healthy) {
    check(
        "holdfast.dev/v1alpha1", "Application",
        {
            {"new", "{'metadata': {'generation': 1}}", "Progressing"},
            {"changed since",
             "{'metadata': {'generation': 2}, 'status': {'observedGeneration': 1, 'sync': {'status': "
             "'Synced'}, 'health':"
             " {'status': 'Healthy'}}}",
             "Progressing"},
            {"synced and healthy",
             "{'metadata': {'generation': 2}, 'status': {'observedGeneration': 2, 'sync': {'status': "
             "'Synced'}, 'health':"
             " {'status': 'Healthy'}}}",
             "Healthy"},
            {"out of sync",
             "{'metadata': {'generation': 2}, 'status': {'observedGeneration': 2, 'sync': {'status': "
             "'OutOfSync'},"
             " 'health': {'status': 'Healthy'}}}",
             "Progressing"},
            {"its sync failed",
             "{'metadata': {'generation': 2}, 'status': {'observedGeneration': 2, 'sync': {'status': "
             "'OutOfSync'},"
             " 'health': {'status': 'Healthy'}, 'operationState': {'phase': 'Failed', 'message': "
             "'refused'}}}",
             "Degraded", "refused"},
            {"degraded",
             "{'status': {'observedGeneration': 0, 'sync': {'status': 'Synced'}, 'health': {'status': "
             "'Degraded',"
             " 'message': 'why'}}}",
             "Degraded", "why"},
        }
    );
}

BOOST_AUTO_TEST_CASE(any_other_kind_fares_as_its_conditions) {
    check(
        "example.com/v1", "Widget",
        {
            {"nothing to say", "{'status': {}}", "Healthy"},
            {"no status", "{}", "Healthy"},
            {"not observed", "{'metadata': {'generation': 3}, 'status': {'observedGeneration': 2}}",
             "Progressing"},
            {"ready", "{'status': {'conditions': [{'type': 'Ready', 'status': 'True'}]}}", "Healthy"},
            {"not ready, nobody knows since when",
             "{'status': {'conditions': [{'type': 'Ready', 'status': 'False', 'message': 'no'}]}}",
             "Degraded", "no"},
            {"nobody knows whether it is ready",
             "{'status': {'conditions': [{'type': 'Ready', 'status': 'Unknown', 'message': 'soon'}]}}",
             "Progressing", "soon"},
            {"ready in an older generation",
             "{'metadata': {'generation': 3}, 'status': {'conditions': [{'type': 'Ready', 'status': 'True',"
             " 'observedGeneration': 2}]}}",
             "Progressing"},
            {"stalled",
             "{'status': {'conditions': [{'type': 'Ready', 'status': 'False'}, {'type': 'Stalled', 'status': "
             "'True',"
             " 'reason': 'BadSpec'}]}}",
             "Degraded", "BadSpec"},
            {"failed", "{'status': {'conditions': [{'type': 'Failed', 'status': 'True', 'message': 'no'}]}}",
             "Degraded", "no"},
            {"degraded though available",
             "{'status': {'conditions': [{'type': 'Available', 'status': 'True'}, {'type': 'Degraded', "
             "'status': 'True'}]}}",
             "Degraded"},
            {"not degraded",
             "{'status': {'conditions': [{'type': 'Degraded', 'status': 'False'}, {'type': 'Available', "
             "'status': 'True'}]}}",
             "Healthy"},
            {"reconciling",
             "{'status': {'conditions': [{'type': 'Reconciling', 'status': 'True'}, {'type': 'Ready', "
             "'status':"
             " 'True'}]}}",
             "Progressing"},
            {"progressing",
             "{'status': {'conditions': [{'type': 'Available', 'status': 'False'}, {'type': 'Progressing', "
             "'status': 'True', 'message': 'half'}]}}",
             "Progressing", "half"},
            {"rolled out, as a Deployment says it",
             "{'status': {'conditions': [{'type': 'Available', 'status': 'True'}, {'type': 'Progressing', "
             "'status': 'True', 'reason': 'NewReplicaSetAvailable'}]}}",
             "Healthy"},
            {"available", "{'status': {'conditions': [{'type': 'Available', 'status': 'True'}]}}", "Healthy"},
            {"not available",
             "{'status': {'conditions': [{'type': 'Available', 'status': 'False', 'reason': 'NoPods'}]}}",
             "Degraded", "NoPods"},
            {"conditions of other types", "{'status': {'conditions': [{'type': 'Foo', 'status': 'False'}]}}",
             "Healthy"},
            {"a hostile status",
             "{'status': {'conditions': ['x', 1, {'type': 5}], 'observedGeneration': 'x'}}", "Healthy"},
            {"a status that is no map", "{'status': 7}", "Healthy"},
        }
    );
    check("v1", "ConfigMap", {{"has no health", "{'data': {}}", "none"}});
    check("rbac.authorization.k8s.io/v1", "Role", {{"has no health", "{'rules': []}", "none"}});
}

BOOST_AUTO_TEST_CASE(what_is_not_ready_degrades_when_it_has_been_so_for_a_while) {
    check(
        "example.com/v1", "Widget",
        {
            {"just now",
             "{'metadata': {'creationTimestamp': '2026-01-01T00:00:00Z'}, 'status': {'conditions': [{'type': "
             "'Ready', 'status': 'False', 'lastTransitionTime': '2026-01-01T00:01:00Z'}]}}",
             "Progressing, Degraded from 2026-01-01T00:06:00Z"},
            {"nobody knows since when, but not for longer than it is there",
             "{'metadata': {'creationTimestamp': '2026-01-01T00:00:00Z'}, 'status': {'conditions': [{'type': "
             "'Ready', 'status': 'False'}]}}",
             "Progressing, Degraded from 2026-01-01T00:05:00Z"},
            {"since before its specification was changed, which may be what was missing",
             "{'metadata': {'creationTimestamp': '2026-01-01T00:00:00Z', 'managedFields': [{'manager': "
             "'holdfast', 'time': '2026-01-01T02:00:00Z', 'fieldsV1': {'f:spec': {}}}, {'manager': 'it', "
             "'time': '2026-01-01T03:00:00Z', 'fieldsV1': {'f:status': {}}}]}, 'status': {'conditions': "
             "[{'type': 'Ready', 'status': 'False', 'lastTransitionTime': '2026-01-01T00:01:00Z'}]}}",
             "Progressing, Degraded from 2026-01-01T02:05:00Z"},
            {"of an older generation",
             "{'metadata': {'generation': 2}, 'status': {'conditions': [{'type': 'Ready', 'status': 'False', "
             "'observedGeneration': 1, 'lastTransitionTime': '2026-01-01T00:01:00Z'}]}}",
             "Progressing"},
        }
    );
    const auto record = observe(
        object("{'apiVersion': 'example.com/v1', 'kind': 'Widget', 'metadata': {'name': 'w'}, 'status': "
               "{'conditions': [{'type': 'Ready', 'status': 'False', 'message': 'no', "
               "'lastTransitionTime': '2026-01-01T00:00:00Z'}]}}"),
        holdfast_dev()
    );
    auto later = record;
    BOOST_TEST(!degrade_if_due(later, *parse_time("2026-01-01T00:04:59Z")));
    BOOST_TEST((later == record));
    BOOST_TEST(degrade_if_due(later, *parse_time("2026-01-01T00:05:00Z")));
    BOOST_TEST((later.status == health_status::degraded));
    BOOST_TEST(later.health_message == "no");
    BOOST_TEST(!degrade_if_due(later, *parse_time("2026-01-02T00:00:00Z")));
}

BOOST_AUTO_TEST_CASE(what_waits_for_its_own_check_is_what_it_was_while_only_others_change_it) {
    live_record checked;
    checked.uid = "1";
    checked.generation = 2;
    checked.owner = {"ns", "app"};
    checked.is_checked = true;
    set_health(checked, health{health_status::suspended, "as it says"});
    const auto after = [&](auto change, bool is_known = true) {
        auto now = checked;
        now.status = health_status::healthy;
        now.health_message = "of the kind";
        change(now);
        await_check(now, is_known ? &checked : nullptr);
        return std::string{to_string(*now.status)} + ": " + now.health_message;
    };
    BOOST_TEST(after([](live_record& r) { r.resource_version = "9"; }) == "Suspended: as it says");
    constexpr const char* waits = "Progressing: Waiting for its health check";
    BOOST_TEST(after([](live_record&) {}, false) == waits);
    BOOST_TEST(after([](live_record& r) { r.generation = 3; }) == waits);
    BOOST_TEST(after([](live_record& r) { r.uid = "2"; }) == waits);
    BOOST_TEST(after([](live_record& r) { r.owned_hash[0] = 1; }) == waits);
    BOOST_TEST(after([](live_record& r) { r.owner.name = "other"; }) == waits);
    checked.is_checked = false;
    BOOST_TEST(after([](live_record&) {}) == waits);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(health_of_a_whole)

member_health member(const char* name, std::optional<health> verdict, bool exists = true) {
    return {{"apps", "Deployment", "ns", name}, exists, false, std::move(verdict)};
}

BOOST_AUTO_TEST_CASE(is_that_of_its_worst_and_names_at_most_three) {
    const std::vector<member_health> members{
        member("a", health{health_status::healthy, ""}),  member("b", health{health_status::degraded, "why"}),
        member("c", health{health_status::degraded, ""}), member("d", health{health_status::progressing, ""}),
        member("e", health{health_status::degraded, ""}), member("f", health{health_status::degraded, ""}),
        member("g", health{health_status::degraded, ""}), member("h", std::nullopt),
    };
    const auto whole = aggregate(members);
    BOOST_TEST((whole.status == health_status::degraded));
    BOOST_TEST(
        whole.message ==
        "Caused by apps/Deployment:ns/b (why), apps/Deployment:ns/c, apps/Deployment:ns/e and 2 more"
    );
}

BOOST_AUTO_TEST_CASE(is_not_worse_for_a_missing_object_unless_all_are_missing) {
    BOOST_TEST((aggregate({}).status == health_status::healthy));
    const std::vector<member_health> some{member("a", std::nullopt, false), member("b", std::nullopt)};
    BOOST_TEST((aggregate(some).status == health_status::healthy));
    const std::vector<member_health> none{member("a", std::nullopt, false), member("b", std::nullopt, false)};
    BOOST_TEST((aggregate(none).status == health_status::missing));
    BOOST_TEST(aggregate(none).message == "Caused by apps/Deployment:ns/a, apps/Deployment:ns/b");
}

BOOST_AUTO_TEST_CASE(leaves_out_what_is_ignored_and_children_nobody_knows) {
    auto ignored = member("a", health{health_status::degraded, ""});
    ignored.ignored = true;
    member_health child{
        {"holdfast.dev", "Application", "ns", "c"}, true, false, health{health_status::unknown, ""}
    };
    const std::vector<member_health> members{ignored, child};
    BOOST_TEST((aggregate(members).status == health_status::healthy));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
