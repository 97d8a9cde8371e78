// The end of an application: what goes with it, how, and what stays.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

void remove_application(scene& s) {
    s.w.kubectl({"delete", "application.holdfast.dev", s.name, "-n", home, "--wait=false"});
}

void follow_with_finalizer(scene& s, const std::string& finalizer) {
    s.follow({.finalizer = false});
    await_synced(s.name);
    s.patch({{"metadata", {{"finalizers", json::array{finalizer}}}}});
}

// A ConfigMap that the garbage collector deletes with "owner", and that does not go before it is let go.
void make_dependent(scene& s) {
    const auto uid = s.w.field("configmap", s.name, "owner", ".metadata.uid");
    s.w.apply(
        R"(
apiVersion: v1
kind: ConfigMap
metadata:
  name: dependent
  namespace: )" +
        s.name + R"(
  finalizers: [example.com/hold]
  ownerReferences:
  - {apiVersion: v1, kind: ConfigMap, name: owner, uid: )" +
        uid + R"(, blockOwnerDeletion: true}
)"
    );
}

void let_dependent_go(scene& s) {
    s.w.kubectl(
        {"patch", "configmap", "dependent", "-n", s.name, "--type=merge", "-p",
         R"({"metadata":{"finalizers":null}})"}
    );
}

bool is_leaving(scene& s, const std::string& name) {
    return !s.w.field("configmap", s.name, name, ".metadata.deletionTimestamp").empty();
}

} // namespace

BOOST_AUTO_TEST_SUITE(deletion)

BOOST_AUTO_TEST_CASE(objects_go_with_the_application_although_the_repository_is_gone) {
    scene s{"gone-repo"};
    s.config_map("a", "1");
    s.repository.write("kept.yaml", R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: kept, annotations: {holdfast.dev/sync-options: Delete=false}}
)");
    s.repository.push("Two");
    s.follow();
    await_synced(s.name);
    s.repository.vanish();
    s.w.kubectl({"delete", "repository.holdfast.dev", s.name, "-n", home});
    remove_application(s);
    eventually([&] { return !s.look().exists; }, "the application goes");
    BOOST_TEST(!s.has("a"));
    BOOST_TEST(s.has("kept"));
}

BOOST_AUTO_TEST_CASE(objects_stay_without_a_finalizer) {
    scene s{"no-finalizer"};
    s.config_map("a", "1");
    s.repository.push("One");
    s.follow({.finalizer = false});
    await_synced(s.name);
    remove_application(s);
    eventually([&] { return !s.look().exists; }, "the application goes");
    throughout(1s, [&] { return s.value("a") == "1"; }, "its object stays");
}

BOOST_AUTO_TEST_CASE(in_the_foreground_dependents_go_first) {
    scene s{"foreground"};
    s.config_map("owner", "1");
    s.repository.push("One");
    follow_with_finalizer(s, "holdfast.dev/resources-finalizer");
    make_dependent(s);
    remove_application(s);
    eventually([&] { return is_leaving(s, "dependent"); }, "the dependent is asked to go");
    const auto seen = s.until(
        [](const application_view& v) { return v.get("Ready").reason == "Deleting"; }, "it says that it goes"
    );
    BOOST_TEST(seen.get("Ready").status == "False");
    throughout(1s, [&] { return s.has("owner") && s.look().exists; }, "owner and application wait for it");
    let_dependent_go(s);
    eventually([&] { return !s.look().exists; }, "the application goes");
    BOOST_TEST(!s.has("owner"));
}

