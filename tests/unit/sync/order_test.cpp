#include "sync/order.hpp"

#include "support.hpp"

namespace holdfast::sync {
namespace {

BOOST_AUTO_TEST_SUITE(order)

std::vector<std::string> names(const std::vector<placed>& objects) {
    std::vector<std::string> result;
    for (const auto i : apply_order(objects)) {
        result.push_back(objects[i].id.kind + "/" + objects[i].id.name);
    }
    return result;
}

placed make(
    const char* kind, const char* name, std::int32_t wave = 0, phase when = phase::sync,
    const char* group = "", const char* name_space = ""
) {
    return {{group, kind, name_space, name}, when, wave, std::nullopt};
}

BOOST_AUTO_TEST_CASE(is_phase_then_wave_then_kind_then_name) {
    const std::vector<std::string> expected{"Job/z",        "Secret/s", "ConfigMap/a", "ConfigMap/b",
                                            "Deployment/d", "Widget/w", "Namespace/n", "Job/p"};
    BOOST_TEST(
        names(
            {make("Job", "p", -5, phase::post_sync), make("Namespace", "n", 1), make("Widget", "w"),
             make("Deployment", "d"), make("ConfigMap", "b"), make("ConfigMap", "a"), make("Secret", "s"),
             make("Job", "z", 9, phase::pre_sync)}
        ) == expected,
        boost::test_tools::per_element()
    );
}

BOOST_AUTO_TEST_CASE(brings_a_namespace_before_its_contents) {
    const std::vector<std::string> expected{"Namespace/n", "Job/j", "ConfigMap/c", "Namespace/m"};
    BOOST_TEST(
        names(
            {make("Namespace", "n", 5), make("Namespace", "m", 5),
             make("ConfigMap", "c", 1, phase::sync, "", "n"),
             make("Job", "j", 0, phase::pre_sync, "batch", "n")}
        ) == expected,
        boost::test_tools::per_element()
    );
}

BOOST_AUTO_TEST_CASE(brings_a_definition_before_its_own_objects_only) {
    auto widgets =
        make("CustomResourceDefinition", "widgets.example.com", 3, phase::sync, "apiextensions.k8s.io");
    widgets.defines = std::pair{"example.com", "Widget"};
    auto others =
        make("CustomResourceDefinition", "others.example.com", 3, phase::sync, "apiextensions.k8s.io");
    others.defines = std::pair{"example.com", "Other"};
    std::vector<placed> objects{make("Widget", "w", -1, phase::sync, "example.com"), others, widgets};
    bring_forward(objects);
    BOOST_TEST(objects[2].wave == -1);
    BOOST_TEST(objects[1].wave == 3);
    const std::vector<std::string> expected{
        "CustomResourceDefinition/widgets.example.com", "Widget/w",
        "CustomResourceDefinition/others.example.com"
    };
    BOOST_TEST(names(objects) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(each_kind_has_a_place_of_its_own) {
    std::size_t last = 0;
    for (const auto* kind :
         {"NetworkPolicy",
          "ServiceAccount",
          "Secret",
          "ConfigMap",
          "StorageClass",
          "PersistentVolume",
          "PersistentVolumeClaim",
          "CustomResourceDefinition",
          "ClusterRole",
          "ClusterRoleBinding",
          "Role",
          "RoleBinding",
          "Service",
          "DaemonSet",
          "ReplicaSet",
          "Deployment",
          "StatefulSet",
          "HorizontalPodAutoscaler",
          "CronJob",
          "IngressClass",
          "Ingress",
          "APIService",
          "Widget"}) {
        BOOST_TEST(kind_rank(kind) > last, kind);
        last = kind_rank(kind);
    }
    BOOST_TEST(kind_rank("Namespace") == 0U);
    BOOST_TEST(kind_rank("Widget") == kind_rank("Gadget"));
}

BOOST_AUTO_TEST_CASE(a_definition_says_what_it_defines) {
    const auto defines =
        defined_kind(object("{'apiVersion': 'apiextensions.k8s.io/v1', 'kind': 'CustomResourceDefinition',"
                            " 'spec': {'group': 'example.com', 'names': {'kind': 'Widget'}}}"));
    BOOST_TEST((defines == std::pair<std::string, std::string>{"example.com", "Widget"}));
    BOOST_TEST(!defined_kind(object("{'apiVersion': 'v1', 'kind': 'Secret'}")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
