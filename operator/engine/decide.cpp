#include "engine/decide.hpp"

#include "engine/pacing.hpp"
#include "engine/request.hpp"
#include "engine/termination.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::engine {

using namespace std::chrono_literals;

namespace {

constexpr auto never = steady_clock::time_point::max();

// Who takes back drift in a row does so less and less often; after so long without it counts anew.
constexpr steady_clock::duration heal_memory = 5min;

void wait_for(const window_ruling& forbidding, instant now, decision& made) {
    made.awaits_window = true;
    made.waiting = forbidding.why;
    if (forbidding.until) {
        made.requeue_after = std::max<steady_clock::duration>(*forbidding.until - now.wall, 0s);
    }
}

bool is_dry_run(const crds::operation& what) {
    return what.sync && what.sync->dry_run;
}

// What is done about the operation that runs.
void decide_running(const decide_view& view, instant now, decision& made) {
    const auto& running = *view.status.operation_state;
    if (is_terminating(view.status.operation_state)) {
        made.paced.rest_until(never); // who ended it does not want it to begin at once
        made.step = finish{crds::operation_phase::failed, std::string{terminated_message}};
        return;
    }
    if (auto late = out_of_time(view.spec, running, now)) {
        made.paced.rest_until(now.steady + least_rest);
        made.requeue_after = least_rest;
        made.step = std::move(*late);
        return;
    }
    if (!view.windows.running.is_allowed && !is_dry_run(running.operation)) {
        wait_for(view.windows.running, now, made);
        return;
    }
    const bool superseded = running.sync_result && running.sync_result->build_key != view.build_key;
    if (superseded && is_automated(running.operation)) {
        begin anew{running.operation};
        if (anew.operation.sync) {
            anew.operation.sync->auto_heal_attempts_count = 0;
        }
        made.step = std::move(anew);
    }
}

// An operation of our own may begin, for the sake of a difference. What speaks against it?
void decide_automatic(const decide_view& view, instant now, decision& made) {
    const auto& automated = *view.spec.sync_policy.automated;
    const auto& last = view.status.operation_state;
    auto& paced = made.paced;
    const bool failed_here = last && last->finished_at && last->phase != crds::operation_phase::succeeded &&
                             last->sync_result && last->sync_result->build_key == view.build_key;
    const bool waits_for_a_person = failed_here && paced.up_to_a_person && !view.prune_confirmed;
    if (waits_for_a_person && !(view.out_of_sync && automated.self_heal)) {
        return;
    }
    if (failed_here && !paced.up_to_a_person && now.steady < paced.resume_at) {
        if (paced.resume_at != never) {
            made.requeue_after = paced.resume_at - now.steady;
        }
        return;
    }
    std::int64_t heals = 0;
    if ((view.status.sync.applied_build_key == view.build_key && !failed_here) || waits_for_a_person) {
        if (!automated.self_heal && view.out_of_sync) {
            return;
        }
        // Whoever keeps changing it is not to keep us busy: each time in a row it takes longer.
        if (paced.healed_key != view.build_key || now.steady > paced.heal_at + heal_memory) {
            paced.healed_key = view.build_key;
            paced.heals = 0;
        } else if (now.steady < paced.heal_at) {
            made.requeue_after = paced.heal_at - now.steady;
            return;
        }
        paced.heal_at = now.steady + heal_delay(paced.heals);
        heals = ++paced.heals;
    }
    begin anew;
    anew.operation.sync.emplace();
    anew.operation.sync->prune = automated.prune;
    anew.operation.sync->auto_heal_attempts_count = heals;
    anew.operation.initiated_by = crds::operation_initiator{.username = {}, .automated = true};
    made.step = std::move(anew);
}

} // namespace

pace pace_of(const crds::application_status& status, std::int64_t generation) {
    pace made;
    if (status.observed_generation != generation) {
        return made;
    }
    made.up_to_a_person = status.pending_prune.has_value();
    const auto& last = status.operation_state;
    if (last && last->phase == crds::operation_phase::failed && last->message == terminated_message) {
        made.resume_at = never;
    }
    return made;
}

steady_clock::duration heal_delay(std::uint32_t heals) noexcept {
    steady_clock::duration delay = 2s;
    for (std::uint32_t i = 0; i < heals && delay < 5min; ++i) {
        delay *= 3;
    }
    return std::min<steady_clock::duration>(delay, 5min);
}

bool is_about_differences(const decide_view& view) noexcept {
    return view.asked == nullptr && !is_operating(view.status) && view.spec.is_automated() &&
           view.is_compared;
}

std::optional<finish>
out_of_time(const crds::application_spec& spec, const crds::operation_state& running, instant now) {
    const auto& limit = spec.sync_policy.timeout;
    if (!limit || now.wall - running.started_at <= limit->value) {
        return std::nullopt;
    }
    return finish{
        crds::operation_phase::failed,
        "the operation did not end within spec.syncPolicy.timeout (" + limit->text + "): " + running.message
    };
}

decision decide(decide_view view, instant now) {
    decision made;
    made.paced = std::move(view.paced);
    view.paced = made.paced;
    const bool has_to_wait =
        view.asked != nullptr && !view.windows.asked.is_allowed && !is_dry_run(*view.asked);
    if (view.asked != nullptr && !has_to_wait) {
        made.step = begin{*view.asked, /*is_asked=*/true};
        return made;
    }
    if (has_to_wait && !is_operating(view.status)) {
        wait_for(view.windows.asked, now, made);
        return made;
    }
    if (is_operating(view.status)) {
        decide_running(view, now, made);
        return made;
    }
    if (!is_about_differences(view)) {
        return made;
    }
    if (view.leaves_to_heirs) {
        made.requeue_after = delay_of(recheck::heirs); // it may cease to want them, and nobody tells of that
    }
    if (!view.out_of_sync && !(view.has_surplus && view.spec.sync_policy.automated->prune)) {
        made.question_is_void = true;
        return made;
    }
    if (!view.windows.automatic.is_allowed) {
        const auto heirs = made.requeue_after;
        wait_for(view.windows.automatic, now, made);
        if (heirs) {
            made.requeue_after = std::min(*heirs, made.requeue_after.value_or(*heirs));
        }
        return made;
    }
    if (!view.not_ready.empty()) {
        made.waiting = "waits for the application " + view.not_ready + ", which is not Synced and Healthy";
        return made;
    }
    const auto heirs = made.requeue_after;
    decide_automatic(view, now, made);
    if (heirs) {
        made.requeue_after = std::min(*heirs, made.requeue_after.value_or(*heirs));
    }
    return made;
}

} // namespace holdfast::engine
