// What sync options ask for, and what a source brings by itself: kinds and fields that the server does not
// know when the sync begins.

#include "e2e/applications.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

// Of the group NAME.example.com.
std::string definition(
    const std::string& name, const std::string& fields, const std::string& scope = "Namespaced",
    const std::string& version = "v1"
) {
    return R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.)" +
           name + R"(.example.com}
spec:
  group: )" +
           name + R"(.example.com
  names: {kind: Widget, plural: widgets, singular: widget}
  scope: )" +
           scope + R"(
  versions:
  - name: )" +
           version + R"(
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {)" +
           fields + "}}}\n";
}

std::string widget(
    const std::string& name, const std::string& spec, const std::string& metadata = {},
    const std::string& version = "v1"
) {
    return "apiVersion: " + name + ".example.com/" + version + "\nkind: Widget\nmetadata: {name: one" +
           metadata + "}\nspec: {" + spec + "}\n";
}

struct forgotten_definition {
    scene& s;
    ~forgotten_definition() {
        s.w.kubectl({"delete", "crd", "widgets." + s.name + ".example.com", "--ignore-not-found"});
    }
};

constexpr auto waits_for_its_kind =
    ", annotations: {argocd.argoproj.io/sync-options: SkipDryRunOnMissingResource=true}";

} // namespace

BOOST_AUTO_TEST_SUITE(sync_options)

BOOST_AUTO_TEST_CASE(what_brings_a_kind_may_be_in_the_same_source_as_its_objects) {
    for (const bool is_cluster_wide : {false, true}) {
        scene s{is_cluster_wide ? "lateall" : "late"};
        const forgotten_definition guard{s};
        s.config_map("operator", "1")
            .repository.write("w.yaml", widget(s.name, "size: 3", waits_for_its_kind));
        const auto first = s.repository.push("What makes the kind, and an object of it");
        s.follow();
        const auto seen = s.until(
            [](const application_view& v) {
                return v.phase_message.find("the kind of") != std::string::npos;
            },
            "it says what it waits for"
        );
        BOOST_TEST(
            seen.phase_message == "waiting for the server to have the kind of Widget \"" + s.name + "/one\""
        );
        BOOST_TEST(seen.get("Ready").status == "False");
        BOOST_TEST(s.has("operator")); // else it could not bring it
        s.w.apply(definition(s.name, "size: {type: integer}", is_cluster_wide ? "Cluster" : "Namespaced"));
        await_synced(s.name, first);
        BOOST_TEST(
            s.w.field(
                "widgets." + s.name + ".example.com", is_cluster_wide ? "" : s.name, "one", ".spec.size"
            ) == "3"
        );
    }
}

BOOST_AUTO_TEST_CASE(without_the_option_a_missing_kind_is_told_with_it_as_the_way_out) {
    scene s{"nokind"};
    const forgotten_definition guard{s};
    s.config_map("a", "1").repository.write("w.yaml", widget(s.name, "size: 3"));
    const auto first = s.repository.push("A kind that nobody has");
    s.follow();
    const auto seen = s.until(
        [](const application_view& v) { return v.get("ComparisonError").status == "True"; }, "it is told"
    );
    BOOST_TEST(
        seen.get("ComparisonError").message.find("SkipDryRunOnMissingResource=true") != std::string::npos,
        seen.get("ComparisonError").message
    );
    s.follow({.sync_options = {"SkipDryRunOnMissingResource=true"}});
    eventually([&] { return s.has("a"); }, "the rest is applied");
    s.w.apply(definition(s.name, "size: {type: integer}"));
    await_synced(s.name, first);
}

// The schema that the server has when the sync begins is not the one that counts.
BOOST_AUTO_TEST_CASE(a_commit_may_add_a_field_to_a_definition_and_use_it) {
    scene s{"newfield"};
    const forgotten_definition guard{s};
    const auto kind = "widgets." + s.name + ".example.com";
    s.repository.write("crd.yaml", definition(s.name, "size: {type: integer}"))
        .write("w.yaml", widget(s.name, "size: 3"));
    const auto first = s.repository.push("A widget and what a widget is");
    s.follow();
    await_synced(s.name, first);

    s.repository.write("crd.yaml", definition(s.name, "size: {type: integer}, colour: {type: string}"))
        .write("w.yaml", widget(s.name, "size: 3, colour: red"));
    const auto second = s.repository.push("A field, and its use");
    await_synced(s.name, second);
    BOOST_TEST(s.w.field(kind, s.name, "one", ".spec.colour") == "red");

    // The new schema is asked before the first write.
    s.repository
        .write(
            "crd.yaml", definition(s.name, "size: {type: integer}, colour: {type: string}, x: {type: string}")
        )
        .write("w.yaml", widget(s.name, "size: 3, color: blue"));
    s.repository.push("A field that the new schema has not");
    const auto seen =
        s.until([](const application_view& v) { return v.get("SyncError").status == "True"; }, "it is told");
    BOOST_TEST(
        seen.get("SyncError").message.find(R"(spec.color: unknown field, did you mean "colour"?)") !=
            std::string::npos,
        seen.get("SyncError").message
    );
    BOOST_TEST(s.w.field(kind, s.name, "one", ".spec.colour") == "red");
}

