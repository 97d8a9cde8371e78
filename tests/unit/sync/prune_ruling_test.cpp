#include "planner_support.hpp"

// What an operation may delete: what is protected, what others lose by it, what a person is asked.

namespace holdfast::sync {
namespace {

using lines = std::vector<std::string>;

template <class Step>
const Step& expect(const plan& p) {
    BOOST_TEST_REQUIRE(std::holds_alternative<Step>(p.next), "another step: " << p.next.index());
    return std::get<Step>(p.next);
}

goes_along others(std::vector<std::string> named) {
    goes_along along;
    along.count = named.size();
    along.named = std::move(named);
    return along;
}

goes_along failed(std::string why) {
    goes_along along;
    along.failure = std::move(why);
    return along;
}

BOOST_AUTO_TEST_SUITE(prune_ruling_of)

BOOST_AUTO_TEST_CASE(the_object_goes_before_the_application_and_the_foundation_before_both) {
    using opt = std::optional<removal>;
    const struct {
        opt object;
        opt application;
        removal holds;
    } rows[] = {
        {std::nullopt, std::nullopt, removal::allowed},
        {std::nullopt, removal::never, removal::never},
        {std::nullopt, removal::needs_confirmation, removal::needs_confirmation},
        {removal::allowed, removal::never, removal::allowed},
        {removal::allowed, removal::needs_confirmation, removal::allowed},
        {removal::never, removal::allowed, removal::never},
        {removal::needs_confirmation, removal::never, removal::needs_confirmation},
        {removal::foundation, removal::allowed, removal::foundation},
        {removal::foundation, removal::needs_confirmation, removal::foundation},
    };
    for (const auto& row : rows) {
        live_record live;
        sync_options application;
        live.prune = row.object;
        application.prune = row.application;
        BOOST_TEST((prune_policy(live, application) == row.holds));
        BOOST_TEST((delete_policy(live, application) == removal::allowed));
        live.remove = row.object;
        application.remove = row.application;
        BOOST_TEST((delete_policy(live, application) == row.holds));
    }
    live_record live;
    sync_options application;
    application.prune_last = true;
    BOOST_TEST(is_pruned_last(live, application));
    live.prune_last = false;
    BOOST_TEST(!is_pruned_last(live, application));
}

BOOST_AUTO_TEST_CASE(what_the_application_says_protects_what_says_nothing_itself) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.have(id("ConfigMap", "old"));
    w.have(id("ConfigMap", "said-otherwise")).prune = removal::allowed;
    w.input.settings.options.prune = removal::never;
    auto p = w.run();
    expect<done_step>(p);
    BOOST_TEST((w.log == lines{"apply a", "prune said-otherwise"}));
    BOOST_TEST(world::report_of(p, id("ConfigMap", "old"))->message == "ignored (no prune)");

