#include "engine/summary.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace holdfast::engine {
namespace {

crds::application_summary summary(const std::vector<std::string>& manifests) {
    std::vector<sync::desired_object> objects;
    for (const auto& text : manifests) {
        objects.emplace_back().manifest = boost::json::parse(text).as_object();
    }
    return summary_of(objects);
}

using texts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(summaries)

BOOST_AUTO_TEST_CASE(images_are_those_of_all_kinds_of_pods) {
    const auto made = summary(
        {R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{)"
         R"("initContainers":[{"image":"init:1"}],"containers":[{"image":"web:2"},{"image":"web:2"},{}]}}}})",
         R"({"apiVersion":"batch/v1","kind":"CronJob","spec":{"jobTemplate":{"spec":{"template":{"spec":{)"
         R"("containers":[{"image":"job:3"}]}}}}}})",
         R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"pod:4"}]}})",
         R"({"apiVersion":"v1","kind":"ConfigMap","data":{"containers":"x"}})"}
    );
    BOOST_TEST(made.images == (texts{"init:1", "job:3", "pod:4", "web:2"}), boost::test_tools::per_element());
    BOOST_TEST(made.external_urls.empty());
}

BOOST_AUTO_TEST_CASE(urls_are_those_of_ingresses_and_links) {
    const auto made = summary(
        {R"({"apiVersion":"networking.k8s.io/v1","kind":"Ingress","spec":{"tls":[{"hosts":["a.example"]}],)"
         R"("rules":[{"host":"a.example","http":{"paths":[{"path":"/shop/*"},{}]}},{"host":"b.example"},)"
         R"({"host":"*.c.example"},{}]}})",
         R"({"apiVersion":"v1","kind":"Service","metadata":{"annotations":{)"
         R"("link.argocd.argoproj.io/x":"Docs|https://docs.example","link.argocd.argoproj.io/y":"javascript:1"}}})"
        }
    );
    BOOST_TEST(
        made.external_urls ==
            (texts{
                "http://b.example/", "https://a.example/", "https://a.example/shop/", "https://docs.example"
            }),
        boost::test_tools::per_element()
    );
}

BOOST_AUTO_TEST_CASE(it_holds_what_a_status_takes) {
    std::string containers;
    for (std::size_t i = 0; i < crds::max_status_images + 5; ++i) {
        containers += (i == 0 ? "" : ",") + std::string{R"({"image":"i:)"} + std::to_string(i) + "\"}";
    }
    const auto made =
        summary({R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[)" + containers + "]}}"});
    BOOST_TEST(made.images.size() == crds::max_status_images);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
