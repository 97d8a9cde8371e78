#include "render/namespaces.hpp"

#include "render/yaml.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast;
using render::scope;

namespace {

std::vector<render::manifest> objects_of(std::string_view yaml) {
    std::vector<render::manifest> objects;
    const auto documents = render::read_yaml(yaml).value();
    for (const auto& document : documents) {
        objects.push_back(
            {.object = document.value.as_object(),
             .from = {.file = "f.yaml", .document = document.index, .line = document.line}}
        );
    }
    return objects;
}

/// A cluster with the usual kinds.
std::optional<scope> usual(std::string_view group, std::string_view, std::string_view kind) {
    if (group.empty() && (kind == "ConfigMap" || kind == "Secret")) return scope::namespaced;
    if (group == "apps" || group == "extensions") return scope::namespaced;
    if (group.empty() && kind == "Namespace") return scope::cluster;
    if (group == "apiextensions.k8s.io" || group == "rbac.authorization.k8s.io") return scope::cluster;
    return std::nullopt;
}

std::string errors_of(const render::render_result<render::placement>& placed) {
    std::string all;
    if (placed.has_error()) {
        for (const auto& e : placed.error().all) {
            all += render::to_string(e) + "\n";
        }
    }
    return all;
}

std::string namespace_of(const render::placement& placed, std::size_t index) {
    return std::string{render::names_of(placed.objects.at(index).object).namespace_};
}

} // namespace

BOOST_AUTO_TEST_CASE(only_namespaced_objects_without_a_namespace_get_the_destination) {
    const auto placed = render::place(
        objects_of(R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b, namespace: own}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: ""}
---
apiVersion: v1
kind: Namespace
metadata: {name: d}
)"),
        "shop", usual
    );
    BOOST_REQUIRE(placed.has_value());
    BOOST_TEST(namespace_of(*placed, 0) == "shop");
    BOOST_TEST(namespace_of(*placed, 1) == "own");
    BOOST_TEST(namespace_of(*placed, 2) == "shop");
    BOOST_TEST(!placed->objects[3].object.at("metadata").as_object().contains("namespace"));
    BOOST_TEST(placed->warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_cluster_scoped_object_loses_its_namespace_with_a_warning) {
    const auto placed = render::place(
        objects_of(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r, namespace: x}\n"
        ),
        "shop", usual
    );
    BOOST_REQUIRE(placed.has_value());
    BOOST_TEST(!placed->objects[0].object.at("metadata").as_object().contains("namespace"));
    BOOST_REQUIRE_EQUAL(placed->warnings.size(), 1U);
    BOOST_TEST(
        placed->warnings[0].find("f.yaml:1: ClusterRole.rbac.authorization.k8s.io x/r has a namespace") == 0U
    );
}

BOOST_AUTO_TEST_CASE(a_definition_among_the_objects_decides_about_its_kind) {
    const std::string yaml = R"(
apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
---
apiVersion: example.com/v1
kind: Site
metadata: {name: s}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec: {group: example.com, scope: Namespaced, names: {kind: Widget, plural: widgets}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sites.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Site, plural: sites}}
)";
    const auto placed = render::place(objects_of(yaml), "shop", usual);
    BOOST_REQUIRE(placed.has_value());
    BOOST_TEST(namespace_of(*placed, 0) == "shop");
    BOOST_TEST(namespace_of(*placed, 1).empty());
    // The definition here counts, not what the cluster has of the last one.
    const auto old = [](std::string_view group, std::string_view version,
                        std::string_view kind) -> std::optional<scope> {
        return kind == "Widget" ? scope::cluster : usual(group, version, kind);
    };
    BOOST_TEST(namespace_of(*render::place(objects_of(yaml), "shop", old), 0) == "shop");
}

