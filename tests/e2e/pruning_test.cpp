// What is deleted because it is gone from the sources, what is protected from that, and what a person is
// asked.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

std::string token_of(const application_view& v) {
    return std::string{v.object.at("status").at("pendingPrune").at("token").as_string()};
}

void remove_application(scene& s) {
    s.w.kubectl({"delete", "application.holdfast.dev", s.name, "-n", home, "--wait=false"});
}

std::string annotated(const std::string& name, const std::string& annotation) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n  annotations: {" + annotation +
           "}\n";
}

std::string definition(const std::string& group) {
    return R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gears.)" +
           group + R"(}
spec:
  group: )" +
           group + R"(
  names: {kind: Gear, plural: gears, singular: gear}
  scope: Namespaced
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
)";
}

} // namespace

BOOST_AUTO_TEST_SUITE(pruning)

BOOST_AUTO_TEST_CASE(prune_false_of_the_application_protects_what_does_not_say_otherwise_itself) {
    scene s{"prune-false"};
    s.config_map("stays", "1").config_map("kept", "1");
    s.repository.write("goes.yaml", annotated("goes", "holdfast.dev/sync-options: Prune=true"));
    s.repository.push("Three");
    s.follow({.sync_options = {"Prune=false"}});
    await_synced(s.name);
    s.repository.remove("kept.yaml").remove("goes.yaml");
    const auto second = s.repository.push("One");
    eventually([&] { return !s.has("goes"); }, "what says so itself is pruned");
    const auto seen = s.until(
        [&](const application_view& v) {
            return v.revision == second && v.phase == "Succeeded" && v.sync == "OutOfSync";
        },
        "the other is reported"
    );
    BOOST_TEST(resource_of(seen, "ConfigMap", "kept").contains("requiresPruning"));
    throughout(1500ms, [&] { return s.has("kept"); }, "it stays");
    // An operation asked for by hand protects no less.
    s.ask({{"prune", true}});
    BOOST_TEST(s.has("kept"));
    s.ask({{"prune", true}, {"syncOptions", json::array{"Prune=true"}}});
    eventually([&] { return !s.has("kept"); }, "unless it says so");
}

BOOST_AUTO_TEST_CASE(prune_confirm_of_the_application_asks_and_is_answered) {
    scene s{"prune-confirm"};
    s.config_map("stays", "1").config_map("goes", "1");
    s.repository.push("Two");
    s.follow({.sync_options = {"Prune=confirm"}});
    await_synced(s.name);
    s.repository.remove("goes.yaml");
    s.repository.push("One");
    const auto seen = s.until(waits_for_confirmation, "it waits for a confirmation");
    BOOST_TEST(resource_of(seen, "ConfigMap", "goes").contains("requiresDeletionConfirmation"));
    throughout(
        1500ms, [&] { return s.has("goes") && waits_for_confirmation(s.look()); }, "it goes on asking"
    );
    s.annotate("holdfast.dev/confirm-prune=" + token_of(seen));
    eventually([&] { return !s.has("goes"); }, "it is pruned when it is confirmed");
    await_synced(s.name);
}

BOOST_AUTO_TEST_CASE(delete_false_of_the_application_protects_from_its_end) {
    scene s{"delete-false"};
    s.config_map("kept", "1");
    s.repository.write("goes.yaml", annotated("goes", "argocd.argoproj.io/sync-options: Delete=true"));
    s.repository.push("Two");
    s.follow({.sync_options = {"Delete=false"}});
    await_synced(s.name);
    remove_application(s);
    eventually([&] { return !s.look().exists; }, "the application goes");
    BOOST_TEST(s.has("kept"));
    BOOST_TEST(!s.has("goes"));
}

