#include "render/yaml.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast;

namespace {

std::string at(std::string_view text, int document, std::string_view pointer) {
    const auto where = render::locate(text, document, pointer);
    return where ? std::to_string(where->line) + ":" + std::to_string(where->column) : "nowhere";
}

const std::string deployment = R"(# a comment
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app.kubernetes.io/name: web, "y": z}
spec:
  replicas: "3"
  template:
    spec:
      containers:
      - name: one
        image: nginx
      - name: two
        ports:
          - containerPort: 80
---
a: &x
  k: 1
b:
  <<: *x
  own: 2
c: *x
)";

} // namespace

BOOST_AUTO_TEST_CASE(a_pointer_is_found_at_its_key_or_item) {
    BOOST_TEST(at(deployment, 1, "") == "2:1");
    BOOST_TEST(at(deployment, 1, "/kind") == "3:1");
    BOOST_TEST(at(deployment, 1, "/spec/replicas") == "8:3");
    BOOST_TEST(at(deployment, 1, "/spec/template/spec/containers/0/image") == "13:9");
    BOOST_TEST(at(deployment, 1, "/spec/template/spec/containers/1") == "14:9");
    BOOST_TEST(at(deployment, 1, "/spec/template/spec/containers/1/ports/0/containerPort") == "16:13");
    BOOST_TEST(at(deployment, 1, "/metadata/labels/app.kubernetes.io~1name") == "6:12");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_missing_at_its_closest_ancestor) {
    BOOST_TEST(at(deployment, 1, "/spec/selector") == "7:1");
    BOOST_TEST(at(deployment, 1, "/spec/template/spec/containers/7/name") == "11:7");
    BOOST_TEST(at(deployment, 1, "/status/x") == "2:1");
    BOOST_TEST(at(deployment, 3, "") == "nowhere");
}

BOOST_AUTO_TEST_CASE(values_from_merges_and_aliases_are_where_these_are) {
    BOOST_TEST(at(deployment, 2, "/a/k") == "19:3");
    BOOST_TEST(at(deployment, 2, "/b/k") == "21:3");
    BOOST_TEST(at(deployment, 2, "/b/own") == "22:3");
    BOOST_TEST(at(deployment, 2, "/c/k") == "23:1");
}

BOOST_AUTO_TEST_CASE(keys_are_compared_as_they_are_read) {
    BOOST_TEST(at("x: 1\ny: 2\n", 1, "/true") == "2:1");
    BOOST_TEST(at("a:\n  0x10: b\n", 1, "/a/16") == "2:3");
}

BOOST_AUTO_TEST_CASE(json_has_places_too) {
    const std::string text = "{\n  \"a\": {\"b\": [1, 2]}\n}\n{\"c\":\n 1, \"d\": 2}";
    BOOST_TEST(at(text, 1, "/a/b/1") == "2:18");
    BOOST_TEST(at(text, 2, "/c") == "4:2");
    BOOST_TEST(at(text, 2, "/d") == "5:5");
    BOOST_TEST(at(text, 3, "/d") == "nowhere");
}
