#include "fixture.hpp"

#include "base/base64.hpp"
#include "cluster/destinations.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

namespace holdfast::cluster {
namespace {

using stand = standing::stand;

/// The Secret of a cluster as a server says it.
std::string secret(
    const std::string& name, const std::string& server, const std::string& token, const std::string& version
) {
    return json::serialize(json::object{
        {"apiVersion", "v1"},
        {"kind", "Secret"},
        {"metadata",
         {{"namespace", "holdfast"},
          {"name", name},
          {"uid", "uid-" + name},
          {"resourceVersion", version},
          {"labels", {{"argocd.argoproj.io/secret-type", "cluster"}}}}},
        {"data",
         {{"name", base64_encode(name)},
          {"server", base64_encode(server)},
          {"config", base64_encode(R"({"bearerToken":")" + token + "\"}")}}}
    });
}

std::string event(const std::string& type, const std::string& object) {
    return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

/// The operator's own cluster, with the Secrets that it lists, and what its watch tells when it is let.
struct several : one_cluster {
    test::imposter east;
    std::set<std::string> changed;
    int facts = 0;
    std::optional<destinations> all;

    void declare(const std::vector<std::string>& secrets, script watch = answer_stream().stall()) {
        std::string items;
        for (const auto& one : secrets) {
            items += (items.empty() ? "" : ",") + one;
        }
        const std::string path = "/api/v1/namespaces/holdfast/secrets";
        server.when("GET", path, "sendInitialEvents")
            .always(answer_json(422, kube::status_text(422, "Invalid", "no streaming lists")));
        server.when("GET", path, "watch=1").then(std::move(watch)).always(answer_stream().stall());
        server.when("GET", path)
            .always(answer_json(
                200,
                R"({"kind":"SecretList","apiVersion":"v1","metadata":{"resourceVersion":"1000"},"items":[)" +
                    items + "]}"
            ));
        all.emplace(
            context.get_executor(), api, to,
            destinations::settings{
                .own_namespace = "holdfast",
                .of_each =
                    {.of_destination =
                         {.id = {}, .names = sync::holdfast_dev(), .installation = "holdfast", .within = {}},
                     .question_interval = 20ms,
                     .answer_limit = 300ms,
                     .longest_wait = 50ms}
            },
            destinations::handlers{
                .object_changed = [](const std::string&, const sync::application_ref&) {},
                .namespace_changed = [](const std::string&, const std::string&) {},
                .kind_ready = [] {},
                .kinds_changed = [](const std::string&) {},
                .clusters_changed = [this](const std::set<std::string>& some
                                    ) { changed.insert(some.begin(), some.end()); }
            },
            *this
        );
        all->on_facts_changed([this] { ++facts; });
        all->start();
    }
    /// A server that has no kinds and says which version it is.
    static void serves(test::imposter& one) {
        one.when("GET", "/version")
            .always(answer_json(200, R"({"gitVersion":"v1.37.2","major":"1","minor":"37"})"));
        one.when("GET", "/apis/").always(answer_stream().stall());
        one.when("GET", "/api").always(answer_json(200, R"({"kind":"APIGroupDiscoveryList","items":[]})"));
    }
    stand now(const std::string& name) { return all->stands({}, name).now; }
    std::string why(const std::string& name) { return all->stands({}, name).why; }
    void end() {
        run([](destinations& d) -> asio::awaitable<bool> {
            co_await d.stop();
            co_return true;
        }(*all));
        stop();
    }
    /// Whether the server was asked with that token, for a version.
    static bool was_asked_with(const test::imposter& one, const std::string& token) {
        const auto requests = one.requests();
        return std::ranges::any_of(requests, [&](const test::seen_request& r) {
            return r.header("authorization") == "Bearer " + token;
        });
    }
};

BOOST_AUTO_TEST_SUITE(several_clusters)

BOOST_FIXTURE_TEST_CASE(a_cluster_is_connected_to_from_its_first_use_to_its_last, several) {
    serves(east);
    declare({secret("east", east.url(), "one", "900")});
    wait_for([&] { return all->known().is_known(); });
    BOOST_TEST(facts == 1);
    BOOST_TEST((now("east") == stand::connecting));
    BOOST_TEST(east.connections() == 0U); // nobody deploys there
    all->use("holdfast/shop", {}, "east");
    wait_for([&] { return now("east") == stand::ready; });
    BOOST_TEST(changed.contains("holdfast/shop"));
    const auto held = all->of({}, "east");
    BOOST_TEST(held->id() == east.url());
    BOOST_TEST(held == all->of(east.url() + "/", {})); // by its server it is the same
    BOOST_TEST(all->id_of({}, "east") == all->id_of(east.url(), {}));
    BOOST_TEST(held->kube_version() == "1.37.2");
    BOOST_TEST(all->of({}, "in-cluster").get() == &to);
    BOOST_TEST(all->id_of({}, "in-cluster").empty());
    BOOST_TEST(all->states().size() == 1U);
    all->use("holdfast/shop", {}, "in-cluster");
    BOOST_TEST(all->states().empty());
    BOOST_TEST(all->of({}, "east") != held);
    // Whoever holds it still has a destination, which fails.
    const auto known = run(held->resolve({"", "v1", "ConfigMap"}));
    BOOST_TEST(!known.has_value());
    end();
}

BOOST_FIXTURE_TEST_CASE(changed_credentials_are_used_and_a_secret_that_goes_is_said, several) {
    serves(east);
    declare(
        {secret("east", east.url(), "one", "900")},
        answer_stream()
            .hold("change")
            .chunk(event("MODIFIED", secret("east", east.url(), "two", "1001")))
            .hold("remove")
            .chunk(event("DELETED", secret("east", east.url(), "two", "1002")))
            .stall()
    );
    all->use("holdfast/shop", {}, "east");
    wait_for([&] { return now("east") == stand::ready; });
    BOOST_TEST(was_asked_with(east, "one"));
    const auto held = all->of({}, "east");
    server.open("change");
    wait_for([&] { return was_asked_with(east, "two"); });
    BOOST_TEST(all->of({}, "east") == held); // what is known of its objects stays
    changed.clear();
    server.open("remove");
    wait_for([&] { return now("east") == stand::unknown; });
    BOOST_TEST(changed.contains("holdfast/shop"));
    BOOST_TEST(
        why("east").find("there are no clusters with this name: east") != std::string::npos, why("east")
    );
    BOOST_TEST(all->states().empty());
    const auto asked = east.requests().size();
    BOOST_TEST(!run(held->watch({"", "v1", "ConfigMap"})).listed);
    BOOST_TEST(east.requests().size() == asked); // nothing is asked of it any more
    end();
}

BOOST_FIXTURE_TEST_CASE(a_cluster_that_says_nothing_is_said_to_be_away_and_others_are_there, several) {
    test::imposter silent;
    silent.on_connect(script{}.stall());
    for (int i = 0; i < 50; ++i) {
        silent.on_connect(script{}.stall());
    }
    serves(east);
    declare(
        {secret("east", east.url(), "one", "900"), secret("west", silent.url(), "one", "901"),
         secret("nobody", "http://127.0.0.1:1", "one", "902")}
    );
    all->use("holdfast/silent", {}, "west");
    all->use("holdfast/nobody", {}, "nobody");
    all->use("holdfast/shop", {}, "east");
    wait_for([&] { return now("east") == stand::ready; });
    BOOST_TEST((now("west") == stand::connecting));
    wait_for([&] { return now("west") == stand::unreachable && now("nobody") == stand::unreachable; });
    BOOST_TEST(why("west").find("cannot be reached") != std::string::npos, why("west"));
    BOOST_TEST(changed.contains("holdfast/silent"));
    BOOST_TEST((now("east") == stand::ready));
    end();
}

BOOST_FIXTURE_TEST_CASE(a_cluster_that_ceases_to_answer_comes_back, several) {
    east.when("GET", "/version")
        .then(answer_json(200, R"({"gitVersion":"v1.37.2","major":"1","minor":"37"})"))
        .then(answer_json(200, R"({"gitVersion":"v1.37.2","major":"1","minor":"37"})"))
        .then(answer_json(401, kube::status_text(401, "Unauthorized", "who are you")))
        .always(answer_json(200, R"({"gitVersion":"v1.37.2","major":"1","minor":"37"})"));
    serves(east);
    declare({secret("east", east.url(), "one", "900")});
    all->use("holdfast/shop", {}, "east");
    wait_for([&] { return now("east") == stand::ready; });
    wait_for([&] { return now("east") == stand::unreachable; });
    BOOST_TEST(all->states().front().failed_requests >= 1U);
    wait_for([&] { return now("east") == stand::ready; });
    end();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
