#include "sync/definition_change.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::sync {
namespace {

json::object definition(std::string_view fields, std::string_view stored = "v1") {
    auto made = json::parse(R"({
        "spec": {
            "group": "holdfast.dev", "scope": "Namespaced",
            "names": {"kind": "Application", "plural": "applications"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object",
                "properties": {
                    "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
                    "spec": {"type": "object", "properties": {}}
                }
            }}}]
        },
        "status": {"storedVersions": []}
    })")
                    .as_object();
    made["status"].as_object()["storedVersions"].as_array().emplace_back(stored);
    made["spec"]
        .at("versions")
        .at(0)
        .at("schema")
        .at("openAPIV3Schema")
        .at("properties")
        .at("spec")
        .as_object()["properties"] = json::parse(fields);
    return made;
}

const auto two_fields = R"({"path": {"type": "string"}, "hold": {"type": "boolean"}})";

json::object stored(std::string_view spec) {
    return {
        {"apiVersion", "holdfast.dev/v1"},
        {"kind", "Application"},
        {"metadata",
         json::parse(R"({"name": "web", "namespace": "shop", "uid": "1", "annotations": {"a": "b"}})")},
        {"spec", json::parse(spec)}
    };
}

BOOST_AUTO_TEST_SUITE(definition_change_suite)

BOOST_AUTO_TEST_CASE(one_that_only_says_it_otherwise_needs_no_look_at_what_is_stored) {
    const auto live = definition(two_fields);
    auto wanted = live;
    wanted.erase("status");
    definition_change change{live, wanted};
    BOOST_TEST(change.losses().empty());
    BOOST_TEST(change.keeps_schemas());
}

BOOST_AUTO_TEST_CASE(a_field_that_is_gone_loses_what_objects_have_in_it) {
    const auto live = definition(two_fields);
    const auto wanted = definition(R"({"path": {"type": "string"}})");
    definition_change change{live, wanted};
    BOOST_TEST(change.losses().empty());
    BOOST_TEST(!change.keeps_schemas());
    const auto with = change.check(stored(R"({"path": "p", "hold": true})"), "v1");
    BOOST_REQUIRE(with.has_value());
    BOOST_REQUIRE_EQUAL(with->size(), 1U);
    BOOST_TEST(with->front().path == "spec.hold");
    const auto without = change.check(stored(R"({"path": "p"})"), "v1");
    BOOST_REQUIRE(without.has_value());
    BOOST_TEST(without->empty());
}

BOOST_AUTO_TEST_CASE(a_field_of_another_type_refuses_what_objects_have_in_it) {
    const auto live = definition(two_fields);
    const auto wanted = definition(R"({"path": {"type": "string"}, "hold": {"type": "string"}})");
    definition_change change{live, wanted};
    const auto found = change.check(stored(R"({"hold": true})"), "v1");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_new_field_loses_nothing) {
    const auto live = definition(R"({"path": {"type": "string"}})");
    const auto wanted = definition(two_fields);
    definition_change change{live, wanted};
    BOOST_TEST(change.losses().empty());
    const auto found = change.check(stored(R"({"path": "p"})"), "v1");
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->empty());
}

BOOST_AUTO_TEST_CASE(a_stored_version_stays) {
    const auto live = definition(two_fields, "v1beta1");
    const auto wanted = definition(two_fields);
    definition_change change{live, wanted};
    BOOST_REQUIRE_EQUAL(change.losses().size(), 1U);
    BOOST_TEST(change.losses().front().find("v1beta1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_served_version_stays_and_so_do_scope_and_names) {
    const auto live = definition(two_fields);
    auto wanted = definition(two_fields);
    auto& spec = wanted["spec"].as_object();
    spec["scope"] = "Cluster";
    spec["names"].as_object()["plural"] = "apps";
    spec["versions"].at(0).as_object()["served"] = false;
    definition_change change{live, wanted};
    BOOST_TEST(change.losses().size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
