// Several replicas of one operator: one works, the others are ready to go on.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/free_port.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr const char* the_secret = "between us";

/// An operator that stands for election, with its options in a file.
struct replica {
    explicit replica(std::string called)
        : name{std::move(called)}, file{fs::temp_directory_path() / ("holdfast-" + unique(name))} {
        say("");
        start();
    }
    ~replica() {
        std::error_code ignored;
        fs::remove(file, ignored);
    }
    replica(const replica&) = delete;
    replica& operator=(const replica&) = delete;

    static std::string unique(const std::string& name) {
        return name + "-" + std::to_string(::getpid()) + ".yaml";
    }
    void start() {
        process.start(
            {"--options", file.string(), "--replica", name, "--listen", at(push), "--metrics-listen",
             at(metrics)}
        );
    }
    /// Replaces the option file, as a kubelet does: all of it at once.
    void say(const std::string& options) const {
        std::ofstream{file.string() + ".new"} << "leader-elect: true\n" << options;
        fs::rename(file.string() + ".new", file);
    }
    static std::string at(int port) { return "127.0.0.1:" + std::to_string(port); }
    [[nodiscard]] bool ready() const {
        return run_command("curl", {"-sf", "--max-time", "5", "http://" + at(metrics) + "/readyz"}, "", 10s)
            .ok();
    }

    std::string name;
    fs::path file;
    int push = free_port();
    int metrics = free_port();
    operator_process process{world::get().cluster().kubeconfig()};
};

std::string holder() {
    return world::get().field("lease", home, "holdfast", ".spec.holderIdentity");
}

/// Two replicas that all cases share.
struct pair {
    pair() {
        auto& w = world::get();
        w.kubectl(
            {"create", "secret", "generic", "hook", "-n", home, "--from-literal",
             std::string{"secret="} + the_secret}
        );
        eventually([this] { return a.ready() && b.ready() && !holder().empty(); }, "both are ready");
    }
    replica& leader() { return holder() == a.name ? a : b; }
    replica& other(const replica& r) { return &r == &a ? b : a; }
    /// Waits until this one leads; how long that took.
    static std::chrono::milliseconds await_lead(const replica& r, std::chrono::seconds limit) {
        const auto begin = std::chrono::steady_clock::now();
        eventually([&] { return holder() == r.name; }, r.name + " leads", limit);
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - begin
        );
    }

    replica a{"replica-a"};
    replica b{"replica-b"};
};

pair& two() {
    (void)world::get();
    static pair all;
    return all;
}

/// An application of a repository that is polled every second, or as its spec says.
struct followed : scene {
    explicit followed(const std::string& called, const json::object& spec = {})
        : scene{(two(), world::get()), called, spec} {
        put("1");
        follow();
        until_value("1");
    }
    std::string put(const std::string& value) {
        config_map("a", value);
        return repository.push("Put " + value);
    }
    void until_value(const std::string& wanted) {
        eventually(
            [&] { return value("a") == wanted; }, "the value is " + wanted, 60s,
            [&] { return two().a.process.log() + two().b.process.log(); }
        );
    }
};

std::string version_of(const std::string& kind, const std::string& ns, const std::string& name) {
    return world::get().field(kind, ns, name, ".metadata.resourceVersion");
}

} // namespace

BOOST_AUTO_TEST_SUITE(replicas)

BOOST_AUTO_TEST_CASE(one_works_and_hands_over_at_once_when_it_is_asked_to_end) {
    followed s{"handed-over"};
    auto& before = two().leader();
    auto& after = two().other(before);
    BOOST_TEST(after.process.logged("this replica leads") == 0U);
    BOOST_TEST(after.process.logged("another replica leads") == 1U);

    const auto begin = std::chrono::steady_clock::now();
    before.process.signal(SIGTERM);
    const auto took = pair::await_lead(after, 10s); // a Lease that runs out takes 15
    BOOST_TEST_MESSAGE("hand-over: " << took.count() << " ms");
    before.process.stop();
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 20s));

    s.put("2");
    s.until_value("2");
    const auto seen = s.until([](const auto& v) { return v.synced() && history_of(v).size() >= 2; }, "told");
    BOOST_TEST(history_of(seen).size() == 2U); // nothing was synced twice
    before.start();
    eventually([&] { return before.ready(); }, "it is back");
    BOOST_TEST(holder() == after.name);
}

