#include "render/directory.hpp"
#include "render/documents.hpp"

#include "memory_tree.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast;
using test::memory_tree;
namespace json = boost::json;

namespace {

/// The objects of one file as JSON, one a line; the errors when it failed.
std::string objects_of(std::string text) {
    memory_tree tree;
    tree.file("f.yaml", std::move(text));
    const auto output = render::render_directory(tree, {});
    std::string all;
    if (!output) {
        for (const auto& e : output.error().all) {
            all += render::to_string(e) + "\n";
        }
        return all;
    }
    for (const auto& m : output->objects) {
        all += json::serialize(m.object) + "\n";
    }
    return all;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_list_is_its_items) {
    BOOST_TEST(objects_of(R"(
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: b}}
- apiVersion: v1
  kind: List
  items:
  - {apiVersion: v1, kind: Secret, metadata: {name: c}}
)") == R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}
{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"b"}}
{"apiVersion":"v1","kind":"Secret","metadata":{"name":"c"}}
)");
    BOOST_TEST(objects_of("apiVersion: v1\nkind: List\nitems: []\n").empty());
    BOOST_TEST(objects_of("apiVersion: v1\nkind: List\n").empty());
}

BOOST_AUTO_TEST_CASE(the_items_of_a_typed_list_are_of_its_type) {
    BOOST_TEST(
        objects_of("apiVersion: apps/v1\nkind: DeploymentList\nmetadata: {resourceVersion: '1'}\nitems:\n- "
                   "metadata: {name: a}\n"
        ) == "{\"metadata\":{\"name\":\"a\"},\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\"}\n"
    );
}

BOOST_AUTO_TEST_CASE(a_kind_that_merely_ends_like_a_list_is_an_object) {
    BOOST_TEST(has(
        objects_of("apiVersion: x.io/v1\nkind: AllowList\nmetadata: {name: a}\nitems: [1]\n"), "AllowList"
    ));
    BOOST_TEST(has(objects_of("apiVersion: x.io/v1\nkind: AllowList\nmetadata: {name: a}\n"), "AllowList"));
}

BOOST_AUTO_TEST_CASE(errors_in_list_items_have_the_lines_of_the_items) {
    const std::string errors = objects_of(R"(apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
- {apiVersion: v1, kind: ConfigMap}
- 12
- {apiVersion: v1, kind: ConfigMap, metadata: {name: 12}}
)");
    BOOST_TEST(has(errors, "f.yaml:5:3: the ConfigMap has no metadata.name"));
    BOOST_TEST(has(errors, "f.yaml:6:3: this is a number, not a Kubernetes object"));
    BOOST_TEST(has(errors, "f.yaml:7:48: metadata.name is a number, not a string; quote it"));
}

BOOST_AUTO_TEST_CASE(objects_with_generate_name_need_no_name) {
    BOOST_TEST(
        has(objects_of("apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: migrate-}\n"), "migrate-")
    );
    const auto job =
        render::object_names{.group = "batch", .version = "v1", .kind = "Job", .generate_name = "migrate-"};
    BOOST_TEST(render::describe(job) == "Job.batch migrate-*");
}

BOOST_AUTO_TEST_CASE(what_is_no_object_is_refused_with_the_reason) {
    // In a file that has the words of a manifest in it.
    const std::string meant = "# apiVersion, kind, metadata\n";
    BOOST_TEST(
        has(objects_of(meant + "- a\n- b\n"),
            "f.yaml:2:1: this is a list, not a Kubernetes object; several objects are documents")
    );
    BOOST_TEST(has(objects_of(meant + "text"), "f.yaml:2:1: this is a string, not a Kubernetes object"));
    BOOST_TEST(has(objects_of(meant + "kind: X\n"), "the object has no apiVersion"));
    BOOST_TEST(has(objects_of(meant + "apiVersion: v1\n"), "the object has no kind"));
    // What a program prints is nothing else.
    render::collected printed;
    BOOST_TEST(render::collect("p", "- a\n", {}, printed));
    BOOST_TEST(printed.errors.all.size() == 1U);
    BOOST_TEST(has(objects_of("apiVersion: v1\nkind: ''\n"), "the object has no kind"));
    BOOST_TEST(has(
        objects_of("apiVersion: 1\nkind: X\n"), "f.yaml:1:1: apiVersion is a number, not a string; quote it"
    ));
    BOOST_TEST(has(
        objects_of("apiVersion: v1\nkind: X\nmetadata: []\n"), "f.yaml:3:1: metadata is a list, not a mapping"
    ));
    BOOST_TEST(
        has(objects_of("apiVersion: v1\nkind: X\nmetadata:\n  name: no\n"),
            "f.yaml:4:3: metadata.name is a boolean")
    );
    BOOST_TEST(
        has(objects_of("apiVersion: v1\nkind: X\nmetadata: {name: a, namespace: 7}\n"),
            "metadata.namespace is a number")
    );
    BOOST_TEST(has(
        objects_of("apiVersion: v1\nkind: List\nitems: {}\n"), "f.yaml:3:1: items is a mapping, not a list"
    ));
}

BOOST_AUTO_TEST_CASE(labels_and_annotations_that_nobody_quoted_are_all_named) {
    const std::string errors = objects_of(R"(apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels:
    on: "fine, if odd"
    version: 1.0
  annotations:
    a/b: true
    empty:
)");
    BOOST_TEST(has(errors, "f.yaml:7:5: metadata.labels[\"version\"] is a number, not a string; quote it"));
    BOOST_TEST(has(errors, "f.yaml:9:5: metadata.annotations[\"a/b\"] is a boolean, not a string; quote it"));
    BOOST_TEST(!has(errors, "empty"));
}

BOOST_AUTO_TEST_CASE(warnings_of_an_object_name_it_and_its_place) {
    memory_tree tree;
    tree.file("f.yaml", "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, uid: x}\n");
    const auto output = render::render_directory(tree, {});
    BOOST_REQUIRE(output.has_value());
    BOOST_REQUIRE_EQUAL(output->warnings.size(), 1U);
    BOOST_TEST(has(output->warnings[0], "f.yaml:2: ConfigMap a: metadata.uid: left out"));
}