    w.begin_anew();
    w.input.settings.options.prune = removal::needs_confirmation;
    p = w.run();
    BOOST_TEST((expect<blocked_step>(p).reason == block_reason::prune_confirmation));
    w.confirm(expect<blocked_step>(p));
    expect<done_step>(w.run());
    BOOST_TEST((w.log == lines{"prune old"}));
}

BOOST_AUTO_TEST_CASE(the_answer_does_not_change_while_the_application_gets_smaller) {
    // 20 of 40, in waves that go one after the other: at each look there are fewer left.
    world w;
    w.deletions_take_time = true;
    for (int i = 0; i < 20; ++i) {
        const auto name = std::to_string(i);
        w.want(id("ConfigMap", "kept" + name)).in_sync = true;
        w.have(id("ConfigMap", "kept" + name));
        w.have(id("ConfigMap", "old" + name), i);
    }
    // As the controller counts it: of what is there now.
    w.input.settings.prune_limit = 20;
    for (int i = 0; i < 1000; ++i) {
        auto p = w.run();
        if (std::holds_alternative<done_step>(p.next)) break;
        w.settle(expect<wait_step>(p));
        w.input.settings.prune_limit = w.input.live.size() / 2;
    }
    for (const auto& [o, live] : w.input.live) {
        BOOST_TEST(live.deleting == o.name.starts_with("old"), to_string(o));
    }
    BOOST_TEST(w.input.live.size() == 21U); // the last one is not waited for
}

BOOST_AUTO_TEST_CASE(nothing_goes_before_all_of_it_is_decided) {
    world w;
    w.want(id("ConfigMap", "a"));
    for (int i = 0; i < 3; ++i) {
        w.have(id("ConfigMap", "old" + std::to_string(i)), i);
    }
    w.input.settings.prune_limit = 2;
    const auto p = w.run_and_settle();
    BOOST_TEST(expect<blocked_step>(p).objects.size() == 3U);
    BOOST_TEST(w.input.live.size() == 4U);
}

BOOST_AUTO_TEST_CASE(what_comes_up_later_is_for_the_next_operation) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.have(id("ConfigMap", "old"));
    w.take(w.look().next);
    w.have(id("ConfigMap", "came-later"));
    auto p = w.run();
    expect<done_step>(p);
    BOOST_TEST(w.input.live.contains(id("ConfigMap", "came-later")));
    w.begin_anew();
    expect<done_step>(w.run());
    BOOST_TEST(!w.input.live.contains(id("ConfigMap", "came-later")));
}

BOOST_AUTO_TEST_CASE(a_confirmation_is_of_just_what_was_asked) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.have(id("ConfigMap", "b"));
    w.have(id("ConfigMap", "c"));
    w.input.settings.prune_limit = 1;
    const auto asked = expect<blocked_step>(w.run());
    w.confirm(asked);
    w.have(id("ConfigMap", "d")); // gone from the sources meanwhile, too
    const auto again = expect<blocked_step>(w.run());
    BOOST_TEST(again.objects.size() == 3U);
    BOOST_TEST(again.token != asked.token);
    w.confirm(again);
    expect<done_step>(w.run());
    BOOST_TEST(w.input.live.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_confirmed_operation_goes_on_where_it_was_interrupted) {
    world w;
    w.want(id("ConfigMap", "a")).in_sync = true;
    w.have(id("ConfigMap", "a"));
    w.have(id("ConfigMap", "b")).prune = removal::needs_confirmation;
    w.have(id("ConfigMap", "c"));
    w.input.settings.prune_limit = 0;
    w.input.settings.was_confirmed = true;
    expect<done_step>(w.run());
    BOOST_TEST(w.input.live.size() == 1U);
}

BOOST_AUTO_TEST_CASE(objects_of_others_go_with_a_definition_only_when_that_is_confirmed) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.have(id("CustomResourceDefinition", "widgets.example.com"));
    w.have(id("ConfigMap", "old"));
    w.inspect = [](const object_id&) { return others({"Widget team-a/x", "Widget team-b/y"}); };
    const auto asked = expect<blocked_step>(w.run());
    BOOST_TEST((asked.reason == block_reason::takes_others));
    BOOST_TEST(
        asked.sentence ==
        "the deletion of CustomResourceDefinition \"widgets.example.com\" takes 2 objects with it that this "
        "application does not own: Widget team-a/x, Widget team-b/y"
    );
    BOOST_TEST((w.log == lines{"apply a", "prune old"})); // the rest is done

    w.confirm(asked);
    w.inspect = [](const object_id&) { return others({"Widget team-a/x", "Widget team-c/z"}); };
    const auto again = expect<blocked_step>(w.run()); // not what was asked
    BOOST_TEST(again.token != asked.token);
    w.confirm(again);
    expect<done_step>(w.run());
    BOOST_TEST((w.log == lines{"prune widgets.example.com"}));
}

BOOST_AUTO_TEST_CASE(what_nobody_could_find_out_is_tried_again_and_not_deleted) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.have(id("Namespace", "team"));
    w.inspect = [](const object_id&) { return failed("list pods: timed out"); };
    const auto p = w.run();
    BOOST_TEST(
        expect<failed_step>(p).sentence ==
        "nothing is deleted: the objects that would go with Namespace \"team\" could not be listed: list pods: timed out"
    );
    BOOST_TEST((w.log == lines{"apply a"}));
    w.begin_anew();
    w.inspect = [](const object_id&) { return goes_along{}; };
    expect<done_step>(w.run());
    BOOST_TEST((w.log == lines{"prune team"}));
}