BOOST_AUTO_TEST_CASE(a_misspelled_finalizer_is_named_with_the_right_one_and_with_the_way_out) {
    scene s{"misspelled"};
    s.config_map("a", "1");
    s.repository.push("One");
    follow_with_finalizer(s, "holdfast.dev/resource-finalizer");
    const std::string meant = "\"holdfast.dev/resources-finalizer\" seems to be meant";
    await_condition(s.name, "InvalidSpecError", {"metadata.finalizers[0]", meant});
    remove_application(s);
    await_condition(
        s.name, "DeletionError", {"no controller removes \"holdfast.dev/resource-finalizer\"", meant}
    );
    const auto said = s.look().get("DeletionError").message;
    // What it says is what helps.
    const auto begin = said.find("kubectl patch "), end = said.find("}}'") + 3;
    BOOST_TEST_REQUIRE(begin != std::string::npos, said);
    const auto done = run_command(
        "bash",
        {"-c", "KUBECONFIG=" + s.w.cluster().kubeconfig() + " " + s.w.cluster().kubectl_path() +
                   said.substr(begin + 7, end - begin - 7)},
        {}, 20s
    );
    BOOST_TEST(done.ok(), done.err);
    eventually([&] { return !s.look().exists; }, "the application goes");
    BOOST_TEST(s.value("a") == "1");
}

BOOST_AUTO_TEST_CASE(what_others_are_to_take_away_is_named) {
    scene s{"theirs"};
    s.config_map("a", "1");
    s.repository.push("One");
    s.follow({.finalizer = false});
    await_synced(s.name);
    s.patch(
        {{"metadata", {{"finalizers", json::array{"holdfast.dev/resources-finalizer", "example.com/audit"}}}}}
    );
    remove_application(s);
    await_condition(s.name, "Reconciling", {"example.com/audit"});
    BOOST_TEST(!s.has("a"));
    s.patch({{"metadata", {{"finalizers", nullptr}}}});
    eventually([&] { return !s.look().exists; }, "the application goes");
}

BOOST_AUTO_TEST_CASE(an_object_that_nobody_lets_go_of_is_named_with_what_holds_it) {
    scene s{"held"};
    s.repository.write("held.yaml", R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: held, finalizers: [example.com/nobody]}
)");
    s.repository.push("One");
    s.follow();
    await_synced(s.name);
    remove_application(s);
    await_condition(
        s.name, "Reconciling", {"ConfigMap \"held/held\"", "held by the finalizer \"example.com/nobody\""}
    );
    s.w.kubectl(
        {"patch", "configmap", "held", "-n", s.name, "--type=merge", "-p",
         R"({"metadata":{"finalizers":null}})"}
    );
    eventually([&] { return !s.look().exists; }, "the application goes");
}

BOOST_AUTO_TEST_CASE(in_the_background_nobody_waits_for_dependents) {
    scene s{"background"};
    s.config_map("owner", "1");
    s.repository.push("One");
    follow_with_finalizer(s, "holdfast.dev/resources-finalizer-background");
    make_dependent(s);
    remove_application(s);
    eventually([&] { return !s.look().exists; }, "the application goes");
    BOOST_TEST(!s.has("owner"));
    eventually([&] { return is_leaving(s, "dependent"); }, "the dependent is asked to go later");
    let_dependent_go(s);
}

BOOST_AUTO_TEST_CASE(orphaned_objects_stay) {
    scene s{"orphan"};
    s.config_map("a", "1");
    s.repository.push("One");
    follow_with_finalizer(s, "holdfast.dev/resources-finalizer-orphan");
    remove_application(s);
    eventually([&] { return !s.look().exists; }, "the application goes");
    throughout(1s, [&] { return s.value("a") == "1"; }, "its object stays");
}

BOOST_AUTO_TEST_CASE(the_finalizer_of_argo_cd_means_the_same) {
    scene s{"argo-finalizer"};
    s.config_map("a", "1");
    s.repository.push("One");
    follow_with_finalizer(s, "resources-finalizer.argocd.argoproj.io");
    remove_application(s);
    eventually([&] { return !s.look().exists; }, "the application goes");
    BOOST_TEST(!s.has("a"));
}

BOOST_AUTO_TEST_SUITE_END()
