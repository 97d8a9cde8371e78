// The webhook's certificates in their life with a real API server: whoever asks meanwhile is answered.

#include "admission/certificates.hpp"

#include "admission/registration.hpp"
#include "admission/validator.hpp"
#include "base/base64.hpp"
#include "cluster/kube/cluster.hpp"
#include "kube/object.hpp"
#include "support/certificates.hpp"
#include "unit/policy/fake_surroundings.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

namespace holdfast::admission {
namespace {

using namespace std::chrono_literals;
using kube::eventually;
using policy::test::application_object;

// Years in half a minute.
constexpr rotation_settings quick{.authority_life = 18s, .serving_life = 12s, .settle = 2s, .overlap = 3s};

/// An API server that asks a webhook of ours, refuses where it cannot, and that nothing else asks.
struct asked : kube::clustered {
    static constexpr const char* home = "holdfast";

    policy::test::fake_surroundings around;
    observe::metrics counters;
    std::unique_ptr<http::server> server;
    std::string at;
    std::string name;
    std::set<std::string> served;

    explicit asked(const std::string& called) : name{called} {
        static bool prepared = false;
        if (!prepared) {
            prepared = true;
            BOOST_REQUIRE(cluster.kubectl({"apply", "--server-side", "-f", HOLDFAST_SOURCE_DIR "/crds"}).ok()
            );
            make_namespace(home);
        }
        const validator_settings settings{.installation = "holdfast"};
        auto listen = listen_options("127.0.0.1:0", settings);
        listen.tls = placeholder();
        server = http::listen(
                     context.get_executor(), std::move(listen),
                     http::make_router(make_routes(context.get_executor(), around, counters, pool, settings))
        )
                     .value();
        at = "https://127.0.0.1:" + std::to_string(server->port()) + "/validate";
    }
    ~asked() {
        run(server->stop(0ms));
        static_cast<void>(
            cluster.kubectl({"delete", "validatingwebhookconfiguration", name, "--ignore-not-found"})
        );
    }
    asked(const asked&) = delete;
    asked& operator=(const asked&) = delete;

