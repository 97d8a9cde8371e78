// A push that a Git provider announces, from its delivery to the object in the cluster. What sends is curl,
// and what signs is openssl.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/background_process.hpp"
#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/certificates.hpp"
#include "support/free_port.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr const char* the_secret = "It's a Secret to Everybody";
constexpr const char* next_secret = "nobody-knows-this-one-7f3a";

struct ports {
    int push = free_port();
    int metrics = free_port();
};

const ports& listening() {
    static const ports at;
    return at;
}

/// The operator, taking deliveries; the same for all cases.
world& told() {
    static bool started = false;
    auto& w = world::get();
    if (!started) {
        started = true;
        w.kubectl(
            {"create", "secret", "generic", "hook", "-n", home, "--from-literal",
             std::string{"secret="} + the_secret}
        );
        const auto at = [](int port) { return "127.0.0.1:" + std::to_string(port); };
        w.shared_operator().start(
            {"--listen", at(listening().push), "--metrics-listen", at(listening().metrics)}
        );
    }
    return w;
}

/// An application of a repository that is polled once an hour: what comes sooner was announced.
struct announced : scene {
    explicit announced(
        const std::string& called, json::object spec = {{"webhook", {{"secretRef", {{"name", "hook"}}}}}}
    )
        : scene{(told(), called), with_interval(std::move(spec))} {
        config_map("a", "1");
        const auto first = repository.push("One");
        follow();
        await_synced(called, first);
    }
    static json::object with_interval(json::object spec) {
        spec["interval"] = "1h";
        return spec;
    }
    /// What the Repository's status says of its last delivery.
    json::object last_webhook() {
        const auto object = w.get_json("repository.holdfast.dev", home, name);
        const auto* status = object ? object->if_contains("status") : nullptr;
        const auto* last = status != nullptr ? status->get_object().if_contains("lastWebhook") : nullptr;
        return last != nullptr ? last->get_object() : json::object{};
    }
    [[nodiscard]] std::size_t listings() const {
        std::istringstream lines{repository.requests()};
        std::size_t count = 0;
        for (std::string line; std::getline(lines, line);) {
            count += line.find("/info/refs") != std::string::npos ? 1 : 0;
        }
        return count;
    }
};

std::string hmac(const std::string& body, const std::string& secret) {
    const auto done = run_command("openssl", {"dgst", "-sha256", "-hmac", secret}, body, 20s);
    BOOST_REQUIRE(done.ok());
    const auto hex = done.out.substr(done.out.rfind(' ') + 1);
    return hex.substr(0, 64);
}

struct reply {
    std::string status;
    std::string text;
};

/// curl's POST of a body.
reply post(
    const std::string& path, const std::string& body, const std::vector<std::string>& headers,
    const std::vector<std::string>& further = {}
) {
    std::vector<std::string> args{
        "-sS",
        "--max-time",
        "20",
        "-w",
        "\n%{http_code}",
        "--data-binary",
        "@-",
        "-H",
        "Content-Type: application/json"
    };
    for (const auto& one : headers) {
        args.insert(args.end(), {"-H", one});
    }
    const bool elsewhere = path.starts_with("http");
    args.insert(args.end(), further.begin(), further.end());
    args.push_back(elsewhere ? path : "http://127.0.0.1:" + std::to_string(listening().push) + path);
    const auto done = run_command("curl", args, body, 30s);
    BOOST_REQUIRE_MESSAGE(done.ok(), done.err);
    const auto end = done.out.rfind('\n');
    return {done.out.substr(end + 1), done.out.substr(0, end)};
}

std::string generic_body(const std::string& url) {
    return json::serialize(json::object{{"repository", url}, {"ref", "refs/heads/main"}});
}

reply announce(const std::string& url, const std::string& secret, const std::string& id) {
    const auto body = generic_body(url);
    return post("/hooks/push", body, {"X-Signature: sha256=" + hmac(body, secret), "X-Delivery-Id: " + id});
}

/// As GitHub sends it.
std::string github_body(const std::string& url, const std::string& commit) {
    return json::serialize(json::object{
        {"ref", "refs/heads/main"},
        {"after", commit},
        {"repository", {{"name", "deploy"}, {"clone_url", url}, {"ssh_url", "git@github.com:team/deploy.git"}}
        },
        {"commits", json::array{json::object{{"id", commit}, {"message", "Two"}}}}
    });
}

