// Hooks as the planner runs them, against a cluster that is a map; numbers are those of the observed cases of Argo CD.
#include "sync/hooks.hpp"
#include "sync/planner.hpp"

#include <boost/test/unit_test.hpp>
#include <boost/test/unit_test_log.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace holdfast::sync {
namespace {

using lines = std::vector<std::string>;

object_id id(const std::string& kind, const std::string& name) {
    return {kind == "Job" ? "batch" : "", kind, "shop", name};
}

// Takes the steps that the planner says until one waits, as the operator does.
struct cluster {
    plan_input input;
    lines log;
    int uids = 0;

    cluster() {
        input.settings.application = {"argo", "shop"};
        input.settings.attempt = "100-0";
        input.settings.options.apply_out_of_sync_only = true;
    }
    planned_object& want(const object_id& what, std::int32_t wave = 0) {
        planned_object made;
        made.id = what;
        made.version = "v1";
        made.hash[0] = static_cast<unsigned char>(input.desired.size() + 1);
        made.orders.wave = wave;
        input.desired.push_back(made);
        return input.desired.back();
    }
    planned_object& hook(const std::string& name, std::vector<phase> phases, std::int32_t wave = 0) {
        auto& made = want(id("Job", name), wave);
        made.orders.is_hook = true;
        made.orders.hook_phases = std::move(phases);
        made.orders.hook_deletion.before_creation = true;
        return made;
    }
    live_record& put(const object_id& what, std::uint32_t run, std::optional<health_status> status) {
        live_record made;
        made.uid = std::to_string(++uids);
        made.owner = input.settings.application;
        made.generation = 1;
        made.status = status;
        made.hook = run != 0;
        made.hook_run = run;
        made.has_hook_finalizer = run != 0;
        return input.live.insert_or_assign(what, made).first->second;
    }
    void health(const std::string& name, health_status status, const std::string& message = {}) {
        auto& record = input.live.at(id("Job", name));
        record.status = status;
        record.health_message = message;
    }
    // What the process knew is lost; what is stored stays.
    void kill(const hook_attempts& stored) { input.hooks = stored; }

