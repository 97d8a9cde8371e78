// The operation field: syncs that are asked for. And what syncs leave behind: history, and holding back.

#include "e2e/applications.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

std::string resource_version(scene& s, const std::string& config_map) {
    return s.w.field("configmap", s.name, config_map, ".metadata.resourceVersion");
}

using revisions = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(requested_syncs)

BOOST_AUTO_TEST_CASE(nothing_is_applied_until_it_is_asked_for_at_whichever_revision) {
    scene s{"asked"};
    s.config_map("a", "1");
    const auto first = s.repository.push("The first");
    s.follow({.automated = false});
    auto seen =
        s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "what is missing is told");
    BOOST_TEST(seen.health == "Missing");
    BOOST_TEST(seen.get("Ready").message == R"(ConfigMap ")" + s.name + R"(/a" is not there)");
    BOOST_TEST(!s.has("a"));

    seen = s.ask({});
    BOOST_TEST(s.value("a") == "1");
    await_synced(s.name, first);

    s.config_map("a", "2");
    const auto second = s.repository.push("The second");
    seen = s.until(
        [&](const application_view& v) { return v.revision == second && v.sync == "OutOfSync"; },
        "that there is news is told"
    );
    BOOST_TEST(
        seen.get("Ready").message == R"(ConfigMap ")" + s.name + R"(/a" differs: data.value is "1", not "2")"
    );
    BOOST_TEST(s.value("a") == "1");
    s.ask({});
    BOOST_TEST(s.value("a") == "2");

    s.ask({{"revision", first}});
    BOOST_TEST(s.value("a") == "1");
    seen = s.until(
        [&](const application_view& v) { return v.revision == second && v.sync == "OutOfSync"; },
        "that it is not where the branch is, is told"
    );
    BOOST_TEST(history_of(seen) == (revisions{first, second, first}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_dry_run_says_what_would_happen_and_changes_nothing) {
    scene s{"dry-run"};
    s.config_map("a", "1").config_map("b", "1");
    s.repository.push("Two");
    s.follow({.automated = false});
    s.ask({});
    await_synced(s.name);
    const auto before = resource_version(s, "a");

    s.repository.remove("b.yaml");
    s.config_map("a", "2").config_map("c", "1");
    const auto second = s.repository.push("Others");
    s.until([&](const application_view& v) { return v.revision == second; }, "the push is seen");
    const auto seen = s.ask({{"dryRun", true}, {"prune", true}});
    BOOST_TEST(seen.phase_message == "2 applied, 0 unchanged, 1 pruned (dry run)");
    BOOST_TEST(resource_version(s, "a") == before);
    BOOST_TEST(s.has("b"));
    BOOST_TEST(!s.has("c"));
    BOOST_TEST(seen.sync == "OutOfSync");
    BOOST_TEST(history_of(seen).size() == 1);
}

BOOST_AUTO_TEST_CASE(objects_are_pruned_only_by_a_sync_that_is_asked_to) {
    scene s{"ask-prune"};
    s.config_map("a", "1").config_map("b", "1");
    s.repository.push("Two");
    s.follow({.automated = false});
    s.ask({});
    s.repository.remove("b.yaml");
    const auto second = s.repository.push("One");
    s.until(
        [&](const application_view& v) { return v.revision == second && v.sync == "OutOfSync"; },
        "what is left over is told"
    );
    auto seen = s.ask({});
    BOOST_TEST(s.has("b"));
    BOOST_TEST(seen.sync == "OutOfSync");
    s.ask({{"prune", true}});
    eventually([&] { return !s.has("b"); }, "it is pruned");
    await_synced(s.name, second);
}

BOOST_AUTO_TEST_CASE(only_the_selected_objects_are_applied_and_that_is_no_deployment) {
    scene s{"selected"};
    s.config_map("a", "1").config_map("b", "1");
    s.repository.push("Two");
    s.follow({.automated = false});
    s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "what is missing is told");
    auto seen = s.ask({{"resources", {{{"kind", "ConfigMap"}, {"name", "b"}}}}});
    BOOST_TEST(s.value("b") == "1");
    BOOST_TEST(!s.has("a"));
    BOOST_TEST(seen.sync == "OutOfSync");
    BOOST_TEST(history_of(seen).empty());
    s.ask({});
    BOOST_TEST(s.value("a") == "1");
    await_synced(s.name);
}

