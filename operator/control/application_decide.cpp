// Whether to begin an operation, how one ends, and when the next attempt is.

#include "base/log.hpp"
#include "control/application_controller_state.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// How long an automatic operation rests that ended without success.
constexpr steady_clock::duration least_rest = 3min;

// Of another state than the one that spec.source stands for: a rollback, most likely.
bool is_elsewhere(const crds::sync_request& asked) {
    return !asked.revision.empty() || !asked.revisions.empty() || asked.source || !asked.sources.empty();
}

} // namespace

std::vector<live_objects::found> application_controller::state::surplus_of(application_record& r) const {
    auto owned = with.live.owned_by(r.ref());
    std::erase_if(owned, [&](const live_objects::found& o) {
        return o.record->hook || r.find_wanted(o.id) != nullptr;
    });
    return owned;
}

void application_controller::state::decide(record_ptr r, findings& found) {
    auto& status = r->object.status;
    const auto now = wall_clock::now();
    if (r->object.operation && !r->operation_taken) {
        begin_operation(*r, *r->object.operation);
        r->operation_taken = true;
        return;
    }
    if (r->operating()) {
        auto& running = *status.operation_state;
        if (running.phase == crds::operation_phase::terminating) {
            finish_operation(*r, crds::operation_phase::failed, "Operation terminated");
            return;
        }
        const auto& limit = r->object.spec.sync_policy.timeout;
        if (limit && now - running.started_at > limit->value) {
            finish_operation(
                *r, crds::operation_phase::failed,
                "the operation did not end within spec.syncPolicy.timeout (" + limit->text +
                    "): " + running.message
            );
            r->resume_not_before = steady_clock::now() + least_rest;
            queue.add_after(r->key(), least_rest);
            return;
        }
        const bool superseded = running.sync_result && running.sync_result->build_key != r->from->build_key;
        if (superseded && is_automated(running.operation)) {
            begin_operation(*r, running.operation);
            status.operation_state->operation.sync->auto_heal_attempts_count = 0;
        }
        return;
    }
    if (!r->object.spec.is_automated() || !r->wanted) {
        return;
    }
    const auto& automated = *r->object.spec.sync_policy.automated;
    const bool out_of_sync = std::any_of(r->wanted->begin(), r->wanted->end(), [](const wanted_object& w) {
        return !w.plan.in_sync && !w.plan.orders.is_hook && !w.plan.orders.skip;
    });
    const auto surplus = surplus_of(*r);
    const auto options = sync_options_of(r->object.spec);
    const auto heirs = heirs_of(*r, surplus);
    if (!heirs.empty()) {
        queue.add_after(r->key(), 30s); // it may cease to want them, and nobody tells of that
    }
    const bool extra = std::any_of(surplus.begin(), surplus.end(), [&](const live_objects::found& o) {
        // What needs a confirmation is a reason too: somebody has to be asked.
        const auto policy = sync::prune_policy(*o.record, options);
        return !o.record->deleting && o.record->released_to == 0 && !heirs.contains(o.id) &&
               (policy == sync::removal::allowed || policy == sync::removal::needs_confirmation);
    });
    if (!out_of_sync && !(extra && automated.prune)) {
        r->waits_for.clear();
        status.pending_prune.reset(); // what was to go has come back, or went otherwise
        return;
    }
    if (!may_operate(*r)) {
        found.waiting = "waits for the application " + r->waits_for + ", which is not Synced and Healthy";
        return;
    }
    const auto steady = steady_clock::now();
    const auto& last = status.operation_state;
    const bool failed_here = last && last->finished_at && last->phase != crds::operation_phase::succeeded &&
                             last->sync_result && last->sync_result->build_key == r->from->build_key;
    // Where a pruning waits for a person, drift is still taken back.
    const bool is_up_to_a_person = failed_here && r->resume_not_before == steady_clock::time_point::max();
    if (is_up_to_a_person && !r->prune_confirmed() && !(out_of_sync && automated.self_heal)) {
        return;
    }
    if (failed_here && !is_up_to_a_person && steady < r->resume_not_before) {
        queue.add_after(r->key(), r->resume_not_before - steady);
        return;
    }
    std::int64_t heals = 0;
    if ((status.sync.applied_build_key == r->from->build_key && !failed_here) ||
        (is_up_to_a_person && !r->prune_confirmed())) {
        if (!automated.self_heal && out_of_sync) {
            return;
        }
        // Whoever keeps changing it is not to keep us busy: each time in a row it takes longer.
        if (r->heal_key != r->from->build_key || steady > r->heal_not_before + 5min) {
            r->heal_key = r->from->build_key;
            r->heal_backoff.reset();
        } else if (steady < r->heal_not_before) {
            queue.add_after(r->key(), r->heal_not_before - steady);
            return;
        }
        heals = r->heal_backoff.tries() + 1;
        r->heal_not_before = steady + r->heal_backoff.next();
    }
    crds::operation operation;
    operation.sync.emplace();
    operation.sync->prune = automated.prune;
    operation.sync->auto_heal_attempts_count = heals;
    operation.initiated_by = crds::operation_initiator{.username = {}, .automated = true};
    begin_operation(*r, std::move(operation));
}