std::vector<std::string> github_headers(
    const std::string& event, const std::string& id, const std::string& body, const std::string& secret
) {
    return {
        "X-GitHub-Event: " + event, "X-GitHub-Delivery: " + id,
        "X-Hub-Signature-256: sha256=" + hmac(body, secret)
    };
}

/// The value of a sample of the operator's metrics; 0 where there is none.
double metric(const std::string& sample) {
    const auto done = run_command(
        "curl", {"-sS", "http://127.0.0.1:" + std::to_string(listening().metrics) + "/metrics"}, "", 20s
    );
    std::istringstream lines{done.out};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(sample + " ")) {
            return std::stod(line.substr(sample.size() + 1));
        }
    }
    return 0;
}

std::string repository_events(const std::string& name) {
    return world::get().kubectl(
        {"get", "events.events.k8s.io", "-n", home, "-o",
         "jsonpath={range .items[?(@.regarding.kind==\"Repository\")]}{.regarding.name}: {.reason}: "
         "{.note}{\"\\n\"}{end}",
         "--field-selector", "regarding.name=" + name}
    );
}

} // namespace

BOOST_AUTO_TEST_SUITE(push)

BOOST_AUTO_TEST_CASE(a_signed_delivery_brings_a_push_into_the_cluster_long_before_the_next_poll) {
    announced s{"signed"};
    s.config_map("a", "2");
    const auto second = s.repository.push("Two");
    const auto body = github_body(s.repository.url(), second);
    const auto said = post("/hooks/push", body, github_headers("push", "d-1", body, the_secret));
    BOOST_TEST(said.status == "202");
    BOOST_TEST(said.text == "accepted\n");
    await_synced("signed", second);
    BOOST_TEST(s.value("a") == "2");
    eventually([&] { return !s.last_webhook().empty(); }, "the Repository's status tells of it");
    const auto last = s.last_webhook();
    BOOST_TEST(text_of(last.if_contains("provider")) == "github");
    BOOST_TEST(text_of(last.if_contains("deliveryID")) == "d-1", json::serialize(last));
    BOOST_TEST(last.at("verified").as_bool());

    // Where an organisation's hook for Argo CD points already, and with another form of the same address.
    s.config_map("a", "3");
    const auto third = s.repository.push("Three");
    auto ssh = s.repository.url();
    ssh = "git@127.0.0.1:" + ssh.substr(ssh.rfind('/') + 1);
    const auto other = github_body(ssh, third);
    BOOST_TEST(post("/api/webhook", other, github_headers("push", "d-2", other, the_secret)).status == "202");
    await_synced("signed", third);
    eventually(
        [&] {
            return metric("holdfast_webhook_deliveries_total{outcome=\"accepted\",provider=\"github\"}") == 2;
        },
        "both are counted"
    );
}

BOOST_AUTO_TEST_CASE(a_ping_is_answered_and_other_events_do_nothing) {
    announced s{"ping"};
    const auto before = s.listings();
    const auto body = json::serialize(json::object{
        {"zen", "Keep it logically awesome."}, {"repository", {{"clone_url", s.repository.url()}}}
    });
    const auto pinged = post("/hooks/push", body, github_headers("ping", "p-1", body, the_secret));
    BOOST_TEST(pinged.status == "200");
    BOOST_TEST(pinged.text.find("the webhook is set up") == 0U, pinged.text);
    BOOST_TEST(post("/hooks/push", body, github_headers("star", "p-2", body, the_secret)).status == "200");
    throughout(1s, [&] { return s.listings() == before; }, "nothing is listed");
}

