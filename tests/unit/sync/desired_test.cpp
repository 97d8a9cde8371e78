#include "sync/desired.hpp"

#include "support.hpp"

#include <boost/json/serialize.hpp>

namespace holdfast::sync {
namespace {

const ownership who{{"deploy", "shop"}, "main", holdfast_dev()};

BOOST_AUTO_TEST_SUITE(tracking_ids)

BOOST_AUTO_TEST_CASE(are_written_and_read_back) {
    for (const auto& [text, id] : std::vector<std::pair<std::string, tracking_id>>{
             {"deploy/shop:apps/Deployment:ns/web", {{"deploy", "shop"}, {"apps", "Deployment", "ns", "web"}}
             },
             {"deploy/shop:/Service:ns/web", {{"deploy", "shop"}, {"", "Service", "ns", "web"}}},
             {"deploy/shop:/Namespace:/ns", {{"deploy", "shop"}, {"", "Namespace", "", "ns"}}},
             {"a/b:rbac.authorization.k8s.io/ClusterRole:/system:x:y",
              {{"a", "b"}, {"rbac.authorization.k8s.io", "ClusterRole", "", "system:x:y"}}},
         }) {
        BOOST_TEST(to_string(id) == text);
        BOOST_TEST((parse_tracking_id(text) == id), text);
    }
    for (const auto* text :
         {"", "a", "a/b", "a/b:c/d", "a:b/c:d/e", "a/b:c:d/e", "a/b:c/d:e", "/b:c/d:e/f", "a/b:c/:e/f",
          "a/b:c/d:e/"}) {
        BOOST_TEST(!parse_tracking_id(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(of_a_copy_belong_to_nobody) {
    auto made = make_desired(
                    object("{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'a', 'namespace': "
                           "'ns'}}"),
                    who
    )
                    .value();
    BOOST_TEST((owner_of(made.manifest, holdfast_dev())->application == who.application));
    at(made.manifest, "/metadata/name") = "copy";
    BOOST_TEST(!owner_of(made.manifest, holdfast_dev()).has_value());
    BOOST_TEST(!owner_of(object("{'kind': 'X'}"), holdfast_dev()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(desired_objects)

BOOST_AUTO_TEST_CASE(carry_whose_they_are_and_nothing_of_the_servers) {
    const auto made = make_desired(
                          object("{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': "
                                 "'web', 'namespace': 'ns', 'uid': 'u', "
                                 "'resourceVersion': '1', 'managedFields': [], 'creationTimestamp': null, "
                                 "'generation': 3, 'annotations': null}, "
                                 "'spec': {}, 'status': {'replicas': 1}}"),
                          who
    )
                          .value();
    BOOST_TEST(
        json::serialize(made.manifest) ==
        R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"ns","annotations":)"
        R"({"holdfast.dev/tracking-id":"deploy/shop:apps/Deployment:ns/web"},"labels":{"holdfast.dev/installation":)"
        R"("main"}},"spec":{}})"
    );
    BOOST_TEST((made.id == object_id{"apps", "Deployment", "ns", "web"}));
    BOOST_TEST(made.api_version == "apps/v1");
}

BOOST_AUTO_TEST_CASE(carry_a_status_where_that_is_a_field_like_others) {
    const auto with = [](const char* status, status_field whose) {
        auto manifest = object(
            std::string{
                "{'apiVersion': 'example.com/v1', 'kind': 'Plain', 'metadata': {'name': 'a'}, 'status': "
            } +
            status + "}"
        );
        return make_desired(std::move(manifest), who, whose).value().manifest.contains("status");
    };
    BOOST_TEST(with("{'a': 1}", status_field::of_the_manifest));
    BOOST_TEST(with("'ready'", status_field::of_the_manifest));
    BOOST_TEST(!with("{'a': 1}", status_field::of_the_server));
    // What tools leave behind says nothing.
    BOOST_TEST(!with("{}", status_field::of_the_manifest));
    BOOST_TEST(!with("null", status_field::of_the_manifest));
    BOOST_TEST(!with("{'loadBalancer': {}, 'conditions': []}", status_field::of_the_manifest));
}

BOOST_AUTO_TEST_CASE(of_a_definition_say_whose_the_status_is) {
    const auto definition = object("{'spec': {'versions': [{'name': 'v1', 'subresources': {'status': {}}}, "
                                   "{'name': 'v2', 'subresources': "
                                   "{'scale': {}}}, {'name': 'v3'}]}}");
    BOOST_TEST((status_defined(definition, "v1") == status_field::of_the_server));
    BOOST_TEST((status_defined(definition, "v2") == status_field::of_the_manifest));
    BOOST_TEST((status_defined(definition, "v3") == status_field::of_the_manifest));
    BOOST_TEST(!status_defined(definition, "v4").has_value());
    BOOST_TEST(!status_defined(object("{}"), "v1").has_value());
}

// The aggregation controller replaces them with what it gathers; a manifest that says them fights it.
BOOST_AUTO_TEST_CASE(of_kind_cluster_role_have_rules_only_where_nobody_gathers_them) {
    const auto has_rules = [](const char* kind, const char* more, const char* rules = "[]",
                              const char* group = "rbac.authorization.k8s.io/v1") {
        auto manifest = object(
            std::string{"{'apiVersion': '"} + group + "', 'kind': '" + kind +
            "', 'metadata': {'name': 'a'}, 'rules': " + rules + more + "}"
        );
        return make_desired(std::move(manifest), who).value().manifest.contains("rules");
    };
    const auto* selecting = ", 'aggregationRule': {'clusterRoleSelectors': [{'matchLabels': {'a': 'b'}}]}";
    BOOST_TEST(!has_rules("ClusterRole", selecting));
    BOOST_TEST(!has_rules("ClusterRole", selecting, "[{'verbs': ['get']}]"));
    BOOST_TEST(!has_rules("ClusterRole", ", 'aggregationRule': {}", "null"));
    BOOST_TEST(has_rules("ClusterRole", ""));
    BOOST_TEST(has_rules("ClusterRole", ", 'aggregationRule': null"));
    BOOST_TEST(has_rules("Role", selecting));
    BOOST_TEST(has_rules("ClusterRole", selecting, "[]", "example.com/v1"));
}

BOOST_AUTO_TEST_CASE(of_kind_secret_have_their_texts_as_data) {
    const auto made = make_desired(
                          object("{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'a'}, 'data': "
                                 "{'a': 'eA==', 'b': 'eQ=='}, "
                                 "'stringData': {'a': 'hello', 'c': null}}"),
                          who
    )
                          .value();
    BOOST_TEST(!made.manifest.contains("stringData"));
    BOOST_TEST(json::serialize(made.manifest.at("data")) == R"({"a":"aGVsbG8=","b":"eQ==","c":""})");
    const auto only = make_desired(
                          object("{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'a'}, "
                                 "'stringData': {'a': 'hello'}}"),
                          who
    )
                          .value();
    BOOST_TEST(json::serialize(only.manifest.at("data")) == R"({"a":"aGVsbG8="})");
}

BOOST_AUTO_TEST_CASE(that_are_none_are_refused_with_the_reason) {
    const auto refusal = [](const char* text) { return make_desired(object(text), who).error(); };
    BOOST_TEST(
        refusal("{'kind': 'A', 'metadata': {'name': 'x'}}").message() == "A \"x\": apiVersion is missing"
    );
    BOOST_TEST(
        refusal("{'apiVersion': 'v1', 'metadata': {'name': 'x'}}").message() ==
        "object \"x\": kind is missing"
    );
    BOOST_TEST(
        (refusal("{'apiVersion': 'v1', 'kind': 'A', 'metadata': {'generateName': 'x'}}").kind() ==
         error_kind::user)
    );
    BOOST_TEST((refusal("{'apiVersion': 'v1', 'kind': 'A', 'metadata': 5}").kind() == error_kind::user));
    BOOST_TEST(
        refusal("{'apiVersion': 'v1', 'kind': 'A', 'metadata': {'name': 'x', 'labels': {'a': 1}}}")
            .message() == "A \"x\": metadata.labels[\"a\"] must be a text; put it in quotes"
    );
    BOOST_TEST(
        refusal("{'apiVersion': 'v1', 'kind': 'A', 'metadata': {'name': 'x', 'annotations': []}}")
            .message() == "A \"x\": metadata.annotations must be a map of texts"
    );
    const auto secret =
        refusal("{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'x'}, 'stringData': {'a': 4711}}"
        );
    BOOST_TEST(secret.message().find("4711") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(hash_by_meaning) {
    const auto hash = [](const char* text) { return canonical_hash(object(text)); };
    BOOST_TEST((hash("{'a': 1, 'b': [1, 2]}") == hash("{'b': [1, 2], 'a': 1}")));
    BOOST_TEST((hash("{'a': 1}") == hash("{'a': 1.0}")));
    BOOST_TEST((hash("{'a': 1}") != hash("{'a': '1'}")));
    BOOST_TEST((hash("{'a': [1, 2]}") != hash("{'a': [2, 1]}")));
    BOOST_TEST((hash("{'a': {}}") != hash("{'a': []}")));
    BOOST_TEST((hash("{'a': null}") != hash("{}")));
    json::object large;
    for (int i = 0; i < 2000; ++i) {
        large["key" + std::to_string(i)] = std::string(20, 'x');
    }
    auto other = large;
    BOOST_TEST((canonical_hash(large) == canonical_hash(other)));
    other["key1999"] = "y";
    BOOST_TEST((canonical_hash(large) != canonical_hash(other)));
    BOOST_TEST(canonical_json(object("{'b': 1e3, 'a': 'x\\ny'}")) == R"({"a":"x\ny","b":1000})");
}

BOOST_AUTO_TEST_CASE(namespaces_made_for_an_application_are_nobodys) {
    const auto made = make_namespace("ns", {{"a", "b"}}, {});
    BOOST_TEST(!owner_of(made.manifest, holdfast_dev()).has_value());
    BOOST_TEST(
        json::serialize(made.manifest) ==
        R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"ns","labels":{"a":"b"}}})"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