bool application_controller::state::may_operate(const application_record& r) const {
    auto& waits =
        const_cast<application_record&>(r).waits_for; // NOLINT: what it waits for is a cache of this answer
    waits.clear();
    for (const auto& dependency : r.object.spec.depends_on) {
        const auto& ns = dependency.namespace_.empty() ? r.object.metadata.namespace_ : dependency.namespace_;
        const auto other = find(ns + "/" + dependency.name);
        const bool ready = other && !other->deleting() &&
                           other->object.status.sync.status == crds::sync_code::synced &&
                           other->object.status.health.status == crds::health_code::healthy &&
                           other->object.status.observed_generation == other->object.metadata.generation;
        if (!ready) {
            waits = ns + "/" + dependency.name;
            return false;
        }
    }
    return true;
}

void application_controller::state::begin_operation(application_record& r, crds::operation what) {
    crds::operation_state state;
    state.operation = std::move(what);
    state.phase = crds::operation_phase::running;
    state.message = "waiting for the first step";
    state.started_at = wall_clock::now();
    state.sync_result.emplace();
    state.sync_result->build_key = r.from->build_key;
    state.sync_result->revision = r.from->revisions.front().text;
    if (r.from->revisions.size() > 1) {
        for (const auto& revision : r.from->revisions) {
            state.sync_result->revisions.push_back(revision.text);
        }
    }
    r.progress = operation_progress{.of = state.started_at, .build_key = r.from->build_key};
    r.object.status.operation_state = std::move(state);
}

