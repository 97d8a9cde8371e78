// Whether an operation begins or ends: a table of what is, and what follows.

#include "engine/decide.hpp"
#include "engine/termination.hpp"
#include "row.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast::engine {
namespace {

const instant now{wall_clock::time_point{1'000'000s}, steady_clock::time_point{50'000s}};
constexpr auto never = steady_clock::time_point::max();

// An automatic application (prune and selfHeal) that is synced to build "b1".
struct situation {
    crds::application_spec spec;
    crds::application_status status;
    std::optional<crds::operation> asked;
    std::string build_key = "b1";
    bool is_compared = true;
    bool out_of_sync = false;
    bool has_surplus = false;
    bool leaves_to_heirs = false;
    std::string not_ready;
    window_rulings windows;
    bool prune_confirmed = false;
    pace paced;

    situation() {
        spec.sync_policy.automated =
            crds::automated_sync{.prune = true, .self_heal = true, .allow_empty = false, .enabled = true};
        status.sync.applied_build_key = "b1";
        ended(crds::operation_phase::succeeded);
    }

    crds::operation_state& last() { return *status.operation_state; }
    void ended(crds::operation_phase phase, const std::string& message = {}) {
        crds::operation_state state;
        state.phase = phase;
        state.message = message;
        state.started_at = now.wall - 1h;
        state.finished_at = now.wall - 30min;
        state.sync_result.emplace();
        state.sync_result->build_key = "b1";
        state.operation.sync.emplace();
        state.operation.initiated_by = crds::operation_initiator{.username = {}, .automated = true};
        status.operation_state = std::move(state);
    }
    void runs(crds::operation_phase phase = crds::operation_phase::running) {
        ended(phase, "waiting for apps/Deployment:shop/web");
        last().finished_at.reset();
    }
    void drifts() { out_of_sync = true; }
    // Sync windows forbid everything for ten minutes.
    void is_forbidden() {
        const window_ruling forbidden{.is_allowed = false, .why = "forbidden", .until = now.wall + 10min};
        windows = {.automatic = forbidden, .asked = forbidden, .running = forbidden};
    }
    void is_asked() {
        asked.emplace();
        asked->sync.emplace();
    }
    void new_commit() {
        build_key = "b2";
        out_of_sync = true;
    }

    [[nodiscard]] decision decide_at(instant when = now) const {
        decide_view view{.spec = spec, .status = status};
        view.asked = asked ? &*asked : nullptr;
        view.build_key = build_key;
        view.is_compared = is_compared;
        view.out_of_sync = out_of_sync;
        view.has_surplus = has_surplus;
        view.leaves_to_heirs = leaves_to_heirs;
        view.not_ready = not_ready;
        view.windows = windows;
        view.prune_confirmed = prune_confirmed;
        view.paced = paced;
        return decide(std::move(view), when);
    }
};

std::string text_of(const decision& made) {
    std::string text = "stay";
    if (const auto* b = std::get_if<begin>(&made.step)) {
        text = b->is_asked ? "begin what is asked" : "begin";
        if (b->operation.sync && b->operation.sync->auto_heal_attempts_count > 0) {
            text += ", heal " + std::to_string(b->operation.sync->auto_heal_attempts_count);
        }
    } else if (const auto* f = std::get_if<finish>(&made.step)) {
        text = "finish: " + f->message;
    }
    if (!made.waiting.empty()) {
        text += "; " + made.waiting;
    }
    if (made.requeue_after) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*made.requeue_after).count();
        text += "; again in " + std::to_string(seconds) + " s";
    }
    if (made.awaits_window) {
        text += "; by the window";
    }
    if (made.question_is_void) {
        text += "; nothing to ask";
    }
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(deciding)

BOOST_AUTO_TEST_CASE(the_table) {
    const std::vector<row<situation>> rows{
        {"synced", [](auto&) {}, "stay; nothing to ask"},
        {"a commit that changes something", [](auto& s) { s.new_commit(); }, "begin"},
        {"never synced",
         [](auto& s) {
             s.new_commit();
             s.status = {};
         },
         "begin"},
        {"manual",
         [](auto& s) {
             s.new_commit();
             s.spec.sync_policy.automated.reset();
         },
         "stay"},
        {"switched off",
         [](auto& s) {
             s.new_commit();
             s.spec.sync_policy.automated->enabled = false;
         },
         "stay"},
        {"not compared: as when it was synced",
         [](auto& s) {
             s.new_commit();
             s.is_compared = false;
         },
         "stay"},
        {"what is asked for comes first",
         [](auto& s) {
             s.runs();
             s.new_commit();
             s.asked = crds::operation{};
         },
         "begin what is asked"},
        {"asked for, not automatic",
         [](auto& s) {
             s.spec.sync_policy.automated.reset();
             s.asked = crds::operation{};
         },
         "begin what is asked"},
        // What runs.
        {"it runs",
         [](auto& s) {
             s.runs();
             s.drifts();
         },
         "stay"},
        {"terminated", [](auto& s) { s.runs(crds::operation_phase::terminating); },
         "finish: Operation terminated"},
        {"within its time",
         [](auto& s) {
             s.runs();
             s.spec.sync_policy.timeout = crds::duration{2h};
         },
         "stay"},
        {"out of time",
         [](auto& s) {
             s.runs();
             s.spec.sync_policy.timeout = crds::duration{30min};
         },
         "finish: the operation did not end within spec.syncPolicy.timeout (30m): waiting for "
         "apps/Deployment:shop/web; again in 180 s"},
        {"superseded by a commit",
         [](auto& s) {
             s.runs();
             s.new_commit();
         },
         "begin"},
        {"superseded, while it healed",
         [](auto& s) {
             s.runs();
             s.last().operation.sync->auto_heal_attempts_count = 4;
             s.new_commit();
         },
         "begin"},
        {"a person's is not superseded",
         [](auto& s) {
             s.runs();
             s.last().operation.initiated_by.reset();
             s.new_commit();
         },
         "stay"},
        // Surplus objects.
        {"to prune", [](auto& s) { s.has_surplus = true; }, "begin, heal 1"},
        {"to prune with a commit",
         [](auto& s) {
             s.has_surplus = true;
             s.build_key = "b2";
         },
         "begin"},
        {"to prune, not allowed",
         [](auto& s) {
             s.has_surplus = true;
             s.spec.sync_policy.automated->prune = false;
         },
         "stay; nothing to ask"},
        {"left to another application", [](auto& s) { s.leaves_to_heirs = true; },
         "stay; again in 30 s; nothing to ask"},
        {"some left to another, others not as wanted",
         [](auto& s) {
             s.leaves_to_heirs = true;
             s.new_commit();
         },
         "begin; again in 30 s"},
        // Dependencies.
        {"waits for another",
         [](auto& s) {
             s.new_commit();
             s.not_ready = "shop/db";
         },
         "stay; waits for the application shop/db, which is not Synced and Healthy"},
        {"nothing to do waits for nobody", [](auto& s) { s.not_ready = "shop/db"; }, "stay; nothing to ask"},
        // Drift.
        {"drift", [](auto& s) { s.drifts(); }, "begin, heal 1"},
        {"drift, not healed",
         [](auto& s) {
             s.drifts();
             s.spec.sync_policy.automated->self_heal = false;
         },
         "stay"},
        {"drift again, too early",
         [](auto& s) {
             s.drifts();
             s.paced.healed_key = "b1";
             s.paced.heals = 2;
             s.paced.heal_at = now.steady + 7s;
         },
         "stay; again in 7 s"},
        {"drift again, in time",
         [](auto& s) {
             s.drifts();
             s.paced.healed_key = "b1";
             s.paced.heals = 2;
             s.paced.heal_at = now.steady - 1s;
         },
         "begin, heal 3"},
        {"drift again, long after",
         [](auto& s) {
             s.drifts();
             s.paced.healed_key = "b1";
             s.paced.heals = 2;
             s.paced.heal_at = now.steady - 6min;
         },
         "begin, heal 1"},
        {"drift of another build counts anew",
         [](auto& s) {
             s.drifts();
             s.paced.healed_key = "b0";
             s.paced.heals = 9;
             s.paced.heal_at = now.steady + 5min;
         },
         "begin, heal 1"},
        // After a failure.
        {"failed, and rests",
         [](auto& s) {
             s.drifts();
             s.ended(crds::operation_phase::failed);
             s.paced.resume_at = now.steady + 90s;
         },
         "stay; again in 90 s"},
        {"failed, and has rested",
         [](auto& s) {
             s.drifts();
             s.ended(crds::operation_phase::failed);
             s.paced.resume_at = now.steady;
         },
         "begin"},
        {"failed, and a commit came",
         [](auto& s) {
             s.new_commit();
             s.ended(crds::operation_phase::failed);
             s.paced.resume_at = now.steady + 90s;
         },
         "begin"},
        {"ended on request, and nothing changed",
         [](auto& s) {
             s.drifts();
             s.ended(crds::operation_phase::failed);
             s.paced.resume_at = never;
         },
         "stay"},
        {"ended on request, and a commit came",
         [](auto& s) {
             s.new_commit();
             s.ended(crds::operation_phase::failed);
             s.paced.resume_at = never;
         },
         "begin"},
        {"a pruning waits for a person",
         [](auto& s) {
             s.has_surplus = true;
             s.ended(crds::operation_phase::failed);
             s.paced.up_to_a_person = true;
         },
         "stay"},
        {"a pruning waits, and drift is taken back",
         [](auto& s) {
             s.has_surplus = true;
             s.drifts();
             s.ended(crds::operation_phase::failed);
             s.paced.up_to_a_person = true;
         },
         "begin, heal 1"},
        {"a pruning waits, and drift stays where nobody heals",
         [](auto& s) {
             s.has_surplus = true;
             s.drifts();
             s.ended(crds::operation_phase::failed);
             s.paced.up_to_a_person = true;
             s.spec.sync_policy.automated->self_heal = false;
         },
         "stay"},
        {"a sync window forbids what a commit asks for",
         [](auto& s) {
             s.new_commit();
             s.is_forbidden();
         },
         "stay; forbidden; again in 600 s; by the window"},
        {"a sync window forbids taking drift back",
         [](auto& s) {
             s.drifts();
             s.is_forbidden();
         },
         "stay; forbidden; again in 600 s; by the window"},
        {"nothing is to be done, whatever a sync window says", [](auto& s) { s.is_forbidden(); },
         "stay; nothing to ask"},
        {"nobody knows when a sync window ends",
         [](auto& s) {
             s.new_commit();
             s.is_forbidden();
             s.windows.automatic.until.reset();
         },
         "stay; forbidden; by the window"},
        {"a sync window forbids what is asked for",
         [](auto& s) {
             s.is_asked();
             s.is_forbidden();
         },
         "stay; forbidden; again in 600 s; by the window"},
        {"what is asked for may be allowed while the rest is not",
         [](auto& s) {
             s.is_asked();
             s.is_forbidden();
             s.windows.asked = {};
         },
         "begin what is asked"},
        {"a dry run changes nothing, so no sync window forbids it",
         [](auto& s) {
             s.is_asked();
             s.asked->sync->dry_run = true;
             s.is_forbidden();
         },
         "begin what is asked"},
        {"a sync window holds what runs",
         [](auto& s) {
             s.runs();
             s.is_forbidden();
         },
         "stay; forbidden; again in 600 s; by the window"},
        {"what runs goes on with an overrun, and what is asked for waits",
         [](auto& s) {
             s.runs();
             s.is_asked();
             s.is_forbidden();
             s.windows.running = {};
         },
         "stay"},
        {"a sync window keeps what runs from being replaced",
         [](auto& s) {
             s.runs();
             s.new_commit();
             s.is_forbidden();
         },
         "stay; forbidden; again in 600 s; by the window"},
        {"termination is never forbidden",
         [](auto& s) {
             s.runs(crds::operation_phase::terminating);
             s.is_forbidden();
         },
         "finish: " + std::string{terminated_message}},
        {"the end of its time comes in a sync window as well",
         [](auto& s) {
             s.runs();
             s.spec.sync_policy.timeout = crds::duration{std::chrono::minutes{30}};
             s.is_forbidden();
         },
         "finish: the operation did not end within spec.syncPolicy.timeout (30m): waiting for "
         "apps/Deployment:shop/web; again in 180 s"},
        {"a pruning is confirmed",
         [](auto& s) {
             s.has_surplus = true;
             s.ended(crds::operation_phase::failed);
             s.paced.up_to_a_person = true;
             s.prune_confirmed = true;
         },
         "begin"},
    };
    for (const auto& one : rows) {
        situation s;
        one.made(s);
        BOOST_TEST(text_of(s.decide_at()) == one.expected, one.name << ": " << text_of(s.decide_at()));
    }
}

// Somebody undoes every heal: the tries come ever later, and no later than every five minutes.
BOOST_AUTO_TEST_CASE(a_fight_over_an_object_is_fought_less_and_less_often) {
    situation s;
    s.drifts();
    std::vector<std::int64_t> waits;
    auto when = now;
    for (int i = 0; i < 8; ++i) {
        auto made = s.decide_at(when);
        BOOST_TEST_REQUIRE(std::holds_alternative<begin>(made.step));
        s.paced = made.paced;
        made = s.decide_at(when);
        BOOST_TEST_REQUIRE(made.requeue_after.has_value());
        waits.push_back(std::chrono::duration_cast<std::chrono::seconds>(*made.requeue_after).count());
        when.steady += *made.requeue_after;
    }
    const std::vector<std::int64_t> expected{2, 6, 18, 54, 162, 300, 300, 300};
    BOOST_TEST(waits == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_operation_that_ended_in_time_out_or_on_request_does_not_begin_at_once) {
    situation s;
    s.runs();
    s.spec.sync_policy.timeout = crds::duration{30min};
    s.paced.up_to_a_person = true;
    BOOST_TEST((s.decide_at().paced.resume_at == now.steady + least_rest));
    BOOST_TEST(!s.decide_at().paced.up_to_a_person);
    s.last().phase = crds::operation_phase::terminating;
    BOOST_TEST((s.decide_at().paced.resume_at == never));
}

BOOST_AUTO_TEST_CASE(what_was_stopped_is_known_after_a_restart) {
    situation s;
    s.status.observed_generation = 3;
    BOOST_TEST((pace_of(s.status, 3).resume_at == steady_clock::time_point{}));
    s.ended(crds::operation_phase::failed, std::string{terminated_message});
    BOOST_TEST((pace_of(s.status, 3).resume_at == never));
    BOOST_TEST((pace_of(s.status, 4).resume_at == steady_clock::time_point{})); // it was changed since
    s.status.pending_prune.emplace();
    BOOST_TEST(pace_of(s.status, 3).up_to_a_person);
    BOOST_TEST(!pace_of(s.status, 4).up_to_a_person);
}

BOOST_AUTO_TEST_CASE(what_may_be_over_wakes_whoever_rests_and_not_who_was_stopped) {
    pace rests;
    rests.resume_at = now.steady + 1min;
    rests.hurry();
    BOOST_TEST((rests.resume_at == steady_clock::time_point{}));
    pace stopped;
    stopped.resume_at = never;
    stopped.hurry();
    BOOST_TEST((stopped.resume_at == never));
    stopped.resume_at_once();
    BOOST_TEST((stopped.resume_at == steady_clock::time_point{}));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
