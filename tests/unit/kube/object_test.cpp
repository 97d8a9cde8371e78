#include "kube/object.hpp"

#include "kube/resource.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <set>
#include <unordered_set>

namespace holdfast::kube {
namespace {

const json::object deployment = json::parse(R"({
  "apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": {
    "name": "web", "namespace": "shop", "uid": "u-1", "resourceVersion": "42", "generation": 7,
    "labels": {"app": "web"}, "annotations": {"a/b": "", "n": 1},
    "finalizers": ["x/y", 3], "deletionTimestamp": "2026-01-31T12:00:00Z"
  },
  "spec": {"replicas": 3, "template": {"spec": {"containers": [{"image": "x"}], "nodeName": "n1"}}}
})")
                                    .as_object();

BOOST_AUTO_TEST_SUITE(objects)

BOOST_AUTO_TEST_CASE(metadata_is_read) {
    BOOST_TEST(name_of(deployment) == "web");
    BOOST_TEST(namespace_of(deployment) == "shop");
    BOOST_TEST(uid_of(deployment) == "u-1");
    BOOST_TEST(resource_version_of(deployment) == "42");
    BOOST_TEST(generation_of(deployment) == 7);
    BOOST_TEST(label(deployment, "app").value() == "web");
    BOOST_TEST(annotation(deployment, "a/b").value() == "");
    BOOST_TEST(!annotation(deployment, "n").has_value());
    BOOST_TEST(!annotation(deployment, "missing").has_value());
    BOOST_TEST(has_finalizer(deployment, "x/y"));
    BOOST_TEST(!has_finalizer(deployment, "y"));
    BOOST_TEST(finalizers_of(deployment).size() == 1U);
    BOOST_TEST(deletion_timestamp(deployment).value() == "2026-01-31T12:00:00Z");
}

BOOST_AUTO_TEST_CASE(what_the_garbage_collector_deletes_is_known_by_its_owners) {
    const auto of = [](const char* metadata) { return json::object{{"metadata", json::parse(metadata)}}; };
    const auto made = of(R"({"ownerReferences": [{"kind": "ReplicaSet"}, 1, {"kind": "ApplicationSet"}]})");
    BOOST_TEST(has_owner(made));
    BOOST_TEST(has_owner_of_kind(made, "ApplicationSet"));
    BOOST_TEST(!has_owner_of_kind(made, "Application"));
    for (const auto* none : {"{}", R"({"ownerReferences": []})", R"({"ownerReferences": {}})"}) {
        BOOST_TEST(!has_owner(of(none)));
        BOOST_TEST(!has_owner_of_kind(of(none), "ApplicationSet"));
    }
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_of_another_type_is_empty) {
    for (const std::string_view text :
         {"{}", R"({"metadata":null})", R"({"metadata":[]})", R"({"metadata":{"name":1,"labels":"x"}})"}) {
        const auto o = json::parse(text).as_object();
        BOOST_TEST(name_of(o) == "");
        BOOST_TEST(generation_of(o) == 0);
        BOOST_TEST(!label(o, "x").has_value());
        BOOST_TEST(finalizers_of(o).empty());
        BOOST_TEST(!deletion_timestamp(o).has_value());
    }
}

BOOST_AUTO_TEST_CASE(paths_lead_to_values_or_nowhere) {
    BOOST_TEST(find_path(deployment, {"spec", "replicas"})->as_int64() == 3);
    BOOST_TEST(find_path(deployment, {"spec", "missing", "x"}) == nullptr);
    BOOST_TEST(find_path(deployment, {"spec", "replicas", "x"}) == nullptr);
    BOOST_TEST(find_array(deployment, {"spec", "template", "spec", "containers"})->size() == 1U);
    BOOST_TEST(find_object(deployment, {"spec", "replicas"}) == nullptr);
    BOOST_TEST(find_text(deployment, {"spec", "template", "spec", "nodeName"}) == "n1");
}

BOOST_AUTO_TEST_CASE(keys_print_compare_and_hash) {
    const auto key = key_of(deployment);
    BOOST_TEST(key.to_string() == "apps/Deployment shop/web");
    BOOST_TEST((object_key{"", "Namespace", "", "shop"}).to_string() == "Namespace shop");
    BOOST_TEST((key == object_key{"apps", "Deployment", "shop", "web"}));
    BOOST_TEST((object_key{"", "A", "", "x"} < object_key{"", "A", "", "y"}));
    const std::unordered_set<object_key> set{key, key, {"apps", "Deployment", "shop", "web2"}};
    BOOST_TEST(set.size() == 2U);
}

BOOST_AUTO_TEST_CASE(versions_are_taken_apart_and_put_together) {
    BOOST_TEST((make_gvk("v1", "Pod") == group_version_kind{"", "v1", "Pod"}));
    BOOST_TEST((make_gvk("apps/v1", "Deployment") == group_version_kind{"apps", "v1", "Deployment"}));
    BOOST_TEST(gvk_of(deployment).api_version() == "apps/v1");
    BOOST_TEST((group_kind{"apps", "Deployment"}).to_string() == "Deployment.apps");
}

BOOST_AUTO_TEST_CASE(paths_of_resources_are_encoded) {
    const resource deployments{
        .group = "apps", .version = "v1", .plural = "deployments", .kind = "Deployment"
    };
    BOOST_TEST(collection_path(deployments, "") == "/apis/apps/v1/deployments");
    BOOST_TEST(
        object_path(deployments, "shop", "web", "status") ==
        "/apis/apps/v1/namespaces/shop/deployments/web/status"
    );
    BOOST_TEST(object_path(resources::namespaces(), "ignored", "shop") == "/api/v1/namespaces/shop");
    BOOST_TEST(
        object_path(resources::config_maps(), "a/b", "../x?y") ==
        "/api/v1/namespaces/a%2Fb/configmaps/..%2Fx%3Fy"
    );
    BOOST_TEST(object_path(resources::config_maps(), "n", "..") == "/api/v1/namespaces/n/configmaps/%2E%2E");
    BOOST_TEST(
        query{}.add("labelSelector", "a=b,c in (d)").add_if("x", "").add("y", "1").on("/p") ==
        "/p?labelSelector=a%3Db%2Cc%20in%20%28d%29&y=1"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
