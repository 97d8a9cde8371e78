// Holdfast keeps itself on a real node: upgraded by a push, held where the push is broken, and carried on
// through whatever happens to its pods.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/config_folder.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/on_node.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <sstream>
#include <thread>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// Holdfast and a shop, each of a repository of its own: once for all cases.
struct street {
    street()
        : w{installed()},
          platform{"platform", {}, w.cluster().machine()},
          shop{"street", {}, w.cluster().machine()} {
        write_config(platform);
        platform.declare(announced());
        shop.declare(announced());
        upgrade("1", "", /*told=*/false);
        w.apply(
            application("holdfast", {.url = platform.url(), .path = "ours", .into = home, .finalizer = false})
        );
        open_namespace(w, "street");
        write_shop(shop, "0\n");
        const auto first = shop.push("Open");
        w.apply(application("street", {.url = shop.url(), .path = "deploy", .into = "street", .ns = "street"})
        );
        await_synced("street", first, "street", 120s);
        await_kept("1");
    }
    street(const street&) = delete;
    street& operator=(const street&) = delete;

    static street& get() {
        static bool begun = false;
        static std::unique_ptr<street> one;
        if (!begun) {
            begun = true;
            one = std::make_unique<street>();
        }
        BOOST_TEST_REQUIRE(one != nullptr, "it did not come to be: see the first case");
        return *one;
    }

    /// Pushes another version of Holdfast: other pods, all in all.
    std::string upgrade(const std::string& version, const std::string& patches = {}, bool told = true) {
        platform.write(
            "ours/kustomization.yaml", R"(
resources: [../config/overlays/self-managed]
patches:
)" + std::string{required_sandbox} + R"(
- target: {kind: Deployment, name: holdfast}
  patch: |
    - {op: replace, path: /spec/progressDeadlineSeconds, value: 20}
    - {op: add, path: /spec/template/metadata/annotations/example.com~1version, value: ")" +
                                           version + R"("}
)" + patches
        );
        auto commit = platform.push("Version " + version);
        if (told) announce(w, platform);
        return commit;
    }
    /// Waits until all pods are of this version and the Application says that all is well.
    void await_kept(const std::string& version) {
        eventually(
            [&] {
                const auto seen = view("holdfast");
                return seen.synced() && seen.health == "Healthy" && versions() == version + " " + version;
            },
            "all pods are of version " + version, 150s,
            [&] { return view("holdfast").describe() + versions() + pods_of(w, home); }
        );
    }
    /// The versions of the pods of Holdfast, those that are leaving too.
    std::string versions() {
        return w.cluster()
            .kubectl(
                {"get", "pods", "-n", home, "-l", "app.kubernetes.io/component=operator", "-o",
                 "jsonpath={.items[*].metadata.annotations.example\\.com/version}"}
            )
            .out;
    }
    std::string leader() { return w.field("lease", home, "holdfast", ".spec.holderIdentity"); }
    /// Has the shop say something else, and waits until it does.
    void say(const std::string& text) {
        write_shop(shop, text + "\n");
        shop.push("Say " + text);
        announce(w, shop);
        await_said(text);
    }
    void await_said(const std::string& text) {
        const auto service = w.field("service", "street", "web", ".spec.clusterIP");
        eventually(
            [&] { return page(service) == text + "\n"; }, "the page says " + text, 90s,
            [&] { return view("street", "street").describe() + pods_of(w, "street") + pods_of(w, home); }
        );
    }

    world& w;
    git_repository platform;
    git_repository shop;
};

/// A customer that asks for the page all along.
class customer {
public:
    explicit customer(std::string address) : address_{std::move(address)} {
        thread_ = std::thread{[this] {
            while (!leaving_) {
                ++(page(address_).empty() ? failed_ : served_);
                std::this_thread::sleep_for(50ms);
            }
        }};
    }
    ~customer() {
        leaving_ = true;
        thread_.join();
    }
    customer(const customer&) = delete;
    customer& operator=(const customer&) = delete;
    [[nodiscard]] int served() const { return served_; }
    [[nodiscard]] int failed() const { return failed_; }

private:
    std::string address_;
    std::atomic<bool> leaving_ = false;
    std::atomic<int> served_ = 0;
    std::atomic<int> failed_ = 0;
    std::thread thread_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(it_keeps_itself)

BOOST_AUTO_TEST_CASE(a_push_upgrades_it_and_nobody_notices) {
    auto& s = street::get();
    const auto before = s.leader();
    const customer all_along{s.w.field("service", "street", "web", ".spec.clusterIP")};
    s.upgrade("2");
    // Another repository's pushes go on meanwhile; its pods stay, so each request is answered.
    for (int i = 0; i < 3; ++i) {
        s.shop.write("deploy/note.yaml", config_map("note", "value", std::to_string(i)));
        s.shop.write("deploy/kustomization.yaml", R"(
resources: [web.yaml, note.yaml]
configMapGenerator: [{name: page, files: [index.html]}]
)");
        s.shop.push("Note " + std::to_string(i));
        announce(s.w, s.shop);
        eventually(
            [&] { return s.w.field("configmap", "street", "note", ".data.value") == std::to_string(i); },
            "the note is " + std::to_string(i), 60s, [&] { return pods_of(s.w, home); }
        );
    }
    s.await_kept("2");
    BOOST_TEST(s.leader() != before);
    BOOST_TEST(all_along.served() > 10);
    BOOST_TEST(all_along.failed() == 0);
}

BOOST_AUTO_TEST_CASE(a_broken_version_takes_nobodys_place) {
    auto& s = street::get();
    const auto before = s.leader();
    s.upgrade("broken", R"(
- target: {kind: Deployment, name: holdfast}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: --no-such-option}
)");
    application_view seen;
    eventually(
        [&] {
            seen = view("holdfast");
            return seen.health == "Degraded";
        },
        "the Application says that it did not come up", 90s,
        [&] { return seen.describe() + pods_of(s.w, home); }
    );
    const auto health = seen.object.at("status").at("health").as_object();
    BOOST_TEST(json::serialize(health).find("holdfast") != std::string::npos, json::serialize(health));
    BOOST_TEST(s.leader() == before);
    BOOST_TEST(s.w.field("deployment", home, "holdfast", ".status.availableReplicas") == "2");
    s.say("we are still here");
    s.upgrade("3");
    s.await_kept("3");
}

