#include "sync/compare.hpp"

#include "sync/owned_fields.hpp"

#include "support.hpp"

#include <boost/json/value.hpp>

namespace holdfast::sync {
namespace {

BOOST_AUTO_TEST_SUITE(quantities)

BOOST_AUTO_TEST_CASE(are_the_same_when_they_are_the_same_amount) {
    for (const auto& [a, b] : std::vector<std::pair<json::value, json::value>>{
             {"1", "1000m"},
             {1, "1"},
             {"0.5", "500m"},
             {"1Gi", "1024Mi"},
             {"1k", 1000},
             {"1e3", "1k"},
             {"0", "0Mi"},
             {"1.0", 1},
             {"100n", "0.1u"},
             {"1E", "1000P"},
             {0.5, "500m"},
             {"+1", "1"},
             {"1E2", "100"},
             {".5", "500m"},
         }) {
        BOOST_TEST(same_quantity(a, b), a << " " << b);
    }
    for (const auto& [a, b] : std::vector<std::pair<json::value, json::value>>{
             {"1", "1001m"},
             {"1", "-1"},
             {"1Gi", "1G"},
             {"x", "x"},
             {"1", "one"},
             {true, "1"},
             {"9999999999Ei", "9999999998Ei"},
         }) {
        BOOST_TEST(!same_quantity(a, b), a << " " << b);
    }
}

BOOST_AUTO_TEST_CASE(are_told_from_other_texts) {
    for (const auto* text : {"0", "1", "100m", "0.5", "64Mi", "1e3", "-1", "5.", "1E"}) {
        BOOST_TEST(is_quantity(text), text);
    }
    for (const auto* text : {"", "m", "1x", "1 Gi", "1GiB", "1e", "1ee3", "1.2.3", "64mb", "e3"}) {
        BOOST_TEST(!is_quantity(text), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(comparing)

json::object live() {
    return object_from("deployment_live.json");
}
json::object desired() {
    return object_from("deployment_desired.json");
}

BOOST_AUTO_TEST_CASE(what_was_applied_equals_what_the_server_made_of_it) {
    // With defaults filled in, 1000m written as 1, and a false left out.
    const auto result = compare_objects(desired(), live(), "holdfast");
    for (const auto& d : result.differences) {
        BOOST_TEST_MESSAGE(d.path << ": " << d.desired << " / " << d.live);
    }
    BOOST_TEST((result.result == verdict::equal));
}

BOOST_AUTO_TEST_CASE(a_changed_value_may_be_the_servers_doing) {
    auto wanted = desired();
    at(wanted, "/spec/template/spec/containers/0/image") = "nginx:1.28";
    const auto result = compare_objects(wanted, live(), "holdfast");
    BOOST_TEST((result.result == verdict::unknown));
    BOOST_TEST(result.differences.size() == 1U);
    const difference expected{
        "spec.template.spec.containers[name=web].image", "\"nginx:1.28\"", "\"nginx:1.27\""
    };
    BOOST_TEST((result.differences.at(0) == expected));
}

BOOST_AUTO_TEST_CASE(a_label_or_a_given_up_field_surely_differs) {
    auto labelled = desired();
    at(labelled, "/metadata/labels").as_object()["new"] = "x";
    BOOST_TEST((compare_objects(labelled, live(), "holdfast").result == verdict::differs));
    auto fewer = desired();
    at(fewer, "/spec").as_object().erase("replicas");
    const auto result = compare_objects(fewer, live(), "holdfast");
    BOOST_TEST((result.result == verdict::differs));
    BOOST_TEST(result.differences.at(0).path == "spec.replicas");
    auto never_applied = live();
    at(never_applied, "/metadata").as_object().erase("managedFields");
    BOOST_TEST((compare_objects(desired(), never_applied, "holdfast").result == verdict::differs));
}

BOOST_AUTO_TEST_CASE(list_items_are_found_by_their_keys) {
    auto shuffled = live();
    auto& env = at(shuffled, "/spec/template/spec/containers/0/env").as_array();
    std::swap(env[0], env[1]);
    env.insert(env.begin(), object("{'name': 'INJECTED', 'value': 'x'}"));
    BOOST_TEST((compare_objects(desired(), shuffled, "holdfast").result == verdict::equal));
    at(shuffled, "/spec/template/spec/containers/0/env/1/value") = "changed";
    BOOST_TEST((compare_objects(desired(), shuffled, "holdfast").result == verdict::unknown));
    auto without = live();
    at(without, "/spec/template/spec/containers/0/ports")
        .as_array()
        .erase(at(without, "/spec/template/spec/containers/0/ports").as_array().begin());
    const auto result = compare_objects(desired(), without, "holdfast");
    BOOST_TEST(result.differences.size() == 1U);
    BOOST_TEST(
        result.differences.at(0).path == "spec.template.spec.containers[name=web].ports[containerPort=80]"
    );
}

BOOST_AUTO_TEST_CASE(another_version_is_left_to_the_server) {
    auto other = live();
    other["apiVersion"] = "apps/v2";
    auto wanted = desired();
    wanted["apiVersion"] = "apps/v2";
    BOOST_TEST((compare_objects(wanted, other, "holdfast").result == verdict::unknown));
}

BOOST_AUTO_TEST_CASE(secret_values_are_never_shown) {
    const auto secret = [](const char* value) {
        return object(
            std::string{"{'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'a', 'annotations': "
                        "{'kubectl.kubernetes.io/last-applied-configuration': '"} +
            value + "'}}, 'data': {'password': '" + value + "', 'nested': ['" + value + "']}}"
        );
    };
    const auto all = compare_objects(secret("aGlkZGVu"), secret("cGxhaW4="), "holdfast");
    const auto dry = compare_dry_run(secret("aGlkZGVu"), secret("cGxhaW4="), "holdfast");
    BOOST_TEST(all.differences.size() == 3U);
    BOOST_TEST(dry.differences.size() == 3U);
    for (const auto* differences : {&all.differences, &dry.differences}) {
        for (const auto& d : *differences) {
            BOOST_TEST(d.desired == "(hidden)", d.path);
            BOOST_TEST(d.live == "(hidden)", d.path);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_dry_run_decides) {
    BOOST_TEST((compare_dry_run(live(), live(), "holdfast").result == verdict::equal));
    auto later = live();
    at(later, "/metadata/resourceVersion") = "9";
    at(later, "/metadata/generation") = 9;
    at(later, "/status") = object("{}");
    BOOST_TEST((compare_dry_run(later, live(), "holdfast").result == verdict::equal));
    at(later, "/spec/replicas") = 5;
    const auto result = compare_dry_run(later, live(), "holdfast");
    BOOST_TEST((result.result == verdict::differs));
    BOOST_TEST(result.differences.at(0).path == "spec.replicas");
    auto moved = live();
    at(moved, "/metadata").as_object().erase("managedFields");
    BOOST_TEST((compare_dry_run(live(), moved, "holdfast").result == verdict::differs));
}

// Of an object that kubectl made: the marks by which it becomes ours are no change that anybody asks about.
BOOST_AUTO_TEST_CASE(what_an_apply_would_change_of_somebody_elses_object) {
    auto theirs = live();
    at(theirs, "/metadata").as_object().erase("managedFields");
    at(theirs, "/metadata/annotations").as_object().erase("holdfast.dev/tracking-id");
    auto tried = live();
    at(tried, "/metadata/labels").as_object()["holdfast.dev/installation"] = "holdfast";
    at(tried, "/metadata/resourceVersion") = "99";
    at(tried, "/metadata/generation") = 99;
    BOOST_TEST(changes_of(tried, theirs, holdfast_dev()).empty());

    at(tried, "/spec/replicas") = 5;
    at(tried, "/spec/template/spec/containers/0/image") = "web:2";
    auto changes = changes_of(tried, theirs, holdfast_dev());
    BOOST_TEST(fields_of(changes) == "spec.replicas, spec.template.spec.containers[name=web].image");

    // An object without any label or annotation, and what goes with an atomic list or map.
    at(theirs, "/metadata").as_object().erase("annotations");
    at(tried, "/metadata/annotations") = object("{'holdfast.dev/tracking-id': 'x'}");
    at(theirs, "/spec/strategy") = object("{'type': 'Recreate', 'other': 1}");
    at(tried, "/spec/strategy") = object("{'type': 'Recreate'}");
    changes = changes_of(tried, theirs, holdfast_dev());
    BOOST_TEST(
        fields_of(changes) ==
        "spec.replicas, spec.template.spec.containers[name=web].image, spec.strategy.other"
    );
    const std::vector<difference> seven(7, {"a", "1", "2"});
    BOOST_TEST(fields_of(seven) == "a, a, a, a, a, and 2 more");
}

BOOST_AUTO_TEST_CASE(differences_are_summed_up_for_a_person) {
    const std::vector<difference> all{
        {"spec.replicas", "2", "3"},
        {"spec.paused", "(none)", "true"},
        {"a", "1", "2"},
        {"b", "1", "2"},
        {"c", "1", "2"}
    };
    const std::span some{all};
    BOOST_TEST(summary_of({}, true).empty());
    BOOST_TEST(summary_of(some.first(1), true) == "spec.replicas is 3, not 2");
    BOOST_TEST(
        summary_of(some.first(2), true) == "spec.replicas is 3, not 2, spec.paused is true, not (none)"
    );
    BOOST_TEST(
        summary_of(some, true) ==
        "spec.replicas is 3, not 2, spec.paused is true, not (none), a is 2, not 1, and 2 more"
    );
    // Where values may be secrets.
    BOOST_TEST(
        summary_of(some, false) == "spec.replicas differs, spec.paused differs, a differs, and 2 more"
    );
}

BOOST_AUTO_TEST_CASE(two_hashes_decide_the_common_case) {
    live_record record;
    record.owned_hash = sha256("owned");
    const known_state known{sha256("desired"), sha256("owned")};
    BOOST_TEST((compare_known(known, sha256("desired"), record) == verdict::equal));
    BOOST_TEST((compare_known(known, sha256("newer"), record) == verdict::unknown));
    BOOST_TEST((compare_known(std::nullopt, sha256("desired"), record) == verdict::unknown));
    record.owned_hash = sha256("drifted");
    BOOST_TEST((compare_known(known, sha256("desired"), record) == verdict::differs));
    record.other_version = true;
    BOOST_TEST((compare_known(known, sha256("desired"), record) == verdict::unknown));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