BOOST_AUTO_TEST_CASE(what_is_not_proven_does_nothing_and_is_told) {
    announced s{"refused"};
    s.config_map("a", "2");
    const auto second = s.repository.push("Two");
    const auto before = s.listings();
    const auto url = s.repository.url();
    const auto body = github_body(url, second);
    const std::string metric_name =
        "holdfast_webhook_deliveries_total{outcome=\"unverified\",provider=\"github\"}";
    const auto counted = metric(metric_name);

    const auto unsigned_ = post("/hooks/push", body, {"X-GitHub-Event: push", "X-GitHub-Delivery: r-1"});
    BOOST_TEST(unsigned_.status == "401");
    // Nobody who has no secret learns which repositories there are.
    const auto unknown = github_body("https://git.example.com/nobody/knows", second);
    BOOST_TEST(
        post("/hooks/push", unknown, github_headers("push", "r-2", unknown, the_secret)).text ==
        unsigned_.text
    );
    BOOST_TEST(post("/hooks/push", body, github_headers("push", "r-3", body, "wrong")).status == "401");
    BOOST_TEST(
        post("/hooks/push", body + " ", github_headers("push", "r-4", body, the_secret)).status == "401"
    );
    BOOST_TEST(post("/hooks/push", "[1", github_headers("push", "r-5", "[1", the_secret)).status == "400");
    BOOST_TEST(post("/hooks/push", body, {"X-Something: else"}).status == "400");
    BOOST_TEST(post("/hooks/pull", body, {"X-GitHub-Event: push"}).status == "404");
    // The page with the metrics is made anew twice a second at most.
    eventually([&] { return metric(metric_name) == counted + 4; }, "each of the four is counted");

    eventually(
        [&] { return !s.last_webhook().empty() && !s.last_webhook().at("verified").as_bool(); },
        "the Repository's status tells of it"
    );
    BOOST_TEST(!s.last_webhook().contains("deliveryID")); // which anybody could choose
    eventually(
        [&] { return repository_events("refused").find("WebhookRefused: ") != std::string::npos; },
        "there is an event", 30s, [] { return repository_events("refused"); }
    );
    throughout(1s, [&] { return s.listings() == before && s.value("a") == "1"; }, "nothing is listed");

    // The genuine one does it; heard once more, it does not.
    const auto headers = github_headers("push", "r-6", body, the_secret);
    BOOST_TEST(post("/hooks/push", body, headers).status == "202");
    await_synced("refused", second);
    const auto after = s.listings();
    BOOST_TEST(post("/hooks/push", body, headers).status == "409");
    // Nor under another id, which is not signed.
    BOOST_TEST(post("/hooks/push", body, github_headers("push", "r-7", body, the_secret)).status == "409");
    throughout(1s, [&] { return s.listings() == after; }, "nothing is listed");

    // The secret is nowhere but in its Secret.
    BOOST_TEST(s.w.shared_operator().logged("to Everybody") == 0U);
    BOOST_TEST(repository_events("refused").find("to Everybody") == std::string::npos);
    BOOST_TEST(
        s.w.kubectl({"get", "repositories.holdfast.dev", "-A", "-o", "json"}).find("to Everybody") ==
        std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(without_a_secret_nothing_is_accepted) {
    announced s{"none", {}};
    s.config_map("a", "2");
    s.repository.push("Two");
    BOOST_TEST(announce(s.repository.url(), "", "n-1").status == "401");
    BOOST_TEST(announce(s.repository.url(), the_secret, "n-2").status == "401");
    throughout(1s, [&] { return s.value("a") == "1"; }, "nothing comes of them");
    // Named, and not there (yet). (A changed Repository is listed anew, so only the answer tells.)
    s.w.kubectl(
        {"patch", "repository.holdfast.dev", "none", "-n", home, "--type=merge", "-p",
         R"({"spec": {"webhook": {"secretRef": {"name": "not-there"}}}})"}
    );
    BOOST_TEST(announce(s.repository.url(), "", "n-3").status == "401");
}

BOOST_AUTO_TEST_CASE(a_secret_is_rotated_with_both_valid_for_a_while) {
    announced s{"rotated", {{"webhook", {{"secretRef", {{"name", "rotating"}}}}}}};
    s.w.kubectl(
        {"create", "secret", "generic", "rotating", "-n", home, "--from-literal=secret=old-one-of-the-two"}
    );
    int id = 0;
    const auto answer = [&](const std::string& secret) {
        return announce(s.repository.url(), secret, "rot-" + std::to_string(++id)).status;
    };
    eventually([&] { return answer("old-one-of-the-two") == "202"; }, "the old one is known");
    BOOST_TEST(answer(next_secret) == "401");
    const auto patch = [&](const std::string& data) {
        s.w.kubectl({"patch", "secret", "rotating", "-n", home, "--type=merge", "-p", data});
    };
    patch(json::serialize(
        json::object{{"stringData", {{"secret-next", next_secret}, {"next", "of-something-else"}}}}
    ));
    eventually([&] { return answer(next_secret) == "202"; }, "the new one is known too");
    BOOST_TEST(answer("old-one-of-the-two") == "202");
    // What else is in the Secret signs nothing, and that is said.
    BOOST_TEST(answer("of-something-else") == "401");
    eventually(
        [&] {
            return s.w.kubectl({"get", "repository.holdfast.dev", "rotated", "-n", home, "-o",
                                R"(jsonpath={.status.conditions[?(@.type=="ConfigurationWarning")].message})"}
                   )
                       .find("no delivery is verified with \"next\"") != std::string::npos;
        },
        "the key that counts for nothing is named"
    );
    patch(json::serialize(
        json::object{{"stringData", {{"secret", next_secret}}}, {"data", {{"secret-next", nullptr}}}}
    ));
    eventually([&] { return answer("old-one-of-the-two") == "401"; }, "the old one is forgotten");
    BOOST_TEST(answer(next_secret) == "202");
}

BOOST_AUTO_TEST_CASE(deliveries_during_a_listing_make_one_more) {
    announced s{"burst"};
    s.repository.serve({"--delay", "1.5"});
    s.config_map("a", "2");
    const auto second = s.repository.push("Two");
    const auto before = s.listings();
    for (int i = 0; i < 12; ++i) {
        BOOST_TEST(announce(s.repository.url(), the_secret, "b-" + std::to_string(i)).status == "202");
    }
    await_synced("burst", second);
    // One that began with the first delivery and one for all that came meanwhile; a delivery may just have
    // missed it on a slow machine. Protocol v2 asks info/refs once for each listing and once for the fetch.
    throughout(2s, [&] { return s.listings() <= before + 4; }, "not one listing for each");
}

BOOST_AUTO_TEST_CASE(one_hook_serves_all_repositories_below_a_prefix) {
    announced s{"prefix", {}};
    // The Repository of a whole organisation has the secret; the repository's own goes, and it is the only
    // one.
    const auto url = s.repository.url();
    s.w.apply(json::serialize(json::object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", "organisation"}, {"namespace", home}}},
        {"spec",
         {{"url", url.substr(0, url.rfind('/') + 1)},
          {"interval", "1h"},
          {"webhook", {{"secretRef", {{"name", "hook"}}}}}}}
    }));
    s.w.kubectl({"delete", "repository.holdfast.dev", "prefix", "-n", home});
    s.config_map("a", "2");
    const auto second = s.repository.push("Two");
    int id = 0;
    eventually(
        [&] { return announce(url, the_secret, "pre-" + std::to_string(++id)).status == "202"; },
        "the organisation's hook is known"
    );
    await_synced("prefix", second);
    s.w.kubectl({"delete", "repository.holdfast.dev", "organisation", "-n", home});
}

BOOST_AUTO_TEST_CASE(a_tenants_secret_moves_nothing_but_the_tenants) {
    announced s{"landlord"};
    s.w.create_namespace("tenant");
    s.w.kubectl({"create", "secret", "generic", "own", "-n", "tenant", "--from-literal=secret=tenants-own"});
    s.w.apply(json::serialize(json::object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", "own"}, {"namespace", "tenant"}}},
        {"spec",
         {{"url", s.repository.url()}, {"interval", "1h"}, {"webhook", {{"secretRef", {{"name", "own"}}}}}}}
    }));
    int id = 0;
    eventually(
        [&] {
            return announce(s.repository.url(), "tenants-own", "t-" + std::to_string(++id)).status == "202";
        },
        "the tenant's secret is known"
    );
    const auto before = s.listings();
    BOOST_TEST(announce(s.repository.url(), "tenants-own", "t-last").status == "202");
    throughout(1s, [&] { return s.listings() == before; }, "the landlord's copy is not listed");
    s.w.kubectl({"delete", "repository.holdfast.dev", "own", "-n", "tenant"});
}

