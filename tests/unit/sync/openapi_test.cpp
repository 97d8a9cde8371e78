#include "sync/openapi.hpp"

#include "sync/desired.hpp"

#include "support.hpp"

namespace holdfast::sync {
namespace {

// The documents are those of an API server (1.37), without descriptions and with the kinds used here only.

schema_set schemas() {
    schema_set set;
    BOOST_TEST_REQUIRE(
        !set.add("apps", "v1", read_data("openapi_apps_v1.json"), {"Deployment", "StatefulSet"}).has_error()
    );
    BOOST_TEST_REQUIRE(!set.add(
                               "", "v1", read_data("openapi_v1.json"),
                               {"Service", "ConfigMap", "Secret", "PersistentVolumeClaim", "Namespace"}
    )
                            .has_error());
    BOOST_TEST_REQUIRE(!set.add(
                               "rbac.authorization.k8s.io", "v1", read_data("openapi_rbac_v1.json"),
                               {"Role", "RoleBinding"}
    )
                            .has_error());
    BOOST_TEST_REQUIRE(!set.add(
                               "networking.k8s.io", "v1", read_data("openapi_networking_v1.json"),
                               {"Ingress", "NetworkPolicy"}
    )
                            .has_error());
    BOOST_TEST_REQUIRE(
        !set.add("example.com", "v1", read_data("openapi_example_v1.json"), {"Widget"}).has_error()
    );
    return set;
}

std::vector<std::string> check(const json::object& o) {
    static const schema_set set = schemas();
    std::vector<std::string> texts;
    for (const auto& p : set.check(o)) {
        texts.push_back(to_string(p));
    }
    return texts;
}

json::object deployment() {
    return object_from("deployment_desired.json");
}

json::object widget(const char* spec) {
    return object(
        std::string{"{'apiVersion': 'example.com/v1', 'kind': 'Widget', 'metadata': {'name': 'a'}, 'spec': "
        } +
        spec + "}"
    );
}

void expect(const json::object& o, const std::vector<std::string>& expected) {
    BOOST_TEST(check(o) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE(openapi)

BOOST_AUTO_TEST_CASE(right_objects_have_no_problem) {
    expect(deployment(), {});
    expect(object_from("deployment_live.json"), {});
    expect(
        widget("{'size': 1, 'port': 'http', 'port2': 80, 'values': {'a': {'b': 1}}, 'raw': [1], 'maybe': "
               "null, 'labels': {'a.b/c': "
               "'d'}, 'template': {'apiVersion': 'v1', 'kind': 'X', 'foo': 1}, 'items': [{'name': 'x'}], "
               "'ratio': 0.5, 'nothing': {}}"),
        {}
    );
    expect(
        object("{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'a'}, 'spec': {'ports': "
               "[{'port': 80, 'targetPort': "
               "'http'}, {'port': 81, 'targetPort': 8081}]}}"),
        {}
    );
    expect(
        object("{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'Role', 'metadata': {'name': "
               "'system:a'}, 'rules': "
               "[{'verbs': ['get'], 'apiGroups': [''], 'resources': ['pods']}]}"),
        {}
    );
    expect(
        object("{'apiVersion': 'networking.k8s.io/v1', 'kind': 'NetworkPolicy', 'metadata': {'name': 'a'}, "
               "'spec': {'podSelector': {}}}"),
        {}
    );
    expect(
        object("{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'a', 'labels': null}, 'data': "
               "null}"),
        {}
    );
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_named_with_what_was_meant) {
    auto o = deployment();
    auto& container = at(o, "/spec/template/spec/containers/0").as_object();
    container["imagee"] = container["image"];
    at(o, "/spec").as_object()["replica"] = 1;
    at(o, "/metadata").as_object()["label"] = object("{}");
    o["sepc"] = 1;
    container["xyzzy"] = 1;
    expect(
        o,
        {
            "metadata.label: unknown field, did you mean \"labels\"?",
            "spec.template.spec.containers[0].imagee: unknown field, did you mean \"image\"?",
            "spec.template.spec.containers[0].xyzzy: unknown field",
            "spec.replica: unknown field, did you mean \"replicas\"?",
            "sepc: unknown field, did you mean \"spec\"?",
        }
    );
    expect(
        widget("{'size': 1, 'nothing': {'a': 1}, 'colour': 'red'}"),
        {"spec.colour: unknown field, did you mean \"color\"?"}
    );
}

BOOST_AUTO_TEST_CASE(types_are_told_with_what_to_do) {
    auto o = deployment();
    at(o, "/spec/replicas") = "2";
    at(o, "/spec/template/spec/containers/0/env/0/value") = 1;
    at(o, "/spec/template/spec/containers/0/env/1/value") = true;
    at(o, "/spec/template/spec/containers/0/ports/0/containerPort") = 80.5;
    at(o, "/spec/template/spec/hostNetwork") = "no";
    at(o, "/spec/template/spec/volumes") = object("{}");
    at(o, "/spec/template/spec/containers/0/resources/limits/cpu") = "1core";
    at(o, "/spec/template/spec/containers/0/resources/requests/cpu") = true;
    at(o, "/spec/template/spec/containers/0/securityContext") = "none";
    at(o, "/metadata/labels/app") = 5;
    expect(
        o,
        {
            "metadata.labels.app: must be a string, is a number; put it in quotes",
            "spec.replicas: must be an integer, is a string; take the quotes away",
            "spec.template.spec.containers[0].env[0].value: must be a string, is a number; put it in quotes",
            "spec.template.spec.containers[0].env[1].value: must be a string, is a boolean; put it in quotes",
            "spec.template.spec.containers[0].ports[0].containerPort: must be an integer, is 80.5",
            "spec.template.spec.containers[0].resources.limits.cpu: must be a quantity such as 100m, 0.5, 2 "
            "or 64Mi, is \"1core\"",
            "spec.template.spec.containers[0].resources.requests.cpu: must be a quantity, is a boolean",
            "spec.template.spec.containers[0].securityContext: must be a map, is a string",
            "spec.template.spec.hostNetwork: must be a boolean, is a string; take the quotes away",
            "spec.template.spec.volumes: must be a list, is a map",
        }
    );
}

// Client-side apply, a PUT and most tools take these; server-side apply takes one item of a key.
BOOST_AUTO_TEST_CASE(items_of_lists_that_are_given_twice_are_both_named) {
    const auto container = [](const char* fields) {
        return object(
            std::string{"{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'a'}, 'spec': "
                        "{'selector': {}, 'template': {'spec': {'containers': [{'name': 'web', "} +
            fields + "}]}}}}"
        );
    };
    const std::string way_out = ": server-side apply takes only one of them, so remove one of the two";
    const std::string web = "spec.template.spec.containers[0].";
    // The protocol that is not there is TCP.
    expect(
        container(
            "'ports': [{'containerPort': 80}, {'containerPort': 81}, {'containerPort': 80, 'name': 'http', "
            "'protocol': 'TCP'}]"
        ),
        {web + "ports[2]: has the same containerPort 80 and protocol \"TCP\" as [0]" + way_out}
    );
    expect(
        container("'env': [{'name': 'A', 'value': '1'}, {'name': 'B'}, {'name': 'A', 'value': '2'}, {'name': "
                  "'A'}]"),
        {web + "env[2]: has the same name \"A\" as [0]" + way_out,
         web + "env[3]: has the same name \"A\" as [0]" + way_out}
    );
    expect(
        container(
            "'ports': [{'containerPort': 53}, {'containerPort': 53, 'protocol': 'UDP'}], 'args': ['-v', "
            "'-v']"
        ),
        {}
    );
    // Kinds of others, where what the key is without is nothing, and sets.
    expect(
        widget("{'size': 1, 'items': [{'name': 'x', 'proto': 'TCP'}, {'name': 'x', 'proto': 'UDP'}]}"),
        {"spec.items[1]: has the same name \"x\" as [0]" + way_out}
    );
    expect(
        object("{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'a', 'finalizers': ['a/b', "
               "'c/d', 'a/b']}}"),
        {"metadata.finalizers[2]: is \"a/b\", as [0] is" + way_out}
    );
    // Without its key an item is wrong for that.
    expect(
        widget("{'size': 1, 'items': [{}, {}]}"),
        {"spec.items[0].name: is required", "spec.items[1].name: is required"}
    );
}

BOOST_AUTO_TEST_CASE(integers_have_their_size) {
    auto o = deployment();
    at(o, "/spec/replicas") = 3000000000;
    expect(o, {"spec.replicas: must be an integer of 32 bits, is 3000000000"});
    at(o, "/spec/replicas") = 2.0;
    expect(o, {});
}

BOOST_AUTO_TEST_CASE(required_fields_are_missed_unless_the_server_fills_them_in) {
    expect(
        object("{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'a'}, 'spec': "
               "{'template': {'spec': {'containers': "
               "[{'image': 'x', 'ports': [{'protocol': 'TCP'}]}]}}}}"),
        {"spec.template.spec.containers[0].ports[0].containerPort: is required",
         "spec.template.spec.containers[0].name: is required", "spec.selector: is required"}
    );
    expect(
        object("{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'a'}}"),
        {"spec: is required"}
    );
    expect(widget("{'items': [{}]}"), {"spec.items[0].name: is required", "spec.size: is required"});
    expect(
        widget("{'size': 1, 'template': {}}"),
        {"spec.template.apiVersion: is required", "spec.template.kind: is required"}
    );
    // A port's protocol is required as a key of its list, and has a default; so has a binding's group.
    expect(
        object("{'apiVersion': 'rbac.authorization.k8s.io/v1', 'kind': 'RoleBinding', 'metadata': {'name': "
               "'a'}, 'roleRef': {'kind': "
               "'Role', 'name': 'r'}}"),
        {}
    );
}

BOOST_AUTO_TEST_CASE(choices_are_listed) {
    auto o = deployment();
    at(o, "/spec/template/spec/containers/0/ports/1/protocol") = "udp";
    expect(
        o, {"spec.template.spec.containers[0].ports[1].protocol: must be one of \"SCTP\", \"TCP\", \"UDP\", "
            "is \"udp\""}
    );
    expect(
        widget("{'size': 1, 'color': 'blue'}"), {"spec.color: must be one of \"red\", \"green\", is \"blue\""}
    );
}

BOOST_AUTO_TEST_CASE(null_is_absent_for_the_servers_types_and_wrong_for_others) {
    auto o = deployment();
    at(o, "/spec").as_object()["paused"] = nullptr;
    at(o, "/spec/template/spec/containers/0/env") = nullptr;
    expect(o, {});
    expect(widget("{'size': 1, 'color': null, 'mode': null}"), {"spec.color: must be a string, is null"});
    expect(widget("{'size': null}"), {"spec.size: must be an integer, is null"});
}

BOOST_AUTO_TEST_CASE(names_are_those_of_their_kind) {
    const auto named = [](const char* api_version, const char* kind, const char* name) {
        return object(
            std::string{"{'apiVersion': '"} + api_version + "', 'kind': '" + kind +
            "', 'metadata': {'name': '" + name + "'}}"
        );
    };
    expect(named("v1", "ConfigMap", "a.b-c"), {});
    expect(
        named("v1", "ConfigMap", "A_b"), {"metadata.name: must be a DNS name: lower-case letters, digits, "
                                          "\"-\" and \".\", at most 253, is \"A_b\""}
    );
    expect(
        named("v1", "Namespace", "a.b"),
        {"metadata.name: must be a DNS label: lower-case letters, digits and \"-\", at most 63, is \"a.b\""}
    );
    expect(named("rbac.authorization.k8s.io/v1", "Role", "a:B"), {});
    BOOST_TEST(check(named("rbac.authorization.k8s.io/v1", "Role", "a/b")).size() == 1U);
    expect(
        object("{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {}}"), {"metadata.name: is required"}
    );
    expect(
        object("{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'a', 'namespace': 'B'}}"),
        {"metadata.namespace: must be a DNS label, is \"B\""}
    );
    // Nothing else is known of this kind.
    expect(named("unknown.dev/v1", "Thing", "a"), {});
}

BOOST_AUTO_TEST_CASE(broken_documents_are_refused_and_kinds_can_be_replaced) {
    schema_set set;
    BOOST_TEST(
        set.add("apps", "v1", "{", {"Deployment"}).error().message().find("apps/v1 is not valid JSON") !=
        std::string::npos
    );
    BOOST_TEST(set.add("", "v1", "{}", {}).has_error());
    BOOST_TEST(
        set.add(
               "example.com", "v1",
               R"({"components": {"schemas": {"com.example.v1.Widget": 7, "a": {"x-kubernetes-group-version-kind": 3}}}})",
               {"Widget"}
        )
            .has_value()
    );
    BOOST_TEST(!set.has({"example.com", "v1", "Widget"}));
    const auto document = [](const char* property) {
        return std::string{
                   R"({"components": {"schemas": {"com.example.v1.Widget": {"type": "object", "properties": {"apiVersion": {"type": "string"},
            "kind": {"type": "string"}, "metadata": {"type": "object", "additionalProperties": true}, ")"
               } +
               property +
               R"(": {"type": "string"}}, "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Widget"}]}}}})";
    };
    const auto o =
        object("{'apiVersion': 'example.com/v1', 'kind': 'Widget', 'metadata': {'name': 'a'}, 'one': 'x'}");
    BOOST_TEST(set.add("example.com", "v1", document("one"), {"Widget"}).has_value());
    BOOST_TEST(set.has({"example.com", "v1", "Widget"}));
    BOOST_TEST(set.check(o).empty());
    BOOST_TEST(set.add("example.com", "v1", document("two"), {"Widget"}).has_value());
    BOOST_TEST(set.check(o).size() == 1U);
}

