#include "sync/owned_fields.hpp"

#include "sync/live_record.hpp"

#include "support.hpp"

namespace holdfast::sync {
namespace {

// deployment_live.json is what an API server (1.37) made of deployment_desired.json, with its controller's
// status.

BOOST_AUTO_TEST_SUITE(owned_fields_of_an_object)

json::object live() {
    return object_from("deployment_live.json");
}

sha256_digest hash_of(const json::object& o) {
    return owned_fields_of(o, "holdfast").value().hash;
}

BOOST_AUTO_TEST_CASE(status_and_what_others_own_leave_the_hash_alone) {
    const auto before = hash_of(live());
    auto changed = live();
    at(changed, "/status") = object("{'replicas': 99}");
    at(changed, "/metadata/resourceVersion") = "12345";
    at(changed, "/metadata/labels").as_object()["foreign"] = "yes";
    at(changed, "/metadata/annotations").as_object()["deployment.kubernetes.io/revision"] = "77";
    at(changed, "/spec/template/spec/containers/0/env")
        .as_array()
        .push_back(object("{'name': 'C', 'value': '3'}"));
    at(changed, "/spec/template/spec/containers").as_array().push_back(object("{'name': 'sidecar'}"));
    at(changed, "/spec/template/spec/terminationGracePeriodSeconds") = 5;
    BOOST_TEST((hash_of(changed) == before));
}

// Of a kind without the subresource an apply owns what a manifest says of it, and a controller goes on there.
BOOST_AUTO_TEST_CASE(a_status_that_we_began_with_is_not_held) {
    auto owning = live();
    auto& fields = at(owning, "/metadata/managedFields");
    for (auto& entry : fields.as_array()) {
        if (entry.at("manager") == "holdfast") {
            entry.at("fieldsV1").as_object()["f:status"] = object("{'f:replicas': {}}");
        }
    }
    const auto before = hash_of(owning);
    at(owning, "/status") = object("{'replicas': 99}");
    BOOST_TEST((hash_of(owning) == before));
}

BOOST_AUTO_TEST_CASE(what_people_add_to_our_lists_is_in_the_record) {
    const auto before = observe(live(), holdfast_dev());
    const auto with = [](const char* manager) {
        auto changed = live();
        at(changed, "/spec/template/spec/containers/0/env")
            .as_array()
            .push_back(object("{'name': 'C', 'value': '3'}"));
        auto entry = object(
            R"({'operation': 'Update', 'apiVersion': 'apps/v1', 'fieldsV1': {'f:spec': {'f:template': {'f:spec': )"
            R"({'f:containers': {'k:{\'name\':\'web\'}': {'f:env': {'k:{\'name\':\'C\'}': {'.': {}}}}}}}}}})"
        );
        entry["manager"] = manager;
        at(changed, "/metadata/managedFields").as_array().push_back(std::move(entry));
        return observe(changed, holdfast_dev());
    };
    BOOST_TEST(!before.contested);
    BOOST_TEST(with("kubectl-edit").contested);
    BOOST_TEST((with("kubectl-edit").owned_hash != before.owned_hash));
    BOOST_TEST(!with("some-controller").contested);
    BOOST_TEST((with("some-controller").owned_hash == before.owned_hash));
}

BOOST_AUTO_TEST_CASE(owned_values_change_the_hash_wherever_they_are) {
    const auto before = hash_of(live());
    for (const auto* pointer :
         {"/spec/replicas", "/metadata/labels/app", "/spec/template/spec/containers/0/image",
          "/spec/template/spec/containers/0/env/1/value",
          "/spec/template/spec/containers/0/resources/limits/cpu", "/spec/selector/matchLabels/app"}) {
        auto changed = live();
        at(changed, pointer) = "other";
        BOOST_TEST((hash_of(changed) != before), pointer);
    }
    auto removed = live();
    at(removed, "/spec/template/spec/containers/0/env").as_array().pop_back();
    BOOST_TEST((hash_of(removed) != before));
    auto gone = live();
    at(gone, "/metadata/labels").as_object().erase("app");
    BOOST_TEST((hash_of(gone) != before));
}

BOOST_AUTO_TEST_CASE(the_order_of_members_and_keyed_items_is_no_change) {
    auto changed = live();
    auto& env = at(changed, "/spec/template/spec/containers/0/env").as_array();
    std::swap(env[0], env[1]);
    auto& ports = at(changed, "/spec/template/spec/containers/0/ports").as_array();
    std::swap(ports[0], ports[1]);
    auto& spec = at(changed, "/spec").as_object();
    const json::value replicas = spec.at("replicas");
    spec.erase("replicas");
    spec["replicas"] = replicas;
    BOOST_TEST((hash_of(changed) == hash_of(live())));
}

BOOST_AUTO_TEST_CASE(moved_ownership_is_a_change_though_the_values_are_the_same) {
    auto changed = live();
    for (auto& entry : at(changed, "/metadata/managedFields").as_array()) {
        if (entry.at("manager") == "holdfast")
            entry.at_pointer("/fieldsV1/f:spec").as_object().erase("f:replicas");
    }
    BOOST_TEST((hash_of(changed) != hash_of(live())));
}

BOOST_AUTO_TEST_CASE(only_the_managers_own_applies_count) {
    BOOST_TEST(!owned_fields_of(live(), "kubectl").has_value());
    BOOST_TEST(!owned_fields_of(object("{'metadata': {}}"), "holdfast").has_value());
    auto updated = live();
    for (auto& entry : at(updated, "/metadata/managedFields").as_array()) {
        entry.as_object()["operation"] = "Update";
    }
    BOOST_TEST(!owned_fields_of(updated, "holdfast").has_value());
    auto subresource = live();
    for (auto& entry : at(subresource, "/metadata/managedFields").as_array()) {
        entry.as_object()["subresource"] = "status";
    }
    BOOST_TEST(!owned_fields_of(subresource, "holdfast").has_value());
}

BOOST_AUTO_TEST_CASE(paths_of_another_version_are_said_to_be_that) {
    auto changed = live();
    changed["apiVersion"] = "apps/v2";
    const auto owned = owned_fields_of(changed, "holdfast");
    BOOST_TEST(owned.has_value());
    BOOST_TEST(owned->other_version);
    BOOST_TEST(owned->api_version == "apps/v1");
    BOOST_TEST(observe(changed, holdfast_dev()).other_version);
}

BOOST_AUTO_TEST_CASE(a_map_that_was_empty_when_applied_is_not_drifted_by_what_others_put_into_it) {
    const auto text = [](const std::string& data, const std::string& others) {
        return object(
            "{'apiVersion': 'v1', 'kind': 'ConfigMap', 'data': {" + data +
            "}, 'metadata': {'managedFields': [{'manager': 'holdfast', 'operation': 'Apply', 'apiVersion': "
            "'v1', "
            "'fieldsV1': {'f:data': {}}}" +
            others + "]}}"
        );
    };
    const auto empty = hash_of(text("", ""));
    const std::string other =
        ", {'manager': 'x', 'operation': 'Update', 'apiVersion': 'v1', 'fieldsV1': {'f:data': "
        "{'.': {}, 'f:a': {}}}}";
    BOOST_TEST((hash_of(text("'a': '1'", other)) == empty));
    // Of an atomic map nobody else owns a part: a change of it is a drift.
    BOOST_TEST((hash_of(text("'a': '1'", "")) != empty));
}

BOOST_AUTO_TEST_CASE(sets_and_indices_are_walked_too) {
    const auto text = [](const char* finalizers) {
        return object(
            std::string{"{'apiVersion': 'v1', 'kind': 'X', 'metadata': {'finalizers': "} + finalizers +
            ", 'managedFields': [{'manager': 'holdfast', 'operation': 'Apply', 'apiVersion': 'v1', "
            "'fieldsV1': "
            "{'f:metadata': {'f:finalizers': {'.': {}, 'v:\\'a\\'': {}}}}}]}}"
        );
    };
    BOOST_TEST((hash_of(text("['a']")) == hash_of(text("['b', 'a']"))));
    BOOST_TEST((hash_of(text("['a']")) != hash_of(text("['b']"))));
}

BOOST_AUTO_TEST_CASE(hostile_managed_fields_do_no_harm) {
    for (const auto* fields :
         {"{'f:': {}}", "{'': {}}", "{'k:{': {}}", "{'k:[]': {}}", "{'i:99999999999999999999': {}}",
          "{'z:1': {}}", "{'f:metadata': 5}", "{'f:metadata': {'k:{\\'a\\':1}': {'f:b': {}}}}",
          "{'v:': {}}"}) {
        const auto o = object(
            std::string{
                "{'apiVersion': 'v1', 'kind': 'X', 'metadata': {'managedFields': [7, {'manager': 'holdfast', "
                "'operation': 'Apply', 'apiVersion': 'v1', 'fieldsV1': "
            } +
            fields + "}]}}"
        );
        BOOST_TEST(owned_fields_of(o, "holdfast").has_value(), fields);
        owned_beyond(o, o, "holdfast");
    }
}

BOOST_AUTO_TEST_CASE(what_is_owned_beyond_the_desired_is_named) {
    auto desired = object_from("deployment_desired.json");
    BOOST_TEST(owned_beyond(live(), desired, "holdfast").empty());
    auto& container = at(desired, "/spec/template/spec/containers/0").as_object();
    container["env"].as_array().erase(container["env"].as_array().begin());
    container.erase("securityContext");
    const auto beyond = owned_beyond(live(), desired, "holdfast");
    BOOST_TEST(beyond.size() == 2U);
    BOOST_TEST(beyond.at(0) == "spec.template.spec.containers[name=web].env[name=A]");
    BOOST_TEST(beyond.at(1) == "spec.template.spec.containers[name=web].securityContext");
}

BOOST_AUTO_TEST_CASE(a_record_keeps_what_comparing_and_planning_need) {
    const auto record = observe(live(), holdfast_dev());
    BOOST_TEST(record.uid.size() == 36U);
    BOOST_TEST(record.generation == 1);
    BOOST_TEST((record.owned_hash == hash_of(live())));
    BOOST_TEST((record.owner == application_ref{"deploy", "shop"}));
    BOOST_TEST(record.status.has_value());
    BOOST_TEST(!record.deleting);
    BOOST_TEST(sizeof(live_record) <= 240U);
    auto deleting = live();
    at(deleting, "/metadata").as_object()["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    at(deleting, "/metadata/annotations").as_object()["holdfast.dev/sync-options"] =
        "Prune=false,PruneLast=true";
    at(deleting, "/metadata/annotations").as_object()["holdfast.dev/sync-wave"] = "4";
    at(deleting, "/metadata/annotations").as_object()["holdfast.dev/release-to"] = "deploy/other";
    const auto later = observe(deleting, holdfast_dev());
    BOOST_TEST(later.deleting);
    BOOST_TEST((later.prune == removal::never));
    BOOST_TEST((later.prune_last == true));
    BOOST_TEST(later.wave == 4);
    BOOST_TEST(later.released_to == release_key({"deploy", "other"}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