BOOST_AUTO_TEST_CASE(what_is_to_stay_keeps_the_namespace_that_it_is_in) {
    const auto team = id("Namespace", "team");
    const auto ask = [&](const std::function<void(world&)>& prepare) {
        world w;
        w.want(id("ConfigMap", "a"));
        w.have(team);
        w.have(id("ConfigMap", "goes", "team"));
        prepare(w);
        return w.run();
    };
    expect<done_step>(ask([](world&) {}));
    const auto kept =
        ask([](world& w) { w.have(id("PersistentVolumeClaim", "data", "team")).prune = removal::never; });
    BOOST_TEST(
        expect<blocked_step>(kept).sentence == "the deletion of Namespace \"team\" takes 1 object with it "
                                               "that is to stay: PersistentVolumeClaim \"team/data\""
    );
    expect<blocked_step>(ask([](world& w) { w.want(id("ConfigMap", "b", "team")); }));
    expect<blocked_step>(ask([](world& w) {
        w.have(id("ConfigMap", "b", "team")).released_to = release_key({"deploy", "other"});
    }));
    expect<blocked_step>(ask([](world& w) {
        w.have(id("ConfigMap", "b", "team"));
        w.input.heirs[id("ConfigMap", "b", "team")] = {"deploy", "other"};
    }));
}

