// The operation field: syncs that are asked for. And what syncs leave behind: history, and holding back.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
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

// How often somebody asked the server of a repository which refs it has, or for objects.
std::ptrdiff_t exchanges(const scene& s) {
    const auto log = s.repository.requests();
    std::ptrdiff_t count = 0;
    for (auto at = log.find("GET "); at != std::string::npos; at = log.find("GET ", at + 1)) {
        ++count;
    }
    return count;
}

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
    s.repository.write("first.yaml", slow_service("never-ready", -1));
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
    s.repository.write("first.yaml", slow_service("slow", -1));
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
    s.give_address("slow");
    const auto seen = s.until(
        [&](const application_view& v) {
            return v.phase == "Succeeded" && v.revision == second && v.sync == "OutOfSync";
        },
        "it is compared with the branch again"
    );
    BOOST_TEST(s.value("a") == "1");
    BOOST_TEST(history_of(seen) == revisions{first}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_revision_that_is_not_there_fails_the_operation_and_nothing_else) {
    scene s{"no-revision"};
    s.config_map("a", "1");
    const auto first = s.repository.push("The first");
    s.follow();
    await_synced(s.name, first);
    const auto seen = s.ask({{"revision", "no-such-tag"}}, "Failed");
    BOOST_TEST(seen.phase_message.find(R"("no-such-tag")") != std::string::npos, seen.describe());
    await_synced(s.name, first);
    s.config_map("a", "2");
    await_synced(s.name, s.repository.push("A later push"));
    BOOST_TEST(s.value("a") == "2");
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_wrong_by_itself_fails_by_its_field_and_nothing_else) {
    scene s{"wrong-ask"};
    s.config_map("a", "1");
    const auto first = s.repository.push("The first");
    s.follow();
    await_synced(s.name, first);
    auto seen = s.ask({{"syncOptions", {"Prun=true"}}}, "Failed");
    BOOST_TEST(
        seen.phase_message.find("operation.sync.syncOptions[0]: ") != std::string::npos, seen.describe()
    );
    // What it has manifests of that are broken is no better.
    s.repository.write("broken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n");
    s.repository.push("Broken", "broken");
    seen = s.ask({{"revision", "broken"}}, "Failed");
    BOOST_TEST(seen.phase_message.find("broken.yaml") != std::string::npos, seen.describe());
    s.repository.remove("broken.yaml");
    s.config_map("a", "2");
    await_synced(s.name, s.repository.push("A later push"));
}

BOOST_AUTO_TEST_CASE(whatever_is_asked_for_is_of_the_newest_commit_however_seldom_is_polled) {
    scene s{"newest", {{"interval", "1h"}}};
    s.config_map("a", "1");
    const auto first = s.repository.push("The first");
    s.follow({.automated = false});
    s.until([&](const application_view& v) { return v.revision == first; }, "it was looked at");

    s.config_map("a", "2");
    const auto second = s.repository.push("The second");
    const auto seen = s.ask({});
    BOOST_TEST(s.value("a") == "2");
    BOOST_TEST(history_of(seen) == revisions{second}, boost::test_tools::per_element());

    s.config_map("a", "3");
    const auto third = s.repository.push("The third");
    s.patch({{"spec", {{"revisionHistoryLimit", 7}}}});
    s.until(
        [&](const application_view& v) { return v.revision == third; }, "a changed spec is of the newest"
    );

    s.config_map("a", "4");
    const auto fourth = s.repository.push("The fourth");
    s.annotate("holdfast.dev/refresh=normal");
    s.until([&](const application_view& v) { return v.revision == fourth; }, "a refresh is of the newest");
}

BOOST_AUTO_TEST_CASE(many_that_ask_at_once_share_what_the_repository_is_asked) {
    scene s{"at-once", {{"interval", "1h"}}};
    constexpr int many = 20;
    for (int i = 0; i < many; ++i) {
        const auto called = "a" + std::to_string(i);
        s.repository.write(called + "/a.yaml", config_map(called, "value", "1"));
    }
    s.repository.push("The first");
    s.follow({.path = "a0"});
    await_synced(s.name);

    s.repository.write("news.txt", "1");
    const auto second = s.repository.push("The second");
    const auto before = exchanges(s);
    std::string all;
    for (int i = 1; i < many; ++i) {
        const auto called = "a" + std::to_string(i);
        all += "---\n" +
               application(
                   s.name + "-" + called,
                   {.url = s.repository.url(), .path = called, .into = s.name, .finalizer = false}
               ) +
               "\n";
    }
    s.w.apply(all);
    for (int i = 1; i < many; ++i) {
        await_synced(s.name + "-a" + std::to_string(i), second);
    }
    // At most one listing a second while kubectl brings them, and a fetch.
    BOOST_TEST(exchanges(s) - before < many / 2);
    for (int i = 1; i < many; ++i) {
        s.w.kubectl(
            {"delete", "application.holdfast.dev", s.name + "-a" + std::to_string(i), "-n", home,
             "--wait=false"}
        );
    }
}

