// The observed cases of Argo CD that are about objects, by their numbers, with its rules; those about hooks are in
// hooks_test.cpp. Not here: 27, 30 and 33, which are decided before anything is planned (control/manifest_checks.cpp,
// operations::refuse_forbidden), and 26, which planner_test.cpp has.

#include "planner_support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace holdfast::sync {
namespace {

using lines = std::vector<std::string>;

struct argo_cd : world {
    argo_cd() { input.settings.rules = argo_cd_rules; }
};

// What comes next, in a word, and what was done until then.
std::string end_of(const plan& p) {
    if (const auto* wait = std::get_if<wait_step>(&p.next)) return "Running: " + wait->sentence;
    if (const auto* failed = std::get_if<failed_step>(&p.next)) return "Failed: " + failed->sentence;
    if (std::holds_alternative<blocked_step>(p.next)) return "asks";
    return std::holds_alternative<done_step>(p.next) ? "Succeeded" : "another step";
}

std::string state_of(const plan& p, const object_id& o) {
    const auto* report = world::report_of(p, o);
    return report == nullptr ? "no row" : std::string{to_string(report->state)} + " " + report->message;
}

const auto progressing = [](const object_id&) { return std::optional{health_status::progressing}; };

} // namespace

BOOST_AUTO_TEST_SUITE(observed_cases)

BOOST_AUTO_TEST_CASE(case_1_a_single_wave_is_not_waited_for) {
    argo_cd w;
    w.health_after_apply = progressing;
    w.want(id("Deployment", "a"));
    w.want(id("Service", "s"));
    const auto p = w.run();
    BOOST_TEST(end_of(p) == "Succeeded");
    BOOST_TEST((w.log == lines{"apply s", "apply a"}));
    BOOST_TEST(state_of(p, id("Deployment", "a")).starts_with("Synced"));
}

BOOST_AUTO_TEST_CASE(case_2_the_next_wave_waits_for_health_and_the_last_one_is_not_waited_for) {
    argo_cd w;
    w.health_after_apply = progressing;
    w.want(id("Deployment", "a"), 0);
    w.want(id("Deployment", "b"), 1);
    const std::string waits{"Running: waiting for wave 0 to become healthy: Deployment \"ns/a\""};
    BOOST_TEST(end_of(w.run()) == waits);
    BOOST_TEST(end_of(w.run()) == waits);
    w.input.live.at(id("Deployment", "a")).status = health_status::healthy;
    BOOST_TEST(end_of(w.run()) == "Succeeded");
    BOOST_TEST((w.log == lines{"apply a", "apply b"}));
}

BOOST_AUTO_TEST_CASE(case_3_a_degraded_wave_ends_it) {
    argo_cd w;
    w.health_after_apply = progressing;
    w.want(id("Deployment", "a"), 0);
    w.want(id("Deployment", "b"), 1);
    w.run();
    w.input.live.at(id("Deployment", "a")).status = health_status::degraded;
    const auto p = w.run();
    BOOST_TEST(end_of(p) == "Failed: wave 0 did not become healthy: Deployment \"ns/a\"");
    BOOST_TEST(state_of(p, id("Deployment", "b")) == "Pending ");
    BOOST_TEST((w.log == lines{"apply a"}));
}

BOOST_AUTO_TEST_CASE(case_4_what_has_no_health_is_not_waited_for) {
    argo_cd w;
    w.want(id("ConfigMap", "a"), 0);
    w.want(id("ConfigMap", "b"), 1);
    BOOST_TEST(end_of(w.run()) == "Succeeded");
    BOOST_TEST((w.log == lines{"apply a", "apply b"}));
}

BOOST_AUTO_TEST_CASE(case_19_what_came_last_goes_first) {
    argo_cd w;
    w.want(id("ConfigMap", "kept"));
    w.have(id("ConfigMap", "a"), 0);
    w.have(id("ConfigMap", "b"), 5);
    w.have(id("ConfigMap", "c"), 9);
    const auto p = w.run();
    BOOST_TEST(end_of(p) == "Succeeded");
    BOOST_TEST((w.log == lines{"apply kept", "prune c", "prune b", "prune a"}));
    for (const auto* name : {"a", "b", "c"}) {
        BOOST_TEST(state_of(p, id("ConfigMap", name)) == "Pruned pruned", name);
    }
}

BOOST_AUTO_TEST_CASE(cases_20_and_21_what_is_not_to_be_pruned_stays) {
    struct row {
        std::string name;
        bool prune;
        std::optional<removal> says;
        std::string expected;
    };
    const std::vector<row> rows{
        {"20", false, std::nullopt, "PruneSkipped ignored (requires pruning)"},
        {"21", true, removal::never, "PruneSkipped ignored (no prune)"},
    };
    for (const auto& one : rows) {
        argo_cd w;
        w.input.settings.prune = one.prune;
        w.want(id("ConfigMap", "kept"));
        w.have(id("ConfigMap", "a")).prune = one.says;
        const auto p = w.run();
        BOOST_TEST(end_of(p) == "Succeeded", one.name);
        BOOST_TEST(state_of(p, id("ConfigMap", "a")) == one.expected, one.name);
        BOOST_TEST(w.input.live.contains(id("ConfigMap", "a")), one.name);
    }
}

