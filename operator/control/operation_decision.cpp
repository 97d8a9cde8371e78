// Whether to begin an operation, how one ends, and when the next attempt is.

#include "control/application_sources_of.hpp"
#include "control/operations.hpp"
#include "control/window_rulings.hpp"
#include "engine/not_served.hpp"
#include "engine/retry.hpp"
#include "engine/termination.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

engine::decide_view operations::view_of(const application_record& r) {
    engine::decide_view view{.spec = r.object.spec, .status = r.object.status};
    view.asked = r.object.operation && !r.operation.taken ? &*r.object.operation : nullptr;
    view.build_key = r.sources.from ? std::string_view{r.sources.from->build_key} : std::string_view{};
    view.is_compared = r.compared.wanted.has_value();
    view.prune_confirmed = r.prune_confirmed();
    view.paced = r.operation.paced;
    return view;
}

bool operations::meet(application_record& r, const engine::obstacle& in_the_way, engine::findings& found) {
    auto made = engine::decide_obstructed(view_of(r), in_the_way, {wall_clock::now(), steady_clock::now()});
    r.operation.paced = std::move(made.paced);
    if (made.requeue_after) {
        found.requeue(*made.requeue_after);
    }
    if (made.begins) {
        begin(r, *r.object.operation, /*has_sources=*/false);
        r.operation.taken = true;
    }
    if (made.again) {
        auto& state = *r.object.status.operation_state;
        ++state.retry_count;
        state.next_retry_at = made.again->next_at;
        state.message = std::move(made.again->message);
    }
    if (!made.end) {
        return false;
    }
    finish(r, made.end->phase, std::move(made.end->message));
    return true;
}

void operations::refuse(application_record& r, std::string why) {
    if (r.object.operation && !r.operation.taken) {
        begin(r, *r.object.operation, /*has_sources=*/false);
        r.operation.taken = true;
    }
    if (r.operating()) {
        finish(r, crds::operation_phase::failed, std::move(why));
    }
}

engine::findings operations::decide(record_ptr r) {
    auto& status = r->object.status;
    auto view = view_of(*r);
    if (engine::is_about_differences(view)) {
        view.out_of_sync = std::any_of(
            r->compared.wanted->begin(), r->compared.wanted->end(),
            [](const sync::planned_object& w) { return !w.in_sync && w.orders.is_applied(); }
        );
        const auto surplus = with_.others.surplus_of(*r);
        const auto heirs = with_.others.heirs_of(*r, surplus);
        const auto options = sync_options_of(r->object.spec);
        view.leaves_to_heirs = !heirs.empty();
        view.has_surplus =
            std::any_of(surplus.begin(), surplus.end(), [&](const cluster::live_objects::found& o) {
                // What needs a confirmation is a reason too: somebody has to be asked.
                const auto policy = sync::prune_policy(*o.record, options);
                return !o.record->deleting && !o.record->ignore_extraneous && o.record->released_to == 0 &&
                       !heirs.contains(o.id) &&
                       (policy == sync::removal::allowed || policy == sync::removal::needs_confirmation);
            });
        view.not_ready = with_.applications.not_ready_of(*r);
    }
    const engine::instant now{wall_clock::now(), steady_clock::now()};
    if (view.asked != nullptr) {
        const bool manual = !is_automated(*view.asked);
        view.windows.asked = ruling_on(r->granted, r->object, now.wall, manual);
    } else if (view.out_of_sync || view.has_surplus) {
        view.windows.automatic = ruling_on(r->granted, r->object, now.wall, /*manual=*/false);
    }
    view.windows.running = ruling_on_running(r->granted, r->object, now.wall);
    auto made = engine::decide(std::move(view), now);
    engine::findings found;
    if (made.awaits_window) {
        found.reason = "SyncWindow";
    }
    found.waiting = std::move(made.waiting);
    found.requeue_after = made.requeue_after;
    r->operation.paced = std::move(made.paced);
    if (made.question_is_void) {
        status.pending_prune.reset();
    }
    if (auto* anew = std::get_if<engine::begin>(&made.step)) {
        begin(*r, std::move(anew->operation));
        r->operation.taken = r->operation.taken || anew->is_asked;
        const auto& state = *r->object.status.operation_state;
        if (auto why = engine::not_served(request_of(state.operation)); anew->is_asked && !why.empty()) {
            finish(*r, crds::operation_phase::failed, std::move(why));
        }
    } else if (auto* end = std::get_if<engine::finish>(&made.step)) {
        finish(*r, end->phase, std::move(end->message));
    }
    return found;
}