BOOST_AUTO_TEST_CASE(a_limit_of_everything_stops_nothing_half_way) {
    scene s{"limit-all"};
    s.config_map("stays", "1");
    for (int i = 0; i < 6; ++i) {
        const auto name = "w" + std::to_string(i);
        s.repository.write(
            name + ".yaml", annotated(name, "holdfast.dev/sync-wave: \"" + std::to_string(i) + "\"")
        );
    }
    s.repository.push("Seven");
    s.follow({.spec = {{"syncPolicy", {{"pruneLimit", "100%"}}}}});
    await_synced(s.name);
    for (int i = 0; i < 6; ++i) {
        s.repository.remove("w" + std::to_string(i) + ".yaml");
    }
    const auto second = s.repository.push("One");
    await_synced(s.name, second);
    for (int i = 0; i < 6; ++i) {
        BOOST_TEST(!s.has("w" + std::to_string(i)));
    }
    BOOST_TEST(!waits_for_confirmation(s.look()));
}

BOOST_AUTO_TEST_CASE(the_next_wave_of_deletions_waits_for_what_the_one_before_leaves_behind) {
    scene s{"prune-waves"};
    s.config_map("stays", "1");
    s.repository.write("later.yaml", annotated("later", "holdfast.dev/sync-wave: \"1\""));
    s.repository.write("needed.yaml", annotated("needed", "holdfast.dev/sync-wave: \"0\""));
    s.repository.push("Three");
    s.follow();
    await_synced(s.name);
    const auto hold = [&](const std::string& finalizers) {
        s.w.kubectl(
            {"patch", "configmap", "later", "-n", s.name, "--type=merge", "-p",
             R"({"metadata":{"finalizers":)" + finalizers + "}}"}
        );
    };
    hold(R"(["example.com/needs-the-other"])");
    s.repository.remove("later.yaml").remove("needed.yaml");
    const auto second = s.repository.push("One");
    s.until(
        [](const application_view& v) {
            return v.phase_message.find("waiting for the deletion of ConfigMap") != std::string::npos;
        },
        "it waits for the first"
    );
    throughout(1500ms, [&] { return s.has("needed"); }, "what the finalizer needs stays");
    // Nor does a newer commit delete it meanwhile, although it is applied.
    s.config_map("stays", "2");
    s.repository.push("Another");
    eventually([&] { return s.value("stays") == "2"; }, "the rest is applied");
    throughout(1500ms, [&] { return s.has("needed"); }, "what the finalizer needs stays");
    hold("null");
    eventually([&] { return !s.has("needed") && !s.has("later"); }, "both go in the end");
}

BOOST_AUTO_TEST_CASE(a_definition_with_objects_of_others_waits_for_a_confirmation_that_names_them) {
    scene s{"crd-others"};
    s.repository.write("crd.yaml", definition("others.example.com"))
        .write("own.yaml", "apiVersion: others.example.com/v1\nkind: Gear\nmetadata: {name: own}\n");
    s.config_map("stays", "1");
    s.repository.push("A definition and one of its kind");
    s.follow();
    await_synced(s.name);
    s.w.apply("apiVersion: others.example.com/v1\nkind: Gear\nmetadata: {name: theirs, namespace: default}\n"
    );
    s.repository.remove("crd.yaml").remove("own.yaml");
    s.config_map("stays", "2");
    s.repository.push("Neither");
    auto seen = s.until(waits_for_confirmation, "it waits for a confirmation");
    BOOST_TEST(s.value("stays") == "2");
    BOOST_TEST(s.w.exists("gears.others.example.com", "default", "theirs"));
    eventually(
        [&] { return !s.w.exists("gears.others.example.com", s.name, "own"); },
        "its own goes, once the garbage collector knows the kind"
    );
    const auto said = seen.get("SyncError").message;
    BOOST_TEST(
        said.find(
            "the deletion of CustomResourceDefinition \"gears.others.example.com\" takes 1 object with it "
            "that this application does not own: Gear default/theirs"
        ) != std::string::npos,
        said
    );
    BOOST_TEST(said.find("to confirm: ") != std::string::npos, said);

    // What came since is not what was asked about.
    s.w.apply("apiVersion: others.example.com/v1\nkind: Gear\nmetadata: {name: more, namespace: default}\n");
    s.annotate("holdfast.dev/confirm-prune=" + token_of(seen));
    const auto first = token_of(seen);
    seen = s.until(
        [&](const application_view& v) { return waits_for_confirmation(v) && token_of(v) != first; },
        "it asks again"
    );
    BOOST_TEST(s.w.exists("gears.others.example.com", "default", "theirs"));
    s.annotate("holdfast.dev/confirm-prune=" + token_of(seen));
    eventually(
        [&] { return !s.w.exists("crd", "", "gears.others.example.com"); }, "it goes when it is confirmed"
    );
}

