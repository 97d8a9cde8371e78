#include "objects.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

namespace holdfast::sync {

namespace {

const char* const widget_definition = R"({
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
  "spec": {"group": "example.com", "names": {"kind": "Widget", "plural": "widgets"}, "scope": "Namespaced",
    "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {
      "type": "object", "properties": {"spec": {"type": "object", "required": ["size"], "properties": {
        "size": {"type": "integer"}, "small": {"type": "integer", "format": "int32"}, "ratio": {"type": "number"},
        "color": {"type": "string", "enum": ["red", "green"]},
        "port": {"x-kubernetes-int-or-string": true},
        "values": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "raw": {"x-kubernetes-preserve-unknown-fields": true},
        "nothing": {"type": "object"},
        "maybe": {"type": "string", "nullable": true},
        "mode": {"type": "string", "default": "fast"},
        "template": {"type": "object", "x-kubernetes-embedded-resource": true, "x-kubernetes-preserve-unknown-fields": true},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "items": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": {
          "type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "proto": {"type": "string", "default": "TCP"}}}}
      }}, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}})";

} // namespace

json::object object(std::string text) {
    for (char& c : text) {
        if (c == '\'') c = '"';
    }
    return json::parse(text).as_object();
}

std::string kubectl(std::vector<std::string> args, std::string input) {
    test::kubectl_options options;
    options.input = std::move(input);
    const auto result = cluster().kubectl(std::move(args), options);
    BOOST_TEST_REQUIRE(result.ok(), result.err);
    return result.out;
}

const test::control_plane& cluster() {
    static const test::control_plane* const plane = [] {
        static test::control_plane made;
        made.kubectl({"create", "namespace", "shop"});
        test::kubectl_options options;
        options.input = widget_definition;
        made.kubectl({"create", "-f", "-"}, options);
        made.kubectl({"wait", "--for=condition=Established", "--timeout=20s", "crd/widgets.example.com"});
        return &made;
    }();
    return *plane;
}

test::command_result apply(const json::object& o, bool dry) {
    std::vector<std::string> args{"apply",
                                  "--server-side",
                                  "--force-conflicts",
                                  "--field-manager",
                                  "holdfast",
                                  "--validate=strict",
                                  "-f",
                                  "-"};
    if (dry) args.emplace_back("--dry-run=server");
    test::kubectl_options options;
    options.input = json::serialize(o);
    return cluster().kubectl(std::move(args), options);
}

json::object get(const json::object& o) {
    const auto gvk = kube::gvk_of(o);
    const auto type = gvk.kind + (gvk.group.empty() ? "" : "." + gvk.version + "." + gvk.group);
    std::vector<std::string> args{"get", type,   std::string{kube::name_of(o)},
                                  "-o",  "json", "--show-managed-fields"};
    if (const auto name_space = kube::namespace_of(o); !name_space.empty()) {
        args.insert(args.end(), {"-n", std::string{name_space}});
    }
    return json::parse(kubectl(std::move(args))).as_object();
}

const schema_set& schemas() {
    static const schema_set* const set = [] {
        static schema_set made;
        std::map<std::pair<std::string, std::string>, std::set<std::string>> kinds;
        kinds[{"example.com", "v1"}] = {"Widget"};
        for (const auto& text : right_objects()) {
            const auto gvk = kube::gvk_of(object(text));
            kinds[{gvk.group, gvk.version}].insert(gvk.kind);
        }
        for (const auto& [key, names] : kinds) {
            const auto& [group, version] = key;
            const auto path = group.empty() ? "api/" + version : "apis/" + group + "/" + version;
            // A definition is in the documents a moment after it is established.
            for (int i = 0; i < 50 && !made.has({group, version, *names.begin()}); ++i) {
                const auto answer = cluster().kubectl({"get", "--raw", "/openapi/v3/" + path});
                if (answer.ok()) made.add(group, version, answer.out, {names.begin(), names.end()}).value();
            }
            for (const auto& name : names) {
                BOOST_TEST_REQUIRE(made.has({group, version, name}), path << " " << name);
            }
        }
        return &made;
    }();
    return *set;
}