BOOST_AUTO_TEST_CASE(an_operation_that_runs_keeps_the_source_that_it_began_with) {
    scene s{"own-source"};
    s.repository.write("one/first.yaml", slow_service("slow", -1));
    s.repository.write("one/a.yaml", config_map("a", "value", "one"));
    s.repository.write("two/a.yaml", config_map("a", "value", "two"));
    s.repository.push("Two directories");
    s.follow({.path = "one", .automated = false});
    s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it was looked at");
    s.patch({{"operation", {{"sync", json::object{}}}}});
    s.until(
        [](const application_view& v) { return v.phase == "Running" && !v.object.contains("operation"); },
        "the operation waits"
    );
    s.patch({{"spec", {{"source", {{"path", "two"}}}}}});
    s.until(
        [](const application_view& v) {
            const auto& object = v.object;
            return object.at("status").at("observedGeneration").as_int64() ==
                   object.at("metadata").at("generation").as_int64();
        },
        "the change is seen"
    );
    s.give_address("slow");
    const auto seen = s.until(
        [](const application_view& v) { return v.phase == "Succeeded" && v.sync == "OutOfSync"; },
        "it is done, and compared with the new source"
    );
    BOOST_TEST(s.value("a") == "one");
    const auto& entry = seen.object.at("status").at("history").as_array().back();
    BOOST_TEST(entry.at("source").at("path").as_string() == "one");
}

BOOST_AUTO_TEST_CASE(a_sync_of_what_is_out_of_sync_tells_of_that_alone) {
    scene s{"only-those"};
    s.config_map("a", "1").config_map("b", "1");
    s.repository.push("Two");
    s.follow({.automated = false});
    s.ask({});
    s.config_map("b", "2");
    s.repository.push("One is another");
    const auto seen = s.ask({{"syncOptions", {"ApplyOutOfSyncOnly=true"}}});
    const auto& rows =
        seen.object.at("status").at("operationState").at("syncResult").at("resources").as_array();
    BOOST_TEST_REQUIRE(rows.size() == 1U);
    BOOST_TEST(rows.front().at("name").as_string() == "b");
}

BOOST_AUTO_TEST_CASE(an_annotation_leaves_an_application_alone) {
    scene s{"skipped"};
    s.config_map("a", "1");
    s.repository.push("One");
    s.follow();
    await_synced(s.name);
    s.annotate("argocd.argoproj.io/skip-reconcile=true");
    s.config_map("a", "2");
    const auto second = s.repository.push("Two");
    const auto seen =
        s.until([](const application_view& v) { return v.get("Ready").reason == "Suspended"; }, "it says so");
    BOOST_TEST(
        seen.get("Ready").message.find("argocd.argoproj.io/skip-reconcile") != std::string::npos,
        seen.describe()
    );
    s.w.kubectl({"delete", "configmap", "a", "-n", s.name});
    throughout(2500ms, [&] { return !s.has("a"); }, "nothing is changed");
    s.annotate("argocd.argoproj.io/skip-reconcile-");
    await_synced(s.name, second);
    BOOST_TEST(s.value("a") == "2");
}

BOOST_AUTO_TEST_CASE(an_approval_as_argo_cd_has_it_confirms_a_pruning) {
    scene s{"approved"};
    s.config_map("a", "1");
    s.repository.write("b.yaml", R"(
apiVersion: v1
kind: ConfigMap
metadata:
  name: b
  annotations: {argocd.argoproj.io/sync-options: Prune=confirm}
)");
    s.repository.push("Two");
    s.follow();
    await_synced(s.name);
    // One that was given before somebody asked confirms nothing.
    s.annotate("argocd.argoproj.io/deletion-approved=2020-01-01T00:00:00Z");
    s.repository.remove("b.yaml");
    s.repository.push("One");
    s.until([](const application_view& v) { return waits_for_confirmation(v); }, "somebody is asked");
    throughout(2000ms, [&] { return s.has("b"); }, "nobody has confirmed it");
    const auto asked = s.look();
    const auto& question = asked.object.at("status").at("pendingPrune");
    s.annotate(
        "argocd.argoproj.io/deletion-approved=" + std::string{question.at("requestedAt").as_string().c_str()}
    );
    eventually([&] { return !s.has("b"); }, "it is pruned");
    await_synced(s.name);
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