BOOST_AUTO_TEST_CASE(schemas_that_refer_to_themselves_end) {
    schema_set set;
    BOOST_TEST(
        set.add(
               "example.com", "v1",
               R"({"components": {"schemas": {"com.example.v1.Tree": {"type": "object", "properties": {"metadata": {},
        "apiVersion": {}, "kind": {}, "children": {"type": "array", "items": {"$ref": "#/components/schemas/com.example.v1.Tree"}}},
        "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Tree"}]}}}})",
               {"Tree"}
        )
            .has_value()
    );
    const auto o = object("{'apiVersion': 'example.com/v1', 'kind': 'Tree', 'metadata': {'name': 'a'}, "
                          "'children': [{'children': [{'child': 1}]}]}");
    BOOST_TEST(set.check(o).size() == 1U);
    BOOST_TEST(set.size() < 10U);
}

BOOST_AUTO_TEST_CASE(parts_that_kinds_share_are_kept_once) {
    schema_set one;
    one.add("apps", "v1", read_data("openapi_apps_v1.json"), {"Deployment"}).value();
    schema_set two;
    two.add("apps", "v1", read_data("openapi_apps_v1.json"), {"Deployment", "StatefulSet"}).value();
    BOOST_TEST(two.size() < one.size() + 60);
    BOOST_TEST(two.size() < 1500U);
}