// A definition that somebody else changes is told to nobody: discovery is as it was.
BOOST_AUTO_TEST_CASE(a_field_that_was_added_by_somebody_else_may_be_used) {
    scene s{"theirfield"};
    const forgotten_definition guard{s};
    s.w.apply(definition(s.name, "size: {type: integer}"));
    s.repository.write("w.yaml", widget(s.name, "size: 3"));
    const auto first = s.repository.push("A widget");
    s.follow({.sync_options = {"SkipDryRunOnMissingResource=true"}});
    await_synced(s.name, first);
    s.w.apply(definition(s.name, "size: {type: integer}, colour: {type: string}"));
    s.repository.write("w.yaml", widget(s.name, "size: 3, colour: red"));
    const auto second = s.repository.push("Uses the new field");
    await_synced(s.name, second);
}

BOOST_AUTO_TEST_CASE(without_validation_unknown_fields_are_left_out) {
    scene s{"unchecked"};
    const std::string service = "apiVersion: v1\nkind: Service\nmetadata: {name: it@}\nspec: {ports: [{port: "
                                "80, prot: 1}], wings: 2}\n";
    const auto with = [&](const std::string& annotation) {
        auto text = service;
        return text.replace(text.find('@'), 1, annotation);
    };
    s.repository.write("s.yaml", with(", annotations: {argocd.argoproj.io/sync-options: Validate=false}"));
    const auto first = s.repository.push("A service with wings");
    s.follow();
    await_synced(s.name, first);
    BOOST_TEST(s.w.field("service", s.name, "it", ".spec.ports[0].port") == "80");
    const auto warned = s.look().get("Warning").message;
    BOOST_TEST(warned.find("spec.wings") != std::string::npos, warned);
    BOOST_TEST(warned.find("spec.ports[0].prot") != std::string::npos, warned);
    // It is as wanted after a look at the object itself, too.
    s.annotate("holdfast.dev/refresh=hard");
    throughout(2s, [&] { return s.look().sync != "OutOfSync"; }, "it stays in sync");

    s.repository.write("s.yaml", with(""));
    const auto second = s.repository.push("The same for the whole application");
    s.follow({.sync_options = {"Validate=false"}});
    await_synced(s.name, second);
}

