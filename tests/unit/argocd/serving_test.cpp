// By what an installation of Argo CD marks its objects, and whether it is at work itself.

#include "argocd/serving.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace json = boost::json;
using namespace holdfast::argocd;
using holdfast::sync::marking;

namespace {

json::object parsed(std::string_view text) {
    return json::parse(text).as_object();
}

installation with(std::string_view data, const std::vector<std::string_view>& workloads = {}) {
    installation found;
    found.namespace_ = "argocd";
    found.config_maps.emplace("argocd-cm", json::object{{"data", parsed(data)}});
    for (const auto workload : workloads) {
        found.workloads.push_back(parsed(workload));
    }
    return found;
}

constexpr std::string_view controller_2 = R"({"kind": "StatefulSet",
  "metadata": {"name": "argocd-application-controller"}, "spec": {"replicas": 0, "template": {"spec": {
  "containers": [{"name": "c", "image": "quay.io/argoproj/argocd:v2.9.3"}]}}}})";
constexpr std::string_view controller_3 = R"({"kind": "StatefulSet",
  "metadata": {"name": "argocd-application-controller"}, "spec": {"replicas": 0, "template": {"spec": {
  "containers": [{"name": "c", "image": "quay.io/argoproj/argocd:v3.5.1@sha256:00"}]}}}})";

} // namespace

BOOST_AUTO_TEST_SUITE(serving_of_argo_cd)

BOOST_AUTO_TEST_CASE(objects_are_marked_as_it_is_set_and_else_as_its_version_does) {
    struct {
        std::string_view data;
        std::vector<std::string_view> workloads;
        marking how;
    } const cases[] = {
        {R"({"application.resourceTrackingMethod": "label"})", {controller_3}, marking::by_label},
        {R"({"application.resourceTrackingMethod": "annotation"})", {controller_2}, marking::by_annotation},
        {R"({"application.resourceTrackingMethod": "annotation+label"})", {}, marking::by_annotation_and_label
        },
        {"{}", {controller_2}, marking::by_label},
        {"{}", {controller_3}, marking::by_annotation},
        {R"({"application.resourceTrackingMethod": ""})", {controller_3}, marking::by_annotation},
    };
    for (const auto& one : cases) {
        const auto made = serving_of(with(one.data, one.workloads));
        BOOST_REQUIRE_MESSAGE(made, one.data << ": " << made.error().message());
        BOOST_TEST((made->marks.how == one.how), one.data);
        BOOST_TEST(made->marks.application_namespace == "argocd");
        BOOST_TEST(made->marks.instance_label == "app.kubernetes.io/instance");
        BOOST_TEST(!made->has_controller);
    }
    const auto named = serving_of(with(R"({"application.resourceTrackingMethod": "label",
      "application.instanceLabelKey": "argocd.example.com/app", "installationID": "east"})"));
    BOOST_TEST(named.value().marks.instance_label == "argocd.example.com/app");
    BOOST_TEST(named.value().marks.installation == "east");
}

BOOST_AUTO_TEST_CASE(where_nothing_tells_nobody_guesses) {
    const auto untold = serving_of(with("{}"));
    BOOST_REQUIRE(!untold);
    BOOST_TEST(untold.error().message().find("resourceTrackingMethod is not set") != std::string::npos);
    const auto unknown = serving_of(with(R"({"application.resourceTrackingMethod": "labels"})"));
    BOOST_REQUIRE(!unknown);
    BOOST_TEST(
        unknown.error().message().find("is \"labels\"") != std::string::npos, unknown.error().message()
    );
    installation without;
    without.namespace_ = "argocd";
    BOOST_REQUIRE(!serving_of(without));
    BOOST_TEST((serving_of(without).error().kind() == holdfast::error_kind::not_found));
}

BOOST_AUTO_TEST_CASE(its_controller_is_at_work_as_long_as_it_has_or_is_to_have_pods) {
    struct {
        std::string_view workload;
        bool is_at_work;
    } const cases[] = {
        {R"({"metadata": {"name": "argocd-application-controller"}, "spec": {"replicas": 1}})", true},
        {R"({"metadata": {"name": "argocd-application-controller"}, "spec": {}})", true}, // one by default
        {R"({"metadata": {"name": "argocd-application-controller"}, "spec": {"replicas": 0},
             "status": {"replicas": 1}})",
         true},
        {R"({"metadata": {"name": "argocd-application-controller"}, "spec": {"replicas": 0},
             "status": {"replicas": 0}})",
         false},
        // As Helm's chart has it.
        {R"({"metadata": {"name": "cd-controller", "labels":
             {"app.kubernetes.io/component": "application-controller"}}, "spec": {"replicas": 1}})",
         true},
        {R"({"metadata": {"name": "argocd-server"}, "spec": {"replicas": 1}})", false},
        {R"({"metadata": {"name": "argocd-applicationset-controller"}, "spec": {"replicas": 1}})", false},
    };
    for (const auto& one : cases) {
        const auto made =
            serving_of(with(R"({"application.resourceTrackingMethod": "label"})", {one.workload}));
        BOOST_TEST(made.value().has_controller == one.is_at_work, one.workload);
    }
}

BOOST_AUTO_TEST_SUITE_END()