BOOST_AUTO_TEST_CASE(the_leaders_pod_is_deleted_in_the_middle_of_a_sync) {
    auto& s = street::get();
    const auto before = s.leader();
    write_shop(s.shop, "deleted\n");
    s.shop.push("Say deleted");
    announce(s.w, s.shop);
    s.w.kubectl({"delete", "pod", before, "-n", home, "--wait=false", "--force", "--grace-period=0"});
    s.await_said("deleted");
    // The old one may have done it before its process was ended.
    eventually([&] { return s.leader() != before; }, "another replica leads", 60s);
    s.await_kept("3");
}

BOOST_AUTO_TEST_CASE(its_node_is_drained_only_as_far_as_one_stays) {
    auto& s = street::get();
    const auto node = s.w.kubectl({"get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"});
    // There is no other node: one replica goes, and the budget keeps the other.
    const auto drained = patiently(
        s.w, {"drain", node, "--pod-selector=app.kubernetes.io/component=operator", "--delete-emptydir-data",
              "--timeout=12s"}
    );
    BOOST_TEST(!drained.ok());
    BOOST_TEST(drained.err.find("disruption budget") != std::string::npos, drained.err);
    s.shop.write("deploy/note.yaml", config_map("note", "value", "drained"));
    s.shop.write("deploy/kustomization.yaml", R"(
resources: [web.yaml, note.yaml]
configMapGenerator: [{name: page, files: [index.html]}]
)");
    s.shop.push("Note");
    announce(s.w, s.shop);
    eventually(
        [&] { return s.w.field("configmap", "street", "note", ".data.value") == "drained"; }, "one works on",
        60s, [&] { return pods_of(s.w, home); }
    );
    s.w.kubectl({"uncordon", node});
    s.await_kept("3");
}

BOOST_AUTO_TEST_CASE(the_api_server_is_restarted) {
    auto& s = street::get();
    s.w.cluster().kill_apiserver();
    s.w.cluster().start_apiserver();
    s.say("after all that");
    s.await_kept("3");
}

// As docs/installation.md says. The last one: nothing is left to try things on.
BOOST_AUTO_TEST_CASE(uninstalled_it_leaves_what_it_deployed) {
    auto& s = street::get();
    s.w.kubectl({"delete", "applications.holdfast.dev", "holdfast", "-n", home, "--ignore-not-found"});
    const auto stopped =
        patiently(s.w, {"delete", "deployment/holdfast", "-n", home, "--cascade=foreground"});
    BOOST_TEST(stopped.ok(), stopped.err);
    s.w.kubectl({"delete", "validatingwebhookconfiguration", "holdfast"});
    std::istringstream all{s.w.kubectl(
        {"get", "applications.holdfast.dev", "-A", "--no-headers", "-o",
         "custom-columns=:metadata.namespace,:metadata.name"}
    )};
    for (std::string ns, name; all >> ns >> name;) {
        s.w.kubectl(
            {"patch", "applications.holdfast.dev", name, "-n", ns, "--type", "merge", "-p",
             R"({"metadata":{"finalizers":null}})"}
        );
    }
    const auto deleted = patiently(s.w, {"delete", "-k", config, "--ignore-not-found"});
    BOOST_TEST(deleted.ok(), deleted.err);
    BOOST_TEST(!s.w.exists("namespace", "", home));
    BOOST_TEST(!s.w.exists("crd", "", "applications.holdfast.dev"));
    BOOST_TEST(!s.w.exists("clusterrole", "", "holdfast"));
    BOOST_TEST(s.w.exists("deployment", "street", "web"));
    BOOST_TEST(!page(s.w.field("service", "street", "web", ".spec.clusterIP")).empty());
}

BOOST_AUTO_TEST_SUITE_END()