BOOST_AUTO_TEST_CASE(what_is_not_served_is_not_ready_by_name) {
    scene s{"unserved"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.follow({.sync_options = {"ServerSideApply=false"}});
    const auto is_told = [](const application_view& v) {
        return v.synced() && v.get("Ready").status == "False" && v.get("Ready").reason == "NotServed";
    };
    auto seen = s.until(is_told, "it is told");
    BOOST_TEST(
        seen.get("Ready").message.starts_with(
            "spec.syncPolicy.syncOptions[0]: ServerSideApply=false is not served by this version"
        ),
        seen.get("Ready").message
    );
    BOOST_TEST(seen.get("NotServed").status == "True");
    s.follow();
    await_synced(s.name, first);
    BOOST_TEST(s.look().get("NotServed").status.empty());

    // Of one object, and after a restart.
    s.repository.write(
        "b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  annotations: "
                  "{argocd.argoproj.io/sync-options: \"ServerSideApply=false\"}\n"
    );
    s.repository.push("One object asks for it");
    seen = s.until(is_told, "it is told");
    BOOST_TEST(
        seen.get("Ready").message.starts_with("ConfigMap \"unserved/b\": sync-options: ServerSideApply=false"
        ),
        seen.get("Ready").message
    );
    s.w.shared_operator().restart();
    throughout(3s, [&] { return s.look().get("Ready").status == "False"; }, "it stays so");
    BOOST_TEST(is_told(s.look()), s.look().describe());
}

BOOST_AUTO_TEST_CASE(an_operation_that_asks_for_what_is_not_served_fails_by_name) {
    scene s{"unservedop"};
    s.config_map("a", "1");
    s.repository.push("One");
    s.follow({.automated = false});
    s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it is compared");
    auto seen = s.ask({{"syncOptions", {"RespectIgnoreDifferences=false"}}}, "Failed");
    BOOST_TEST(
        seen.phase_message.starts_with("operation.sync.syncOptions[0]: RespectIgnoreDifferences=false"),
        seen.phase_message
    );
    BOOST_TEST(!s.has("a"));
}

BOOST_AUTO_TEST_CASE(an_option_that_is_no_more_is_a_warning) {
    scene s{"retired"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.follow({.sync_options = {"ServerDryRun=true"}});
    await_synced(s.name, first);
    const auto seen = s.look();
    BOOST_TEST(seen.get("Warning").message.find("ServerDryRun has no effect any more") != std::string::npos);
    BOOST_TEST(seen.get("Ready").status == "True");
}

// The commonest form of ignoreDifferences: what cert-manager fills in.
BOOST_AUTO_TEST_CASE(fields_that_jq_names_are_left_to_others) {
    scene s{"jq"};
    const std::string kind = "mutatingwebhookconfiguration";
    struct gone {
        scene& s;
        ~gone() { s.w.kubectl({"delete", "mutatingwebhookconfiguration", "jq-hook", "--ignore-not-found"}); }
    } const guard{s};
    const auto hook = [](const std::string& policy) {
        return "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\n"
               "metadata: {name: jq-hook}\nwebhooks:\n- name: a.example.com\n  clientConfig: {url: "
               "\"https://a.example.com\", caBundle: Cg==}\n  sideEffects: None\n  admissionReviewVersions: "
               "[v1]\n"
               "  failurePolicy: " +
               policy + "\n";
    };
    s.repository.write("hook.yaml", hook("Ignore"));
    s.config_map("a", "1");
    const auto first = s.repository.push("A webhook");
    json::object options{
        {"ignoreDifferences",
         {{{"group", "admissionregistration.k8s.io"},
           {"kind", "MutatingWebhookConfiguration"},
           {"jqPathExpressions", {".webhooks[]?.clientConfig.caBundle"}}}}}
    };
    s.follow({.spec = options});
    await_synced(s.name, first);
    const auto bundle = [&] { return s.w.field(kind, "", "jq-hook", ".webhooks[0].clientConfig.caBundle"); };
    s.w.kubectl(
        {"patch", kind, "jq-hook", "--type=json", "-p",
         R"([{"op":"replace","path":"/webhooks/0/clientConfig/caBundle","value":"aW5qZWN0ZWQ="},)"
         R"({"op":"replace","path":"/webhooks/0/failurePolicy","value":"Fail"}])"}
    );
    eventually(
        [&] { return s.w.field(kind, "", "jq-hook", ".webhooks[0].failurePolicy") == "Ignore"; },
        "the other field is taken back"
    );
    await_synced(s.name, first);
    BOOST_TEST(bundle() == "aW5qZWN0ZWQ=");
    // Nor does a sync of a new commit put it back.
    s.repository.write("hook.yaml", hook("Fail"));
    const auto second = s.repository.push("Another policy");
    await_synced(s.name, second);
    BOOST_TEST(s.w.field(kind, "", "jq-hook", ".webhooks[0].failurePolicy") == "Fail");
    BOOST_TEST(bundle() == "aW5qZWN0ZWQ=");
}

BOOST_AUTO_TEST_CASE(a_jq_expression_that_is_none_stops_the_sync_and_is_named) {
    scene s{"nojq"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    const auto ignoring = [](const char* expression) {
        return json::object{
            {"ignoreDifferences", {{{"kind", "ConfigMap"}, {"jqPathExpressions", {".data.x", expression}}}}}
        };
    };
    s.follow({.spec = ignoring(".data[")});
    const auto seen = s.until(
        [](const application_view& v) { return v.get("ComparisonError").status == "True"; }, "it is told"
    );
    const auto message = seen.get("ComparisonError").message;
    BOOST_TEST(
        message.starts_with("spec.ignoreDifferences[0].jqPathExpressions[1]: it is not a jq expression"),
        message
    );
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(!s.has("a"));
    s.follow({.spec = ignoring(".data.value")});
    await_synced(s.name, first);
}

BOOST_AUTO_TEST_SUITE_END()