BOOST_AUTO_TEST_CASE(wanted_objects_of_a_kind_keep_its_definition) {
    world w;
    w.want(id("Widget", "w")).in_sync = true;
    w.have(id("Widget", "w"));
    w.have(id("CustomResourceDefinition", "widgets.example.com"));
    w.inspect = [](const object_id&) {
        goes_along along;
        along.defines = std::pair{"example.com", "Widget"};
        return along;
    };
    BOOST_TEST(expect<blocked_step>(w.run()).sentence.find("that is to stay: Widget") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_goes_along_is_covered_by_what_was_confirmed_or_not) {
    const auto two = others({"A x/a", "A x/b"});
    BOOST_TEST(is_covered(two, {}));
    BOOST_TEST(is_covered(two, two));
    BOOST_TEST(is_covered(two, others({"A x/b"})));
    BOOST_TEST(!is_covered(two, others({"A x/c"})));
    BOOST_TEST(!is_covered(two, failed("timed out")));
    BOOST_TEST(!is_covered({}, others({"A x/a"})));
    auto many = two;
    many.count = 900;
    BOOST_TEST(is_covered(many, many));
    BOOST_TEST(!is_covered(many, others({"A x/a"}))); // it may be one of those that were not named, or not
    auto unlisted = two;
    unlisted.unlisted = {"Gadget"};
    BOOST_TEST(!is_covered(two, unlisted));
    BOOST_TEST(is_covered(unlisted, two));
}

BOOST_AUTO_TEST_CASE(a_wave_waits_for_its_deletions_before_the_watch_tells_of_them) {
    world w;
    w.watch_is_late = true;
    w.want(id("ConfigMap", "kept"));
    w.have(id("Pod", "with-finalizer"), 1);
    w.have(id("RoleBinding", "of-the-finalizer"), 0);
    auto p = w.run();
    BOOST_TEST((w.log == lines{"apply kept", "prune with-finalizer"}));
    const auto& wait = expect<wait_step>(p);
    BOOST_TEST((wait.reason == wait_reason::deletion && wait.on == std::vector{id("Pod", "with-finalizer")}));
    w.settle(wait);
    w.run();
    BOOST_TEST(w.log.back() == "prune of-the-finalizer");
}

BOOST_AUTO_TEST_CASE(a_deletion_of_an_earlier_operation_is_waited_for_by_the_next_deletions_only) {
    world w;
    w.want(id("ConfigMap", "first"), 0);
    w.want(id("ConfigMap", "last"), 5);
    w.have(id("Pod", "with-finalizer"), 1).deleting = true;
    w.have(id("RoleBinding", "of-the-finalizer"), 0);
    const auto p = w.run();
    BOOST_TEST((expect<wait_step>(p).on == std::vector{id("Pod", "with-finalizer")}));
    BOOST_TEST((w.log == lines{"apply first", "apply last"}));
    w.settle(expect<wait_step>(p));
    expect<done_step>(w.run());
    BOOST_TEST(w.log.back() == "prune of-the-finalizer");
}

BOOST_AUTO_TEST_CASE(what_is_created_anew_after_its_deletion_is_not_waited_for) {
    world w;
    w.watch_is_late = true;
    w.want(id("ConfigMap", "a"), 0);
    w.want(id("ConfigMap", "b"), 3);
    w.have(id("ConfigMap", "old"), 0);
    expect<wait_step>(w.run());
    w.input.live.at(id("ConfigMap", "old")).uid = "another";
    expect<done_step>(w.run());
    BOOST_TEST(w.input.live.contains(id("ConfigMap", "old")));
}

BOOST_AUTO_TEST_CASE(what_another_application_wants_is_left_to_it) {
    world w;
    w.want(id("ConfigMap", "a"));
    w.have(id("PersistentVolumeClaim", "data"));
    w.have(id("ConfigMap", "old"));
    w.input.heirs[id("PersistentVolumeClaim", "data")] = {"deploy", "other"};
    w.input.settings.prune_limit = 1; // what is left to others does not count
    const auto p = w.run();
    expect<done_step>(p);
    BOOST_TEST((w.log == lines{"apply a", "prune old"}));
    BOOST_TEST(
        world::report_of(p, id("PersistentVolumeClaim", "data"))->message ==
        "left to the application deploy/other, which wants it"
    );
}

BOOST_AUTO_TEST_CASE(nothing_goes_before_it_is_known_what_others_want) {
    world w;
    w.want(id("ConfigMap", "a"), 0);
    w.want(id("ConfigMap", "b"), 1);
    w.have(id("PersistentVolumeClaim", "data"));
    w.input.settings.too_early = "waiting for others";
    auto p = w.run();
    const auto& wait = expect<wait_step>(p);
    BOOST_TEST((wait.reason == wait_reason::applications));
    BOOST_TEST(wait.sentence == "waiting for others");
    BOOST_TEST((w.log == lines{"apply a", "apply b"})); // that waits for nobody
    w.input.settings.too_early.clear();
    expect<done_step>(w.run());
    BOOST_TEST(w.log.back() == "prune data");

    // What is not deleted anyway is waited for by nobody.
    world protected_;
    protected_.want(id("ConfigMap", "a"));
    protected_.have(id("ConfigMap", "old")).prune = removal::never;
    protected_.input.settings.too_early = "waiting for others";
    expect<done_step>(protected_.run());
}

BOOST_AUTO_TEST_CASE(what_its_owner_has_given_up_is_taken_and_until_that_is_known_waited_for) {
    world w;
    w.want(id("PersistentVolumeClaim", "data"));
    w.want(id("ConfigMap", "a"));
    w.have(id("PersistentVolumeClaim", "data"), 0, {"deploy", "other"});
    auto conflict = w;
    BOOST_TEST(expect<failed_step>(conflict.run()).sentence.find("belongs to") != std::string::npos);
    w.input.settings.undecided_owners = {{"deploy", "other"}};
    const auto p = w.run();
    BOOST_TEST((expect<wait_step>(p).on == std::vector{id("PersistentVolumeClaim", "data")}));
    BOOST_TEST((expect<wait_step>(p).reason == wait_reason::applications));
    w.input.settings.undecided_owners.clear();
    w.input.settings.given_up = {id("PersistentVolumeClaim", "data")};
    expect<done_step>(w.run());
    BOOST_TEST((w.log == lines{"apply a", "apply data"}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
