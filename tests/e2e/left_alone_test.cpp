// What is not held, or not counted: fields that are ignored, what controllers fill in, objects that may be
// there.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(left_alone)

BOOST_AUTO_TEST_CASE(what_is_ignored_stays_synced_when_others_change_it) {
    for (const bool heals : {false, true}) {
        scene s{heals ? "ignored-healed" : "ignored-held"};
        s.config_map("ignored", "1").config_map("held", "1");
        s.repository.push("Two");
        s.follow(
            {.self_heal = heals,
             .spec =
                 {{"ignoreDifferences", json::array{json::object{
                                            {"kind", "ConfigMap"},
                                            {"name", "ignored"},
                                            {"jsonPointers", json::array{"/data/value"}}
                                        }}}}}
        );
        await_synced(s.name);
        const auto started = text_at(s.look().object, {"status", "operationState", "startedAt"});
        const auto set = [&](const std::string& name, const std::string& value) {
            s.w.kubectl(
                {"patch", "configmap", name, "-n", s.name, "--type=merge", "-p",
                 R"({"data":{"value":")" + value + R"("}})"}
            );
        };
        set("ignored", "2");
        if (heals) {
            throughout(1500ms, [&] { return s.look().synced(); }, "it is as it shall be");
            BOOST_TEST(text_at(s.look().object, {"status", "operationState", "startedAt"}) == started);
        } else {
            // Later drift of another one shows that the first was looked at.
            set("held", "2");
            const auto seen = s.until(
                [](const application_view& v) {
                    return text_of(resource_of(v, "ConfigMap", "held").if_contains("status")) == "OutOfSync";
                },
                "drift is reported"
            );
            BOOST_TEST(text_of(resource_of(seen, "ConfigMap", "ignored").if_contains("status")) == "Synced");
            BOOST_TEST(seen.get("Ready").message.find("/ignored") == std::string::npos, seen.describe());
            // Nor does an operator that was away make more of it.
            s.w.shared_operator().stop();
            set("ignored", "3");
            s.w.shared_operator().start();
            s.until(
                [](const application_view& v) {
                    return text_of(resource_of(v, "ConfigMap", "ignored").if_contains("status")) ==
                               "Synced" &&
                           text_of(resource_of(v, "ConfigMap", "held").if_contains("status")) ==
                               "OutOfSync" &&
                           v.get("Ready").message.find("/held\" differs: data.value") != std::string::npos;
                },
                "after a restart it is as before"
            );
        }
        BOOST_TEST(s.value("ignored") == (heals ? "2" : "3"));
    }
}

BOOST_AUTO_TEST_CASE(an_aggregated_cluster_role_is_filled_by_its_controller_and_left_alone) {
    scene s{"aggregated"};
    const auto role = [](const std::string& name, const std::string& more) {
        return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: " + name +
               "\n" + more;
    };
    s.repository
        .write(
            "all.yaml", role(
                            "aggregated-all", "aggregationRule: {clusterRoleSelectors: [{matchLabels: "
                                              "{aggregate-to: aggregated-all}}]}\nrules: []\n"
                        )
        )
        .write(
            "part.yaml",
            role(
                "aggregated-part", "  labels: {aggregate-to: aggregated-all}\nrules: [{apiGroups: "
                                   "[\"\"], resources: [pods], verbs: [get]}]\n"
            )
        );
    s.repository.push("One");
    s.follow();
    await_synced(s.name);
    const auto version = [&] {
        return s.w.field("clusterrole", "", "aggregated-all", ".metadata.resourceVersion");
    };
    const auto rules = [&] {
        return s.w.field("clusterrole", "", "aggregated-all", ".rules[*].resources[*]");
    };
    eventually([&] { return rules() == "pods"; }, "the controller has gathered the rules");
    const auto settled = version();
    throughout(4s, [&] { return rules() == "pods" && version() == settled; }, "nobody fights over it");
    await_synced(s.name);
    s.repository.write(
        "all.yaml", role(
                        "aggregated-all", "  labels: {a: b}\naggregationRule: {clusterRoleSelectors: "
                                          "[{matchLabels: {aggregate-to: aggregated-all}}]}\nrules: []\n"
                    )
    );
    await_synced(s.name, s.repository.push("Another label"));
    BOOST_TEST(rules() == "pods");
}

BOOST_AUTO_TEST_CASE(an_extraneous_object_that_is_ignored_is_out_of_sync_and_the_application_is_not) {
    scene s{"extraneous"};
    s.config_map("stays", "1");
    s.repository.write(
        "extra.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n  annotations: "
                      "{argocd.argoproj.io/compare-options: IgnoreExtraneous}\n"
    );
    s.repository.push("Two");
    s.follow();
    await_synced(s.name);
    s.repository.remove("extra.yaml");
    const auto pushed = s.repository.push("One");
    const auto seen = s.until(
        [&](const application_view& v) {
            return v.revision == pushed && resource_of(v, "ConfigMap", "extra").contains("requiresPruning");
        },
        "it is left over"
    );
    BOOST_TEST(seen.sync == "Synced");
    BOOST_TEST(text_of(resource_of(seen, "ConfigMap", "extra").if_contains("status")) == "OutOfSync");
    throughout(1500ms, [&] { return s.has("extra") && s.look().synced(); }, "no sync begins for its sake");
    s.ask({{"prune", true}});
    eventually([&] { return !s.has("extra"); }, "a sync that prunes deletes it");
}

BOOST_AUTO_TEST_CASE(a_status_that_is_no_subresource_is_applied_and_not_held) {
    scene s{"plain-status"};
    s.repository.write("definition.yaml", R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: plains.ownership.example.com}
spec:
  group: ownership.example.com
  names: {kind: Plain, plural: plains}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
)");
    const auto plain = [&](const std::string& phase) {
        s.repository.write(
            "plain.yaml",
            "apiVersion: ownership.example.com/v1\nkind: Plain\nmetadata: {name: a}\nstatus: {phase: " +
                phase + "}\n"
        );
    };
    const auto phase = [&] {
        return s.w.field("plains.ownership.example.com", s.name, "a", ".status.phase");
    };
    plain("new");
    s.repository.push("With its definition");
    s.follow();
    await_synced(s.name);
    BOOST_TEST(phase() == "new");
    s.w.kubectl(
        {"patch", "plains.ownership.example.com", "a", "-n", s.name, "--type=merge", "-p",
         R"({"status":{"phase":"done"}})"}
    );
    throughout(2s, [&] { return phase() == "done" && s.look().synced(); }, "its controller's word is left");
    plain("again");
    await_synced(s.name, s.repository.push("Another status"));
    BOOST_TEST(phase() == "again");
}

BOOST_AUTO_TEST_SUITE_END()