BOOST_AUTO_TEST_CASE(another_one_takes_over_when_the_leader_is_killed) {
    followed s{"killed"};
    auto& before = two().leader();
    auto& after = two().other(before);
    s.put("2");
    before.process.kill9();
    const auto took = pair::await_lead(after, 30s);
    BOOST_TEST_MESSAGE("take-over: " << took.count() << " ms");
    s.until_value("2");
    s.put("3");
    s.until_value("3");
    before.start();
    eventually([&] { return before.ready(); }, "it is back");
    BOOST_TEST(holder() == after.name);
}

BOOST_AUTO_TEST_CASE(a_leader_that_was_frozen_past_its_lease_writes_nothing_more) {
    followed s{"frozen"};
    auto& before = two().leader();
    auto& after = two().other(before);
    before.process.signal(SIGSTOP);
    // What it will find when it wakes up: things to revert, by what it knows.
    pair::await_lead(after, 30s);
    s.put("2");
    s.until_value("2");
    await_synced("frozen");
    const auto object = version_of("configmap", "frozen", "a");
    const auto application = version_of("application.holdfast.dev", home, "frozen");
    before.process.signal(SIGCONT);
    throughout(
        4s,
        [&] {
            return version_of("configmap", "frozen", "a") == object &&
                   version_of("application.holdfast.dev", home, "frozen") == application &&
                   holder() == after.name;
        },
        "nothing is written by who was frozen"
    );
    BOOST_TEST(before.process.logged("this replica leads no more") == 1U);
    eventually([&] { return before.ready(); }, "it stands by again");
}

BOOST_AUTO_TEST_CASE(a_delivery_to_one_that_stands_by_reaches_the_leader) {
    followed s{"relayed", {{"interval", "1h"}, {"webhook", {{"secretRef", {{"name", "hook"}}}}}}};
    auto& standby = two().other(two().leader());
    const auto deliver = [&](const std::string& id, const std::string& secret) {
        const auto body =
            json::serialize(json::object{{"repository", s.repository.url()}, {"ref", "refs/heads/main"}});
        const auto signed_with = run_command("openssl", {"dgst", "-sha256", "-hmac", secret}, body, 20s);
        const auto signature = signed_with.out.substr(signed_with.out.rfind(' ') + 1, 64);
        return run_command(
                   "curl",
                   {"-sS", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@-",
                    "-H", "Content-Type: application/json", "-H", "X-Signature: sha256=" + signature, "-H",
                    "X-Delivery-Id: " + id, "http://" + replica::at(standby.push) + "/hooks/push"},
                   body, 30s
        )
            .out;
    };
    s.put("2");
    BOOST_TEST(deliver("d-1", the_secret) == "202");
    s.until_value("2");
    s.put("3");
    BOOST_TEST(deliver("d-2", the_secret) == "202");
    s.until_value("3");
    BOOST_TEST(deliver("d-3", "not between us") == "401");
    eventually(
        [&] {
            return world::get()
                       .kubectl(
                           {"get", "events.events.k8s.io", "-n", home, "--field-selector",
                            "regarding.name=relayed", "-o", "jsonpath={.items[*].reason}"}
                       )
                       .find("WebhookRefused") != std::string::npos;
        },
        "the refusal is told of"
    );
    BOOST_TEST(s.value("a") == "3");
}

BOOST_AUTO_TEST_CASE(options_are_reread_and_wrong_ones_change_nothing) {
    followed s{"optioned"};
    auto& leader = two().leader();
    auto& other = two().other(leader);
    leader.say("concurency: 8\n");
    eventually(
        [&] { return leader.process.logged("there is no option \\\"concurency\\\"") == 1U; },
        "it says what is wrong"
    );
    BOOST_TEST(holder() == leader.name);
    leader.say("log-format: json\n");
    eventually([&] { return leader.process.logged("what is logged") == 1U; }, "it logs otherwise");
    BOOST_TEST(holder() == leader.name);
    leader.say("concurrency: 8\n");
    pair::await_lead(other, 10s);
    eventually([&] { return leader.ready(); }, "it begins anew in the same process");
    BOOST_TEST(leader.process.running());
    s.put("2");
    s.until_value("2");
}

BOOST_AUTO_TEST_SUITE_END()