/// A chart repository behind a web server, with versions of the chart "web", whose ConfigMap "web" tells
/// which it is.
struct chart_repository {
    temporary_directory files;
    int port = free_port();
    background_process server{
        "python3",
        {"-m", "http.server", std::to_string(port), "--bind", "127.0.0.1", "--directory",
         files.path().string()},
        files.path() / "server.log"
    };
    std::string index = "apiVersion: v1\nentries:\n  web:\n";

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }

    void publish(const std::string& version) {
        (void)files.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: " + version + "\n");
        (void)files.write(
            "web/templates/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
                                      "data: {value: \"{{ .Chart.Version }}\"}\n"
        );
        // Every second chart has one; this one's kind is nowhere.
        (void)files.write(
            "web/templates/test.yaml", "apiVersion: tests.example/v1\nkind: Unknown\nmetadata:\n  name: t\n"
                                       "  annotations: {helm.sh/hook: test}\n"
        );
        const auto archive = "web-" + version + ".tgz";
        BOOST_REQUIRE(
            run_command("tar", {"-C", files.path().string(), "-czf", files / archive, "web"}, "", 20s).ok()
        );
        index += "  - {apiVersion: v2, name: web, version: " + version + ", urls: [" + archive + "]}\n";
        (void)files.write("index.yaml", index);
    }
};