BOOST_AUTO_TEST_CASE(fields_that_a_schema_has_not_are_taken_out_and_named) {
    static const schema_set set = schemas();
    auto live = object(
        "{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'web', 'labels': {'any': 'x'}, "
        "'lables': {}}, 'spec': {'replcas': 2, 'replicas': 3, 'template': {'spec': {'containers': [{'name': "
        "'a', 'imagee': 'x'}, {'name': 'b', 'env': [{'name': 'A', 'valeu': '1'}]}]}}}}"
    );
    const std::vector<std::string> expected{
        "metadata.lables", "spec.replcas", "spec.template.spec.containers[0].imagee",
        "spec.template.spec.containers[1].env[0].valeu"
    };
    BOOST_TEST(set.drop_unknown(live) == expected, boost::test_tools::per_element());
    BOOST_TEST(
        canonical_json(live) ==
        canonical_json(object(
            "{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'web', 'labels': {'any': "
            "'x'}}, 'spec': {'replicas': 3, 'template': {'spec': {'containers': [{'name': 'a'}, {'name': "
            "'b', "
            "'env': [{'name': 'A'}]}]}}}}"
        ))
    );
    BOOST_TEST(set.drop_unknown(live).empty());
    // What may have anything keeps it, and so does what nobody knows.
    auto data =
        object("{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': 'a'}, 'data': {'x': '1'}}");
    BOOST_TEST(set.drop_unknown(data).empty());
    auto unknown =
        object("{'apiVersion': 'x.io/v1', 'kind': 'Foo', 'metadata': {'name': 'a'}, 'a': {'b': 1}}");
    BOOST_TEST(set.drop_unknown(unknown).empty());
    BOOST_TEST(unknown.contains("a"));
}

