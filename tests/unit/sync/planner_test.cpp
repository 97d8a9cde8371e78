#include "planner_support.hpp"

namespace holdfast::sync {
namespace {

using lines = std::vector<std::string>;

template <class Step>
const Step& expect(const plan& p) {
    const auto* s = std::get_if<Step>(&p.next);
    BOOST_TEST_REQUIRE(s != nullptr, "another step than expected: " << p.next.index());
    return *s;
}

BOOST_AUTO_TEST_SUITE(planner)

BOOST_AUTO_TEST_CASE(one_wave_goes_by_kinds_and_ends_right_after_the_apply) {
    world w;
    w.health_after_apply = [](const object_id&) { return health_status::progressing; };
    w.want(id("Deployment", "web"));
    w.want(id("Service", "web-service"));
    w.want(id("ConfigMap", "config"));
    w.want(id("Secret", "secret"));
    w.want(id("Namespace", "ns"), 7);
    const auto p = w.run();
    BOOST_TEST(expect<done_step>(p).sentence == "5 applied, 0 unchanged, 0 pruned");
    BOOST_TEST((w.log == lines{"apply ns", "apply secret", "apply config", "apply web-service", "apply web"})
    );
    for (const auto& r : p.objects) {
        BOOST_TEST((r.state == standing::synced), to_string(r.id));
    }
}

BOOST_AUTO_TEST_CASE(what_is_known_to_be_as_wanted_costs_no_request) {
    world w;
    w.want(id("ConfigMap", "a")).in_sync = true;
    w.want(id("ConfigMap", "b"));
    w.have(id("ConfigMap", "a"));
    BOOST_TEST(expect<done_step>(w.run()).sentence == "1 applied, 1 unchanged, 0 pruned");
    BOOST_TEST((w.log == lines{"apply b"}));
    w.input.done.clear();
    w.log.clear();
    w.input.settings.reapply = true;
    w.run();
    BOOST_TEST((w.log == lines{"apply a b"}));
}

BOOST_AUTO_TEST_CASE(a_wave_waits_until_the_one_before_is_healthy) {
    world w;
    w.health_after_apply = [](const object_id&) { return health_status::progressing; };
    w.want(id("Deployment", "db"), -1);
    w.want(id("ConfigMap", "c"), -1);
    w.want(id("Deployment", "web"));
    auto p = w.run();
    BOOST_TEST((w.log == lines{"apply c", "apply db"}));
    const auto& wait = expect<wait_step>(p);
    BOOST_TEST((wait.reason == wait_reason::health));
    BOOST_TEST(wait.on.size() == 2U);
    BOOST_TEST(
        wait.sentence.find("waiting for wave -1 to become healthy: ConfigMap \"ns/c\", Deployment \"ns/db\""
        ) == 0U
    );
    w.input.live.at(id("ConfigMap", "c")).status = std::nullopt;
    w.input.live.at(id("Deployment", "db")).status = health_status::suspended;
    BOOST_TEST(expect<wait_step>(w.run()).on.size() == 1U);
    w.input.live.at(id("Deployment", "db")).status = health_status::healthy;
    p = w.run();
    BOOST_TEST(w.log.back() == "apply web");
    // The last wave is waited for too.
    BOOST_TEST((expect<wait_step>(p).on == std::vector{id("Deployment", "web")}));
    w.settle(expect<wait_step>(p));
    expect<done_step>(w.run());
}

BOOST_AUTO_TEST_CASE(kinds_of_a_wave_go_one_after_the_other_and_objects_of_a_kind_side_by_side) {
    world w;
    for (const auto* kind :
         {"HorizontalPodAutoscaler", "StatefulSet", "Deployment", "PersistentVolumeClaim", "PersistentVolume",
          "StorageClass", "ConfigMap", "Secret"}) {
        w.want(id(kind, std::string{kind} + "1"));
        w.want(id(kind, std::string{kind} + "2"));
    }
    w.run();
    BOOST_TEST(
        (w.log ==
         lines{
             "apply Secret1 Secret2", "apply ConfigMap1 ConfigMap2", "apply StorageClass1 StorageClass2",
             "apply PersistentVolume1 PersistentVolume2",
             "apply PersistentVolumeClaim1 PersistentVolumeClaim2", "apply Deployment1 Deployment2",
             "apply StatefulSet1 StatefulSet2", "apply HorizontalPodAutoscaler1 HorizontalPodAutoscaler2"
         })
    );
    for (const auto& wanted : std::exchange(w.input.desired, {})) {
        w.input.live.at(wanted.id).owner = shop;
    }
    w.want(id("Secret", "Secret1"));
    w.begin_anew();
    w.input.settings.prune_limit = 100;
    w.run();
    BOOST_TEST(w.log.front() == "prune HorizontalPodAutoscaler1 HorizontalPodAutoscaler2");
    BOOST_TEST(w.log.back() == "prune Secret2");
    BOOST_TEST(w.log.size() == 8U);
}

BOOST_AUTO_TEST_CASE(a_claim_that_waits_for_its_first_consumer_holds_up_no_wave) {
    world w;
    w.health_after_apply = [](const object_id&) { return health_status::progressing; };
    w.want(id("PersistentVolumeClaim", "data"), -1);
    w.want(id("Deployment", "web"));
    w.want(id("PersistentVolumeClaim", "for-a-cron-job"));
    auto p = w.run();
    BOOST_TEST((w.log == lines{"apply data", "apply for-a-cron-job", "apply web"}));
    // Who uses it is waited for.
    BOOST_TEST((expect<wait_step>(p).on == std::vector{id("Deployment", "web")}));
    w.settle(expect<wait_step>(p));
    expect<done_step>(w.run());

    // One that has lost its volume gets it from nobody.
    w.input.live.at(id("PersistentVolumeClaim", "data")).status = health_status::degraded;
    expect<failed_step>(w.run());
}

BOOST_AUTO_TEST_CASE(health_of_an_older_generation_is_not_believed) {
    world w;
    w.want(id("Deployment", "db"), 0);
    w.want(id("Deployment", "web"), 1);
    w.health_after_apply = [](const object_id&) { return health_status::healthy; };
    w.have(id("Deployment", "db")).status = health_status::healthy;
    auto p = w.look();
    w.take(p.next);
    w.input.done.at(id("Deployment", "db")).generation = 9;
    BOOST_TEST((expect<wait_step>(w.look()).on == std::vector{id("Deployment", "db")}));
    w.input.live.at(id("Deployment", "db")).generation = 9;
    expect<apply_step>(w.look());
}

BOOST_AUTO_TEST_CASE(a_degraded_wave_fails_once_the_rest_of_it_has_settled) {
    world w;
    w.health_after_apply = [](const object_id& o) {
        return o.name == "bad" ? health_status::degraded : health_status::progressing;
    };
    w.want(id("Deployment", "bad"));
    w.want(id("Deployment", "slow"));
    w.want(id("Deployment", "next"), 1);
    w.have(id("ConfigMap", "old"), 1);
    auto p = w.run();
    BOOST_TEST((expect<wait_step>(p).on == std::vector{id("Deployment", "slow")}));
    w.settle(expect<wait_step>(p));
    w.input.live.at(id("Deployment", "bad")).health_message = "CrashLoopBackOff";
    p = w.run();
    const auto& failed = expect<failed_step>(p);
    BOOST_TEST(failed.sentence == "wave 0 did not become healthy: Deployment \"ns/bad\" (CrashLoopBackOff)");
    BOOST_TEST(!w.input.done.contains(id("Deployment", "next")));
    BOOST_TEST(w.input.live.contains(id("ConfigMap", "old")) == true);
}

BOOST_AUTO_TEST_CASE(what_is_deleted_while_it_is_waited_for_fails_the_wave) {
    world w;
    w.health_after_apply = [](const object_id&) { return health_status::progressing; };
    w.want(id("Deployment", "a"));
    w.want(id("Deployment", "b"), 1);
    w.run();
    w.input.live.erase(id("Deployment", "a"));
    BOOST_TEST(
        expect<failed_step>(w.run()).sentence.find("it was deleted while it was waited for") !=
        std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(a_failure_does_not_stop_the_others_of_its_wave_but_the_next_one) {
    world w;
    w.refuse = [](const object_id& o) {
        return o.name == "bad" || o.name == "worse" ? std::string{"no"} : std::string{};
    };
    w.want(id("ConfigMap", "bad"));
    w.want(id("Secret", "good"));
    w.want(id("Deployment", "worse"));
    w.want(id("Service", "fine"));
    w.want(id("ConfigMap", "later"), 1);
    w.have(id("ConfigMap", "old"));
    const auto p = w.run();
    BOOST_TEST((w.log == lines{"apply good", "apply bad", "apply fine", "apply worse"}));
    BOOST_TEST(
        expect<failed_step>(p).sentence ==
        "2 objects could not be applied: ConfigMap \"ns/bad\": no; Deployment \"ns/worse\": no"
    );
    BOOST_TEST((world::report_of(p, id("ConfigMap", "bad"))->state == standing::sync_failed));
    BOOST_TEST((world::report_of(p, id("Secret", "good"))->state == standing::synced));
    BOOST_TEST((world::report_of(p, id("ConfigMap", "later"))->state == standing::pending));
    BOOST_TEST(w.input.live.contains(id("ConfigMap", "old")));
    // A newer desired state is tried anew.
    for (auto& wanted : w.input.desired) {
        if (wanted.id.name == "bad" || wanted.id.name == "worse") wanted.hash = sha256("fixed");
    }
    w.refuse = [](const object_id&) { return std::string{}; };
    expect<done_step>(w.run_and_settle());
}

BOOST_AUTO_TEST_CASE(objects_wait_for_their_own_definition_only) {
    world w;
    w.want_definition("widgets.example.com");
    w.want(id("Widget", "w"));
    w.want(id("ConfigMap", "c"));
    w.want(id("Deployment", "d"));
    const auto p = w.run();
    BOOST_TEST((w.log == lines{"apply c", "apply widgets.example.com", "apply d"}));
    const auto& wait = expect<wait_step>(p);
    BOOST_TEST((wait.reason == wait_reason::custom_resource_definition));
    w.settle(wait);
    expect<done_step>(w.run());
    BOOST_TEST(w.log.back() == "apply w");
}

// The API server tells of an established definition before its discovery has the kind.
BOOST_AUTO_TEST_CASE(objects_wait_until_the_server_has_their_kind_whoever_brings_it) {
    const kube::group_version_kind kind{"example.com", "v1", "Widget"};
    for (const bool is_defined : {true, false}) {
        world w;
        if (is_defined) {
            w.want_definition("widgets.example.com");
        } else {
            w.want(id("Deployment", "operator"));
        }
        auto& widget = w.want(id("Widget", "w"));
        widget.version = "v1";
        widget.orders.options.skip_dry_run_on_missing = !is_defined;
        w.want(id("Widget", "other"), 1).version = "v1";
        w.input.desired.back().orders.options.skip_dry_run_on_missing = !is_defined;
        w.input.unserved_kinds.insert(kind);
        w.health_after_apply = [](const object_id&) { return health_status::healthy; };
        auto p = w.run();
        BOOST_TEST(
            (w.log == lines{is_defined ? "apply widgets.example.com" : "apply operator"}), w.log.back()
        );
        const auto& wait = expect<wait_step>(p);
        BOOST_TEST((wait.reason == wait_reason::custom_resource_definition));
        BOOST_TEST(wait.sentence == "waiting for the server to have the kind of Widget \"ns/w\"");
        w.input.unserved_kinds.clear();
        expect<done_step>(w.run());
        BOOST_TEST(w.log.back() == "apply other");
    }
}

// A version that is new in the definition is not served yet either, though the definition is as healthy as
// before.
BOOST_AUTO_TEST_CASE(objects_wait_for_a_new_version_of_their_kind) {
    world w;
    w.want_definition("widgets.example.com").in_sync = true;
    w.have(id("CustomResourceDefinition", "widgets.example.com")).status = health_status::healthy;
    w.want(id("Widget", "w")).version = "v2";
    w.input.unserved_kinds.insert({"example.com", "v2", "Widget"});
    expect<wait_step>(w.run());
    w.input.settings.dry_run = true;
    expect<done_step>(w.run());
    w.input.settings.dry_run = false;
    w.input.unserved_kinds.clear();
    expect<done_step>(w.run());
    BOOST_TEST((w.log == lines{"apply w"}));
}

BOOST_AUTO_TEST_CASE(objects_of_a_refused_definition_or_namespace_are_not_tried) {
    world w;
    w.refuse = [](const object_id& o) {
        return o.kind == "CustomResourceDefinition" || o.kind == "Namespace" ? "no" : "";
    };
    w.want_definition("widgets.example.com");
    w.want(id("Widget", "w", "other"));
    w.want(id("Namespace", "ns"));
    w.want(id("ConfigMap", "c"));
    w.want(id("ConfigMap", "free", "other"));
    const auto p = w.run();
    expect<failed_step>(p);
    BOOST_TEST((w.log == lines{"apply ns", "apply free", "apply widgets.example.com"}));
    BOOST_TEST(
        world::report_of(p, id("Widget", "w", "other"))->message ==
        "not tried: CustomResourceDefinition \"widgets.example.com\" could not be applied"
    );
    BOOST_TEST(
        world::report_of(p, id("ConfigMap", "c"))->message ==
        "not tried: Namespace \"ns\" could not be applied"
    );
}

BOOST_AUTO_TEST_CASE(a_definition_whose_name_is_taken_fails_its_objects) {
    world w;
    w.health_after_apply = [](const object_id& o) {
        return o.kind == "CustomResourceDefinition" ? std::optional{health_status::degraded} : std::nullopt;
    };
    w.want_definition("widgets.example.com");
    w.want(id("Widget", "w"));
    expect<failed_step>(w.run());
}

BOOST_AUTO_TEST_CASE(the_namespace_that_is_made_goes_first_and_is_no_wave_of_its_own) {
    world w;
    auto& made = w.want(id("Namespace", "ns"));
    made.synthetic = true;
    w.want(id("Deployment", "a"), 5);
    w.health_after_apply = [](const object_id&) { return health_status::progressing; };
    expect<done_step>(w.run());
    BOOST_TEST((w.log == lines{"apply ns", "apply a"}));
}

BOOST_AUTO_TEST_CASE(what_is_not_wanted_any_more_goes_after_the_applies_in_reverse) {
    world w;
    w.want(id("ConfigMap", "new"));
    w.have(id("Deployment", "old-deployment"));
    w.have(id("ConfigMap", "old-config"));
    w.have(id("Namespace", "old-namespace"));
    const auto p = w.run();
    BOOST_TEST(
        (w.log == lines{"apply new", "prune old-deployment", "prune old-config", "prune old-namespace"})
    );
    BOOST_TEST(expect<done_step>(p).sentence == "1 applied, 0 unchanged, 3 pruned");
    BOOST_TEST((world::report_of(p, id("ConfigMap", "old-config"))->state == standing::pruned));
}

BOOST_AUTO_TEST_CASE(prune_waves_are_reversed_and_each_waits_until_it_is_gone) {
    world w;
    w.deletions_take_time = true;
    w.want(id("ConfigMap", "kept"));
    w.have(id("ConfigMap", "first"), 0);
    w.have(id("ConfigMap", "second"), 1);
    w.have(id("ConfigMap", "third"), 2);
    expect<done_step>(w.run_and_settle());
    BOOST_TEST((w.log == lines{"apply kept", "prune third", "wait", "prune second", "wait", "prune first"}));
}

BOOST_AUTO_TEST_CASE(prune_last_comes_after_everything) {
    world w;
    w.want(id("ConfigMap", "a"), 0);
    w.want(id("ConfigMap", "b"), 3);
    w.have(id("ConfigMap", "old")).prune_last = true;
    w.have(id("ConfigMap", "older"));
    expect<done_step>(w.run_and_settle());
    BOOST_TEST((w.log == lines{"apply a", "prune older", "apply b", "prune old"}));
}

BOOST_AUTO_TEST_CASE(without_prune_what_is_left_over_is_reported) {
    world w;
    w.input.settings.prune = false;
    w.want(id("ConfigMap", "a"));
    w.have(id("ConfigMap", "old"));
    const auto p = w.run();
    expect<done_step>(p);
    BOOST_TEST(w.input.live.contains(id("ConfigMap", "old")));
    BOOST_TEST((world::report_of(p, id("ConfigMap", "old"))->state == standing::prune_skipped));
    BOOST_TEST(world::report_of(p, id("ConfigMap", "old"))->message == "ignored (requires pruning)");
}

BOOST_AUTO_TEST_CASE(only_what_is_ours_is_pruned) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.have(id("ConfigMap", "theirs"), 0, {"deploy", "other"});
    w.have(id("ConfigMap", "nobodys"), 0, {});
    w.have(id("ConfigMap", "hook")).hook = true;
    w.have(id("ConfigMap", "handed-over")).released_to = release_key({"deploy", "other"});
    w.have(id("ConfigMap", "protected")).prune = removal::never;
    const auto p = w.run();
    expect<done_step>(p);
    BOOST_TEST((w.log == lines{"apply a"}));
    BOOST_TEST(world::report_of(p, id("ConfigMap", "protected"))->message == "ignored (no prune)");
    BOOST_TEST(world::report_of(p, id("ConfigMap", "theirs")) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_deletion_that_needs_a_confirmation_waits_for_it_at_the_end) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.have(id("ConfigMap", "precious")).prune = removal::needs_confirmation;
    w.have(id("ConfigMap", "old"));
    const auto p = w.run();
    BOOST_TEST((expect<blocked_step>(p).reason == block_reason::prune_confirmation));
    BOOST_TEST((w.log == lines{"apply a", "prune old"}));
    w.confirm(expect<blocked_step>(p));
    expect<done_step>(w.run());
    BOOST_TEST((w.log == lines{"prune precious"}));
}

BOOST_AUTO_TEST_CASE(an_empty_render_deletes_nothing_unless_that_is_allowed) {
    world w;
    w.have(id("ConfigMap", "a"));
    w.want(id("Namespace", "ns")).synthetic = true;
    w.confirm(expect<blocked_step>(w.run()));
    const auto p = w.run();
    BOOST_TEST((expect<blocked_step>(p).reason == block_reason::empty_render));
    BOOST_TEST(expect<blocked_step>(p).sentence.find("allowEmpty") != std::string::npos);
    BOOST_TEST(w.input.live.contains(id("ConfigMap", "a")));
    w.begin_anew();
    w.input.settings.allow_empty = true;
    expect<done_step>(w.run());
    BOOST_TEST(!w.input.live.contains(id("ConfigMap", "a")));
}

BOOST_AUTO_TEST_CASE(more_deletions_than_the_limit_need_a_confirmation) {
    world w;
    w.want(id("ConfigMap", "new"));
    for (int i = 0; i < 11; ++i) {
        w.have(id("ConfigMap", "old" + std::to_string(i)));
    }
    const auto p = w.run();
    const auto& blocked = expect<blocked_step>(p);
    BOOST_TEST((blocked.reason == block_reason::prune_limit));
    BOOST_TEST(blocked.objects.size() == 11U);
    BOOST_TEST(blocked.sentence.find("11 of 11 objects would be deleted, more than the limit of 10") == 0U);
    BOOST_TEST((w.log == lines{"apply new"}));
    w.begin_anew();
    w.input.live.erase(id("ConfigMap", "old0"));
    expect<done_step>(w.run());
    BOOST_TEST(w.input.live.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_limit_is_half_of_what_there_is_or_what_is_said) {
    world w;
    for (int i = 0; i < 30; ++i) {
        w.want(id("ConfigMap", "kept" + std::to_string(i))).in_sync = true;
        w.have(id("ConfigMap", "kept" + std::to_string(i)));
        w.have(id("ConfigMap", "old" + std::to_string(i)));
    }
    auto copy = w;
    expect<done_step>(w.run()); // 30 of 60
    copy.input.settings.prune_limit = 29;
    const auto asked = copy.run();
    copy.confirm(expect<blocked_step>(asked));
    expect<done_step>(copy.run());
}

BOOST_AUTO_TEST_CASE(what_another_application_took_after_it_was_applied_is_said) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.want(id("Deployment", "b"), 1);
    expect<done_step>(w.run());
    w.input.live.at(id("ConfigMap", "a")).owner = {"deploy", "other"};
    const auto p = next_step(w.input);
    BOOST_TEST(
        expect<failed_step>(p).sentence.find("ConfigMap \"ns/a\": belongs to the application deploy/other") !=
        std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(what_another_application_owns_is_not_taken) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.want(id("ConfigMap", "b"));
    w.have(id("ConfigMap", "a"), 0, {"deploy", "other"});
    const auto p = w.run();
    BOOST_TEST((w.log == lines{"apply b"}));
    BOOST_TEST(
        expect<failed_step>(p).sentence.find("ConfigMap \"ns/a\": belongs to the application deploy/other") !=
        std::string::npos
    );
    auto released = w;
    released.input.live.at(id("ConfigMap", "a")).released_to = release_key(shop);
    expect<done_step>(released.run());
    auto gone = w;
    gone.input.settings.gone_owners = {{"deploy", "other"}};
    expect<done_step>(gone.run());
    auto unowned = w;
    unowned.input.live.at(id("ConfigMap", "a")).owner = {};
    expect<done_step>(unowned.run());
}

// What ours asks for, and what Argo CD does at once.
BOOST_AUTO_TEST_CASE(where_shared_objects_fail_the_sync_nothing_is_applied) {
    world w;
    w.want(id("ConfigMap", "ours"));
    w.want(id("ConfigMap", "theirs"));
    w.have(id("ConfigMap", "theirs"), 0, {"deploy", "other"});
    w.input.settings.options.fail_on_shared_resource = true;
    const auto p = w.run();
    BOOST_TEST(expect<failed_step>(p).sentence.starts_with(
        "nothing was applied, for FailOnSharedResource=true is set: ConfigMap \"ns/theirs\" belongs to the "
        "application deploy/other"
    ));
    BOOST_TEST(w.log.empty());
    // Who owns it may not want it any more.
    w.input.settings.undecided_owners.insert({"deploy", "other"});
    expect<wait_step>(w.run());
    w.input.settings.undecided_owners.clear();
    w.input.settings.given_up.insert(id("ConfigMap", "theirs"));
    expect<done_step>(w.run());
}

BOOST_AUTO_TEST_CASE(the_rules_of_argo_cd_ask_nobody) {
    const auto end_of = [](const std::function<void(world&)>& arrange, const plan_rules& rules) {
        world w;
        w.input.settings.rules = rules;
        arrange(w);
        return w.run().next;
    };
    const auto many_deletions = [](world& w) {
        w.want(id("ConfigMap", "new"));
        for (int i = 0; i < 11; ++i) {
            w.have(id("ConfigMap", "old" + std::to_string(i)));
        }
    };
    const auto a_definition_goes = [](world& w) {
        w.want(id("ConfigMap", "new"));
        w.have({"apiextensions.k8s.io", "CustomResourceDefinition", "", "things.example.com"});
        w.inspect = [](const object_id&) {
            goes_along along;
            along.count = 1;
            along.named = {"Thing ns/of-others"};
            return along;
        };
    };
    const auto owned_by_another = [](world& w) {
        w.want(id("ConfigMap", "a"));
        w.have(id("ConfigMap", "a")).owner = {"deploy", "other"};
    };
    const auto slow_last_wave = [](world& w) {
        w.health_after_apply = [](const object_id& of) {
            return of.name == "web" ? health_status::progressing : health_status::healthy;
        };
        w.want(id("Deployment", "db"), -1);
        w.want(id("Deployment", "web"));
    };
    const plan_rules ours;
    BOOST_TEST(std::holds_alternative<blocked_step>(end_of(many_deletions, ours)));
    BOOST_TEST(std::holds_alternative<blocked_step>(end_of(a_definition_goes, ours)));
    BOOST_TEST(std::holds_alternative<failed_step>(end_of(owned_by_another, ours)));
    BOOST_TEST(std::holds_alternative<wait_step>(end_of(slow_last_wave, ours)));
    for (const auto& arrange : std::vector<std::function<void(world&)>>{
             many_deletions, a_definition_goes, owned_by_another, slow_last_wave
         }) {
        BOOST_TEST(std::holds_alternative<done_step>(end_of(arrange, argo_cd_rules)));
    }
    // What was asked for in so many words is asked for there, too.
    const auto p = end_of(
        [](world& w) {
            w.want(id("ConfigMap", "a"));
            w.have(id("ConfigMap", "precious")).prune = removal::needs_confirmation;
        },
        argo_cd_rules
    );
    BOOST_TEST(std::holds_alternative<blocked_step>(p));
}

BOOST_AUTO_TEST_CASE(hooks_are_never_applied_as_ordinary_objects) {
    world w;
    auto& hook = w.want(id("ConfigMap", "hook"));
    hook.orders.is_hook = true;
    hook.orders.hook_phases = {phase::pre_sync};
    auto& skip = w.want(id("ConfigMap", "skipped"));
    skip.orders.is_hook = true;
    skip.orders.skip = true;
    w.want(id("ConfigMap", "a"));
    w.have(id("ConfigMap", "hook"));
    w.have(id("ConfigMap", "skipped"));
    const auto p = w.run();
    BOOST_TEST((w.log == lines{"apply a"}));
    BOOST_TEST(p.hooks.empty()); // nothing says that this operation runs hooks
}

BOOST_AUTO_TEST_CASE(selected_objects_alone_are_touched) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.want(id("ConfigMap", "b"));
    w.want(id("Secret", "a"));
    w.have(id("ConfigMap", "old"));
    w.input.settings.only = {{"", "ConfigMap", "", "a"}, {"", "ConfigMap", "ns", "old"}};
    expect<done_step>(w.run());
    BOOST_TEST((w.log == lines{"apply a", "prune old"}));
    BOOST_TEST(!w.input.live.contains(id("Secret", "a")));
}

BOOST_AUTO_TEST_CASE(what_is_being_deleted_is_made_anew_when_it_is_gone) {
    world w;
    w.want(id("ConfigMap", "a")).in_sync = true;
    w.want(id("ConfigMap", "b"));
    w.have(id("ConfigMap", "a")).deleting = true;
    auto p = w.run();
    BOOST_TEST((expect<wait_step>(p).reason == wait_reason::deletion));
    BOOST_TEST((w.log == lines{"apply b"}));
    w.settle(expect<wait_step>(p));
    expect<done_step>(w.run());
    BOOST_TEST(w.log.back() == "apply a");
}

BOOST_AUTO_TEST_CASE(force_recreates_what_cannot_be_changed_and_only_once) {
    world w;
    w.deletions_take_time = true;
    const auto a = id("Deployment", "a");
    w.want(a).orders.options.force = true;
    w.have(a);
    w.refuse = [&](const object_id& o) {
        return w.input.live.contains(o) ? "spec.selector: field is immutable" : "";
    };
    auto p = w.run();
    BOOST_TEST((w.log == lines{"apply a", "remove a"}));
    BOOST_TEST((expect<wait_step>(p).reason == wait_reason::deletion));
    w.settle(expect<wait_step>(p));
    expect<done_step>(w.run());
    BOOST_TEST(w.log.back() == "apply a");

    world stubborn;
    stubborn.want(a).orders.options.force = true;
    stubborn.have(a);
    stubborn.refuse = [&](const object_id& o) {
        stubborn.have(o); // somebody makes it again, each time
        return "field is immutable";
    };
    expect<failed_step>(stubborn.run());
    BOOST_TEST((stubborn.log == lines{"apply a", "remove a", "apply a"}));

    world unforced;
    unforced.want(a);
    unforced.have(a);
    unforced.refuse = [](const object_id&) { return "field is immutable"; };
    expect<failed_step>(unforced.run());
    BOOST_TEST((unforced.log == lines{"apply a"}));
}

BOOST_AUTO_TEST_CASE(replace_is_a_put_and_with_force_a_new_object_but_never_of_what_holds_others) {
    world w;
    w.want(id("ConfigMap", "put")).orders.options.replace = true;
    auto& anew = w.want(id("ConfigMap", "anew"));
    anew.orders.options.replace = true;
    anew.orders.options.force = true;
    w.have(id("ConfigMap", "anew"));
    auto& name_space = w.want(id("Namespace", "ns"));
    name_space.orders.options.replace = true;
    name_space.orders.options.force = true;
    w.have(id("Namespace", "ns"));
    expect<done_step>(w.run());
    BOOST_TEST(
        (w.log == lines{"apply ns(replace)", "apply put(replace)", "remove anew", "apply anew(replace)"})
    );
}

BOOST_AUTO_TEST_CASE(a_dry_run_waits_for_nothing) {
    world w;
    w.input.settings.dry_run = true;
    w.health_after_apply = [](const object_id&) { return health_status::progressing; };
    w.want(id("Deployment", "a"), 0);
    w.want(id("Deployment", "b"), 1);
    w.want_definition("widgets.example.com", 0);
    w.want(id("Widget", "w"), 1);
    const auto p = w.run();
    expect<done_step>(p);
    BOOST_TEST((w.log == lines{"apply widgets.example.com", "apply a", "apply b"}));
    BOOST_TEST(
        world::report_of(p, id("Widget", "w"))->message ==
        "cannot be tried before CustomResourceDefinition \"widgets.example.com\" is there"
    );
}

BOOST_AUTO_TEST_CASE(a_refused_deletion_fails_after_the_others_were_tried) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.have(id("Deployment", "stuck"));
    w.have(id("ConfigMap", "old"));
    w.refuse = [](const object_id& o) { return o.name == "stuck" ? "forbidden" : ""; };
    const auto p = w.run();
    BOOST_TEST(
        expect<failed_step>(p).sentence == "1 object could not be deleted: Deployment \"ns/stuck\": forbidden"
    );
    BOOST_TEST(!w.input.live.contains(id("ConfigMap", "old")));
}

BOOST_AUTO_TEST_CASE(nothing_wanted_and_nothing_there_is_done) {
    world w;
    BOOST_TEST(expect<done_step>(w.run()).sentence == "0 applied, 0 unchanged, 0 pruned");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
