#include "objects.hpp"

#include "sync/compare.hpp"
#include "sync/desired.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::sync {
namespace {

std::string all(const std::vector<problem>& problems) {
    std::string text;
    for (const auto& p : problems) {
        text += to_string(p) + "\n";
    }
    return text;
}

json::object find_right(std::string_view kind) {
    for (const auto& text : right_objects()) {
        auto o = object(text);
        if (kube::kind_of(o) == kind) return o;
    }
    throw std::runtime_error{"no such kind"};
}

/// One thing done wrong to a right object.
struct wrong {
    const char* kind;
    /// Of the map or list to change; empty: the object.
    const char* parent;
    /// Member or index.
    const char* name;
    /// JSON; empty: taken away.
    const char* value;
};

json::object spoil(const wrong& w) {
    json::value o = find_right(w.kind);
    auto& parent = *w.parent == '\0' ? o : o.at_pointer(w.parent);
    std::string value = w.value;
    for (char& c : value) {
        if (c == '\'') c = '"';
    }
    if (parent.is_array()) {
        parent.get_array()[std::stoul(w.name)] = json::parse(value);
    } else if (value.empty()) {
        parent.get_object().erase(w.name);
    } else {
        parent.get_object()[w.name] = json::parse(value);
    }
    return std::move(o.get_object());
}

constexpr const char* pod = "/spec/template/spec";
constexpr const char* container = "/spec/template/spec/containers/0";

const std::vector<wrong> wrong_objects{
    // unknown fields
    {"Deployment", "", "sepc", "{}"},
    {"Deployment", "/metadata", "label", "{'a': 'b'}"},
    {"Deployment", "/spec", "replica", "1"},
    {"Deployment", container, "imagee", "'x'"},
    {"Deployment", container, "resource", "{}"},
    {"Deployment", pod, "serviceaccount", "'x'"},
    {"Service", "/spec/ports/0", "targetport", "80"},
    {"ConfigMap", "", "spec", "{}"},
    {"Ingress", "/spec/rules/0/http/paths/0/backend", "serviceName", "'x'"},
    {"Widget", "/spec", "colour", "'red'"},
    {"Widget", "/spec/items/0", "prot", "'x'"},
    // types
    {"Deployment", "/spec", "replicas", "'2'"},
    {"Deployment", container, "image", "5"},
    {"Deployment", "/spec/template/spec/containers/0/env/0", "value", "1"},
    {"Deployment", "/spec/template/spec/containers/0/env/0", "value", "true"},
    {"Deployment", pod, "hostNetwork", "'yes'"},
    {"Deployment", pod, "volumes", "{}"},
    {"Deployment", "/spec/selector", "matchLabels", "[]"},
    {"ConfigMap", "/data", "a", "1"},
    {"ConfigMap", "/metadata/labels", "a", "1"},
    {"Service", "/spec/ports/0", "port", "'eighty'"},
    {"Service", "/spec/ports/0", "targetPort", "{}"},
    {"Service", "/spec/ports/0", "port", "80.5"},
    {"Widget", "/spec", "size", "'3'"},
    {"Widget", "/spec", "size", "1.5"},
    {"Widget", "/spec", "color", "null"},
    {"Widget", "/spec", "ratio", "'x'"},
    {"Widget", "/spec", "labels", "{'a': 1}"},
    {"Widget", "/spec", "port", "true"},
    // ranges, quantities, choices
    {"Deployment", "/spec", "replicas", "3000000000"},
    {"Widget", "/spec", "small", "3000000000"},
    {"Deployment", "/spec/template/spec/containers/0/resources/limits", "cpu", "'1core'"},
    {"ResourceQuota", "/spec/hard", "services", "'lots'"},
    {"Deployment", "/spec/template/spec/containers/0/ports/0", "protocol", "'tcp'"},
    {"Deployment", container, "imagePullPolicy", "'Sometimes'"},
    {"Service", "/spec", "type", "'Cluster'"},
    {"Widget", "/spec", "color", "'blue'"},
    // what is missing
    {"Deployment", "/spec", "selector", ""},
    {"Deployment", "/spec", "template", ""},
    {"Deployment", "", "spec", ""},
    {"Deployment", container, "name", ""},
    {"Deployment", pod, "containers", ""},
    {"Deployment", "/spec/template/spec/containers/0/ports/0", "containerPort", ""},
    {"Deployment", "/spec/template/spec/containers/0/volumeMounts/0", "mountPath", ""},
    {"Service", "/spec/ports/0", "port", ""},
    {"Ingress", "/spec/rules/0/http/paths/0", "pathType", ""},
    {"HorizontalPodAutoscaler", "/spec", "maxReplicas", ""},
    {"RoleBinding", "/roleRef", "name", ""},
    {"CronJob", "/spec", "schedule", ""},
    {"CronJob", "/spec", "jobTemplate", ""},
    {"Job", "/spec", "template", ""},
    {"Ingress", "/spec/rules/0/http/paths/0", "backend", ""},
    {"StorageClass", "", "provisioner", ""},
    {"Widget", "/spec", "size", ""},
    {"Widget", "/spec/items/0", "name", ""},
    {"Widget", "/spec/template", "kind", ""},
    // names
    {"ConfigMap", "/metadata", "name", "'Config'"},
    {"ConfigMap", "/metadata", "name", "'a_b'"},
    {"Namespace", "/metadata", "name", "'a.b'"},
};

/// Looks wrong, but the server takes it.
const std::vector<wrong> strange_objects{
    {"StatefulSet", "/spec", "serviceName", ""},
    {"RoleBinding", "/roleRef", "apiGroup", ""},
    {"NetworkPolicy", "/spec", "podSelector", ""},
    {"ClusterRole", "", "rules", "null"},
    {"Role", "", "rules", ""},
    {"ConfigMap", "", "data", "null"},
    {"Deployment", pod, "volumes", "[{'name': 'tmp'}]"},
    {"Deployment", container, "env", "null"},
    {"Deployment", "/spec", "replicas", "null"},
    {"Deployment", container, "imagePullPolicy", "''"},
    {"Deployment", "/metadata", "creationTimestamp", "null"},
    {"Deployment", "/spec/template/metadata", "creationTimestamp", "null"},
    {"Service", "/spec/ports/0", "targetPort", "'http'"},
    {"Widget", "/spec/nothing", "a", "1"},
    {"Widget", "/spec", "mode", "null"},
    {"Widget", "/spec", "maybe", "null"},
    {"Widget", "/spec", "size", "3.0"},
    {"Widget", "/spec", "items", "[]"},
    {"LimitRange", "/spec/limits/0", "default", "{'cpu': 0.1, 'memory': '1e6'}"},
};

BOOST_AUTO_TEST_SUITE(schema)

BOOST_AUTO_TEST_CASE(right_objects_have_no_problem_and_are_as_wanted_once_applied) {
    const ownership who{{"deploy", "shop"}, "test", holdfast_dev()};
    for (const auto& text : right_objects()) {
        const auto desired = make_desired(object(text), who).value();
        const auto what = describe(desired.id);
        BOOST_TEST(all(schemas().check(desired.manifest)) == "", what);
        const auto applied = apply(desired.manifest);
        BOOST_TEST_REQUIRE(applied.ok(), what << ": " << applied.err);
        const auto live = get(desired.manifest);
        const auto compared = compare_objects(desired.manifest, live, "holdfast");
        std::string differences;
        for (const auto& d : compared.differences) {
            differences += d.path + ": " + d.desired + " / " + d.live + "\n";
        }
        BOOST_TEST((compared.result == verdict::equal), what << " is not as wanted: " << differences);
        BOOST_TEST(all(schemas().check(live)) == "", "live " << what);
        BOOST_TEST((owner_of(live, holdfast_dev())->application == who.application), what);
    }
}

BOOST_AUTO_TEST_CASE(wrong_objects_are_refused_by_us_and_by_the_server) {
    for (const auto& w : wrong_objects) {
        const auto o = spoil(w);
        const auto what = std::string{w.kind} + w.parent + "/" + w.name + " = " + w.value;
        BOOST_TEST(!apply(o, true).ok(), "the server takes " << what);
        const auto problems = schemas().check(o);
        BOOST_TEST(!problems.empty(), "we take " << what);
        for (const auto& p : problems) {
            BOOST_TEST(!p.path.empty(), what);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_the_server_takes_is_no_problem_however_it_looks) {
    for (const auto& w : strange_objects) {
        const auto o = spoil(w);
        const auto what = std::string{w.kind} + w.parent + "/" + w.name + " = " + w.value;
        const auto answer = apply(o, true);
        BOOST_TEST(answer.ok(), "the server refuses " << what << ": " << answer.err);
        BOOST_TEST(all(schemas().check(o)) == "", what);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
