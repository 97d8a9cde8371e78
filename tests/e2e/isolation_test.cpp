// Who may do what: applications outside the operator's namespace, ServiceAccounts, several operators.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

// Lets a ServiceAccount of a namespace do everything with ConfigMaps there.
void grant_config_maps(
    world& w, const std::string& ns, const std::string& account_namespace, const std::string& account
) {
    w.kubectl({"create", "role", "config-maps", "-n", ns, "--verb=*", "--resource=configmaps"});
    w.kubectl(
        {"create", "rolebinding", "config-maps", "-n", ns, "--role=config-maps",
         "--serviceaccount=" + account_namespace + ":" + account}
    );
}

} // namespace

BOOST_AUTO_TEST_SUITE(isolation)

BOOST_AUTO_TEST_CASE(outside_the_operators_namespace_an_application_has_the_rights_of_its_service_account) {
    scene s{"team-a"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.w.apply(application("mine", {.url = s.repository.url(), .into = s.name, .ns = s.name}));
    const auto seen =
        await_condition("mine", "SyncError", {"forbidden", "system:serviceaccount:team-a:default"}, s.name);
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(!s.has("a"));

    grant_config_maps(s.w, s.name, s.name, "default");
    await_synced("mine", first, s.name);
    BOOST_TEST(s.value("a") == "1");

    s.w.kubectl({"delete", "application.holdfast.dev", "mine", "-n", s.name, "--wait=false"});
    eventually([&] { return !view("mine", s.name).exists; }, "the application goes, with its own rights");
    BOOST_TEST(!s.has("a"));
}

BOOST_AUTO_TEST_CASE(outside_the_operators_namespace_an_application_reaches_only_its_own) {
    scene s{"team-b"};
    scene other{"team-c"};
    s.config_map("a", "1");
    s.repository.write("other.yaml", R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: planted, namespace: team-c}
)");
    s.repository.push("Into another namespace");
    grant_config_maps(s.w, s.name, s.name, "default");
    grant_config_maps(s.w, other.name, s.name, "default"); // even where RBAC would let it
    s.w.apply(application("mine", {.url = s.repository.url(), .into = s.name, .ns = s.name}));
    await_condition("mine", "ComparisonError", {"planted", "team-c", "team-b"}, s.name);

    s.repository.write("other.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: team-b-more}\n");
    s.repository.push("Into no namespace");
    await_condition("mine", "ComparisonError", {"team-b-more"}, s.name);
    BOOST_TEST(!other.has("planted"));
    BOOST_TEST(!s.w.exists("namespace", "", "team-b-more"));
    BOOST_TEST(!s.has("a"));

    // The destination does not widen it either.
    s.repository.remove("other.yaml");
    s.repository.push("At home");
    s.w.kubectl(
        {"patch", "application.holdfast.dev", "mine", "-n", s.name, "--type=merge", "-p",
         R"({"spec":{"destination":{"namespace":"team-c"}}})"}
    );
    await_condition("mine", "InvalidSpecError", {"team-c", "team-b"}, s.name);
    BOOST_TEST(!other.has("a"));
    s.w.kubectl({"delete", "application.holdfast.dev", "mine", "-n", s.name, "--wait=false"});
}

BOOST_AUTO_TEST_CASE(in_the_operators_namespace_a_named_service_account_bounds_an_application) {
    scene s{"account"};
    s.config_map("a", "1");
    s.repository.write("b.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: b}\n");
    s.repository.push("A ConfigMap and a Secret");
    grant_config_maps(s.w, s.name, home, "deployer");
    s.follow({.spec = {{"serviceAccountName", "deployer"}}});
    await_condition(s.name, "SyncError", {"forbidden", "system:serviceaccount:holdfast:deployer", "b"});
    BOOST_TEST(!s.w.exists("secret", s.name, "b"));
    s.repository.remove("b.yaml");
    await_synced(s.name, s.repository.push("The ConfigMap"));
    BOOST_TEST(s.value("a") == "1");
}

