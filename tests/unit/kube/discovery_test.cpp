#include "fixture.hpp"

#include "kube/discovery.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::kube {
namespace {

std::string groups(std::string_view group, std::string_view kind, std::string_view freshness = "Current") {
    const auto lower = std::string{kind} + "s";
    return R"({"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":")" + std::string{group} +
           R"("},"versions":[{"version":"v1","freshness":")" + std::string{freshness} +
           R"(","resources":[{"resource":")" + lower + R"(","scope":"Namespaced","verbs":["get"],
              "responseKind":{"group":"","version":"","kind":")" +
           std::string{kind} + R"("}}]}]}]})";
}

const std::string nothing = R"({"kind":"APIGroupDiscoveryList","items":[]})";

BOOST_FIXTURE_TEST_SUITE(discoveries, fixture)

BOOST_AUTO_TEST_CASE(two_requests_tell_all_kinds) {
    server.when("GET", "/apis").then(answer_json(200, groups("apps", "Deployment")));
    server.when("GET", "/api").then(answer_json(200, groups("", "Pod")));
    discovery d{api};
    BOOST_TEST(!d.ready());
    const auto found = run(d.resolve(group_version_kind{"apps", "v1", "Deployment"}));
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->plural == "Deployments");
    BOOST_TEST(run(d.resolve(group_kind{"", "Pod"}))->version == "v1");
    BOOST_TEST(server.requests().size() == 2U);
    BOOST_TEST(server.requests()[0].header("Accept").starts_with(
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    ));
    BOOST_TEST(d.generation() == 1U);
}

BOOST_AUTO_TEST_CASE(an_unknown_kind_is_asked_for_again_but_not_each_time) {
    server.when("GET", "/apis")
        .then(answer_json(200, nothing))
        .then(answer_json(200, groups("example.com", "Widget")));
    server.when("GET", "/api").always(answer_json(200, nothing));
    discovery d{api, {.unknown_kind_interval = 200ms}};
    const group_version_kind widget{"example.com", "v1", "Widget"};
    const auto first = run(d.resolve(widget));
    BOOST_REQUIRE(first.has_error());
    BOOST_TEST((first.error().kind() == error_kind::not_found));
    BOOST_TEST(
        first.error().message() ==
        "the server has no example.com/v1 Widget; is its CustomResourceDefinition installed?"
    );
    for (int i = 0; i < 5; ++i) {
        (void)run(d.resolve(widget));
    }
    d.invalidate(); // something happened: now it is worth asking
    BOOST_TEST(run(d.resolve(widget)).has_value());
    BOOST_TEST(server.requests().size() == 4U);
    const auto other = run(d.resolve(group_version_kind{"example.com", "v2", "Widget"}));
    BOOST_TEST(other.error().message() == "the server has no example.com/v2 Widget; it has the kind in v1");
}

BOOST_AUTO_TEST_CASE(callers_at_the_same_time_share_a_refresh) {
    server.when("GET", "/apis").always(answer_json(200, nothing));
    server.when("GET", "/api").always(answer_json(200, nothing));
    discovery d{api};
    auto many = [](discovery& self) -> asio::awaitable<void> {
        auto executor = co_await asio::this_coro::executor;
        task_group group{executor};
        for (int i = 0; i < 20; ++i) {
            group.spawn("refresh", [](discovery& inner) -> asio::awaitable<void> {
                BOOST_TEST((co_await inner.refresh()).has_value());
            }(self));
        }
        co_await group.join();
    };
    test::run(context, many(d));
    // The first one's, and one for all who came while it was under way.
    BOOST_TEST(server.requests().size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_server_without_aggregated_discovery_is_asked_group_by_group) {
    server.when("GET", "/apis/apps/v1")
        .then(answer_json(200, R"({"kind":"APIResourceList","groupVersion":"apps/v1","resources":[
            {"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["get"]}]})"));
    server.when("GET", "/apis/broken.io/v1").then(answer_json(503, ""));
    server.when("GET", "/apis").always(answer_json(200, R"({"kind":"APIGroupList","groups":[
        {"name":"apps","versions":[{"groupVersion":"apps/v1"}],"preferredVersion":{"groupVersion":"apps/v1"}},
        {"name":"broken.io","versions":[{"groupVersion":"broken.io/v1"}]}]})"));
    server.when("GET", "/api/v1").then(answer_json(200, R"({"kind":"APIResourceList","groupVersion":"v1",
        "resources":[{"name":"pods","kind":"Pod","namespaced":true,"verbs":["get"]}]})"));
    server.when("GET", "/api").always(answer_json(200, R"({"kind":"APIVersions","versions":["v1"]})"));
    discovery d{api};
    BOOST_REQUIRE(run(d.refresh()).has_value());
    BOOST_TEST(d.catalog().find(group_kind{"apps", "Deployment"}) != nullptr);
    BOOST_TEST(d.catalog().find(group_kind{"", "Pod"}) != nullptr);
    BOOST_TEST(d.catalog().is_stale("broken.io"));
    const auto broken = run(d.resolve(group_kind{"broken.io", "Thing"}));
    BOOST_TEST(broken.error().is_transient());
}

BOOST_AUTO_TEST_CASE(a_group_that_stops_answering_keeps_its_kinds) {
    server.when("GET", "/apis")
        .then(answer_json(200, groups("metrics.k8s.io", "PodMetrics")))
        .then(answer_json(
            200, R"({"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"metrics.k8s.io"},
            "versions":[{"version":"v1","freshness":"Stale"}]}]})"
        ));
    server.when("GET", "/api").always(answer_json(200, nothing));
    discovery d{api};
    BOOST_REQUIRE(run(d.refresh()).has_value());
    BOOST_REQUIRE(run(d.refresh()).has_value());
    BOOST_TEST(d.catalog().stale().size() == 1U);
    BOOST_TEST(run(d.resolve(group_kind{"metrics.k8s.io", "PodMetrics"})).has_value());
}

BOOST_AUTO_TEST_CASE(a_server_that_fails_leaves_what_is_known) {
    server.when("GET", "/apis")
        .then(answer_json(200, groups("apps", "Deployment")))
        .always(answer_json(500, ""));
    server.when("GET", "/api").always(answer_json(200, nothing));
    discovery d{api};
    BOOST_REQUIRE(run(d.refresh()).has_value());
    BOOST_TEST(run(d.refresh()).has_error());
    BOOST_TEST(run(d.resolve(group_kind{"apps", "Deployment"})).has_value());
    BOOST_TEST(run(d.resolve(group_kind{"apps", "Other"})).error().is_transient());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
