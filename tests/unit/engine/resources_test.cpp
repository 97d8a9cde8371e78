#include "engine/resources.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <string>

namespace holdfast::engine {
namespace {

const sync::application_ref shop{"holdfast", "shop"};

// Keeps what a view points to.
struct objects {
    std::deque<sync::planned_object> plans;
    std::deque<sync::live_record> records;
    resource_view view{.application = shop, .options = {}};

    sync::planned_object& want(const std::string& kind, const std::string& name, bool in_sync = true) {
        auto& plan = plans.emplace_back();
        plan.id = {"apps", kind, "shop", name};
        plan.in_sync = in_sync;
        view.wanted.push_back({&plan, "v1", nullptr});
        return plan;
    }
    sync::live_record& there(sync::health_status status = sync::health_status::healthy) {
        auto& record = records.emplace_back();
        record.owner = shop;
        record.status = status;
        return record;
    }
    void
    has(const std::string& kind, const std::string& name, sync::live_record& record, bool in_sync = true) {
        want(kind, name, in_sync);
        view.wanted.back().live = &record;
    }
    void left(const std::string& name, sync::live_record& record, bool has_heir = false) {
        view.surplus.push_back({{"", "ConfigMap", "shop", name}, "v1", &record, has_heir});
    }
};

crds::health_code health_of(const resource_report& report, std::size_t at) {
    return report.resources.at(at).health.value_or(crds::resource_health{}).status;
}

} // namespace

BOOST_AUTO_TEST_SUITE(resources)

// Neither compared nor counted: it is nobody's business how it is.
BOOST_AUTO_TEST_CASE(what_an_application_may_not_have_is_unknown_and_says_why) {
    objects o;
    o.has("Deployment", "web", o.there());
    o.has("DaemonSet", "agent", o.there(sync::health_status::degraded), /*in_sync=*/false);
    o.view.wanted.back().forbidden = "resource apps:DaemonSet is not permitted in project shop";
    const auto report = resources_of(o.view);
    BOOST_TEST_REQUIRE(report.resources.size() == 2U);
    BOOST_TEST((report.resources[1].status == crds::sync_code::unknown));
    BOOST_TEST(report.resources[1].message == "resource apps:DaemonSet is not permitted in project shop");
    BOOST_TEST(!report.resources[1].health.has_value());
    BOOST_TEST(!report.in_sync);
    BOOST_TEST((report.health == crds::health_code::healthy));
    BOOST_TEST(
        report.out_of_sync == "DaemonSet \"shop/agent\" is not to be had: resource apps:DaemonSet is not "
                              "permitted in project shop"
    );
}

BOOST_AUTO_TEST_CASE(what_is_wanted_and_what_there_is) {
    objects o;
    o.has("Deployment", "web", o.there());
    o.want("Deployment", "db", /*in_sync=*/false);
    o.want("Job", "migrate").orders.is_hook = true;
    const auto report = resources_of(o.view);
    BOOST_TEST_REQUIRE(report.resources.size() == 2U); // hooks are no part of the state
    BOOST_TEST((report.resources[0].status == crds::sync_code::synced));
    BOOST_TEST((health_of(report, 0) == crds::health_code::healthy));
    BOOST_TEST((report.resources[1].status == crds::sync_code::out_of_sync));
    BOOST_TEST((health_of(report, 1) == crds::health_code::missing));
    BOOST_TEST(!report.in_sync);
    BOOST_TEST((report.health == crds::health_code::healthy)); // one is missing, which out of sync says
    BOOST_TEST(report.count == 2);
}

BOOST_AUTO_TEST_CASE(an_object_of_another_application_counts_as_missing) {
    objects o;
    auto& theirs = o.there(sync::health_status::degraded);
    theirs.owner = {"holdfast", "other"};
    o.has("Deployment", "web", theirs, /*in_sync=*/false);
    BOOST_TEST((resources_of(o.view).health == crds::health_code::missing));
}

// Objects that somebody else made bear no label of ours: what is known of them is what a look gave.
BOOST_AUTO_TEST_CASE(what_somebody_else_made_has_its_health_and_what_a_sync_would_change) {
    using standing = outside_object::standing;
    struct one {
        std::string name;
        outside_object seen;
        crds::health_code health;
        std::string message;
        std::string out_of_sync;
    };
    const auto found = [](standing is, sync::health_status status = sync::health_status::progressing) {
        outside_object o{.is = is, .live = {}, .changes = {}, .differs = {}, .why = {}};
        o.live.status = status;
        o.is_tried = is == standing::there;
        return o;
    };
    auto changed = found(standing::there);
    changed.changes = "spec.replicas, spec.template.spec.containers[name=web].image";
    changed.differs = "spec.replicas is 3, not 2";
    auto refused = found(standing::there, sync::health_status::healthy);
    refused.why = "spec.selector: field is immutable";
    auto replaced = found(standing::there);
    replaced.is_tried = false;
    replaced.is_replaced = true;
    auto untried = found(standing::there);
    untried.is_tried = false;
    auto foreign = found(standing::foreign);
    foreign.why = "holdfast/other";
    auto unreadable = found(standing::unreadable);
    unreadable.why = "forbidden";
    const std::vector<one> rows{
        {"changed", changed, crds::health_code::progressing,
         "was made by somebody else: a sync would take it over, and change spec.replicas, "
         "spec.template.spec.containers[name=web].image",
         "was made by somebody else, and differs: spec.replicas is 3, not 2"},
        {"same", found(standing::there, sync::health_status::degraded), crds::health_code::degraded,
         "was made by somebody else: a sync would take it over, and change nothing else",
         "was made by somebody else"},
        {"refused", refused, crds::health_code::healthy,
         "was made by somebody else, and a sync would be refused: spec.selector: field is immutable",
         "was made by somebody else"},
        {"replaced", replaced, crds::health_code::progressing,
         "was made by somebody else: a sync would replace it", "was made by somebody else"},
        {"untried", untried, crds::health_code::progressing,
         "was made by somebody else: a sync would take it over", "was made by somebody else"},
        {"absent", found(standing::absent), crds::health_code::missing, "a sync would create it",
         "is not there"},
        {"foreign", foreign, crds::health_code::missing,
         "belongs to the application holdfast/other, from which a sync does not take it", "is not there"},
        {"unreadable", unreadable, crds::health_code::unknown,
         "cannot be read, so the effect of a sync is unknown: forbidden", "cannot be read"},
    };
    for (const auto& row : rows) {
        objects o;
        o.view.is_previewed = true;
        o.want("Deployment", row.name, /*in_sync=*/false);
        o.view.wanted.back().outside = &row.seen;
        const auto report = resources_of(o.view);
        BOOST_TEST((health_of(report, 0) == row.health), row.name);
        BOOST_TEST(report.resources.at(0).message == row.message);
        BOOST_TEST(report.out_of_sync == "Deployment \"shop/" + row.name + "\" " + row.out_of_sync);
        const bool counts = row.seen.is == standing::there;
        BOOST_TEST((report.health == (counts ? row.health : crds::health_code::missing)), row.name);
        BOOST_TEST(!report.in_sync);
        // While an operation is at work its own rows say what it does.
        o.view.is_previewed = false;
        BOOST_TEST(resources_of(o.view).resources.at(0).message.empty());
    }
}

BOOST_AUTO_TEST_CASE(what_is_ours_and_differs_says_what_a_sync_would_change) {
    objects o;
    o.view.is_previewed = true;
    o.has("Deployment", "web", o.there(), /*in_sync=*/false);
    o.view.wanted.back().changes = "spec.replicas";
    o.has("Deployment", "api", o.there(), /*in_sync=*/false);
    o.has("Deployment", "fine", o.there());
    auto& theirs = o.there();
    theirs.owner = {"holdfast", "other"};
    o.has("Deployment", "taken", theirs, /*in_sync=*/false);
    o.want("Deployment", "unseen", /*in_sync=*/false);
    o.left("old", o.there());
    auto& kept = o.there();
    kept.prune = sync::removal::never;
    o.left("kept", kept);
    std::vector<std::string> messages;
    for (const auto& one : resources_of(o.view).resources) {
        messages.push_back(one.message);
    }
    const std::vector<std::string> expected{
        "a sync would change spec.replicas",
        "a sync would change it",
        "",
        "",
        "",
        "a sync that prunes would delete it",
        ""
    };
    BOOST_TEST(messages == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_left_over) {
    objects o;
    o.left("old", o.there());
    auto& kept = o.there();
    kept.ignore_extraneous = true;
    o.left("kept", kept);
    o.left("taken", o.there(), /*has_heir=*/true);
    auto& asked = o.there();
    asked.prune = sync::removal::needs_confirmation;
    o.left("asked", asked);
    const auto report = resources_of(o.view);
    BOOST_TEST_REQUIRE(report.resources.size() == 4U);
    const auto& [old_one, kept_one, taken, asked_one] =
        std::tie(report.resources[0], report.resources[1], report.resources[2], report.resources[3]);
    BOOST_TEST(old_one.requires_pruning);
    BOOST_TEST((kept_one.status == crds::sync_code::out_of_sync)); // the row, not the whole
    BOOST_TEST(kept_one.requires_pruning);
    BOOST_TEST(!taken.requires_pruning);
    BOOST_TEST((taken.status == crds::sync_code::out_of_sync));
    BOOST_TEST(asked_one.requires_deletion_confirmation);
    BOOST_TEST(!report.in_sync);
}

BOOST_AUTO_TEST_CASE(only_extraneous_objects_that_are_ignored_leave_it_in_sync) {
    objects o;
    auto& kept = o.there();
    kept.ignore_extraneous = true;
    o.left("kept", kept);
    const auto report = resources_of(o.view);
    BOOST_TEST(report.in_sync);
    BOOST_TEST(report.out_of_sync.empty());
}

// The list is bounded: one of each kind first, which a restart needs, then what needs attention.
BOOST_AUTO_TEST_CASE(what_is_out_of_sync_is_said_in_a_sentence) {
    objects o;
    BOOST_TEST(resources_of(o.view).out_of_sync.empty());
    o.has("Deployment", "web", o.there(), /*in_sync=*/false);
    o.view.wanted.back().differs = "spec.replicas is 3, not 2";
    BOOST_TEST(
        resources_of(o.view).out_of_sync == R"(Deployment "shop/web" differs: spec.replicas is 3, not 2)"
    );
    o.want("Deployment", "db", /*in_sync=*/false);
    o.has("Deployment", "fine", o.there());
    o.left("old", o.there());
    BOOST_TEST(
        resources_of(o.view).out_of_sync ==
        R"(Deployment "shop/web" differs: spec.replicas is 3, not 2; Deployment "shop/db" is not there; )"
        R"(ConfigMap "shop/old" is not in the sources)"
    );
    o.left("taken", o.there(), /*has_heir=*/true);
    o.left("older", o.there());
    const auto all = resources_of(o.view).out_of_sync;
    BOOST_TEST(all.ends_with("is not in the sources; and 2 more"));
    // What nobody looked at closely, as where drift is taken back at once.
    objects quick;
    quick.has("Deployment", "web", quick.there(), /*in_sync=*/false);
    BOOST_TEST(resources_of(quick.view).out_of_sync == R"(Deployment "shop/web" differs)");
}

BOOST_AUTO_TEST_CASE(the_list_is_bounded_and_says_what_matters) {
    objects o;
    for (int i = 0; i < 500; ++i) {
        o.has("Deployment", "web-" + std::to_string(i), o.there());
    }
    o.has("StatefulSet", "db", o.there());
    o.has("Deployment", "worst", o.there(sync::health_status::degraded));
    const auto report = resources_of(o.view);
    BOOST_TEST(report.count == 502);
    BOOST_TEST_REQUIRE(report.resources.size() == crds::max_status_resources);
    const auto shows = [&](const std::string& name) {
        return std::ranges::any_of(report.resources, [&](const auto& r) { return r.name == name; });
    };
    BOOST_TEST(shows("db"));
    BOOST_TEST(shows("worst"));
    BOOST_TEST((report.health == crds::health_code::degraded));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
