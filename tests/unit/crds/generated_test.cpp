#include "crds/application.hpp"
#include "crds/application_set.hpp"
#include "crds/crd.hpp"
#include "crds/described.hpp"
#include "crds/project.hpp"
#include "crds/repository.hpp"
#include "examples.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

namespace holdfast::crds {
namespace {

using namespace test;

BOOST_AUTO_TEST_SUITE(generated_files)

constexpr const char* remedy = "run `build/bin/holdfast-crdgen .` and commit what it writes";

BOOST_AUTO_TEST_CASE(the_crds_are_those_of_the_tables) {
    const std::string folder = HOLDFAST_SOURCE_DIR "/crds/";
    BOOST_TEST((file(folder + "holdfast.dev_applications.yaml") == crd_yaml(crd_of<application>())), remedy);
    BOOST_TEST(
        (file(folder + "holdfast.dev_applicationsets.yaml") == crd_yaml(crd_of<application_set>())), remedy
    );
    BOOST_TEST((file(folder + "holdfast.dev_projects.yaml") == crd_yaml(crd_of<project>())), remedy);
    BOOST_TEST((file(folder + "holdfast.dev_repositories.yaml") == crd_yaml(crd_of<repository>())), remedy);
}

// kubectl takes every file of these endings for a manifest; kustomize finds the one without an ending.
BOOST_AUTO_TEST_CASE(kubectl_finds_nothing_but_crds_in_the_folder) {
    std::set<std::string> manifests;
    for (const auto& entry : std::filesystem::directory_iterator{HOLDFAST_SOURCE_DIR "/crds"}) {
        const auto ending = entry.path().extension();
        if (ending == ".yaml" || ending == ".yml" || ending == ".json") {
            manifests.insert(entry.path().filename());
        }
    }
    const std::set<std::string> expected{
        "holdfast.dev_applications.yaml", "holdfast.dev_applicationsets.yaml", "holdfast.dev_projects.yaml",
        "holdfast.dev_repositories.yaml"
    };
    BOOST_TEST(manifests == expected, boost::test_tools::per_element());
    BOOST_TEST(std::filesystem::exists(HOLDFAST_SOURCE_DIR "/crds/Kustomization"));
}

BOOST_AUTO_TEST_CASE(the_reference_is_that_of_the_tables) {
    BOOST_TEST((file(HOLDFAST_SOURCE_DIR "/docs/api-reference.md") == api_reference()), remedy);
}

BOOST_AUTO_TEST_CASE(the_yaml_reads_back_as_the_crd) {
    for (const auto& crd :
         {crd_of<application>(), crd_of<application_set>(), crd_of<project>(), crd_of<repository>()}) {
        const auto read = yaml(crd_yaml(crd));
        BOOST_TEST((read == json::value(crd)));
    }
}

/// Where anything may stand: values of a chart, and what is read once parameters are put in. The server bounds
/// them with the object.
constexpr std::string_view any_objects[] = {
    ".helm.valuesObject",
    ".spec.template.spec",
    ".list.template.spec",
    ".clusters.template.spec",
    ".git.template.spec",
    ".matrix.template.spec",
    ".merge.template.spec",
    ".list.elements[]",
    ".matrix.generators[]",
    ".merge.generators[]",
    ".scmProvider",
    ".pullRequest",
    ".plugin",
    ".clusterDecisionResource",
    ".spec.strategy"
};

/// What the rules' cost and etcd's limits ask for: every string, list and map has its bound.
void check_bounds(const json::object& schema, const std::string& path) {
    BOOST_TEST_CONTEXT(path) {
        const bool preserved = schema.contains("x-kubernetes-preserve-unknown-fields");
        const bool is_known = std::ranges::any_of(any_objects, [&](auto end) { return path.ends_with(end); });
        BOOST_TEST((!preserved || is_known));
        if (schema.contains("x-kubernetes-int-or-string")) {
            BOOST_TEST(schema.contains("maxLength"));
            return;
        }
        BOOST_TEST_REQUIRE(schema.contains("type"));
        const auto& type = schema.at("type").as_string();
        if (type == "string" && !schema.contains("enum") && !schema.contains("format") &&
            path != ".apiVersion" && path != ".kind") {
            BOOST_TEST(schema.contains("maxLength"));
        } else if (type == "array") {
            BOOST_TEST(schema.contains("maxItems"));
            BOOST_TEST(schema.contains("x-kubernetes-list-type"));
            check_bounds(schema.at("items").as_object(), path + "[]");
        } else if (type == "object" && path != ".metadata" && !preserved) {
            if (const auto* values = schema.if_contains("additionalProperties")) {
                BOOST_TEST(schema.contains("maxProperties"));
                check_bounds(values->as_object(), path + "{}");
            } else {
                for (const auto& property : schema.at("properties").as_object()) {
                    check_bounds(property.value().as_object(), path + "." + std::string{property.key()});
                }
            }
        }
    }
}

const json::object& schema_of(const json::object& crd) {
    return crd.at("spec").at("versions").at(0).at("schema").at("openAPIV3Schema").as_object();
}

BOOST_AUTO_TEST_CASE(everything_in_the_schemas_is_bounded) {
    check_bounds(schema_of(crd_of<application>()), "");
    check_bounds(schema_of(crd_of<application_set>()), "");
    check_bounds(schema_of(crd_of<project>()), "");
    check_bounds(schema_of(crd_of<repository>()), "");
}

BOOST_AUTO_TEST_CASE(every_field_of_a_specification_is_documented) {
    for (const auto& crd :
         {crd_of<application>(), crd_of<application_set>(), crd_of<project>(), crd_of<repository>()}) {
        std::vector<std::pair<std::string, const json::object*>> open{{"", &schema_of(crd)}};
        while (!open.empty()) {
            const auto [path, schema] = open.back();
            open.pop_back();
            if (const auto* items = schema->if_contains("items"))
                open.emplace_back(path, &items->as_object());
            const auto* properties = schema->if_contains("properties");
            if (properties == nullptr) continue;
            for (const auto& property : properties->as_object()) {
                const auto where = path + "." + std::string{property.key()};
                if (where == ".metadata") continue;
                const auto& inner = property.value().as_object();
                BOOST_TEST(inner.contains("description"), where);
                if (!inner.contains("description")) continue;
                // What is documented elsewhere says so, and is not looked into.
                const std::string_view text{inner.at("description").as_string()};
                BOOST_TEST(text.ends_with('.'), where);
                if (text.find("For its fields see ") == std::string_view::npos)
                    open.emplace_back(where, &inner);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_crds_are_small_enough_for_client_side_apply) {
    // The annotation that `kubectl apply` puts on has to stay below 262144 bytes.
    BOOST_TEST(json::serialize(crd_of<application>()).size() < 160000U);
    BOOST_TEST(json::serialize(crd_of<application_set>()).size() < 40000U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
