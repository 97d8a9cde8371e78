#include "kube/discovery.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::kube {
namespace {

const json::object groups =
    json::parse(R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[
  {"metadata":{"name":"autoscaling"},"versions":[
    {"version":"v2","freshness":"Current","resources":[
      {"resource":"horizontalpodautoscalers","scope":"Namespaced","verbs":["get","list","watch"],
       "responseKind":{"group":"autoscaling","version":"v2","kind":"HorizontalPodAutoscaler"},
       "subresources":[{"subresource":"status","verbs":["get"]}]}]},
    {"version":"v1","freshness":"Current","resources":[
      {"resource":"horizontalpodautoscalers","scope":"Namespaced","verbs":["get"],
       "responseKind":{"group":"autoscaling","version":"v1","kind":"HorizontalPodAutoscaler"}}]}]},
  {"metadata":{"name":"metrics.k8s.io"},"versions":[
    {"version":"v1beta1","freshness":"Stale"}]},
  {"metadata":{"name":"only.subresources"},"versions":[
    {"version":"v1","resources":[{"resource":"things","responseKind":null}]}]}
]})")
        .as_object();

BOOST_AUTO_TEST_SUITE(catalog)

BOOST_AUTO_TEST_CASE(kinds_are_found_in_a_version_and_in_the_preferred_one) {
    api_catalog c;
    BOOST_TEST(c.add_groups(groups).has_value());
    const auto* preferred = c.find(group_kind{"autoscaling", "HorizontalPodAutoscaler"});
    BOOST_REQUIRE(preferred != nullptr);
    BOOST_TEST(preferred->version == "v2");
    BOOST_TEST(preferred->namespaced);
    BOOST_TEST(preferred->supports("watch"));
    BOOST_TEST(!preferred->supports("delete"));
    BOOST_TEST(preferred->has_subresource("status"));
    const auto* old = c.find(group_version_kind{"autoscaling", "v1", "HorizontalPodAutoscaler"});
    BOOST_REQUIRE(old != nullptr);
    BOOST_TEST(old->version == "v1");
    BOOST_TEST(c.find(group_version_kind{"autoscaling", "v3", "HorizontalPodAutoscaler"}) == nullptr);
    BOOST_TEST(c.versions_of({"autoscaling", "HorizontalPodAutoscaler"}).size() == 2U);
    BOOST_TEST(c.all().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_group_that_does_not_answer_is_said_and_keeps_what_it_had) {
    api_catalog old;
    old.add(
        {{.group = "metrics.k8s.io", .version = "v1beta1", .plural = "pods", .kind = "PodMetrics"},
         {.group = "gone.io", .version = "v1", .plural = "things", .kind = "Thing"}}
    );
    api_catalog now;
    BOOST_TEST(now.add_groups(groups).has_value());
    BOOST_TEST(now.is_stale("metrics.k8s.io"));
    BOOST_TEST(!now.is_stale("autoscaling"));
    now.keep_stale_from(old);
    BOOST_TEST(now.find(group_kind{"metrics.k8s.io", "PodMetrics"}) != nullptr);
    BOOST_TEST(now.find(group_kind{"gone.io", "Thing"}) == nullptr);
}

BOOST_AUTO_TEST_CASE(the_old_form_is_read) {
    api_catalog c;
    const auto list = json::parse(R"({"kind":"APIResourceList","groupVersion":"apps/v1","resources":[
        {"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["get"]},
        {"name":"deployments/scale","kind":"Scale","namespaced":true,"verbs":["get"]}]})")
                          .as_object();
    BOOST_TEST(c.add_resource_list(list).has_value());
    const auto* r = c.find(group_version_kind{"apps", "v1", "Deployment"});
    BOOST_REQUIRE(r != nullptr);
    BOOST_TEST(r->has_subresource("scale"));
    BOOST_TEST(c.find(group_kind{"apps", "Scale"}) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_no_discovery_document_is_an_error) {
    api_catalog c;
    BOOST_TEST(c.add_groups(json::object{{"kind", "Status"}}).has_error());
    BOOST_TEST(c.add_resource_list(json::object{}).has_error());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
