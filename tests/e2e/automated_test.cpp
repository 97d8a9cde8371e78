// spec.syncPolicy.automated: what happens by itself, and what waits for a person.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(automated_sync)

BOOST_AUTO_TEST_CASE(what_is_gone_from_the_sources_goes_with_prune) {
    scene s{"prune-on"};
    s.config_map("stays", "1").config_map("goes", "1");
    const auto first = s.repository.push("Two");
    s.follow();
    await_synced(s.name, first);
    BOOST_TEST(s.has("goes"));

    s.repository.remove("goes.yaml");
    s.config_map("stays", "2");
    const auto second = s.repository.push("One");
    await_synced(s.name, second);
    eventually([&] { return !s.has("goes"); }, "it is pruned");
    BOOST_TEST(s.value("stays") == "2");
}

// After a restart an application that was synced is believed to be so, without being built: until the sources
// change.
BOOST_AUTO_TEST_CASE(what_is_pushed_after_a_restart_is_applied_and_what_is_removed_then_is_pruned) {
    // Its kinds have to be watched by then: for another application, of a repository that is quicker.
    scene other{"quicker"};
    other.config_map("a", "1");
    const auto quick = other.repository.push("One");
    other.follow();
    await_synced("quicker", quick);
    scene s{"restarted"};
    s.repository.serve({"--delay", "0.7"});
    s.config_map("a", "1").config_map("b", "1").config_map("c", "1");
    const auto first = s.repository.push("Three");
    s.follow();
    await_synced("restarted", first);
    for (const std::string round : {"2", "3"}) {
        auto& op = s.w.shared_operator();
        const auto moves = op.logged("/restarted");
        const auto version = s.w.field("configmap", s.name, "b", ".metadata.resourceVersion");
        op.restart();
        eventually(
            [&] { return op.logged("/restarted") > moves; }, "the operator has listed the repository again"
        );
        throughout(1500ms, [&] { return s.look().synced(); }, "it is as it was");
        s.config_map("a", round);
        if (round == "3") {
            s.repository.remove("c.yaml");
        }
        const auto pushed = s.repository.push("After a restart");
        await_synced("restarted", pushed);
        BOOST_TEST(s.value("a") == round);
        BOOST_TEST(s.has("c") == (round != "3"));
        // What did not change was not touched.
        BOOST_TEST(s.w.field("configmap", s.name, "b", ".metadata.resourceVersion") == version);
    }
    // Nor is drift missed.
    s.w.shared_operator().restart();
    throughout(1500ms, [&] { return s.look().synced(); }, "it is as it was");
    s.w.kubectl(
        {"patch", "configmap", "a", "-n", s.name, "--type=merge", "-p", R"({"data": {"value": "by hand"}})"}
    );
    eventually([&] { return s.value("a") == "3"; }, "a hand edit is taken back");
}

BOOST_AUTO_TEST_CASE(what_is_gone_from_the_sources_stays_and_is_reported_without_prune) {
    scene s{"prune-off"};
    s.config_map("stays", "1").config_map("left-over", "1");
    s.repository.push("Two");
    s.follow({.prune = false});
    await_synced(s.name);

    s.repository.remove("left-over.yaml");
    s.config_map("stays", "2");
    const auto second = s.repository.push("One");
    const auto seen = s.until(
        [&](const application_view& v) {
            return v.revision == second && v.phase == "Succeeded" && v.sync == "OutOfSync";
        },
        "what is left over is reported"
    );
    BOOST_TEST(s.value("stays") == "2");
    BOOST_TEST(s.has("left-over"));
    const auto reported = resource_of(seen, "ConfigMap", "left-over");
    BOOST_REQUIRE(reported.contains("requiresPruning"));
    BOOST_TEST(reported.at("requiresPruning").as_bool());
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(seen.get("Ready").reason == "OutOfSync");
}

BOOST_AUTO_TEST_CASE(hand_edits_are_taken_back_with_self_heal_and_the_fields_of_others_are_left_alone) {
    scene s{"heal-on"};
    s.config_map("held", "as it shall be");
    const auto first = s.repository.push("One");
    s.follow();
    await_synced(s.name, first);

    s.w.kubectl(
        {"patch", "configmap", "held", "-n", s.name, "--type=merge", "-p",
         R"({"data":{"value":"something else","more":"of others"}})"}
    );
    eventually([&] { return s.value("held") == "as it shall be"; }, "the edit is taken back");
    BOOST_TEST(s.w.field("configmap", s.name, "held", ".data.more") == "of others");

    // Each time in a row it takes longer, but not for ever.
    s.w.kubectl({"delete", "configmap", "held", "-n", s.name});
    eventually([&] { return s.value("held") == "as it shall be"; }, "what was deleted is made again");
    await_synced(s.name, first);
    BOOST_TEST(history_of(s.look()).size() == 1); // taking back is no deployment
}