    // The sentence of the step that waits, or ends it.
    std::string run() {
        for (int i = 0; i < 100; ++i) {
            auto planned = next_step(input);
            input.settings.failed_by = planned.failed_by;
            for (const auto& [key, attempt] : planned.hooks) {
                input.hooks.insert_or_assign(key, attempt);
            }
            if (const auto* apply = std::get_if<apply_step>(&planned.next)) {
                for (const auto& action : apply->objects) {
                    apply_one(action);
                }
            } else if (const auto* clear = std::get_if<clear_hooks_step>(&planned.next)) {
                for (const auto& action : clear->objects) {
                    log.push_back("clear " + action.id.name);
                    input.cleared.insert(action.uid);
                    input.live.erase(action.id);
                }
            } else if (const auto* wait = std::get_if<wait_step>(&planned.next)) {
                return "wait: " + wait->sentence;
            } else if (const auto* failed = std::get_if<failed_step>(&planned.next)) {
                return "failed: " + failed->sentence;
            } else if (std::get_if<done_step>(&planned.next) != nullptr) {
                return "done";
            } else {
                return "another step";
            }
        }
        return "without end";
    }
    void apply_one(const apply_action& action) {
        const auto wanted = std::ranges::find(input.desired, action.id, &planned_object::id);
        log.push_back((action.as_hook ? "run " : "apply ") + action.id.name);
        if (action.as_hook) {
            put(action.id, run_key(hook_run(input.settings.attempt, *action.as_hook)),
                health_status::progressing);
            input.hooks[{*action.as_hook, action.id}] = {};
        } else {
            put(action.id, 0,
                action.id.kind == "Deployment" ? std::optional{health_status::progressing} : std::nullopt);
            input.done[action.id] = {.what = outcome::applied, .hash = wanted->hash, .generation = 1};
        }
    }
};

#define STARTS_WITH(text, begin) BOOST_TEST((text).starts_with(begin), (text))

BOOST_AUTO_TEST_SUITE(hooks)

BOOST_AUTO_TEST_CASE(case_5_a_presync_hook_is_complete_before_anything_is_applied) {
    cluster c;
    c.want(id("ConfigMap", "c"));
    c.hook("p", {phase::pre_sync});
    STARTS_WITH(c.run(), "wait: waiting for completion of PreSync hook: Job \"shop/p\"");
    BOOST_TEST((c.log == lines{"run p"}));
    c.health("p", health_status::healthy);
    BOOST_TEST(c.run() == "done");
    BOOST_TEST((c.log == lines{"run p", "apply c"}));
}

BOOST_AUTO_TEST_CASE(case_26_what_a_hook_stands_on_goes_before_it) {
    cluster c;
    auto& space = c.want({"", "Namespace", "", "shop"});
    space.synthetic = true;
    c.want(id("ConfigMap", "c"));
    c.want({"", "Namespace", "", "elsewhere"});
    c.hook("p", {phase::pre_sync});
    STARTS_WITH(c.run(), "wait: waiting for completion of PreSync hook");
    BOOST_TEST((c.log == lines{"apply shop", "run p"}));

    // The definition of its kind has to be served.
    cluster defined;
    const object_id definition{"apiextensions.k8s.io", "CustomResourceDefinition", "", "jobs.batch"};
    defined.want(definition, 3).defines = {{"batch", "Job"}};
    defined.hook("p", {phase::pre_sync});
    STARTS_WITH(
        defined.run(), "wait: waiting for CustomResourceDefinition \"jobs.batch\" before the hooks run"
    );
    defined.input.live.at(definition).status = health_status::healthy;
    defined.run();
    BOOST_TEST((defined.log == lines{"apply jobs.batch", "run p"}));
}

BOOST_AUTO_TEST_CASE(cases_6_and_7_a_hook_that_fails_ends_it_after_the_hooks_for_failures) {
    cluster c;
    c.want(id("ConfigMap", "c"));
    c.hook("p", {phase::pre_sync});
    c.run();
    c.health("p", health_status::degraded, "BackoffLimitExceeded");
    BOOST_TEST(c.run() == "failed: PreSync hook failed: Job \"shop/p\" (BackoffLimitExceeded)");
    BOOST_TEST((c.log == lines{"run p"}));

    cluster with;
    with.want(id("ConfigMap", "c"));
    with.hook("p", {phase::pre_sync});
    with.hook("sf", {phase::sync_fail});
    with.run();
    with.health("p", health_status::degraded, "no");
    STARTS_WITH(with.run(), "wait: waiting for completion of SyncFail hook");
    // It has failed, whatever becomes of the hook now.
    with.health("p", health_status::healthy);
    with.health("sf", health_status::healthy);
    BOOST_TEST(with.run() == "failed: PreSync hook failed: Job \"shop/p\" (no)");
    BOOST_TEST((with.log == lines{"run p", "run sf"}));
}

BOOST_AUTO_TEST_CASE(case_8_postsync_hooks_run_when_all_is_healthy) {
    cluster c;
    c.want({"apps", "Deployment", "shop", "a"});
    c.hook("q", {phase::post_sync});
    STARTS_WITH(c.run(), "wait: waiting for wave 0 to become healthy");
    BOOST_TEST((c.log == lines{"apply a"}));
    c.input.live.at({"apps", "Deployment", "shop", "a"}).status = health_status::healthy;
    STARTS_WITH(c.run(), "wait: waiting for completion of PostSync hook");
    c.health("q", health_status::healthy);
    BOOST_TEST(c.run() == "done");
    BOOST_TEST((c.log == lines{"apply a", "run q"}));
}

BOOST_AUTO_TEST_CASE(case_9_what_the_last_run_left_goes_before_a_hook_runs_again) {
    cluster c;
    c.hook("p", {phase::pre_sync});
    c.put(id("Job", "p"), run_key("99-0/PreSync"), health_status::healthy);
    c.run();
    BOOST_TEST((c.log == lines{"clear p", "run p"}));
}

BOOST_AUTO_TEST_CASE(case_11_without_that_policy_it_is_applied_over_it) {
    cluster c;
    c.hook("p", {phase::pre_sync}).orders.hook_deletion = {.on_failure = true};
    c.put(id("Job", "p"), run_key("99-0/PreSync"), health_status::healthy);
    c.run();
    BOOST_TEST((c.log == lines{"run p"}));
}

// Unlike in Argo CD, the policies follow what became of the hook, not of the operation: in 12, HookFailed leaves what
// succeeded, and HookSucceeded what failed, as there.
BOOST_AUTO_TEST_CASE(cases_10_12_17_and_18_policies_when_the_operation_has_ended) {
    struct row {
        std::string name;
        health_status health;
        std::optional<hook_state> became;
        bool on_success;
        bool on_failure;
        hook_rest expected;
    };
    const std::vector<row> rows{
        {"10", health_status::healthy, hook_state::succeeded, true, false, hook_rest::deleted},
        {"12 p", health_status::healthy, hook_state::succeeded, false, true, hook_rest::freed},
        {"12 q", health_status::degraded, hook_state::failed, true, false, hook_rest::freed},
        {"17 it runs and is ended", health_status::progressing, hook_state::running, false, false,
         hook_rest::deleted},
        {"18 p has succeeded", health_status::healthy, hook_state::succeeded, false, true, hook_rest::freed},
        {"18 q runs", health_status::progressing, hook_state::running, false, false, hook_rest::deleted},
    };
    for (const auto& one : rows) {
        live_record live;
        live.status = one.health;
        live.has_hook_finalizer = true;
        live.hook_goes_on_success = one.on_success;
        live.hook_goes_on_failure = one.on_failure;
        const hook_attempt attempt{.state = *one.became};
        BOOST_TEST((rest_of(live, &attempt, /*is_of_it=*/true) == one.expected), one.name);
    }
}

BOOST_AUTO_TEST_CASE(case_14_what_runs_in_no_sync_is_neither_run_nor_pruned) {
    cluster c;
    c.input.settings.prune = true;
    c.want(id("ConfigMap", "c"));
    auto& skipped = c.hook("skipped", {});
    skipped.orders.skip = true;
    c.hook("garbage", {});
    c.hook("late", {phase::pre_delete});
    c.hook("both", {phase::post_sync, phase::pre_delete});
    c.put(id("Job", "skipped"), 0, health_status::healthy);
    STARTS_WITH(c.run(), "wait: waiting for completion of PostSync hook: Job \"shop/both\"");
    c.health("both", health_status::healthy);
    BOOST_TEST(c.run() == "done");
    BOOST_TEST((c.log == lines{"apply c", "run both"}));
    BOOST_TEST(c.input.hooks.size() == 1U);
    BOOST_TEST(c.input.live.contains(id("Job", "skipped")));
}

BOOST_AUTO_TEST_CASE(case_24_hooks_run_although_only_what_differs_is_applied) {
    cluster c;
    c.want(id("ConfigMap", "a")).in_sync = true;
    c.put(id("ConfigMap", "a"), 0, std::nullopt);
    c.want(id("ConfigMap", "b"));
    c.hook("p", {phase::pre_sync});
    c.run();
    c.health("p", health_status::healthy);
    BOOST_TEST(c.run() == "done");
    BOOST_TEST((c.log == lines{"run p", "apply b"}));
}

BOOST_AUTO_TEST_CASE(case_31_a_hook_that_left_the_sources_is_not_pruned) {
    cluster c;
    c.input.settings.prune = true;
    c.want(id("ConfigMap", "c"));
    c.put(id("Job", "old"), 7, health_status::healthy);
    const auto planned = next_step(c.input);
    BOOST_TEST(std::ranges::none_of(planned.objects, [](const auto& o) { return o.id.name == "old"; }));
    BOOST_TEST(c.run() == "done");
    BOOST_TEST((c.log == lines{"apply c"}));
    BOOST_TEST(c.input.live.contains(id("Job", "old")));
}

BOOST_AUTO_TEST_CASE(case_34_a_hook_for_failures_makes_a_single_wave_wait_for_nothing) {
    cluster c;
    c.input.settings.rules = argo_cd_rules;
    c.want({"apps", "Deployment", "shop", "a"});
    c.hook("sf", {phase::sync_fail});
    BOOST_TEST(c.run() == "done");
    BOOST_TEST((c.log == lines{"apply a"}));
    BOOST_TEST(c.input.hooks.empty());
}

BOOST_AUTO_TEST_CASE(case_35_a_hook_without_health_is_complete_when_it_is_there) {
    cluster c;
    c.want(id("ConfigMap", "c"));
    auto& p = c.want(id("ConfigMap", "p"));
    p.orders.is_hook = true;
    p.orders.hook_phases = {phase::pre_sync};
    p.orders.hook_deletion.on_success = true;
    c.put(id("ConfigMap", "p"), run_key(hook_run("100-0", phase::pre_sync)), std::nullopt);
    BOOST_TEST(c.run() == "done");
    BOOST_TEST((c.log == lines{"apply c"}));
    BOOST_TEST((c.input.hooks.at({phase::pre_sync, id("ConfigMap", "p")}).state == hook_state::succeeded));
}

BOOST_AUTO_TEST_CASE(case_13_a_hook_of_two_phases_runs_twice) {
    cluster c;
    c.want(id("ConfigMap", "c"));
    c.hook("p", {phase::pre_sync, phase::post_sync});
    c.run();
    c.health("p", health_status::healthy);
    STARTS_WITH(c.run(), "wait: waiting for completion of PostSync hook");
    BOOST_TEST((c.log == lines{"run p", "apply c", "clear p", "run p"}));
    c.health("p", health_status::healthy);
    BOOST_TEST(c.run() == "done");
}

BOOST_AUTO_TEST_CASE(case_16_a_hook_that_is_deleted_under_it_has_failed) {
    cluster c;
    c.hook("p", {phase::pre_sync});
    c.run();
    c.input.live.clear();
    STARTS_WITH(
        c.run(), "failed: PreSync hook failed: Job \"shop/p\" (it was deleted before it was complete)"
    );
}

BOOST_AUTO_TEST_CASE(case_25_an_operation_of_some_objects_runs_no_hooks) {
    cluster c;
    c.want(id("ConfigMap", "a"));
    c.hook("p", {phase::pre_sync});
    c.input.settings.only = {{"", "ConfigMap", "", "a"}};
    BOOST_TEST(c.run() == "done");
    BOOST_TEST((c.log == lines{"apply a"}));
}

BOOST_AUTO_TEST_CASE(case_36_waves_of_hooks_follow_one_another) {
    cluster c;
    c.want(id("ConfigMap", "c"));
    c.hook("late", {phase::pre_sync}, 5);
    c.hook("early", {phase::pre_sync}, -5);
    c.hook("post", {phase::post_sync});
    c.run();
    BOOST_TEST((c.log == lines{"run early"}));
    c.health("early", health_status::healthy);
    c.run();
    c.health("late", health_status::healthy);
    c.run();
    BOOST_TEST((c.log == lines{"run early", "run late", "apply c", "run post"}));
}

BOOST_AUTO_TEST_CASE(sync_hooks_run_with_the_objects_of_their_wave) {
    cluster c;
    c.want(id("ConfigMap", "a"), 0);
    c.want(id("ConfigMap", "b"), 1);
    c.hook("s", {phase::sync}, 0);
    STARTS_WITH(c.run(), "wait: waiting for completion of Sync hook");
    BOOST_TEST((c.log == lines{"apply a", "run s"}));
    c.health("s", health_status::healthy);
    BOOST_TEST(c.run() == "done");
    BOOST_TEST((c.log == lines{"apply a", "run s", "apply b"}));
}

BOOST_AUTO_TEST_CASE(killed_anywhere_it_runs_no_hook_twice) {
    // Of each row: what the process that is killed had stored, and what is in the cluster then.
    const hook_key key{phase::pre_sync, id("Job", "p")};
    const hook_attempts none;
    const hook_attempts begun{{key, {}}};
    const hook_attempts over{{key, {.state = hook_state::succeeded}}};
    for (const auto& stored : {none, begun, over}) {
        for (const auto status : {health_status::progressing, health_status::healthy}) {
            cluster c;
            c.hook("p", {phase::pre_sync});
            c.run();
            c.health("p", status);
            c.kill(stored);
            const auto said = c.run();
            BOOST_TEST((c.log == lines{"run p"}));
            const bool is_over = status == health_status::healthy || !stored.empty() ? stored == over : false;
            BOOST_TEST((said == "done") == (is_over || status == health_status::healthy), said);
        }
    }
    // Another attempt runs it again.
    cluster c;
    c.hook("p", {phase::pre_sync});
    c.run();
    c.kill({});
    c.input.settings.attempt = "100-1";
    c.run();
    BOOST_TEST((c.log == lines{"run p", "clear p", "run p"}));
}

BOOST_AUTO_TEST_CASE(what_is_not_ours_is_not_run_over) {
    cluster c;
    c.hook("p", {phase::pre_sync});
    c.put(id("Job", "p"), 0, health_status::healthy).owner = {"argo", "other"};
    STARTS_WITH(
        c.run(), "failed: PreSync hook failed: Job \"shop/p\" (belongs to the application argo/other"
    );
    BOOST_TEST(c.log.empty());
}

BOOST_AUTO_TEST_CASE(when_the_operation_has_ended_the_policy_says_what_becomes_of_it) {
    const hook_attempt good{.state = hook_state::succeeded};
    const hook_attempt bad{.state = hook_state::failed};
    live_record live;
    live.status = health_status::healthy;
    BOOST_TEST((rest_of(live, &good, true) == hook_rest::stays));
    live.has_hook_finalizer = true;
    BOOST_TEST((rest_of(live, &good, true) == hook_rest::freed));
    live.hook_goes_on_success = true;
    BOOST_TEST((rest_of(live, &good, true) == hook_rest::deleted));
    BOOST_TEST((rest_of(live, &bad, true) == hook_rest::freed));
    BOOST_TEST((rest_of(live, &good, false) == hook_rest::freed)); // an earlier operation's
    live.hook_goes_on_failure = true;
    BOOST_TEST((rest_of(live, &bad, true) == hook_rest::deleted));
    live.deleting = true;
    BOOST_TEST((rest_of(live, &bad, true) == hook_rest::freed));
    // The operation was ended while it ran.
    live_record running;
    running.status = health_status::progressing;
    BOOST_TEST((rest_of(running, &bad, true) == hook_rest::deleted));
}

BOOST_AUTO_TEST_CASE(its_object_says_for_which_run_it_is) {
    json::object manifest{{"metadata", {{"name", "p"}}}};
    mark_hook(manifest, "100-0/PreSync");
    mark_hook(manifest, "100-1/PreSync");
    const auto& metadata = manifest.at("metadata").as_object();
    BOOST_TEST(metadata.at("finalizers").as_array().size() == 1U);
    BOOST_TEST((metadata.at("annotations").as_object().at(run_annotation) == "100-1/PreSync"));
    const auto record = observe(manifest, holdfast_dev());
    BOOST_TEST(record.has_hook_finalizer);
    BOOST_TEST(record.hook_run == run_key("100-1/PreSync"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
