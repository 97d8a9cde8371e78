// What an application asks for that is not done: in its condition, whatever was said before.

#include "engine/not_served.hpp"

#include "engine/conditions.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace holdfast::engine {
namespace {

sync::planned_object object(const std::string& name) {
    sync::planned_object made;
    made.id = {.group = "batch", .kind = "Job", .namespace_ = "shop", .name = name};
    return made;
}

// Of an unknown type.
sync::planned_object hook(const std::string& name, bool asks_to_run = true, bool skip = false) {
    auto made = object(name);
    made.orders.is_hook = true;
    made.orders.asks_to_run = asks_to_run;
    made.orders.skip = skip;
    return made;
}

const std::vector<crds::problem> nothing;
const std::vector<crds::problem> an_option{{"spec.syncPolicy.syncOptions[0]", "is not served"}};

} // namespace

BOOST_AUTO_TEST_SUITE(what_is_not_served)

BOOST_AUTO_TEST_CASE(it_is_named) {
    auto known_too = hook("known"); // "PreSync,Garbage": it runs
    known_too.orders.hook_phases = {sync::phase::pre_sync};
    auto of_deletion = hook("late");
    of_deletion.orders.hook_phases = {sync::phase::post_delete};
    const std::vector<sync::planned_object> served{
        object("a"), hook("test", false), hook("skip", true, true), known_too, of_deletion
    };
    const std::vector<sync::planned_object> one{object("a"), hook("migrate")};
    const std::vector<sync::planned_object> many{hook("a"), hook("b"), hook("c"), hook("d"), hook("e")};
    const std::string begin{
        "hooks of an unknown type do not run, and are not applied (known are PreSync, Sync, PostSync, SyncFail, "
        "PreDelete, PostDelete and Skip): "
    };
    BOOST_TEST(not_served(nothing, &served, "").empty());
    BOOST_TEST(not_served(an_option, &served, "") == "spec.syncPolicy.syncOptions[0]: is not served");
    BOOST_TEST(not_served(nothing, &one, "") == begin + R"(Job "shop/migrate")");
    BOOST_TEST(
        not_served(an_option, &many, "") == "spec.syncPolicy.syncOptions[0]: is not served; " + begin +
                                                R"(Job "shop/a", Job "shop/b", Job "shop/c", and 2 more)"
    );
}

BOOST_AUTO_TEST_CASE(it_stays_until_the_objects_are_known_again) {
    const std::vector<sync::planned_object> plain{object("a")};
    BOOST_TEST(not_served(nothing, nullptr, "it is not served") == "it is not served");
    BOOST_TEST(not_served(nothing, &plain, "it is not served").empty());
    BOOST_TEST(not_served(an_option, nullptr, "") == "spec.syncPolicy.syncOptions[0]: is not served");
}

BOOST_AUTO_TEST_CASE(an_application_with_it_is_not_ready_however_well_the_rest_is) {
    crds::application_status status;
    status.sync.status = crds::sync_code::synced;
    status.health.status = crds::health_code::healthy;
    findings found;
    const auto ready = [&] {
        const auto all = conditions_of({.status = status, .found = found, .warnings = {}}, {});
        return *crds::find_condition(all, "Ready");
    };
    BOOST_TEST(ready().status == "True");
    found.problems.emplace(not_served_type, "it is not served");
    found.reason = not_served_type;
    BOOST_TEST(ready().status == "False");
    BOOST_TEST(ready().reason == "NotServed");
    BOOST_TEST(ready().message == "it is not served");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