BOOST_AUTO_TEST_CASE(definitions_bring_the_schemas_of_their_kinds) {
    const auto definition = [](const char* kind, const char* version, const char* spec) {
        return object(
            std::string{"{'spec': {'group': 'example.com', 'names': {'kind': '"} + kind +
            "'}, 'versions': [{'name': '" + version +
            "', 'schema': {'openAPIV3Schema': {'type': 'object', 'required': ['spec'], 'properties': "
            "{'spec': " +
            spec + "}}}}, {'name': 'v0'}]}}"
        );
    };
    const auto widgets = definition(
        "Widget", "v1",
        "{'type': 'object', 'properties': {'size': {'type': 'integer'}, 'any': {'type': 'object', "
        "'x-kubernetes-preserve-unknown-fields': true}}}"
    );
    const auto gadgets =
        definition("Gadget", "v1", "{'type': 'object', 'properties': {'on': {'type': 'boolean'}}}");
    const std::vector<const json::object*> all{&widgets, &gadgets};
    schema_set set;
    BOOST_TEST_REQUIRE(set.add_definitions(all).has_value());
    BOOST_TEST(set.has({"example.com", "v1", "Widget"}));
    BOOST_TEST(set.has({"example.com", "v1", "Gadget"}));
    BOOST_TEST(!set.has({"example.com", "v0", "Widget"}));
    const auto said = [&](const char* kind, const char* spec) {
        std::string text;
        for (const auto& p : set.check(object(
                 std::string{"{'apiVersion': 'example.com/v1', 'kind': '"} + kind +
                 "', 'metadata': {'name': 'a', 'labels': {'x': 'y'}}" + spec + "}"
             ))) {
            text += (text.empty() ? "" : "; ") + to_string(p);
        }
        return text;
    };
    BOOST_TEST(said("Widget", ", 'spec': {'size': 3, 'any': {'x': {'y': 1}}}").empty());
    BOOST_TEST(said("Widget", ", 'spec': {'sise': 3}") == "spec.sise: unknown field, did you mean \"size\"?");
    BOOST_TEST(said("Widget", "") == "spec: is required");
    BOOST_TEST(said("Gadget", ", 'spec': {'on': 'x'}").starts_with("spec.on: must be a boolean"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
