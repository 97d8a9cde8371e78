// Whenever the operator dies, and whatever it stands on goes away: it goes on where it was, loses nothing,
// does nothing twice, prunes nothing by mistake.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/behind_proxy.hpp"
#include "e2e/cutting_proxy.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/patient.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/needs.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <sys/mount.h>
#include <unistd.h>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// An application of three waves whose every commit changes every object, adds one and removes one.
class moving_target {
public:
    explicit moving_target(std::string name) : name_{std::move(name)}, repository_{name_} {
        auto& w = world::get();
        w.create_namespace(name_);
        write();
        repository_.declare();
        w.apply(application(name_, {.url = repository_.url(), .into = name_}));
    }
    moving_target(const moving_target&) = delete;
    moving_target& operator=(const moving_target&) = delete;
    ~moving_target() {
        world::get().cluster().kubectl(
            {"delete", "application.holdfast.dev", name_, "-n", home, "--wait=false"}
        );
    }

    void move() {
        repository_.remove("round-" + std::to_string(round_) + ".yaml");
        ++round_;
        write();
    }

    // Everything is as the last commit says, and what was there before is what it was.
    void require_arrived(std::chrono::seconds limit = 60s) {
        await_synced(name_, sha_, home, limit);
        const auto listed =
            json::parse(world::get().kubectl({"get", "configmaps", "-n", name_, "-o", "json"}));
        std::set<std::string> found;
        for (const auto& item : listed.at("items").as_array()) {
            const auto& metadata = item.at("metadata").as_object();
            const std::string name{metadata.at("name").as_string()};
            if (name == "kube-root-ca.crt") {
                continue;
            }
            found.insert(name);
            BOOST_TEST(item.at("data").at("round").as_string() == std::to_string(round_), name);
            const std::string uid{metadata.at("uid").as_string()};
            const auto known = uids_.emplace(name, uid).first;
            BOOST_TEST(known->second == uid, name << " was deleted and made anew");
        }
        std::set<std::string> wanted{"round-" + std::to_string(round_)};
        for (const auto& stable : stable_names()) {
            wanted.insert(stable);
        }
        BOOST_TEST(found == wanted, boost::test_tools::per_element());
        const auto seen = view(name_);
        std::set<std::string> revisions;
        for (const auto& entry : seen.object.at("status").at("history").as_array()) {
            const std::string revision{entry.at("revision").as_string()};
            BOOST_TEST(revisions.insert(revision).second, revision << " is in the history twice");
        }
        BOOST_TEST(seen.phase == "Succeeded");
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    git_repository& repository() { return repository_; }
    [[nodiscard]] const std::string& sha() const { return sha_; }

private:
    static std::vector<std::string> stable_names() {
        std::vector<std::string> all;
        for (const auto* wave : {"0", "1", "2"}) {
            for (const auto* letter : {"a", "b", "c"}) {
                all.push_back(std::string{letter} + wave);
            }
        }
        return all;
    }

    void write() {
        const auto value = std::to_string(round_);
        for (const auto& name : stable_names()) {
            repository_.write(
                name + ".yaml",
                json::serialize(json::object{
                    {"apiVersion", "v1"},
                    {"kind", "ConfigMap"},
                    {"metadata",
                     {{"name", name}, {"annotations", {{"holdfast.dev/sync-wave", name.substr(1)}}}}},
                    {"data", {{"round", value}}}
                })
            );
        }
        repository_.write("round-" + value + ".yaml", config_map("round-" + value, "round", value));
        sha_ = repository_.push("Round " + value);
    }

    std::string name_;
    git_repository repository_;
    int round_ = 0;
    std::string sha_;
    std::map<std::string, std::string> uids_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(survival)

BOOST_AUTO_TEST_CASE(killed_at_any_request_of_a_start_or_a_sync_it_goes_on_without_loss_or_repetition) {
    operator_behind_proxy behind;
    auto& proxy = behind.proxy;
    auto& op = behind.op;
    op->start();
    moving_target target{"any-request"};
    target.require_arrived();
    op->stop();

    // How many requests a start with a sync takes, and a sync alone.
    const auto before_start = proxy.records();
    target.move();
    op->start();
    target.require_arrived();
    const auto of_start = proxy.records() - before_start;
    const auto before_sync = proxy.records();
    target.move();
    target.require_arrived();
    const auto of_sync = proxy.records() - before_sync;
    BOOST_TEST_MESSAGE("a start with a sync takes " << of_start << " records, a sync alone " << of_sync);
    BOOST_TEST_REQUIRE(of_start > 10u); // each of twelve objects is a request
    BOOST_TEST_REQUIRE(of_sync > 10u);

    // All of them take too long for every run: so many, evenly, each time with another offset.
    constexpr std::size_t rounds = 12;
    const auto seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed " << seed);
    std::mt19937 random{seed};
    std::size_t struck = 0;
    const auto arm_and_wait = [&](std::size_t at) {
        const auto when = random() % 2 == 0 ? cutting_proxy::moment::before_it_is_passed_on
                                            : cutting_proxy::moment::before_its_answer;
        proxy.arm(op->pid(), at, when);
        return [&proxy, &target, &struck] {
            const auto deadline = std::chrono::steady_clock::now() + 30s;
            while (!proxy.struck() && std::chrono::steady_clock::now() < deadline) {
                // One that is beyond the end of the sync may not come for long.
                if (view(target.name()).revision == target.sha() && view(target.name()).synced()) {
                    break;
                }
                std::this_thread::sleep_for(50ms);
            }
            proxy.disarm();
            struck += proxy.struck() ? 1 : 0;
        };
    };
    const auto nth = [&](std::size_t i, std::size_t of) { return 1 + (i * of + random() % of) / rounds; };
    for (std::size_t i = 0; i < rounds; ++i) {
        // Once in a sync, and once in the start that follows.
        auto sync_ends = arm_and_wait(nth(i, of_sync));
        target.move();
        sync_ends();
        op->kill9();
        op->start();
        arm_and_wait(nth(i, of_start))();
        op->kill9();
        op->start();
        target.require_arrived();
    }
    BOOST_TEST(struck >= rounds, "only " << struck << " of " << 2 * rounds << " were in time");
    op->stop();
}

// Killed before anything of it was written down, and then it is not wanted any more.
BOOST_AUTO_TEST_CASE(killed_in_the_first_sync_of_an_application_that_goes_then_nothing_of_it_is_left) {
    auto& w = world::get();
    operator_behind_proxy behind;
    auto& proxy = behind.proxy;
    auto& op = behind.op;
    const auto starts = op->logged("info  started");
    op->start();
    eventually([&] { return op->logged("info  started") > starts; }, "it is there");
    git_repository repository{"first-sync"};
    repository.declare();
    for (const auto* wave : {"0", "1"}) {
        const auto named = [&](const std::string& kind, const std::string& version, const std::string& more) {
            repository.write(
                kind + wave + ".yaml",
                "apiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: first-" + wave +
                    ", annotations: {holdfast.dev/sync-wave: \"" + wave + "\"}}\n" + more
            );
        };
        named("ConfigMap", "v1", "");
        named("Secret", "v1", "");
        named("ServiceAccount", "v1", "");
        named("Service", "v1", "spec: {clusterIP: None, ports: [{port: 80}]}\n");
        named("ResourceQuota", "v1", "spec: {hard: {pods: 100}}\n");
        named("NetworkPolicy", "networking.k8s.io/v1", "spec: {podSelector: {}}\n");
        named("PodDisruptionBudget", "policy/v1", "spec: {minAvailable: 1}\n");
        named("Role", "rbac.authorization.k8s.io/v1", "rules: []\n");
        named("PriorityClass", "scheduling.k8s.io/v1", "value: 1\n");
    }
    repository.push("All of it");
    const std::string kinds = "configmaps,secrets,serviceaccounts,services,resourcequotas,"
                              "networkpolicies,poddisruptionbudgets,roles,priorityclasses";
    const auto left = [&](const std::string& ns) {
        return w.kubectl({"get", kinds, "-n", ns, "-l", "holdfast.dev/installation=holdfast", "-o", "name"});
    };
    std::size_t in_the_dark = 0;
    for (std::size_t round = 0; round < 7; ++round) {
        const auto name = "first-sync-" + std::to_string(round);
        w.create_namespace(name);
        proxy.arm(op->pid(), 30 + 3 * round, cutting_proxy::moment::before_its_answer);
        w.apply(application(name, {.url = repository.url(), .into = name}));
        // One that would be beyond the end of the sync may not come for long.
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!proxy.struck() && !view(name).synced() && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(50ms);
        }
        op->kill9();
        proxy.disarm();
        const bool unwritten = w.field("application.holdfast.dev", home, name, ".status.resources").empty();
        BOOST_TEST_MESSAGE(
            "round " << round << (unwritten ? ": no status, and " : ": a status, and ") << left(name)
        );
        in_the_dark += unwritten && !left(name).empty() ? 1 : 0;
        w.kubectl({"delete", "application.holdfast.dev", name, "-n", home, "--wait=false"});
        op->start();
        eventually(
            [&] { return !view(name).exists; }, "the application goes", 120s,
            [&] { return view(name).describe(); }
        );
        BOOST_TEST(left(name).empty(), "after round " << round << " this is left: " << left(name));
    }
    BOOST_TEST(in_the_dark > 0U, "it was never killed between the first object and the first status");
    op->stop();
}

BOOST_AUTO_TEST_CASE(what_the_server_did_without_having_said_so_is_found_out) {
    auto& w = world::get();
    operator_behind_proxy behind;
    auto& proxy = behind.proxy;
    auto& op = behind.op;
    op->start({"--log-level", "debug"});
    w.create_namespace("unsaid");
    git_repository repository{"unsaid"};
    repository.declare();
    repository.write("a.yaml", config_map("a", "key", "1"));
    const auto first = repository.push("Good");
    w.apply(application("unsaid", {.url = repository.url(), .into = "unsaid"}));
    await_synced("unsaid", first);

    // The server takes the status that tells of it; nobody else gets to know.
    proxy.lose_answers(true);
    repository.write("b.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: [");
    repository.push("Broken");
    await_condition("unsaid", "ComparisonError", {"b.yaml"});
    eventually([&] { return op->logged("a status cannot be written") > 0; }, "the answer is missed");
    // By the time when it can write again, everything is as it was.
    const auto moves = op->logged("a repository moved");
    repository.remove("b.yaml");
    repository.push("Good again");
    eventually([&] { return op->logged("a repository moved") > moves; }, "the push is seen");
    std::this_thread::sleep_for(1500ms);
    proxy.lose_answers(false);
    await_synced("unsaid");
    BOOST_TEST(view("unsaid").get("ComparisonError").status.empty());
    w.kubectl({"delete", "application.holdfast.dev", "unsaid", "-n", home, "--wait=false"});
    eventually([&] { return !view("unsaid").exists; }, "the application is gone");
    op->stop();
}

BOOST_AUTO_TEST_CASE(killed_at_random_moments_it_goes_on_without_loss_or_repetition) {
    particular_operator op;
    op->start();
    moving_target target{"any-moment"};
    target.require_arrived();
    const auto seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed " << seed);
    std::mt19937 random{seed};
    for (int i = 1; i <= 12; ++i) {
        target.move();
        std::this_thread::sleep_for(std::chrono::milliseconds{random() % 1800}); // when it dies, not a wait
        op->kill9();
        op->start();
        if (i % 4 == 0) {
            target.require_arrived();
        }
    }
    op->stop();
}

BOOST_AUTO_TEST_CASE(while_the_api_server_is_away_nothing_is_lost_and_nothing_is_pruned) {
    particular_operator op;
    op->start();
    moving_target target{"no-server"};
    target.require_arrived();
    auto& cluster = world::get().cluster();
    for (const auto how : {&control_plane::kill_apiserver, &control_plane::pause_apiserver}) {
        (cluster.*how)();
        target.move();
        // How long it is away, not a wait: dead for a minute, long enough for every backoff to have grown;
        // frozen for a while.
        std::this_thread::sleep_for(how == &control_plane::kill_apiserver ? 60s : 12s);
        BOOST_TEST(op->running());
        if (how == &control_plane::pause_apiserver) {
            cluster.resume_apiserver();
        } else {
            cluster.start_apiserver();
        }
        // Watches are taken up again when their backoff says so, which is up to a minute after an outage of
        // one.
        target.require_arrived(240s);
    }
    op->stop();
}

BOOST_AUTO_TEST_CASE(a_kind_that_may_not_be_touched_is_named_and_taken_up_when_it_may) {
    auto& w = world::get();
    w.kubectl({"apply", "-f", "-"}, R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: no-quotas}
rules:
- {apiGroups: [""], resources: [configmaps, namespaces, secrets, services], verbs: ["*"]}
- {apiGroups: [holdfast.dev], resources: ["*"], verbs: ["*"]}
- {apiGroups: [events.k8s.io, apiextensions.k8s.io], resources: ["*"], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: no-quotas}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: no-quotas}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: limited}]
)");
    particular_operator op;
    op->use_kubeconfig(w.cluster().user("limited"));
    op->start();
    patient s{"forbidden"};
    const std::string quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: some}\n"
                              "spec: {hard: {configmaps: 100}}\n";
    s.repository().write("quota.yaml", quota);
    const auto pushed = s.repository().push("A kind that may not be touched");
    eventually(
        [] {
            const auto ready = view("forbidden").get("Ready");
            return ready.status == "False" && ready.message.find("forbidden") != std::string::npos &&
                   ready.message.find("esource") != std::string::npos &&
                   ready.message.find("uota") != std::string::npos;
        },
        "the application names the kind and that it is forbidden", 60s,
        [] { return view("forbidden").describe(); }
    );
    others_are_served();
    s.require_untouched();
    const auto allow = [&] {
        w.kubectl(
            {"patch", "clusterrole", "no-quotas", "--type=json", "-p",
             R"([{"op": "add", "path": "/rules/-",
                 "value": {"apiGroups": [""], "resources": ["resourcequotas"], "verbs": ["*"]}}])"}
        );
    };
    const auto goes_on = [&](const std::string& when) {
        eventually(
            [&] { return view("forbidden").synced() && view("forbidden").revision == pushed; }, when, 90s,
            [] { return view("forbidden").describe(); }
        );
    };
    allow();
    goes_on("it goes on when it may, without a restart");
    BOOST_TEST(w.exists("resourcequota", "forbidden", "some"));
    s.require_untouched();

    // The same where nothing was built since a start, because nothing had changed.
    op->restart();
    w.kubectl(
        {"patch", "clusterrole", "no-quotas", "--type=json", "-p", R"([{"op": "remove", "path": "/rules/3"}])"
        }
    );
    others_are_served();          // so it knows of all by now
    w.cluster().kill_apiserver(); // or its watch would go on
    w.cluster().start_apiserver();
    await_condition("forbidden", "ComparisonError", {"forbidden", "resourcequotas"});
    allow();
    goes_on("it is in sync again when it may be looked at");
    s.require_untouched();
    op->stop();
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_named_and_got_over_when_there_is_room, *needs(lacks_small_disk)) {
    const temporary_directory folder;
    BOOST_REQUIRE(::mount("none", folder.path().c_str(), "tmpfs", 0, "size=3m") == 0);
    struct unmount {
        const fs::path& path;
        ~unmount() { ::umount2(path.c_str(), MNT_DETACH); }
    } const at_the_end{folder.path()};

    particular_operator op;
    const auto usual = op->cache();
    op->use_cache(folder.path() / "cache");
    op->start();
    patient s{"full-disk"};
    std::string noise(std::size_t{4} << 20U, ' ');
    std::mt19937 random{1}; // the same each time; what matters is that it cannot be compressed
    std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(random() & 0xffU); });
    s.repository().write("picture.bin", noise);
    s.repository().write("good.yaml", config_map("good", "value", "2"));
    const auto pushed = s.repository().push("More than the disk holds");
    await_condition("full-disk", "ComparisonError", {"disk", "full"});
    others_are_served();
    s.require_untouched();
    BOOST_REQUIRE(::mount("none", folder.path().c_str(), "tmpfs", MS_REMOUNT, "size=64m") == 0);
    eventually(
        [&] { return view("full-disk").synced() && view("full-disk").revision == pushed; },
        "it goes on when there is room", 90s, [] { return view("full-disk").describe(); }
    );
    s.require_untouched();
    op->stop();
    op->use_cache(usual);
}

BOOST_AUTO_TEST_SUITE_END()
