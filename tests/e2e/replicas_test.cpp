// Several replicas of one operator: one works, the others are ready to go on.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/background_process.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/free_port.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

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
    /// Whether a commit is in its cache.
    [[nodiscard]] bool has_brought(const std::string& commit) const {
        for (const auto& entry : fs::recursive_directory_iterator{process.cache()}) {
            if (entry.path().filename() == commit) {
                return true; // refs/holdfast/<commit>
            }
        }
        return false;
    }
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

/// Files behind a URL, and charts.
struct web_files {
    web_files() {
        fs::create_directories(root());
        serve();
    }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream{root() / name} << text;
    }
    /// A chart of one manifest, and the index that has it.
    void chart(const std::string& name, const std::string& version, const std::string& manifest) const {
        const auto folder = directory.path() / name;
        fs::create_directories(folder / "templates");
        std::ofstream{folder / "Chart.yaml"} << "apiVersion: v2\nname: " << name << "\nversion: " << version
                                             << "\n";
        std::ofstream{folder / "templates/all.yaml"} << manifest;
        const auto file = name + "-" + version + ".tgz";
        BOOST_REQUIRE(
            run_command("tar", {"-C", directory.path(), "-czf", (root() / file).string(), name}, {}, 20s).ok()
        );
        const auto digest = run_command("sha256sum", {(root() / file).string()}, {}, 20s).out.substr(0, 64);
        write(
            "index.yaml", "apiVersion: v1\nentries:\n  " + name + ":\n  - {name: " + name +
                              ", version: " + version + ", digest: " + digest + ", urls: [" + file + "]}\n"
        );
    }
    void serve() {
        server = background_process{
            "python3",
            {"-m", "http.server", "--bind", "127.0.0.1", "--directory", root().string(), std::to_string(port)
            },
            directory.path() / "log"
        };
        eventually(
            [&] { return run_command("curl", {"-sf", "--max-time", "5", url() + "/"}, "", 10s).ok(); },
            "it serves"
        );
    }
    void vanish() { server.kill(); }
    [[nodiscard]] std::string requests() const { return read_file(directory.path() / "log"); }
    /// How often a file was got.
    [[nodiscard]] std::size_t gets(const std::string& file) const {
        const auto all = requests();
        const auto line = "GET /" + file + " ";
        std::size_t count = 0;
        for (auto at = all.find(line); at != std::string::npos; at = all.find(line, at + 1)) {
            ++count;
        }
        return count;
    }
    [[nodiscard]] fs::path root() const { return directory.path() / "served"; }

    temporary_directory directory{"holdfast-e2e-web"};
    int port = free_port();
    background_process server;
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

BOOST_AUTO_TEST_CASE(
    the_leader_dies_while_everything_it_reads_from_is_away_and_drift_is_taken_back_all_the_same
) {
    followed s{"outage"};
    const std::string ns = "outage";
    // Beside a directory: a base in another repository, a file behind a URL, and a chart.
    git_repository bases{"outage-base"};
    bases.write("base/kustomization.yaml", "resources: [b.yaml]\n")
        .write("base/b.yaml", config_map("b", "value", "1"));
    const auto base = bases.push("A base");
    bases.declare();
    web_files web;
    web.write("f.yaml", config_map("f", "value", "1"));
    web.chart("web", "1.2.3", config_map("c", "value", "1"));
    s.repository.write(
        "more/kustomization.yaml", "namespace: " + ns + "\nresources:\n- " + bases.url() +
                                       "//base?ref=main\n- " + web.url() + "/f.yaml\n"
    );
    s.repository.push("More");
    application_options more{.url = s.repository.url(), .path = "more", .into = ns};
    s.w.apply(application("outage-more", more));
    application_options chart{.url = web.url(), .path = {}, .revision = "1.*", .into = ns};
    chart.spec = {{"source", {{"chart", "web"}}}};
    s.w.apply(application("outage-chart", chart));
    const std::vector<std::string> all{"outage", "outage-more", "outage-chart"};
    for (const auto& one : all) {
        await_synced(one);
    }
    auto& before = two().leader();
    auto& after = two().other(before);
    const auto pushed = s.put("2");
    s.until_value("2");
    // By both replicas.
    eventually(
        [&] { return web.gets("f.yaml") >= 2 && web.gets("web-1.2.3.tgz") >= 2; }, "both have the files", 60s,
        [&] { return web.requests() + after.process.last_words(); }
    );
    eventually([&] { return after.has_brought(pushed) && after.has_brought(base); }, "and the commits");

    s.repository.vanish();
    bases.vanish();
    web.vanish();
    before.process.kill9();
    pair::await_lead(after, 30s);
    for (const auto* one : {"a", "b", "f", "c"}) {
        world::get().kubectl(
            {"patch", "configmap", one, "-n", ns, "--type=merge", "-p", R"({"data": {"value": "by hand"}})"}
        );
    }
    for (const auto* one : {"a", "b", "f", "c"}) {
        const std::string wanted = *one == 'a' ? "2" : "1";
        eventually(
            [&] { return s.value(one) == wanted; }, std::string{one} + " is taken back", 60s,
            [&] {
                return view("outage-more").describe() + view("outage-chart").describe() +
                       after.process.last_words();
            }
        );
    }
    // What cannot be known is said, and what is known goes on being said.
    for (const auto& one : all) {
        BOOST_TEST(view(one).health == "Healthy", one + ": " + view(one).describe());
    }
    BOOST_TEST(
        view("outage-more").get("ComparisonError").message.find(web.url() + "/f.yaml") != std::string::npos,
        view("outage-more").describe()
    );

    s.repository.serve();
    bases.serve();
    web.serve();
    bases.write("base/b.yaml", config_map("b", "value", "3")).push("Meanwhile");
    s.put("3");
    s.until_value("3");
    eventually([&] { return s.value("b") == "3"; }, "the base is followed again");
    for (const auto& one : all) {
        await_synced(one);
    }
    s.w.kubectl({"delete", "applications.holdfast.dev", "-n", home, "outage-more", "outage-chart"});
    before.start();
    eventually([&] { return before.ready(); }, "it is back");
}

// One replica, whose cache is kept when its container ends.
BOOST_AUTO_TEST_CASE(restarted_while_git_is_away_it_takes_back_drift_by_what_its_cache_has) {
    followed s{"outage-restart"};
    await_synced(s.name);
    auto& after = two().leader();
    auto& idle = two().other(after);
    if (idle.process.running()) {
        idle.process.stop();
    }
    s.repository.vanish();
    after.process.kill9();
    s.w.kubectl({"patch", "configmap", "a", "-n", s.name, "--type=merge", "-p", R"({"data": {"value": "2"}})"}
    );
    after.start();
    s.until_value("1");
    await_synced(s.name);
    s.repository.serve();
    s.put("3");
    s.until_value("3");
    idle.start();
    eventually([&] { return idle.ready(); }, "the other is back");
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
    const auto application =
        settled([] { return version_of("application.holdfast.dev", home, "frozen"); }, "the status");
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
    BOOST_TEST(before.process.logged("this replica lost the lead") == 1U);
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
    eventually([&] { return leader.process.logged("log level or format") == 1U; }, "it logs otherwise");
    BOOST_TEST(holder() == leader.name);
    leader.say("concurrency: 8\n");
    pair::await_lead(other, 10s);
    eventually([&] { return leader.ready(); }, "it begins anew in the same process");
    BOOST_TEST(leader.process.running());
    s.put("2");
    s.until_value("2");
}

BOOST_AUTO_TEST_SUITE_END()
