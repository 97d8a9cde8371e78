// With other names nothing that ours mark is told from anybody's, and nothing of ours is written.

#include "support.hpp"

#include "sync/compare.hpp"
#include "sync/desired.hpp"
#include "sync/live_record.hpp"
#include "sync/made_namespace.hpp"
#include "sync/owned_fields.hpp"
#include "sync/planner.hpp"
#include "sync/refusal.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <vector>

namespace holdfast::sync {
namespace {

constexpr dialect others{
    .tracking_annotation = "deploy.example.com/tracking-id",
    .installation_label = "deploy.example.com/installation",
    .release_annotation = "deploy.example.com/release-to",
    .sync_options_annotation = "deploy.example.com/sync-options",
    .field_manager = "deployer",
    .namespace_manager_prefix = "deployer-namespace:"
};
const application_ref shop{"deploy", "shop"};
const application_ref elsewhere{"deploy", "elsewhere"};

json::object made_with(const dialect& names) {
    return make_desired(
               object(
                   "{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'namespace': 'n', 'name': 'a'}, "
                   "'data': {'k': 'v'}}"
               ),
               {shop, "main", names}
    )
        .value()
        .manifest;
}

/// As a server has it that was told to apply that by the field manager of `names`.
json::object live_with(const dialect& names) {
    auto live = made_with(names);
    auto fields = object("{'operation': 'Apply', 'apiVersion': 'v1', 'fieldsType': 'FieldsV1', "
                         "'fieldsV1': {'f:data': {'f:k': {}}}}");
    fields["manager"] = names.field_manager;
    auto& metadata = live["metadata"].get_object();
    metadata["managedFields"] = json::array{fields};
    metadata["annotations"].get_object()[names.release_annotation] = to_string(elsewhere);
    return live;
}

BOOST_AUTO_TEST_SUITE(dialects)

BOOST_AUTO_TEST_CASE(what_is_made_bears_the_names_that_were_given) {
    const auto text = json::serialize(made_with(others));
    BOOST_TEST(text.find("holdfast") == std::string::npos, text);
    BOOST_TEST(others.is_marked(made_with(others), "main"));
    BOOST_TEST(!others.is_marked(made_with(others), "another"));
    BOOST_TEST(!others.is_marked(made_with(holdfast_dev()), "main"));
    BOOST_TEST(others.selector_of("main") == "deploy.example.com/installation=main");
    BOOST_TEST(holdfast_dev().selector_of("main") == "holdfast.dev/installation=main");
    BOOST_TEST(namespace_manager(shop, others) == "deployer-namespace:deploy/shop");
}

BOOST_AUTO_TEST_CASE(an_object_is_seen_by_those_whose_names_it_bears) {
    for (const auto* names : {&others, &holdfast_dev()}) {
        const auto live = live_with(*names);
        const auto& strangers = names == &others ? holdfast_dev() : others;
        BOOST_REQUIRE(owner_of(live, *names).has_value());
        BOOST_TEST((owner_of(live, *names)->application == shop));
        BOOST_TEST(!owner_of(live, strangers).has_value());

        const auto ours = observe(live, *names);
        BOOST_TEST((ours.owner == shop));
        BOOST_TEST(ours.owned());
        BOOST_TEST(ours.released_to == release_key(elsewhere));
        const auto theirs = observe(live, strangers);
        BOOST_TEST((theirs.owner == application_ref{}));
        BOOST_TEST(!theirs.owned());
        BOOST_TEST(theirs.released_to == 0U);
    }
}

BOOST_AUTO_TEST_CASE(an_ignored_place_never_takes_the_marks_with_it) {
    const auto live =
        object("{'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'namespace': 'n', 'name': 'a', "
               "'annotations': {}, 'labels': {}}}");
    std::vector<ignore_rule> rules(1);
    rules.front().kind = match::glob::compile(match::glob_dialect::gobwas, "ConfigMap").value();
    rules.front().json_pointers = {"/metadata/annotations", "/metadata/labels"};
    const auto left = apply_ignored(made_with(others), live, rules, others);
    BOOST_TEST(owner_of(left, others).has_value());
    BOOST_TEST(others.is_marked(left, "main"));
    // They are nobody's where nobody knows the names.
    BOOST_TEST(!owner_of(apply_ignored(made_with(others), live, rules, holdfast_dev()), others).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_namespace_holds_of_ones_own_manager_is_no_conflict_with_others) {
    const auto made = make_namespace("n", {{"a", "1"}}, {});
    auto live =
        object("{'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'n', 'labels': {'a': '2'}, "
               "'managedFields': [{'manager': 'deployer-namespace:deploy/elsewhere', 'operation': 'Apply', "
               "'fieldsV1': {'f:metadata': {'f:labels': {'f:a': {}}}}}]}}");
    const auto there = [](const application_ref&) { return true; };
    BOOST_TEST(
        stand_of_namespace(made, live, shop, others, there).conflict.find("deploy/elsewhere") !=
        std::string::npos
    );
    BOOST_TEST(stand_of_namespace(made, live, shop, holdfast_dev(), there).conflict == "");
}

BOOST_AUTO_TEST_CASE(people_are_told_the_names_that_count_for_them) {
    plan_settings settings;
    settings.application = shop;
    settings.names = others;
    live_record theirs;
    theirs.owner = elsewhere;
    const object_id id{"apps", "Deployment", "n", "a"};
    const auto conflict = ownership_conflict(settings, id, theirs);
    BOOST_TEST(conflict.find("deploy.example.com/release-to: deploy/shop") != std::string::npos, conflict);
    const auto advice =
        explain_refusal(id, "spec.selector: Invalid value: field is immutable", others).value();
    BOOST_TEST(advice.find("deploy.example.com/sync-options: Force=true") != std::string::npos, advice);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