BOOST_AUTO_TEST_CASE(two_installations_share_a_cluster_and_do_not_meet) {
    scene s{"shared"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.follow();
    await_synced(s.name, first);

    s.w.create_namespace("blue-made");
    operator_process blue{s.w.cluster().kubeconfig()};
    blue.start({"--installation", "blue", "--namespace", home});
    auto manifest =
        json::parse(application("blue", {.url = s.repository.url(), .into = "blue-made"})).as_object();
    manifest["metadata"].as_object()["labels"] = {{"holdfast.dev/installation", "blue"}};
    s.w.apply(json::serialize(manifest));
    await_synced("blue", first);
    const auto installation = [&](const std::string& ns) {
        return s.w.field("configmap", ns, "a", ".metadata.labels.holdfast\\.dev/installation");
    };
    BOOST_TEST(installation("blue-made") == "blue");
    BOOST_TEST(installation(s.name) == "holdfast");

    s.config_map("a", "2");
    const auto second = s.repository.push("Two");
    await_synced("blue", second);
    await_synced(s.name, second);
    const auto versions = [&] {
        return s.w.field("configmap", "blue-made", "a", ".metadata.resourceVersion") + " " +
               s.w.field("configmap", s.name, "a", ".metadata.resourceVersion");
    };
    const auto before = versions();
    throughout(1500ms, [&] { return versions() == before; }, "neither writes what is the other's");
    BOOST_TEST(installation("blue-made") == "blue");
    BOOST_TEST(installation(s.name) == "holdfast");

    s.w.kubectl({"delete", "application.holdfast.dev", "blue", "-n", home, "--wait=false"});
    eventually([&] { return !view("blue").exists; }, "the application goes");
    BOOST_TEST(!s.w.exists("configmap", "blue-made", "a"));
    BOOST_TEST(s.has("a"));
    blue.stop();
}

// Each symlink names a thousand steps through a large folder, and then the next symlink: to follow them one
// by one keeps a thread busy for an hour.
BOOST_AUTO_TEST_CASE(a_maze_of_symlinks_costs_only_the_application_that_leads_into_it) {
    constexpr int links = 60;
    scene maze{"maze"};
    std::string there_and_back;
    for (int i = 0; i < 800; ++i) {
        there_and_back += "d/../";
    }
    std::string resources = "resources:\n";
    maze.repository.write("maze/d/x", "x");
    for (int i = 0; i < 3000; ++i) {
        maze.repository.write("maze/f" + std::to_string(i), "x");
    }
    for (int i = 0; i < links; ++i) {
        const auto name = "l" + std::to_string(i) + ".yaml";
        maze.repository.write("target", there_and_back + "l" + std::to_string((i + 1) % links) + ".yaml");
        auto id = maze.repository.git({"hash-object", "-w", "target"}).substr(0, 40);
        maze.repository.git({"update-index", "--add", "--cacheinfo", "120000," + id + ",maze/" + name});
        maze.repository.git({"checkout-index", "-f", "maze/" + name});
        resources += "- " + name + "\n";
    }
    maze.repository.remove("target");
    maze.repository.write("maze/kustomization.yaml", resources);
    maze.repository.push("A maze");
    const std::vector<std::string> lost{"maze-0", "maze-1", "maze-2", "maze-3", "maze-4"};
    for (const auto& name : lost) {
        maze.w.apply(application(name, {.url = maze.repository.url(), .path = "maze", .into = maze.name}));
    }
    scene other{"beside-a-maze"};
    other.config_map("a", "1");
    const auto first = other.repository.push("One");
    other.follow();
    await_synced(other.name, first);
    BOOST_TEST(other.value("a") == "1");
    for (const auto& name : lost) {
        await_condition(name, "ComparisonError", {"l0.yaml"});
        maze.w.kubectl({"delete", "application.holdfast.dev", name, "-n", home, "--wait=false"});
    }
    for (const auto& name : lost) {
        eventually([&] { return !view(name).exists; }, "an Application that led into a maze goes");
    }
}

BOOST_AUTO_TEST_SUITE_END()