void application_controller::state::finish_operation(
    application_record& r, crds::operation_phase phase, std::string message
) {
    auto& status = r.object.status;
    auto& state = *status.operation_state;
    state.phase = phase;
    state.message = std::move(message);
    state.finished_at = wall_clock::now();
    state.next_retry_at.reset();
    if (r.progress) {
        auto& results = state.sync_result->resources;
        results.clear();
        state.sync_result->resources_count = static_cast<std::int64_t>(r.progress->reports.size());
        // Failures first: the list is bounded.
        for (const bool failures : {true, false}) {
            for (const auto& report : r.progress->reports) {
                if ((report.state == sync::standing::sync_failed) != failures ||
                    results.size() >= crds::max_status_resources) {
                    continue;
                }
                crds::resource_result result;
                result.group = report.id.group;
                result.kind = report.id.kind;
                result.namespace_ = report.id.namespace_;
                result.name = report.id.name;
                result.message = report.message;
                switch (report.state) {
                case sync::standing::synced: result.status = crds::result_code::synced; break;
                case sync::standing::sync_failed: result.status = crds::result_code::sync_failed; break;
                case sync::standing::pruned: result.status = crds::result_code::pruned; break;
                case sync::standing::prune_skipped: result.status = crds::result_code::prune_skipped; break;
                case sync::standing::pending: continue;
                }
                if (const auto* w = r.find_wanted(report.id)) {
                    result.version = w->kind.version;
                }
                results.push_back(std::move(result));
            }
        }
    }
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
            entry.id = status.history.empty() ? 1 : status.history.back().id + 1;
            entry.revision = state.sync_result->revision;
            entry.revisions = state.sync_result->revisions;
            if (r.from->sources.size() == 1) {
                entry.source = r.from->sources.front();
            } else {
                entry.sources = r.from->sources;
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
    with.counters.sync_finished(crds::to_string(phase), *state.finished_at - state.started_at);
    const bool succeeded = phase == crds::operation_phase::succeeded;
    log::write(
        succeeded ? log::level::info : log::level::warn, succeeded ? "synced" : "a sync failed",
        {{"application", r.key()}, {"revision", state.sync_result->revision}, {"message", state.message}}
    );
    tell(
        r, succeeded ? kube::event_severity::normal : kube::event_severity::warning,
        succeeded ? "OperationCompleted" : "OperationFailed", "Sync",
        "Sync to " + crds::short_revision(state.sync_result->revision) + ": " + state.message
    );
    r.progress.reset();
    if (is_elsewhere(asked)) {
        queue.add(r.key()); // to compare with what spec.source stands for again
    }
}

// An attempt failed: another one follows, or the operation has.
void application_controller::state::fail_attempt(application_record& r, std::string message) {
    auto& state = *r.object.status.operation_state;
    auto strategy = state.operation.retry;
    if (!strategy) {
        strategy = r.object.spec.sync_policy.retry;
    }
    if (!strategy && !is_automated(state.operation)) {
        strategy = crds::retry_strategy{};
        strategy->limit = 0;
    }
    if (!strategy) {
        strategy = crds::retry_strategy{};
    }
    const auto& pace = strategy->backoff;
    backoff waits{
        {.base = pace.duration.value,
         .cap = pace.max_duration.value,
         .factor = static_cast<double>(pace.factor),
         .jitter = 0.0}
    };
    for (std::int64_t i = 0; i < state.retry_count && i < 64; ++i) {
        waits.next();
    }
    const auto wait = waits.next();
    if (strategy->limit < 0 || state.retry_count < strategy->limit) {
        ++state.retry_count;
        state.next_retry_at = wall_clock::now() + wait;
        state.message = message + " (attempt " + std::to_string(state.retry_count + 1) + " at " +
                        format_time(*state.next_retry_at) + ")";
        if (r.progress) {
            if (r.progress->ruling && !r.progress->ruling->trouble.empty()) {
                r.progress->ruling.reset();
                r.progress->along.clear();
            }
            std::erase_if(r.progress->done, [&](const auto& entry) {
                const auto* w = r.find_wanted(entry.first);
                // A namespace that is not watched may have gone, and be what the others failed for.
                return entry.second.what == sync::outcome::failed ||
                       entry.second.what == sync::outcome::prune_failed ||
                       (w != nullptr && w->plan.synthetic);
            });
        }
        if (state.retry_count == 1) {
            tell(r, kube::event_severity::warning, "OperationRetrying", "Sync", message);
        }
        queue.add_after(r.key(), wait);
        return;
    }
    // Never given up silently: an automatic operation begins again, slowly, or at once when something
    // changes.
    r.resume_not_before =
        steady_clock::now() + std::max<steady_clock::duration>(pace.max_duration.value, least_rest);
    finish_operation(r, crds::operation_phase::failed, std::move(message));
    if (r.object.spec.is_automated()) {
        queue.add_after(r.key(), r.resume_not_before - steady_clock::now());
    }
}

} // namespace holdfast::control