BOOST_AUTO_TEST_CASE(a_definition_with_objects_of_its_own_only_goes_with_them) {
    scene s{"crd-own"};
    s.repository.write("crd.yaml", definition("own.example.com"))
        .write("own.yaml", "apiVersion: own.example.com/v1\nkind: Gear\nmetadata: {name: own}\n");
    s.config_map("stays", "1");
    s.repository.push("A definition and one of its kind");
    s.follow();
    await_synced(s.name);
    s.repository.remove("crd.yaml").remove("own.yaml");
    const auto second = s.repository.push("Neither");
    eventually([&] { return !s.w.exists("crd", "", "gears.own.example.com"); }, "both go");
    await_synced(s.name, second);
}

BOOST_AUTO_TEST_CASE(a_namespace_with_what_others_have_in_it_waits_for_a_confirmation) {
    scene s{"ns-others"};
    s.repository.write("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns-others-made}\n")
        .write(
            "inside.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inside, namespace: ns-others-made}\n"
        );
    s.config_map("stays", "1");
    s.repository.push("A namespace");
    s.follow();
    await_synced(s.name);
    s.w.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs, namespace: ns-others-made}\n");
    s.repository.remove("ns.yaml").remove("inside.yaml");
    s.repository.push("Without it");
    const auto seen = s.until(waits_for_confirmation, "it waits for a confirmation");
    const auto said = seen.get("SyncError").message;
    BOOST_TEST(
        said.find("takes 1 object with it that this application does not own: ConfigMap ns-others-made/theirs"
        ) != std::string::npos,
        said
    );
    BOOST_TEST(s.w.exists("configmap", "ns-others-made", "theirs"));
    s.annotate("holdfast.dev/confirm-prune=" + token_of(seen));
    eventually(
        [&] { return !s.w.exists("namespace", "", "ns-others-made"); }, "it goes when it is confirmed"
    );
}

BOOST_AUTO_TEST_CASE(the_end_of_an_application_takes_no_namespace_with_what_others_have_in_it) {
    scene s{"ns-end"};
    s.repository.write("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns-end-made}\n")
        .write(
            "inside.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inside, namespace: ns-end-made}\n"
        );
    s.repository.push("A namespace");
    s.follow();
    await_synced(s.name);
    s.w.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs, namespace: ns-end-made}\n");
    remove_application(s);
    const auto seen = s.until(
        [](const application_view& v) {
            return v.get("Ready").message.find("ConfigMap ns-end-made/theirs") != std::string::npos;
        },
        "it says what it waits for"
    );
    BOOST_TEST(seen.get("Ready").message.find("holdfast.dev/deletion-approved=true") != std::string::npos);
    BOOST_TEST(!s.w.exists("configmap", "ns-end-made", "inside"));
    throughout(1500ms, [&] { return s.w.exists("configmap", "ns-end-made", "theirs"); }, "it stays");
    s.annotate("holdfast.dev/deletion-approved=true");
    eventually([&] { return !s.look().exists; }, "the application goes when that is confirmed");
    BOOST_TEST(!s.w.exists("namespace", "", "ns-end-made"));
}

BOOST_AUTO_TEST_SUITE_END()