const std::vector<std::string>& right_objects() {
    static const std::vector<std::string> objects{
        "{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'config', 'namespace': 'shop', "
        "'labels': {'a': 'b'}}, 'data': {'a': "
        "'1', 'empty': ''}, 'binaryData': {'b': 'AAE='}}",
        "{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'secret', 'namespace': 'shop'}, 'type': "
        "'Opaque', 'stringData': "
        "{'password': 'x'}, 'data': {'other': 'eA=='}}",
        "{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'web', 'namespace': 'shop'}, 'spec': "
        "{'selector': {'app': 'web'}, "
        "'ports': [{'name': 'http', 'port': 80, 'targetPort': 'http'}, {'name': 'dns', 'port': 53, "
        "'targetPort': 5353, 'protocol': 'UDP'}]}}",
        "{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'headless', 'namespace': 'shop'}, "
        "'spec': {'clusterIP': 'None', "
        "'selector': {'app': 'db'}}}",
        "{'apiVersion': 'v1', 'kind': 'ServiceAccount', 'metadata': {'name': 'runner', 'namespace': 'shop'}, "
        "'automountServiceAccountToken': false}",
        "{'apiVersion': 'v1', 'kind': 'PersistentVolumeClaim', 'metadata': {'name': 'data', 'namespace': "
        "'shop'}, 'spec': {'accessModes': "
        "['ReadWriteOnce'], 'resources': {'requests': {'storage': '1024Mi'}}}}",
        "{'apiVersion': 'v1', 'kind': 'PersistentVolume', 'metadata': {'name': 'disk'}, 'spec': {'capacity': "
        "{'storage': '1Gi'}, "
        "'accessModes': ['ReadWriteOnce'], 'hostPath': {'path': '/tmp'}}}",
        "{'apiVersion': 'v1', 'kind': 'ResourceQuota', 'metadata': {'name': 'quota', 'namespace': 'shop'}, "
        "'spec': {'hard': {'services': 50, "
        "'requests.storage': '1e15', 'count/jobs.batch': '999'}}}",
        "{'apiVersion': 'v1', 'kind': 'LimitRange', 'metadata': {'name': 'limits', 'namespace': 'shop'}, "
        "'spec': {'limits': [{'type': "
        "'Container', 'default': {'memory': '64Mi'}}]}}",
        "{'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'another', 'labels': {'team': 'x'}}}",
        "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'pod', 'namespace': 'shop'}, 'spec': "
        "{'containers': [{'name': 'a', "
        "'image': 'busybox', 'command': ['sleep', '1'], 'livenessProbe': {'httpGet': {'path': '/', 'port': "
        "8080, 'httpHeaders': [{'name': "
        "'X', 'value': ''}]}}}]}}",
        "{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'web', 'namespace': 'shop', "
        "'labels': {'app': 'web'}}, "
        "'spec': {'replicas': 2, 'selector': {'matchLabels': {'app': 'web'}}, 'strategy': {'rollingUpdate': "
        "{'maxSurge': 1, "
        "'maxUnavailable': '25%'}}, 'template': {'metadata': {'labels': {'app': 'web'}}, 'spec': "
        "{'hostNetwork': false, "
        "'securityContext': {}, 'containers': [{'name': 'web', 'image': 'nginx:1.27', 'env': [{'name': 'A', "
        "'value': '1'}, {'name': "
        "'EMPTY', 'value': ''}, {'name': 'P', 'valueFrom': {'secretKeyRef': {'name': 'secret', 'key': "
        "'password'}}}], 'ports': "
        "[{'containerPort': 80, 'name': 'http'}, {'containerPort': 80, 'protocol': 'UDP'}], 'resources': "
        "{'limits': {'cpu': '1000m', "
        "'memory': '0.5Gi'}, 'requests': {'cpu': 0.5}}, 'volumeMounts': [{'name': 'tmp', 'mountPath': "
        "'/tmp'}]}], 'volumes': [{'name': "
        "'tmp', 'emptyDir': {'sizeLimit': '1024Ki'}}, {'name': 'config', 'configMap': {'name': 'config', "
        "'items': [{'key': 'a', 'path': "
        "'b'}], 'defaultMode': 420}}]}}}}",
        "{'apiVersion': 'apps/v1', 'kind': 'StatefulSet', 'metadata': {'name': 'db', 'namespace': 'shop'}, "
        "'spec': {'replicas': 0, "
        "'selector': {'matchLabels': {'app': 'db'}}, 'template': {'metadata': {'labels': {'app': 'db'}}, "
        "'spec': {'containers': [{'name': "
        "'db', 'image': 'postgres'}]}}, 'volumeClaimTemplates': [{'metadata': {'name': 'data'}, 'spec': "
        "{'accessModes': "
        "['ReadWriteOnce'], 'resources': {'requests': {'storage': '1Gi'}}}}]}}",
        "{'apiVersion': 'apps/v1', 'kind': 'DaemonSet', 'metadata': {'name': 'agent', 'namespace': 'shop'}, "
        "'spec': {'selector': "
        "{'matchLabels': {'app': 'agent'}}, 'template': {'metadata': {'labels': {'app': 'agent'}}, 'spec': "
        "{'tolerations': [{'operator': "
        "'Exists'}], 'containers': [{'name': 'agent', 'image': 'agent'}]}}}}",
        "{'apiVersion': 'batch/v1', 'kind': 'Job', 'metadata': {'name': 'job', 'namespace': 'shop'}, 'spec': "
        "{'backoffLimit': 0, 'template': "
        "{'spec': {'restartPolicy': 'Never', 'containers': [{'name': 'a', 'image': 'busybox'}]}}}}",
        "{'apiVersion': 'batch/v1', 'kind': 'CronJob', 'metadata': {'name': 'cron', 'namespace': 'shop'}, "
        "'spec': {'schedule': '0 0 * * *', "
        "'suspend': false, 'jobTemplate': {'spec': {'template': {'spec': {'restartPolicy': 'OnFailure', "
        "'containers': [{'name': 'a', "
        "'image': 'busybox'}]}}}}}}",
        "{'apiVersion': 'networking.k8s.io/v1', 'kind': 'Ingress', 'metadata': {'name': 'web', 'namespace': "
        "'shop', 'annotations': "
        "{'example.com/x': 'true'}}, 'spec': {'ingressClassName': 'nginx', 'rules': [{'host': 'example.com', "
        "'http': {'paths': [{'path': "
        "'/', 'pathType': 'Prefix', 'backend': {'service': {'name': 'web', 'port': {'number': 80}}}}]}}], "
        "'tls': [{'hosts': "
        "['example.com'], 'secretName': 'tls'}]}}",
        "{'apiVersion': 'networking.k8s.io/v1', 'kind': 'NetworkPolicy', 'metadata': {'name': 'deny', "
        "'namespace': 'shop'}, 'spec': "
        "{'podSelector': {}, 'policyTypes': ['Ingress']}}",
        "{'apiVersion': 'networking.k8s.io/v1', 'kind': 'IngressClass', 'metadata': {'name': 'nginx'}, "
        "'spec': {'controller': "
        "'example.com/nginx'}}",
        "{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'Role', 'metadata': {'name': 'shop:reader', "
        "'namespace': 'shop'}, 'rules': "
        "[{'apiGroups': [''], 'resources': ['pods'], 'verbs': ['get', 'list']}]}",
        "{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'RoleBinding', 'metadata': {'name': "
        "'reader', 'namespace': 'shop'}, "
        "'roleRef': {'kind': 'Role', 'name': 'shop:reader'}, 'subjects': [{'kind': 'ServiceAccount', 'name': "
        "'runner'}]}",
        "{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'ClusterRole', 'metadata': {'name': "
        "'aggregate'}, 'aggregationRule': "
        "{'clusterRoleSelectors': [{'matchLabels': {'x': 'y'}}]}}",
        "{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'ClusterRoleBinding', 'metadata': {'name': "
        "'all'}, 'roleRef': {'apiGroup': "
        "'rbac.authorization.k8s.io', 'kind': 'ClusterRole', 'name': 'view'}, 'subjects': [{'kind': 'Group', "
        "'name': 'x', 'apiGroup': "
        "'rbac.authorization.k8s.io'}]}",
        "{'apiVersion': 'autoscaling/v2', 'kind': 'HorizontalPodAutoscaler', 'metadata': {'name': 'web', "
        "'namespace': 'shop'}, 'spec': "
        "{'maxReplicas': 5, 'scaleTargetRef': {'apiVersion': 'apps/v1', 'kind': 'Deployment', 'name': "
        "'web'}, 'metrics': [{'type': "
        "'Resource', 'resource': {'name': 'cpu', 'target': {'type': 'Utilization', 'averageUtilization': "
        "80}}}]}}",
        "{'apiVersion': 'policy/v1', 'kind': 'PodDisruptionBudget', 'metadata': {'name': 'web', 'namespace': "
        "'shop'}, 'spec': "
        "{'minAvailable': '50%', 'selector': {'matchLabels': {'app': 'web'}}}}",
        "{'apiVersion': 'storage.k8s.io/v1', 'kind': 'StorageClass', 'metadata': {'name': 'fast'}, "
        "'provisioner': 'example.com/x', "
        "'allowVolumeExpansion': true}",
        "{'apiVersion': 'scheduling.k8s.io/v1', 'kind': 'PriorityClass', 'metadata': {'name': 'low'}, "
        "'value': 10, 'globalDefault': false}",
        "{'apiVersion': 'apiextensions.k8s.io/v1', 'kind': 'CustomResourceDefinition', 'metadata': {'name': "
        "'gadgets.example.com'}, 'spec': "
        "{'group': 'example.com', 'names': {'kind': 'Gadget', 'plural': 'gadgets'}, 'scope': 'Cluster', "
        "'versions': [{'name': 'v1', "
        "'served': true, 'storage': true, 'schema': {'openAPIV3Schema': {'type': 'object', 'properties': "
        "{'spec': {'type': 'object', "
        "'x-kubernetes-preserve-unknown-fields': true}}}}}]}}",
        "{'apiVersion': 'admissionregistration.k8s.io/v1', 'kind': 'ValidatingWebhookConfiguration', "
        "'metadata': {'name': 'hook'}, "
        "'webhooks': []}",
        "{'apiVersion': 'coordination.k8s.io/v1', 'kind': 'Lease', 'metadata': {'name': 'lease', "
        "'namespace': 'shop'}, 'spec': "
        "{'leaseDurationSeconds': 10}}",
        "{'apiVersion': 'example.com/v1', 'kind': 'Widget', 'metadata': {'name': 'widget', 'namespace': "
        "'shop'}, 'spec': {'size': 3, "
        "'color': 'red', 'port': 'http', 'values': {'any': {'thing': [1, 'x', null]}}, 'raw': [1], "
        "'nothing': {}, 'template': "
        "{'apiVersion': 'v1', 'kind': 'Pod', 'spec': {'x': 1}}, 'labels': {'a.b/c': 'd'}, 'items': [{'name': "
        "'x'}, {'name': 'y', 'proto': "
        "'UDP'}], 'ratio': 0.5, 'small': 7}}",
    };
    return objects;
}

} // namespace holdfast::sync
