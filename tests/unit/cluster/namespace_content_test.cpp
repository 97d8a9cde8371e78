#include "cluster/namespace_content.hpp"

#include "../kube/fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::cluster {
namespace {

using test::answer_json;

kube::resource kind(std::string group, std::string name, bool namespaced = true) {
    auto plural = name + "s";
    for (auto& c : plural) {
        c = static_cast<char>(std::tolower(c));
    }
    return {
        .group = std::move(group),
        .version = "v1",
        .plural = std::move(plural),
        .kind = std::move(name),
        .namespaced = namespaced,
        .verbs = {"create", "delete", "get", "list", "patch", "watch"},
        .subresources = {}
    };
}

std::string item(const std::string& name, const std::string& more = {}) {
    return R"({"metadata":{"namespace":"n","name":")" + name + "\"" + more + "}}";
}

std::string page(const std::string& items, std::string_view token = "") {
    return R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1",)"
           R"("continue":")" +
           std::string{token} + R"("},"items":[)" + items + "]}";
}

std::vector<std::string> names(const namespace_content& of) {
    std::vector<std::string> all;
    for (const auto& one : of.objects) {
        all.push_back(
            sync::describe(one.id) + (one.owner ? " of " + sync::to_string(*one.owner) : std::string{})
        );
    }
    return all;
}

BOOST_AUTO_TEST_SUITE(namespace_contents)

BOOST_AUTO_TEST_CASE(what_the_cluster_makes_itself_is_not_looked_through) {
    kube::api_catalog catalog;
    catalog.add(
        {kind("", "ConfigMap"), kind("", "Event"), kind("", "Endpoints"),
         kind("", "Node", /*namespaced=*/false)}
    );
    catalog.add({kind("coordination.k8s.io", "Lease"), kind("coordination.k8s.io", "LeaseCandidate")});
    catalog.add({kind("discovery.k8s.io", "EndpointSlice")});
    catalog.add({kind("holdfast.dev", "Application")});
    std::vector<std::string> all;
    for (const auto& one : kinds_in_namespaces(catalog)) {
        all.push_back(one.kind);
    }
    BOOST_TEST(
        all == (std::vector<std::string>{"ConfigMap", "LeaseCandidate"}), boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(what_nothing_owns_is_listed_with_whose_it_is, kube::fixture) {
    const auto on = [&](const std::string& plural, const std::string& containing = {}) {
        return server.when("GET", "/apis/e.com/v1/namespaces/n/" + plural, containing);
    };
    on("firsts", "continue=more").then(answer_json(200, page(item("b"))));
    on("firsts").then(answer_json(
        200,
        page(
            item("a") + "," + item("owned", R"(,"ownerReferences":[{"kind":"Deployment","name":"web"}])"),
            "more"
        )
    ));
    on("hiddens").then(answer_json(403, kube::status_text(403, "Forbidden", "you may not")));
    on("lasts").then(answer_json(
        200, page(item("m", R"(,"annotations":{"holdfast.dev/tracking-id":"h/app:e.com/Last:n/m"})"))
    ));
    const auto seen = run(read_namespace(
        api, {kind("e.com", "First"), kind("e.com", "Hidden"), kind("e.com", "Last")}, "n",
        sync::holdfast_dev()
    ));
    BOOST_TEST(
        names(seen) ==
            (std::vector<std::string>{R"(First "n/a")", R"(First "n/b")", R"(Last "n/m" of h/app)"}),
        boost::test_tools::per_element()
    );
    BOOST_TEST(!seen.is_cut);
    BOOST_TEST_REQUIRE(seen.unlisted.size() == 1U);
    BOOST_TEST(seen.unlisted.front().starts_with("Hidden: "));
    BOOST_TEST(
        server.requests().front().header("Accept").find("PartialObjectMetadataList") != std::string::npos
    );
}

BOOST_FIXTURE_TEST_CASE(a_namespace_of_very_many_is_read_in_part, kube::fixture) {
    server.when("GET", "/apis/e.com/v1/namespaces/n/firsts")
        .then(answer_json(200, page(item("a") + "," + item("b"), "more")));
    const auto seen =
        run(read_namespace(api, {kind("e.com", "First")}, "n", sync::holdfast_dev(), /*most=*/2));
    BOOST_TEST(seen.is_cut);
    BOOST_TEST(seen.objects.size() == 2U); // whole pages
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