    certificate_settings settings(const rotation_settings& rotation = {}) const {
        certificate_settings s;
        s.namespace_ = home;
        s.secret = name;
        s.configuration = name;
        s.rotation = rotation;
        return s;
    }
    certificates::serve serving() {
        return [this](const http::server_tls& tls) {
            served.insert(tls.certificate);
            BOOST_TEST(server->replace_tls(tls).has_value());
        };
    }
    /// As an administrator installs it: it refuses what nobody judges.
    void install(const json::object& annotations = {}) {
        auto configuration = configuration_for(name, at, "");
        for (auto& webhook : configuration["webhooks"].as_array()) {
            webhook.as_object()["failurePolicy"] = "Fail";
            webhook.as_object()["clientConfig"].as_object().erase("caBundle");
        }
        if (!annotations.empty()) {
            configuration["metadata"].as_object()["annotations"] = annotations;
        }
        const auto applied =
            cluster.kubectl({"apply", "--server-side", "-f", "-"}, {.input = json::serialize(configuration)});
        BOOST_REQUIRE_MESSAGE(applied.ok(), applied.err);
    }
    kube::resource applications() const {
        return {
            .group = "holdfast.dev",
            .version = "v1alpha1",
            .plural = "applications",
            .kind = "Application",
            .namespaced = true,
            .verbs = {},
            .subresources = {}
        };
    }
    /// What the API server says of an Application that is right; empty when it takes it.
    asio::awaitable<std::string> tries() {
        kube::apply_options how;
        how.field_manager = "test";
        how.dry_run = true;
        const auto applied = co_await api.apply(applications(), application_object(), how);
        co_return applied ? "" : applied.error().message();
    }
    bool is_answered() { return run(tries()).empty(); }
    json::object secret() {
        auto found = run(api.get(kube::resources::secrets(), home, name));
        return found ? std::move(*found) : json::object{};
    }
    std::string decoded(const char* key) {
        const auto object = secret();
        return base64_decode(kube::find_text(object, {"data", key})).value_or("");
    }
};

struct of_the_stream : asked {
    of_the_stream() : asked{"stream"} {}
};
struct of_replicas : asked {
    of_replicas() : asked{"replicas"} {}
};
struct of_an_issuer : asked {
    of_an_issuer() : asked{"issuer"} {}
};

asio::awaitable<void>
ask_without_end(asked* a, const bool* ended, int* answered, std::vector<std::string>* failures) {
    while (!*ended) {
        auto said = co_await a->tries();
        if (said.empty()) {
            ++*answered;
        } else {
            failures->push_back(std::move(said));
        }
        co_await sleep_for(5ms);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(admission_certificates)

BOOST_FIXTURE_TEST_CASE(no_request_fails_while_authorities_and_certificates_come_and_go, of_the_stream) {
    install();
    certificates kept{context.get_executor(), api, settings(quick), serving()};
    kept.start();
    BOOST_TEST_REQUIRE(run(eventually([&] { return kept.ready(); })));
    BOOST_TEST_REQUIRE(run([](asked* a) -> asio::awaitable<bool> {
        for (int i = 0; i < 200; ++i) {
            if ((co_await a->tries()).empty()) {
                co_return true;
            }
            co_await sleep_for(50ms);
        }
        co_return false;
    }(this)));
    bool ended = false;
    int answered = 0;
    std::vector<std::string> failures;
    std::set<std::string> authorities;
    task_group asking{context.get_executor()};
    for (int i = 0; i < 4; ++i) {
        asking.spawn("ask", ask_without_end(this, &ended, &answered, &failures));
    }
    const bool rotated = run(
        [](asked* a, std::set<std::string>* seen) -> asio::awaitable<bool> {
            const auto end = steady_clock::now() + 120s;
            while (seen->size() < 3 && steady_clock::now() < end) {
                const auto now = co_await a->api.get(kube::resources::secrets(), home, a->name);
                if (now) {
                    seen->insert(std::string{kube::find_text(*now, {"data", "ca.crt"})});
                }
                co_await sleep_for(200ms);
            }
            co_await sleep_for(2s);
            co_return seen->size() >= 3;
        }(this, &authorities),
        150s
    );
    ended = true;
    run(asking.join());
    run(kept.stop());
    BOOST_TEST(rotated);
    BOOST_TEST(served.size() >= 3U);
    BOOST_TEST(answered > 100);
    BOOST_TEST(
        failures.empty(), failures.size() << " failed beside " << answered
                                          << ", the first: " << (failures.empty() ? "none" : failures.front())
    );
}

BOOST_FIXTURE_TEST_CASE(replicas_that_start_at_once_agree, of_replicas) {
    install();
    // Who serves something trusted goes on so until the other authority was published for so long.
    const rotation_settings soon{.settle = 2s, .overlap = 3s};
    std::vector<std::string> serves(5);
    std::vector<std::unique_ptr<certificates>> replicas;
    for (auto& mine : serves) {
        replicas.push_back(std::make_unique<certificates>(
            context.get_executor(), api, settings(soon),
            [&mine](const http::server_tls& tls) { mine = tls.certificate; }
        ));
    }
    for (const auto& one : replicas) {
        one->start();
    }
    BOOST_TEST(run(eventually([&] {
        return std::all_of(replicas.begin(), replicas.end(), [](const auto& one) { return one->ready(); }) &&
               std::set<std::string>(serves.begin(), serves.end()).size() == 1;
    })));
    BOOST_TEST(serves[0] == decoded("tls.crt"));
    BOOST_TEST(is_signed_by(serves[0], decoded("ca.crt")));
    // A sixth finds it made.
    std::string sixth;
    certificates late{context.get_executor(), api, settings(soon), [&](const http::server_tls& tls) {
                          sixth = tls.certificate;
                      }};
    late.start();
    BOOST_TEST(run(eventually([&] { return sixth == serves[0]; })));

    // The Secret goes: all of them agree on another.
    const auto before = serves[0];
    BOOST_REQUIRE(cluster.kubectl({"delete", "secret", name, "-n", home}).ok());
    BOOST_TEST(run(eventually([&] {
        return serves[0] != before && std::set<std::string>(serves.begin(), serves.end()).size() == 1;
    })));
    // Garbage in it as well.
    const auto again = serves[0];
    BOOST_REQUIRE(cluster
                      .kubectl(
                          {"patch", "secret", name, "-n", home, "--type=merge", "-p",
                           R"({"data": {"tls.key": "bm8="}})"}
                      )
                      .ok());
    BOOST_TEST(run(eventually([&] {
        return serves[0] != again && std::set<std::string>(serves.begin(), serves.end()).size() == 1;
    })));
    for (const auto& one : replicas) {
        run(one->stop());
    }
    run(late.stop());
}

// The Secret is cert-manager's, and so is the bundle: nothing of either is written by us.
BOOST_FIXTURE_TEST_CASE(certificates_that_somebody_else_issues_are_served_as_they_come, of_an_issuer) {
    const test::authority ca{"somebody's"};
    const auto put = [&](const test::key_pair& pair) {
        const json::object object{
            {"apiVersion", "v1"},
            {"kind", "Secret"},
            {"type", "kubernetes.io/tls"},
            {"metadata",
             {{"name", name}, {"namespace", home}, {"annotations", {{"cert-manager.io/issuer-name", "ca"}}}}},
            {"stringData",
             {{"tls.crt", pair.certificate}, {"tls.key", pair.key}, {"ca.crt", ca.certificate()}}}
        };
        const auto applied = cluster.kubectl(
            {"apply", "--server-side", "--force-conflicts", "-f", "-"}, {.input = json::serialize(object)}
        );
        BOOST_REQUIRE_MESSAGE(applied.ok(), applied.err);
    };
    const auto first = ca.server({"IP:127.0.0.1"});
    put(first);
    install({{"cert-manager.io/inject-ca-from", std::string{home} + "/" + name}});
    json::array injected;
    for (int i = 0; i < 2; ++i) {
        injected.push_back(
            {{"op", "add"},
             {"path", "/webhooks/" + std::to_string(i) + "/clientConfig/caBundle"},
             {"value", base64_encode(ca.certificate())}}
        );
    }
    BOOST_REQUIRE(cluster
                      .kubectl(
                          {"patch", "validatingwebhookconfiguration", name, "--type=json", "-p",
                           json::serialize(injected)}
                      )
                      .ok());
    certificates kept{context.get_executor(), api, settings(), serving()};
    kept.start();
    BOOST_TEST(run(eventually([&] { return kept.ready() && served.contains(first.certificate); })));
    BOOST_TEST(run([](asked* a) -> asio::awaitable<bool> {
        for (int i = 0; i < 200; ++i) {
            if ((co_await a->tries()).empty()) {
                co_return true;
            }
            co_await sleep_for(50ms);
        }
        co_return false;
    }(this)));
    const auto second = ca.server({"IP:127.0.0.1"});
    put(second);
    BOOST_TEST(run(eventually([&] { return served.contains(second.certificate); })));
    BOOST_TEST(is_answered());
    BOOST_TEST(decoded("tls.crt") == second.certificate);
    BOOST_TEST(decoded("ca.key") == "");
    run(kept.stop());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::admission