BOOST_AUTO_TEST_CASE(hand_edits_stay_and_are_reported_without_self_heal_until_somebody_acts) {
    scene s{"heal-off"};
    s.config_map("edited", "1").config_map("other", "1");
    const auto first = s.repository.push("Two");
    s.follow({.self_heal = false});
    await_synced(s.name, first);

    const auto edit = [&](const std::string& value) {
        s.w.kubectl(
            {"patch", "configmap", "edited", "-n", s.name, "--type=merge", "-p",
             R"({"data":{"value":")" + value + R"("}})"}
        );
    };
    edit("by hand");
    const auto seen =
        s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "the edit is reported");
    BOOST_TEST(text_of(resource_of(seen, "ConfigMap", "edited").if_contains("status")) == "OutOfSync");
    BOOST_TEST(
        seen.get("Ready").message ==
        R"(ConfigMap ")" + s.name + R"(/edited" differs: data.value is "by hand", not "1")"
    );
    BOOST_TEST(text_of(resource_of(seen, "ConfigMap", "other").if_contains("status")) == "Synced");
    throughout(1500ms, [&] { return s.value("edited") == "by hand"; }, "the edit stays");

    s.ask(json::object{});
    BOOST_TEST(s.value("edited") == "1");
    await_synced(s.name, first);

    edit("by hand again");
    s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "the next edit is reported");
    s.config_map("other", "2");
    const auto second = s.repository.push("Another");
    await_synced(s.name, second);
    BOOST_TEST(s.value("edited") == "1"); // a new revision is brought there as a whole
    BOOST_TEST(s.value("other") == "2");
}

BOOST_AUTO_TEST_CASE(an_empty_source_prunes_nothing_until_it_is_allowed) {
    scene s{"empty-source"};
    s.config_map("a", "1").config_map("b", "1");
    s.repository.write("README.md", "So that the folder stays.\n").push("Two");
    s.follow();
    await_synced(s.name);

    s.repository.remove("a.yaml").remove("b.yaml");
    s.repository.push("None");
    await_condition(s.name, "SyncError", {"2 objects would be deleted", "allowEmpty"});
    throughout(1500ms, [&] { return s.has("a") && s.has("b"); }, "nothing is pruned");
    BOOST_TEST(s.look().get("Ready").status == "False");

    s.patch({{"spec", {{"syncPolicy", {{"automated", {{"allowEmpty", true}}}}}}}});
    eventually([&] { return !s.has("a") && !s.has("b"); }, "it is pruned when it is allowed");
    await_synced(s.name);
    BOOST_TEST(!waits_for_confirmation(s.look()));
}

BOOST_AUTO_TEST_CASE(deleting_more_than_the_limit_waits_for_the_confirmation_of_just_that) {
    scene s{"prune-limit"};
    s.config_map("a", "1").config_map("b", "1").config_map("c", "1");
    s.repository.push("Three");
    s.follow({.spec = {{"syncPolicy", {{"pruneLimit", 1}}}}});
    await_synced(s.name);

    s.repository.remove("a.yaml").remove("b.yaml");
    s.config_map("c", "2");
    s.repository.push("One");
    auto seen = s.until(waits_for_confirmation, "it waits for a confirmation");
    BOOST_TEST(s.value("c") == "2"); // everything else is done
    BOOST_TEST((s.has("a") && s.has("b")));
    const auto pending = seen.object.at("status").at("pendingPrune").as_object();
    BOOST_TEST(pending.at("count").as_int64() == 2);
    BOOST_TEST(pending.at("limit").as_int64() == 1);
    const std::string token{pending.at("token").as_string()};
    BOOST_TEST(
        seen.get("SyncError").message.find("holdfast.dev/confirm-prune=" + token) != std::string::npos
    );

    s.annotate("holdfast.dev/confirm-prune=something-else");
    throughout(1500ms, [&] { return s.has("a") && s.has("b"); }, "a wrong token confirms nothing");
    BOOST_TEST(waits_for_confirmation(s.look()));
    s.annotate("holdfast.dev/confirm-prune=" + token);
    eventually([&] { return !s.has("a") && !s.has("b"); }, "it is pruned when it is confirmed");
    await_synced(s.name);
    BOOST_TEST(!waits_for_confirmation(s.look()));
}

BOOST_AUTO_TEST_CASE(while_a_pruning_waits_drift_is_still_taken_back_and_the_objects_may_come_back) {
    scene s{"prune-back"};
    s.config_map("a", "1").config_map("b", "1").config_map("c", "1");
    s.repository.push("Three");
    s.follow({.spec = {{"syncPolicy", {{"pruneLimit", 1}}}}});
    await_synced(s.name);
    s.repository.remove("a.yaml").remove("b.yaml");
    s.repository.push("One");
    s.until(waits_for_confirmation, "it waits for a confirmation");

    s.w.kubectl({"patch", "configmap", "c", "-n", s.name, "--type=merge", "-p", R"({"data":{"value":"x"}})"});
    eventually([&] { return s.value("c") == "1"; }, "drift is taken back");
    BOOST_TEST((s.has("a") && s.has("b")));

    s.config_map("a", "1").config_map("b", "1");
    s.repository.push("Three again");
    await_synced(s.name);
    s.until(
        [](const application_view& v) { return !waits_for_confirmation(v); }, "there is nothing to confirm"
    );
}

BOOST_AUTO_TEST_SUITE_END()