void operations::begin(application_record& r, crds::operation what, bool has_sources) {
    // What becomes of the specification meanwhile is for the next one. Our own is superseded by that.
    auto sources =
        has_sources && !is_automated(what) ? all_sources_of(r) : std::vector<crds::application_source>{};
    crds::operation_state state;
    state.operation = std::move(what);
    state.phase = crds::operation_phase::running;
    state.message = "waiting for the first step";
    state.started_at = wall_clock::now();
    state.sync_result.emplace();
    r.operation.progress.reset();
    if (has_sources) {
        if (sources.size() == 1) {
            state.sync_result->source = std::move(sources.front());
        } else {
            state.sync_result->sources = std::move(sources);
        }
        state.sync_result->build_key = r.sources.from->build_key;
        state.sync_result->revision = r.sources.from->revisions.front().text;
        if (r.sources.from->revisions.size() > 1) {
            for (const auto& revision : r.sources.from->revisions) {
                state.sync_result->revisions.push_back(revision.text);
            }
        }
        r.operation.progress = std::make_shared<operation_progress>();
        r.operation.progress->of = state.started_at;
        r.operation.progress->build_key = r.sources.from->build_key;
        r.operation.progress->is_taken_up = true;
    }
    r.object.status.operation_state = std::move(state);
}

void operations::finish(application_record& r, crds::operation_phase phase, std::string message) {
    auto& status = r.object.status;
    auto& state = *status.operation_state;
    const auto of = all_sources_of(r);
    state.phase = phase;
    state.message = std::move(message);
    state.finished_at = wall_clock::now();
    state.next_retry_at.reset();
    state.owned_at_begin.reset();
    if (!state.sync_result) {
        state.sync_result.emplace(); // somebody else wrote this status
    }
    if (r.operation.progress) {
        for (auto& [key, attempt] : r.operation.progress->hooks) {
            if (attempt.state == sync::hook_state::running) {
                attempt.state = sync::hook_state::failed;
                attempt.message = "the operation ended before it was complete";
            }
        }
    }
    note_rows(r);
    const auto& asked = request_of(state.operation);
    const bool whole = !asked.dry_run && asked.resources.empty();
    if (phase == crds::operation_phase::succeeded && whole) {
        status.sync.applied_build_key = state.sync_result->build_key;
        status.sync.applied_revision = state.sync_result->revision;
        const bool news = status.history.empty() ||
                          status.history.back().revision != state.sync_result->revision ||
                          !is_automated(state.operation);
        if (news && asked.auto_heal_attempts_count == 0) {
            crds::history_entry entry;
            const std::int64_t first = with_.config.api == crds::application_api::argoproj_io ? 0 : 1;
            entry.id = status.history.empty() ? first : status.history.back().id + 1;
            entry.revision = state.sync_result->revision;
            entry.revisions = state.sync_result->revisions;
            if (r.sources.from->sources.size() == 1) {
                entry.source = r.sources.from->sources.front();
            } else {
                entry.sources = r.sources.from->sources;
            }
            entry.deploy_started_at = state.started_at;
            entry.deployed_at = *state.finished_at;
            entry.initiated_by = state.operation.initiated_by;
            status.history.push_back(std::move(entry));
        }
        const auto most = static_cast<std::size_t>(
            std::clamp<std::int64_t>(r.object.spec.revision_history_limit, 0, crds::max_status_history)
        );
        if (status.history.size() > most) {
            status.history.erase(
                status.history.begin(), status.history.end() - static_cast<std::ptrdiff_t>(most)
            );
        }
    }
    r.operation.progress.reset();
    if (all_sources_of(r) != of) {
        with_.triggers.reconcile(r.key()); // to compare with what spec.source stands for again
    }
}

engine::findings operations::fail_attempt(application_record& r, std::string message) {
    engine::findings found;
    auto& state = *r.object.status.operation_state;
    if (engine::is_terminating(r.object.status.operation_state)) {
        end_terminated(r);
        return found;
    }
    auto next =
        engine::after_attempt(state, r.object.spec.sync_policy.retry, std::move(message), wall_clock::now());
    if (next.next_at) {
        ++state.retry_count;
        state.next_retry_at = next.next_at;
        state.message = std::move(next.message);
        note_rows(r);
        if (r.operation.progress) {
            if (r.operation.progress->ruling && !r.operation.progress->ruling->trouble.empty()) {
                r.operation.progress->ruling.reset();
                r.operation.progress->along.clear();
            }
            r.operation.progress->hooks.clear(); // another attempt runs them again
            r.operation.progress->failed_by.clear();
            std::erase_if(r.operation.progress->done, [&](const auto& entry) {
                const auto* w = r.compared.find(entry.first);
                // A namespace that is not watched may have gone, and be what the others failed for.
                return entry.second.what == sync::outcome::failed ||
                       entry.second.what == sync::outcome::prune_failed || (w != nullptr && w->synthetic);
            });
        }
        found.requeue(next.wait);
        return found;
    }
    // Never given up silently: an automatic operation begins again, slowly, or at once when something
    // changes.
    r.operation.paced.rest_until(steady_clock::now() + next.wait);
    finish(r, crds::operation_phase::failed, std::move(next.message));
    if (r.object.spec.is_automated()) {
        found.requeue(next.wait);
    }
    return found;
}

} // namespace holdfast::control