BOOST_AUTO_TEST_CASE(a_kind_that_nobody_knows_may_be_allowed_object_by_object) {
    const std::string yaml = R"(
apiVersion: x.io/v1
kind: Foo
metadata: {name: a, labels: {late: "yes"}}
---
apiVersion: x.io/v1
kind: Foo
metadata: {name: b, namespace: own, labels: {late: "yes"}}
---
apiVersion: x.io/v1
kind: Foo
metadata: {name: c}
)";
    const auto is_late = [](const boost::json::object& object) {
        return object.at("metadata").as_object().contains("labels");
    };
    const auto placed = render::place(objects_of(yaml), "shop", usual, is_late);
    BOOST_REQUIRE(!placed.has_value());
    BOOST_REQUIRE_EQUAL(placed.error().all.size(), 1U);
    BOOST_TEST(placed.error().all[0].message.find("Foo.x.io c") != std::string::npos);
    BOOST_TEST(placed.error().all[0].message.find("SkipDryRunOnMissingResource=true") != std::string::npos);

    const auto any = [](const boost::json::object&) { return true; };
    const auto all = render::place(objects_of(yaml), "shop", usual, any);
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(namespace_of(*all, 0) == "shop");
    BOOST_TEST(namespace_of(*all, 1) == "own");
    // Without a namespace to be in it may be the cluster's.
    BOOST_TEST(namespace_of(*render::place(objects_of(yaml), "", usual, any), 0).empty());
}

BOOST_AUTO_TEST_CASE(kinds_that_nobody_knows_are_all_named) {
    const auto placed = render::place(
        objects_of("apiVersion: x.io/v1\nkind: Foo\nmetadata: {name: a}\n---\napiVersion: y.io/v2\nkind: "
                   "Bar\nmetadata: {name: b}\n"),
        "shop", usual
    );
    const std::string errors = errors_of(placed);
    BOOST_TEST(
        errors.find("f.yaml:1: Foo.x.io a: the cluster has no kind Foo in x.io/v1") != std::string::npos
    );
    BOOST_TEST(
        errors.find("f.yaml:5 (document 2): Bar.y.io b: the cluster has no kind Bar in y.io/v2") !=
        std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(a_namespaced_object_needs_a_namespace_from_somewhere) {
    const auto placed = render::place(
        objects_of("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\nkind: "
                   "Namespace\nmetadata: {name: n}\n"),
        "", usual
    );
    BOOST_TEST(
        errors_of(placed).find(
            "f.yaml:1: ConfigMap a has no namespace, and the application's destination has none"
        ) == 0U
    );
    BOOST_TEST(placed.error().all.size() == 1U);
}

BOOST_AUTO_TEST_CASE(two_objects_with_one_name_are_refused_naming_both_places) {
    const auto placed = render::place(
        objects_of(R"(apiVersion: v1
kind: ConfigMap
metadata: {name: a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop}
---
apiVersion: v1
kind: Secret
metadata: {name: a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: other}
)"),
        "shop", usual
    );
    BOOST_TEST(
        errors_of(placed) == "f.yaml:5 (document 2): ConfigMap shop/a is already defined in f.yaml:1\n"
    );
}

BOOST_AUTO_TEST_CASE(versions_do_not_tell_objects_apart_and_groups_do) {
    const auto same = render::place(
        objects_of("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\napiVersion: "
                   "apps/v1beta1\nkind: Deployment\nmetadata: {name: a}\n"),
        "shop", usual
    );
    BOOST_TEST(same.has_error());
    const auto different = render::place(
        objects_of("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\napiVersion: "
                   "extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\n"),
        "shop", usual
    );
    BOOST_TEST(different.has_value());
}

BOOST_AUTO_TEST_CASE(objects_with_generate_name_are_never_the_same) {
    const std::string job = "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n";
    BOOST_TEST(render::place(objects_of(job + "---\n" + job), "shop", usual).has_value());
}

BOOST_AUTO_TEST_CASE(the_cluster_is_asked_once_for_each_kind) {
    int asked = 0;
    std::string yaml;
    for (int i = 0; i < 50; ++i) {
        yaml += "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c" + std::to_string(i) + "}\n";
    }
    const auto placed =
        render::place(objects_of(yaml), "shop", [&](auto, auto, auto) -> std::optional<scope> {
            ++asked;
            return scope::namespaced;
        });
    BOOST_TEST(placed.has_value());
    BOOST_TEST(asked == 1);
}
