#include "render/normalise.hpp"

#include "render/yaml.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast;
namespace json = boost::json;

namespace {

json::object object_of(std::string_view yaml) {
    return render::read_yaml(yaml).value().at(0).value.as_object();
}

} // namespace

BOOST_AUTO_TEST_CASE(string_data_of_a_secret_becomes_data_and_wins) {
    auto secret = object_of("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: b2xk, keep: "
                            "eA==}\nstringData: {a: new, b: ''}\n");
    const auto warnings = render::normalise(secret);
    BOOST_TEST(warnings.empty());
    BOOST_TEST(!secret.contains("stringData"));
    BOOST_TEST(json::serialize(secret.at("data")) == R"({"a":"bmV3","keep":"eA==","b":""})");
}

BOOST_AUTO_TEST_CASE(what_sops_encrypted_stays_where_it_is) {
    auto secret =
        object_of("apiVersion: v1\nkind: Secret\nmetadata: {name: s, creationTimestamp: null}\nstringData: "
                  "{a: 'ENC[x]'}\nsops: {age: [], kms: null}\n");
    BOOST_TEST(render::is_encrypted(secret));
    BOOST_TEST(render::normalise(secret).empty());
    BOOST_TEST(json::serialize(secret.at("stringData")) == R"({"a":"ENC[x]"})");
    BOOST_TEST(json::serialize(secret.at("sops")) == R"({"age":[],"kms":null})");
    BOOST_TEST(!secret.at("metadata").as_object().contains("creationTimestamp"));
}

BOOST_AUTO_TEST_CASE(string_data_needs_no_data_beside_it) {
    auto secret = object_of("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: x}\n");
    render::normalise(secret);
    BOOST_TEST(json::serialize(secret.at("data")) == R"({"a":"eA=="})");
    auto null_data =
        object_of("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\nstringData: {a: x}\n");
    render::normalise(null_data);
    BOOST_TEST(json::serialize(null_data.at("data")) == R"({"a":"eA=="})");
    auto neither = object_of("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\nstringData:\n");
    render::normalise(neither);
    BOOST_TEST(!neither.contains("data"));
    BOOST_TEST(!neither.contains("stringData"));
}

BOOST_AUTO_TEST_CASE(string_data_that_is_no_string_is_left_for_the_server_to_refuse_and_never_shown) {
    auto secret = object_of("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {pin: 4711}\n");
    const auto warnings = render::normalise(secret);
    BOOST_REQUIRE_EQUAL(warnings.size(), 1U);
    BOOST_TEST(warnings[0].find("4711") == std::string::npos);
    BOOST_TEST(secret.contains("stringData"));
}

BOOST_AUTO_TEST_CASE(only_a_secret_of_the_core_group_has_string_data) {
    auto other =
        object_of("apiVersion: example.com/v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: x}\n");
    render::normalise(other);
    BOOST_TEST(other.contains("stringData"));
}

BOOST_AUTO_TEST_CASE(what_the_server_writes_is_dropped_and_said) {
    auto object = object_of(R"(
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  uid: 1234
  resourceVersion: "17"
  creationTimestamp: null
  generation: 3
  managedFields: [{manager: kubectl}]
  selfLink: ""
spec: {replicas: 1}
status: {replicas: 1}
)");
    const auto warnings = render::normalise(object);
    BOOST_REQUIRE_EQUAL(warnings.size(), 1U);
    BOOST_TEST(warnings[0].starts_with(
        "metadata.generation, metadata.managedFields, metadata.resourceVersion, metadata.uid: left out"
    ));
    BOOST_TEST(json::serialize(object.at("metadata")) == R"({"name":"web"})");
    BOOST_TEST(object.contains("status")); // whose that is depends on the kind
    BOOST_TEST(object.contains("spec"));
}

BOOST_AUTO_TEST_CASE(nulls_are_dropped_from_maps_of_texts_and_kept_elsewhere) {
    auto object = object_of(R"(
apiVersion: v1
kind: ConfigMap
metadata:
  name: c
  labels:
  annotations: {a: x, b: , c: ~}
data: {k: , l: v}
other: {m: null}
)");
    BOOST_TEST(render::normalise(object).empty());
    BOOST_TEST(
        json::serialize(object) ==
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","annotations":{"a":"x"}},"data":{"l":"v"},"other":{"m":null}})"
    );
}
