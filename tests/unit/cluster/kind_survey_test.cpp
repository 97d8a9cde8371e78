#include "cluster/kind_survey.hpp"

#include "../kube/fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::cluster {
namespace {

using test::answer_json;

kube::resource
kind(std::string group, std::string version, std::string name, std::vector<std::string> verbs) {
    auto plural = name + "s";
    for (auto& c : plural) {
        c = static_cast<char>(std::tolower(c));
    }
    return {
        .group = std::move(group),
        .version = std::move(version),
        .plural = std::move(plural),
        .kind = std::move(name),
        .namespaced = true,
        .verbs = std::move(verbs),
        .subresources = {}
    };
}

const std::vector<std::string> all{"create", "delete", "get", "list", "patch", "watch"};

std::string metadata(std::string_view name, std::string_view tracking) {
    return R"({"metadata":{"namespace":"n","name":")" + std::string{name} +
           R"(","annotations":{"holdfast.dev/tracking-id":")" + std::string{tracking} + R"("}}})";
}

std::string page(const std::string& items, std::string_view token = "") {
    return R"({"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1",)"
           R"("continue":")" +
           std::string{token} + R"("},"items":[)" + items + "]}";
}

std::vector<std::string> names(const std::vector<kube::resource>& kinds) {
    std::vector<std::string> texts;
    for (const auto& k : kinds) {
        texts.push_back(k.gvk().to_string());
    }
    return texts;
}

BOOST_AUTO_TEST_SUITE(kind_surveys)

BOOST_AUTO_TEST_CASE(kinds_are_looked_through_once_each_where_they_can_hold_something_of_ours) {
    kube::api_catalog catalog;
    catalog.add(
        {kind("", "v1", "ConfigMap", all), kind("", "v1", "Secret", all), kind("", "v1", "Event", all),
         kind("", "v1", "Binding", {"create"}), kind("", "v1", "ComponentStatus", {"get", "list"})}
    );
    catalog.add({kind("apps", "v1", "Deployment", all)});
    catalog.add({kind("apps", "v1beta1", "Deployment", all)});
    catalog.add({kind("events.k8s.io", "v1", "Event", all)});
    catalog.add({kind("example.com", "v1", "Event", all)});
    BOOST_TEST(
        names(kinds_to_survey(catalog, {{"", "Secret"}})) ==
            (std::vector<std::string>{"v1 ConfigMap", "apps/v1 Deployment", "example.com/v1 Event"}),
        boost::test_tools::per_element()
    );
}

BOOST_FIXTURE_TEST_CASE(what_holds_an_object_of_ours_is_found_wherever_it_stands, kube::fixture) {
    const auto on = [&](const std::string& plural, const std::string& containing = {}) {
        return server.when("GET", "/apis/e.com/v1/" + plural, containing);
    };
    on("firsts").then(answer_json(200, page(metadata("a", "h/app:e.com/First:n/a"))));
    on("seconds", "continue=more").then(answer_json(200, page(metadata("a", "h/app:e.com/Second:n/a"))));
    on("seconds").then(answer_json(200, page(metadata("b", "h/app:e.com/Other:n/b"), "more")));
    // A copy of another object's labels and annotations is nobody's.
    on("twins").then(answer_json(200, page(metadata("a", "h/app:/Service:n/a"))));
    on("nones").then(answer_json(200, page("")));
    on("hiddens").then(answer_json(403, kube::status_text(403, "Forbidden", "you may not")));
    on("gones").then(answer_json(404, kube::status_text(404, "NotFound", "no such resource")));
    on("downs").then(answer_json(503, kube::status_text(503, "ServiceUnavailable", "no endpoints")));
    std::vector<kube::resource> kinds;
    for (const auto* name : {"First", "Second", "Twin", "None", "Hidden", "Gone", "Down"}) {
        kinds.push_back(kind("e.com", "v1", name, all));
    }
    const auto seen =
        run(survey_kinds(api, kinds, {.names = sync::holdfast_dev(), .installation = "mine", .within = {}}));
    BOOST_TEST(
        names(seen.found) == (std::vector<std::string>{"e.com/v1 First", "e.com/v1 Second"}),
        boost::test_tools::per_element()
    );
    BOOST_TEST(seen.seen.size() == 6U);
    BOOST_REQUIRE(seen.unlisted.size() == 1U);
    BOOST_TEST(seen.unlisted.front().find("Down.e.com: ") == 0U);
    const auto asked = server.requests();
    BOOST_TEST(
        asked.front().target.find("labelSelector=holdfast.dev%2Finstallation%3Dmine") != std::string::npos
    );
    BOOST_TEST(asked.front().header("Accept").find("PartialObjectMetadataList") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
