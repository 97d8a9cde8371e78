#include "sync/compare.hpp"

#include "support.hpp"

namespace holdfast::sync {
namespace {

BOOST_AUTO_TEST_SUITE(ignored_differences)

json::object live() {
    return object_from("deployment_live.json");
}
json::object desired() {
    return object_from("deployment_desired.json");
}

match::glob glob(std::string_view pattern) {
    return match::glob::compile(match::glob_dialect::gobwas, pattern).value();
}

ignore_rule for_deployments() {
    ignore_rule rule;
    rule.group = glob("apps");
    rule.kind = glob("Deployment");
    return rule;
}

void give_to(json::object& o, const char* manager, const char* fields) {
    at(o, "/metadata/managedFields")
        .as_array()
        .push_back(object(
            std::string{"{'manager': '"} + manager +
            "', 'operation': 'Update', 'apiVersion': 'apps/v1', 'fieldsV1': " + fields + "}"
        ));
}

BOOST_AUTO_TEST_CASE(rules_pick_objects) {
    const object_id id{"apps", "Deployment", "shop", "web"};
    BOOST_TEST(matches(for_deployments(), id));
    const auto rule = [](const char* group, const char* kind, const char* name = "",
                         const char* name_space = "") {
        ignore_rule r;
        r.group = glob(group);
        r.kind = glob(kind);
        r.name = name;
        r.namespace_ = name_space;
        return r;
    };
    BOOST_TEST(matches(rule("*", "*"), id));
    BOOST_TEST(matches(rule("a*s", "Deploy?ent", "web", "shop"), id));
    BOOST_TEST(!matches(rule("", "Deployment"), id));
    BOOST_TEST(!matches(rule("apps", "Deployment", "other"), id));
    BOOST_TEST(!matches(rule("apps", "Deployment", "", "other"), id));
    BOOST_TEST(!matches(rule("apps*x", "Deployment"), id));
    BOOST_TEST(matches(rule("*", "Service"), {"", "Service", "", "a"}));
    BOOST_TEST(matches(rule("{apps,batch}", "*"), id));
    BOOST_TEST(matches(rule("apps", "[C-E]eployment"), id));
    BOOST_TEST(!matches(rule("apps", "{Stateful,Daemon}Set"), id));
}

BOOST_AUTO_TEST_CASE(a_field_that_only_we_own_takes_the_live_value) {
    auto rule = for_deployments();
    rule.json_pointers = {"/spec/replicas"};
    auto now = live();
    at(now, "/spec/replicas") = 7;
    const auto applied = apply_ignored(desired(), now, std::vector{rule}, holdfast_dev());
    BOOST_TEST(applied.at("spec").at("replicas") == 7);
}

BOOST_AUTO_TEST_CASE(a_field_that_another_manager_owns_is_left_to_it) {
    auto rule = for_deployments();
    rule.json_pointers = {"/spec/replicas", "/spec/template/spec/containers/0/image"};
    auto now = live();
    at(now, "/spec/replicas") = 7;
    give_to(now, "scaler", "{'f:spec': {'f:replicas': {}}}");
    give_to(
        now, "updater",
        "{'f:spec': {'f:template': {'f:spec': {'f:containers': {'k:{\\'name\\':\\'web\\'}': {'f:image': "
        "{}}}}}}}"
    );
    const auto applied = apply_ignored(desired(), now, std::vector{rule}, holdfast_dev());
    BOOST_TEST(!applied.at("spec").as_object().contains("replicas"));
    BOOST_TEST(!applied.at("spec").at_pointer("/template/spec/containers/0").as_object().contains("image"));
    BOOST_TEST(applied.at("spec").at_pointer("/template/spec/containers/0/name") == "web");
}

BOOST_AUTO_TEST_CASE(a_field_that_is_not_there_is_not_put_there) {
    auto rule = for_deployments();
    rule.json_pointers = {
        "/spec/paused", "/spec/template/spec/containers/9/image", "/spec/template/metadata/labels/app"
    };
    auto now = live();
    at(now, "/spec").as_object()["paused"] = true;
    at(now, "/spec/template/metadata/labels").as_object().erase("app");
    const auto applied = apply_ignored(desired(), now, std::vector{rule}, holdfast_dev());
    BOOST_TEST(!applied.at("spec").as_object().contains("paused"));
    BOOST_TEST(!applied.at("spec").at_pointer("/template/metadata/labels").as_object().contains("app"));
}

// Others add items in front of ours: the same position is another item.
BOOST_AUTO_TEST_CASE(an_item_of_a_list_is_found_by_its_name_in_the_live_object) {
    const auto applied_with = [](const ignore_rule& rule, bool is_owned_by_another) {
        auto now = live();
        auto& containers = at(now, "/spec/template/spec/containers").as_array();
        containers.insert(containers.begin(), json::object{{"name", "injected"}, {"image", "injected:1"}});
        at(now, "/spec/template/spec/containers/1/image") = "web:9";
        if (is_owned_by_another) {
            give_to(
                now, "updater",
                "{'f:spec': {'f:template': {'f:spec': {'f:containers': {'k:{\\'name\\':\\'web\\'}': "
                "{'f:image': {}}}}}}}"
            );
        }
        auto wanted = desired();
        wanted["spec"]
            .at_pointer("/template/spec/containers")
            .as_array()
            .push_back(json::object{{"name", "new"}, {"image", "new:1"}});
        return apply_ignored(std::move(wanted), now, std::vector{rule}, holdfast_dev());
    };
    auto pointers = for_deployments();
    pointers.json_pointers = {"/spec/template/spec/containers/0/image"};
    auto fields = for_deployments();
    fields.fields = {
        {"spec", "template", "spec", "containers", "1", "image"},
        {"spec", "template", "spec", "containers", "0", "image"},
        {"metadata", "name"},
        {}
    };
    for (const auto& rule : {pointers, fields}) {
        const auto taken = applied_with(rule, false);
        const auto& containers = taken.at("spec").at_pointer("/template/spec/containers").as_array();
        BOOST_TEST(containers.at(0).at("name") == "web");
        BOOST_TEST(containers.at(0).at("image") == "web:9");
        // What is yet to be made needs it.
        BOOST_TEST(containers.at(1).at("image") == "new:1");
        BOOST_TEST(taken.at("metadata").at("name") == "web");
        const auto left = applied_with(rule, true);
        BOOST_TEST(!left.at("spec").at_pointer("/template/spec/containers/0").as_object().contains("image"));
    }
}

BOOST_AUTO_TEST_CASE(all_of_a_managers_fields_are_left_to_it_but_not_the_keys) {
    auto rule = for_deployments();
    rule.managed_fields_managers = {"other", "holdfast"};
    auto now = live();
    give_to(
        now, "other",
        "{'f:spec': {'f:replicas': {}, 'f:template': {'f:spec': {'f:containers': "
        "{'k:{\\'name\\':\\'web\\'}': {'.': {}, "
        "'f:name': {}, 'f:image': {}, 'f:resources': {'f:limits': {'f:cpu': {}}, 'f:requests': {'f:cpu': "
        "{}}}}}}}}}"
    );
    const auto applied = apply_ignored(desired(), now, std::vector{rule}, holdfast_dev());
    BOOST_TEST(!applied.at("spec").as_object().contains("replicas"));
    const auto& container = applied.at("spec").at_pointer("/template/spec/containers/0").as_object();
    BOOST_TEST(container.at("name") == "web");
    BOOST_TEST(!container.contains("image"));
    BOOST_TEST(container.at("resources").as_object().contains("requests") == false);
    BOOST_TEST(container.at("resources").at("limits").as_object().size() == 1U);
    BOOST_TEST(container.contains("env"));
}

BOOST_AUTO_TEST_CASE(whose_object_it_is_cannot_be_ignored) {
    auto rule = for_deployments();
    rule.json_pointers = {"/metadata/annotations", "/metadata/name", "/kind", "/metadata"};
    auto now = live();
    at(now, "/metadata/annotations").as_object().erase("holdfast.dev/tracking-id");
    const auto applied = apply_ignored(desired(), now, std::vector{rule}, holdfast_dev());
    BOOST_TEST(applied.at("metadata").at("name") == "web");
    BOOST_TEST(
        (kube::annotation(applied, holdfast_dev().tracking_annotation) ==
         "deploy/shop:apps/Deployment:shop/web")
    );
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_is_said) {
    ignore_rule rule;
    rule.json_pointers = {"/spec/replicas", "spec/replicas", "/a~2b", "/kind", "/metadata/annotations/a~1b"};
    const auto problems = problems_of(rule);
    BOOST_TEST(problems.size() == 3U);
    BOOST_TEST(
        problems.at(0) ==
        "jsonPointers: \"spec/replicas\" is not a JSON pointer; one looks like \"/spec/replicas\""
    );
}

BOOST_AUTO_TEST_CASE(escaped_names_are_understood) {
    auto rule = for_deployments();
    rule.json_pointers = {"/metadata/annotations/example.com~1a"};
    auto wanted = desired();
    at(wanted, "/metadata/annotations").as_object()["example.com/a"] = "1";
    auto now = live();
    at(now, "/metadata/annotations").as_object()["example.com/a"] = "2";
    BOOST_TEST(
        (kube::annotation(apply_ignored(wanted, now, std::vector{rule}, holdfast_dev()), "example.com/a") ==
         "2")
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