BOOST_AUTO_TEST_CASE(a_sync_that_does_not_get_on_ends_with_its_time_and_says_what_it_waited_for) {
    scene s{"timeout"};
    s.repository.write("first.yaml", R"(
apiVersion: v1
kind: Service
metadata:
  name: never-ready
  annotations: {holdfast.dev/sync-wave: "-1"}
spec: {type: LoadBalancer, ports: [{port: 80}], selector: {app: none}}
)");
    s.config_map("after", "1");
    s.repository.push("Two waves");
    s.follow({.automated = false, .spec = {{"syncPolicy", {{"timeout", "2s"}}}}});
    const auto seen = s.ask({}, "Failed");
    BOOST_TEST(
        seen.phase_message.find("did not end within spec.syncPolicy.timeout (2s)") != std::string::npos
    );
    BOOST_TEST(seen.phase_message.find("never-ready") != std::string::npos, seen.describe());
    BOOST_TEST(!s.has("after"));
    BOOST_TEST(seen.get("SyncError").status == "True");
}

BOOST_AUTO_TEST_CASE(an_operation_that_waited_leaves_behind_how_the_cluster_compares_with_the_branch) {
    scene s{"late-end"};
    s.repository.write("first.yaml", R"(
apiVersion: v1
kind: Service
metadata:
  name: slow
  annotations: {holdfast.dev/sync-wave: "-1"}
spec: {type: LoadBalancer, ports: [{port: 80}], selector: {app: none}}
)");
    s.config_map("a", "1");
    const auto first = s.repository.push("The first");
    s.config_map("a", "2");
    const auto second = s.repository.push("The second");
    s.follow({.automated = false});
    s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it was looked at");
    s.patch({{"operation", {{"sync", {{"revision", first}}}}}});
    s.until(
        [](const application_view& v) { return v.phase == "Running" && !v.object.contains("operation"); },
        "the operation waits"
    );
    s.w.kubectl(
        {"patch", "service", "slow", "-n", s.name, "--subresource=status", "--type=merge", "-p",
         R"({"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}})"}
    );
    const auto seen = s.until(
        [&](const application_view& v) {
            return v.phase == "Succeeded" && v.revision == second && v.sync == "OutOfSync";
        },
        "it is compared with the branch again"
    );
    BOOST_TEST(s.value("a") == "1");
    BOOST_TEST(history_of(seen) == revisions{first}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_history_is_as_long_as_it_shall_be) {
    scene s{"history"};
    s.follow({.spec = {{"revisionHistoryLimit", 2}}});
    revisions pushed;
    for (const auto* value : {"1", "2", "3"}) {
        s.config_map("a", value);
        pushed.push_back(s.repository.push(value));
        await_synced(s.name, pushed.back());
    }
    auto seen = s.look();
    BOOST_TEST(history_of(seen) == (revisions{pushed[1], pushed[2]}), boost::test_tools::per_element());
    BOOST_TEST(seen.object.at("status").at("history").as_array().back().at("id").as_int64() == 3);
}

BOOST_AUTO_TEST_CASE(a_held_application_stays_at_its_revision_until_it_is_let_go) {
    scene s{"hold"};
    s.config_map("a", "1");
    const auto first = s.repository.push("The first");
    s.follow();
    await_synced(s.name, first);
    s.config_map("a", "2");
    await_synced(s.name, s.repository.push("The second"));

    s.patch({{"spec", {{"hold", first}}}});
    await_synced(s.name, first);
    BOOST_TEST(s.value("a") == "1");
    s.config_map("a", "3");
    const auto third = s.repository.push("The third");
    throughout(2500ms, [&] { return s.value("a") == "1"; }, "a push does not undo it");

    s.patch({{"spec", {{"hold", nullptr}}}});
    await_synced(s.name, third);
    BOOST_TEST(s.value("a") == "3");
}

BOOST_AUTO_TEST_SUITE_END()