// A chart repository tells nobody of a new version; whoever uploads it may.
BOOST_AUTO_TEST_CASE(a_new_version_of_a_chart_is_looked_for_when_it_is_announced) {
    announced s{"charted"};
    chart_repository charts;
    charts.publish("1.0.0");
    s.w.apply(json::serialize(json::object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", "charts"}, {"namespace", home}}},
        {"spec", {{"url", charts.url()}, {"webhook", {{"secretRef", {{"name", "hook"}}}}}}}
    }));
    s.patch(
        {{"spec",
          {{"source",
            {{"repoURL", charts.url()}, {"path", nullptr}, {"chart", "web"}, {"targetRevision", "1.x"}}}}}}
    );
    eventually([&] { return s.value("web") == "1.0.0"; }, "the chart is deployed");
    charts.publish("1.1.0");
    BOOST_TEST(announce(charts.url() + "/web", the_secret, "chart-1").status == "202");
    eventually([&] { return s.value("web") == "1.1.0"; }, "the new version is deployed");

    // The Repository is a name that charts in Git may call it by.
    s.repository.write(
        "c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n"
                        "- {name: web, version: 1.0.0, repository: \"@charts\"}\n"
    );
    s.repository.push("A chart with a dependency");
    s.patch(
        {{"spec",
          {{"source",
            {{"repoURL", s.repository.url()}, {"path", "c"}, {"chart", nullptr}, {"targetRevision", "main"}}}}
        }}
    );
    eventually([&] { return s.value("web") == "1.0.0"; }, "the dependency is found by its name");
    s.w.kubectl({"delete", "repository.holdfast.dev", "charts", "-n", home});
}

BOOST_AUTO_TEST_CASE(too_large_and_endless_deliveries_are_cut) {
    told();
    const auto large = post(
        "/hooks/push", std::string(27U << 20U, ' '), {"X-GitHub-Event: push", "Expect:"},
        {"--limit-rate", "200M"}
    );
    BOOST_TEST(large.status == "413");
    // As many levels as fit in a megabyte.
    const auto deep = std::string(1U << 20U, '[');
    BOOST_TEST(post("/hooks/push", deep, github_headers("push", "deep", deep, the_secret)).status == "400");
    BOOST_TEST(metric("process_resident_memory_bytes") < 300e6);
}

BOOST_AUTO_TEST_CASE(a_new_certificate_is_presented_without_a_restart) {
    auto& w = told();
    const fs::path directory = fs::temp_directory_path() / ("holdfast-push-" + std::to_string(::getpid()));
    fs::create_directories(directory);
    const auto put = [&](const std::string& name, const std::string& text) {
        std::ofstream{directory / name} << text;
        return (directory / name).string();
    };
    const authority first{"first"};
    const authority second{"second"};
    const auto old_ca = put("old.pem", first.certificate());
    const auto new_ca = put("new.pem", second.certificate());
    auto pair = first.server({"IP:127.0.0.1"});
    const auto certificate = put("tls.crt", pair.certificate);
    const auto key = put("tls.key", pair.key);
    w.shared_operator().stop();
    const auto at = "127.0.0.1:" + std::to_string(listening().push);
    w.shared_operator().start({"--listen", at, "--listen-certificate", certificate, "--listen-key", key});
    const auto trusts = [&](const std::string& ca) {
        const auto done = run_command(
            "curl",
            {"-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", ca, "--data", "{}",
             "https://" + at + "/hooks/push"},
            "", 20s
        );
        return done.out == "400";
    };
    eventually([&] { return trusts(old_ca); }, "the first certificate is presented");
    BOOST_TEST(!trusts(new_ca));
    pair = second.server({"IP:127.0.0.1"});
    put("tls.key", pair.key); // for a moment they do not fit
    put("tls.crt", pair.certificate);
    eventually([&] { return trusts(new_ca); }, "the second one is");
    BOOST_TEST(!trusts(old_ca));
    put("tls.crt", "nonsense");
    throughout(3s, [&] { return trusts(new_ca); }, "what cannot be read changes nothing");
    fs::remove_all(directory);
}

BOOST_AUTO_TEST_SUITE_END()