// Unlike Argo CD, which applies nothing before the confirmation: only the deletion waits.
BOOST_AUTO_TEST_CASE(case_22_a_prune_that_needs_a_confirmation_waits_for_it) {
    argo_cd w;
    w.want(id("ConfigMap", "new"));
    w.have(id("ConfigMap", "a")).prune = removal::needs_confirmation;
    const auto asking = w.run();
    BOOST_TEST(end_of(asking) == "asks");
    BOOST_TEST(w.input.live.contains(id("ConfigMap", "a")));
    w.confirm(std::get<blocked_step>(asking.next));
    BOOST_TEST(end_of(w.run()) == "Succeeded");
    BOOST_TEST(!w.input.live.contains(id("ConfigMap", "a")));
    BOOST_TEST(w.input.live.contains(id("ConfigMap", "new")));
}

BOOST_AUTO_TEST_CASE(case_23_prune_last_comes_after_the_last_wave) {
    argo_cd w;
    w.want(id("ConfigMap", "a"), 0);
    w.want(id("ConfigMap", "b"), 3);
    w.have(id("ConfigMap", "old")).prune_last = true;
    BOOST_TEST(end_of(w.run()) == "Succeeded");
    BOOST_TEST((w.log == lines{"apply a", "apply b", "prune old"}));
}

BOOST_AUTO_TEST_CASE(case_29_what_is_suspended_holds_its_wave) {
    argo_cd w;
    w.health_after_apply = [](const object_id&) { return health_status::suspended; };
    w.want(id("Deployment", "a"), 0);
    w.want(id("Deployment", "b"), 1);
    BOOST_TEST(end_of(w.run()) == "Running: waiting for wave 0 to become healthy: Deployment \"ns/a\"");
    BOOST_TEST((w.log == lines{"apply a"}));
}

BOOST_AUTO_TEST_CASE(case_32_a_dry_run_waits_for_nothing) {
    argo_cd w;
    w.input.settings.dry_run = true;
    w.health_after_apply = progressing;
    w.want(id("Deployment", "a"), 0);
    w.want(id("Deployment", "b"), 1);
    w.have(id("ConfigMap", "old"));
    const auto p = w.run();
    BOOST_TEST(end_of(p) == "Succeeded");
    BOOST_TEST(state_of(p, id("Deployment", "b")) == "Synced applied (dry run)");
    BOOST_TEST(state_of(p, id("ConfigMap", "old")).starts_with("Pruned"));
}

BOOST_AUTO_TEST_CASE(case_37_a_refusal_does_not_stop_the_others_of_its_wave) {
    argo_cd w;
    w.refuse = [](const object_id& o) { return o.name == "b" ? std::string{"no"} : std::string{}; };
    for (const auto* name : {"a", "b", "c"}) {
        w.want(id("ConfigMap", name));
    }
    const auto p = w.run();
    BOOST_TEST(end_of(p) == "Failed: 1 object could not be applied: ConfigMap \"ns/b\": no");
    BOOST_TEST(state_of(p, id("ConfigMap", "a")).starts_with("Synced"));
    BOOST_TEST(state_of(p, id("ConfigMap", "c")).starts_with("Synced"));
    BOOST_TEST(w.input.live.contains(id("ConfigMap", "c")));
}

BOOST_AUTO_TEST_CASE(case_38_the_next_wave_waits_until_what_is_pruned_is_gone) {
    argo_cd w;
    w.deletions_take_time = true;
    w.have(id("ConfigMap", "a"), 0);
    w.want(id("ConfigMap", "later"), 7);
    const auto waiting = w.run();
    BOOST_TEST(end_of(waiting) == "Running: waiting for the deletion of ConfigMap \"ns/a\" to end");
    BOOST_TEST((w.log == lines{"prune a"}));
    w.input.live.erase(id("ConfigMap", "a"));
    const auto p = w.run();
    BOOST_TEST(end_of(p) == "Succeeded");
    BOOST_TEST(state_of(p, id("ConfigMap", "a")) == "Pruned pruned");
    BOOST_TEST((w.log == lines{"prune a", "apply later"}));
}

BOOST_AUTO_TEST_CASE(case_39_what_is_deleted_while_it_is_waited_for_fails) {
    argo_cd w;
    w.health_after_apply = progressing;
    w.want(id("Deployment", "a"), 0);
    w.want(id("Deployment", "b"), 1);
    w.run();
    w.input.live.erase(id("Deployment", "a"));
    const auto p = w.run();
    BOOST_TEST(
        end_of(p) ==
        "Failed: wave 0 did not become healthy: Deployment \"ns/a\": it was deleted while it was waited for"
    );
    BOOST_TEST((w.log == lines{"apply a"}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::sync
