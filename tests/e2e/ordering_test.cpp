// In which order objects are applied, and what is waited for in between.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

// Not healthy before somebody gives it an address: no cloud does here.
constexpr auto balancer = R"(
apiVersion: v1
kind: Service
metadata:
  name: first
  annotations: {argocd.argoproj.io/sync-wave: "-1"}
spec: {type: LoadBalancer, ports: [{port: 80}], selector: {app: none}}
)";

std::string in_namespace(const std::string& ns, const std::string& name) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + ", namespace: " + ns + "}\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(ordering)

BOOST_AUTO_TEST_CASE(a_wave_begins_when_the_one_before_is_healthy) {
    scene s{"waves"};
    s.repository.write("z.yaml", balancer);
    s.config_map("a", "1");
    const auto first = s.repository.push("Two waves");
    s.follow();
    const auto seen = s.until(
        [](const application_view& v) { return v.phase_message.find("wave -1") != std::string::npos; },
        "it says which wave it waits for"
    );
    BOOST_TEST(seen.phase == "Running");
    BOOST_TEST(seen.phase_message.find("first") != std::string::npos, seen.phase_message);
    BOOST_TEST(seen.get("Reconciling").status == "True");
    BOOST_TEST(seen.get("Ready").status == "False");
    throughout(1s, [&] { return !s.has("a"); }, "the next wave waits");

    s.give_address("first");
    await_synced(s.name, first);
    BOOST_TEST(s.has("a"));
    BOOST_TEST(s.look().get("Reconciling").status.empty());
}

BOOST_AUTO_TEST_CASE(a_newer_revision_does_not_wait_for_a_wave_that_never_gets_healthy) {
    scene s{"overtake"};
    s.repository.write("z.yaml", balancer);
    s.config_map("a", "1");
    s.repository.push("Never healthy");
    s.follow();
    s.until(
        [](const application_view& v) { return v.phase_message.find("wave -1") != std::string::npos; },
        "it waits for the first wave"
    );
    s.repository.remove("z.yaml");
    const auto second = s.repository.push("Without it");
    await_synced(s.name, second);
    BOOST_TEST(s.has("a"));
    eventually([&] { return !s.w.exists("service", s.name, "first"); }, "the old one is gone");
}

BOOST_AUTO_TEST_CASE(a_namespace_comes_before_its_contents_and_goes_with_the_application) {
    scene s{"ns-first"};
    s.repository.write("a.yaml", in_namespace("ns-first-made", "inside"))
        .write("z.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns-first-made}\n");
    const auto first = s.repository.push("Contents and Namespace");
    s.follow();
    await_synced(s.name, first);
    BOOST_TEST(s.w.exists("configmap", "ns-first-made", "inside"));

    s.w.kubectl({"delete", "application.holdfast.dev", s.name, "-n", home, "--wait=false"});
    eventually([&] { return !s.look().exists; }, "the application goes");
    BOOST_TEST(!s.w.exists("namespace", "", "ns-first-made"));
}

BOOST_AUTO_TEST_CASE(the_destination_namespace_is_made_and_made_again) {
    scene s{"make-ns"};
    s.config_map("inside", "1");
    const auto first = s.repository.push("One");
    s.follow(
        {.into = "make-ns-made",
         .sync_options = {"CreateNamespace=true"},
         .spec = {{"syncPolicy", {{"managedNamespaceMetadata", {{"labels", {{"team", "shop"}}}}}}}}}
    );
    await_synced(s.name, first);
    BOOST_TEST(s.w.field("configmap", "make-ns-made", "inside", ".data.value") == "1");
    BOOST_TEST(s.w.field("namespace", "", "make-ns-made", ".metadata.labels.team") == "shop");

    s.w.kubectl({"delete", "namespace", "make-ns-made"});
    eventually(
        [&] { return s.w.field("configmap", "make-ns-made", "inside", ".data.value") == "1"; },
        "the namespace and what is in it are made again", 60s, [&] { return s.look().describe(); }
    );
    await_synced(s.name, first);
}

BOOST_AUTO_TEST_CASE(a_definition_and_its_objects_come_from_one_source) {
    scene s{"definition"};
    s.repository
        .write("a.yaml", R"(
apiVersion: features.example.com/v1
kind: Widget
metadata: {name: one}
spec: {size: 3}
)")
        .write("z.yaml", R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.features.example.com}
spec:
  group: features.example.com
  names: {kind: Widget, plural: widgets, singular: widget}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer}}}}
)");
    const auto first = s.repository.push("A widget and what a widget is");
    s.follow();
    await_synced(s.name, first);
    BOOST_TEST(s.w.field("widgets.features.example.com", s.name, "one", ".spec.size") == "3");

    // Drift of a kind that was not known when the operator started is taken back as well.
    s.w.kubectl(
        {"patch", "widgets.features.example.com", "one", "-n", s.name, "--type=merge", "-p",
         R"({"spec":{"size":4}})"}
    );
    eventually(
        [&] { return s.w.field("widgets.features.example.com", s.name, "one", ".spec.size") == "3"; },
        "the edit is taken back"
    );

    s.w.kubectl({"delete", "application.holdfast.dev", s.name, "-n", home, "--wait=false"});
    eventually([&] { return !s.look().exists; }, "the application goes");
    BOOST_TEST(!s.w.exists("widgets.features.example.com", s.name, "one"));
    BOOST_TEST(s.w.exists("crd", "", "widgets.features.example.com")); // it may have objects of others
    s.w.kubectl({"delete", "crd", "widgets.features.example.com"});
}

BOOST_AUTO_TEST_CASE(within_a_wave_kinds_go_in_their_order) {
    scene s{"kinds"};
    s.repository.write("all.yaml", R"(
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: it}
spec: {defaultBackend: {service: {name: it, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: it}
spec: {ports: [{port: 80}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: it}
rules: []
---
apiVersion: v1
kind: ConfigMap
metadata: {name: it}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: it}
)");
    s.repository.push("Backwards");
    // The Ingress is never healthy, since nobody gives it an address; it is applied all the same.
    s.follow();
    s.until([](const application_view& v) { return v.synced(); }, "it is synced");
    // Resource versions of different kinds come from one counter here; nobody else writes these objects.
    std::vector<std::int64_t> order;
    for (const auto* kind : {"serviceaccount", "configmap", "role", "service", "ingress"}) {
        order.push_back(std::stoll(s.w.field(kind, s.name, "it", ".metadata.resourceVersion")));
    }
    BOOST_TEST(std::is_sorted(order.begin(), order.end()));
}

BOOST_AUTO_TEST_SUITE_END()
