// Taking an operation as far as it can go now: the next step, as the planner says it, until there is one that
// waits.

#include "control/operations.hpp"

#include "base/counted_list.hpp"
#include "control/application_access.hpp"
#include "control/owned_objects.hpp"
#include "control/window_rulings.hpp"
#include "engine/operation_rows.hpp"
#include "engine/termination.hpp"
#include "policy/foundation.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// Whether the cluster does not have an object's kind, as far as is known.
bool is_unserved(const sync::planned_object& w, const kube::api_catalog& catalog) {
    return !w.synthetic && catalog.find(w.gvk()) == nullptr;
}

} // namespace

sync::plan_input operations::plan_input_of(const application_record& r) const {
    sync::plan_input input;
    const auto& state = *r.object.status.operation_state;
    const auto& asked = request_of(state.operation);
    auto& s = input.settings;
    s.application = r.ref();
    s.names = with_.config.names;
    s.prune = asked.prune;
    s.dry_run = asked.dry_run;
    s.allow_empty = r.object.spec.sync_policy.automated && r.object.spec.sync_policy.automated->allow_empty;
    for (const auto& resource : asked.resources) {
        s.only.push_back({resource.group, resource.kind, resource.namespace_, resource.name});
    }
    s.options = sync_options_of(r.object.spec, asked);
    if (engine::runs_hooks(asked)) {
        s.attempt = engine::attempt_name(state);
    }
    s.failed_by = r.operation.progress->failed_by;
    input.hooks = r.operation.progress->hooks;
    input.cleared = r.operation.progress->cleared;
    const auto to = destination_of(with_.clusters, r.object);
    const auto catalog = to->catalog();
    std::set<sync::application_ref> owners;
    for (const auto& o : owned_by(*to, r).known) {
        input.live.emplace(o.id, *o.record);
    }
    for (const auto& w : *r.compared.wanted) {
        input.desired.push_back(w);
        if (is_unserved(w, *catalog)) {
            input.unserved_kinds.insert(w.gvk());
        }
        if (policy::is_foundation(w.id, with_.config.own_namespace)) {
            // Neither would leave us standing: they delete first.
            input.desired.back().orders.options.force = false;
            input.desired.back().orders.options.replace = false;
        }
        if (w.synthetic) {
            if (const auto* there = to->namespaces().find(w.id.name)) {
                sync::live_record record;
                record.uid = there->uid;
                record.resource_version = there->resource_version;
                record.deleting = there->deleting;
                input.live.insert_or_assign(w.id, std::move(record));
            }
            continue;
        }
        if (const auto* record = to->live().find(w.gvk(), w.id.namespace_, w.id.name)) {
            const auto entry = input.live.insert_or_assign(w.id, *record).first;
            if (with_.others.is_void_mark(*record, w.id)) {
                entry->second.owner = {};
                continue;
            }
            if (!with_.others.may_be_released(r, *record)) {
                entry->second.released_to = 0;
            }
            if (!record->owner.name.empty() && record->owner != s.application) {
                owners.insert(record->owner);
            }
        } else if (const auto seen = r.preview.seen.find(w.id);
                   s.dry_run && seen != r.preview.seen.end() &&
                   seen->second.is == engine::outside_object::standing::there) {
            input.live.insert_or_assign(w.id, seen->second.live); // what is tried needs it to be there
        }
    }
    for (const auto& owner : owners) {
        if (!with_.applications.find(owner)) {
            s.gone_owners.push_back(owner);
        }
    }
    s.confirmed = r.prune_confirmed() ? r.object.status.pending_prune->token : std::string{};
    s.was_confirmed = !state.confirmed_prune.empty();
    s.build_key = r.sources.from->build_key;
    input.done = r.operation.progress->done;
    input.along = r.operation.progress->along;
    input.ruling = r.operation.progress->ruling;
    if (state.owned_at_begin) {
        s.owned_at_begin = static_cast<std::size_t>(std::max<std::int64_t>(*state.owned_at_begin, 0));
    }
    with_.others.consider_others(r, input);
    const auto objects = static_cast<std::int64_t>(s.owned_at_begin.value_or(input.live.size()));
    s.prune_limit =
        static_cast<std::size_t>(crds::prune_limit_of(r.object.spec.sync_policy.prune_limit, objects));
    return input;
}

void operations::note_rows(application_record& r) {
    auto& state = *r.object.status.operation_state;
    if (!r.operation.progress ||
        (r.operation.progress->reports.empty() && r.operation.progress->hooks.empty())) {
        return; // it has not come to a step here: what the rows say still holds
    }
    if (!state.sync_result) {
        state.sync_result.emplace();
    }
    auto reports = r.operation.progress->reports;
    const auto& done = r.operation.progress->done;
    if (sync_options_of(r.object.spec, request_of(state.operation)).apply_out_of_sync_only == true) {
        // It is about what differs: what was as wanted is not told of.
        std::erase_if(reports, [&](const sync::object_report& o) {
            return o.state == sync::standing::synced && !done.contains(o.id);
        });
    }
    const auto& hooks = r.operation.progress->hooks;
    state.sync_result->resources_count = static_cast<std::int64_t>(reports.size() + hooks.size());
    state.sync_result->resources = engine::rows_of(reports, done, hooks, [&](const sync::object_id& id) {
        const auto* w = r.compared.find(id);
        return w == nullptr ? std::string{} : w->version;
    });
}

void operations::end_terminated(application_record& r) {
    r.operation.paced.rest_until(steady_clock::time_point::max()
    ); // who ended it does not want it to begin at once
    finish(r, crds::operation_phase::failed, std::string{engine::terminated_message});
}

asio::awaitable<void> operations::take_up(record_ptr r, progress_ptr progress) {
    const auto input = plan_input_of(*r);
    progress->done = engine::attempts_of(
        *r->object.status.operation_state, r->sources.from->build_key, input.desired, input.live
    );
    progress->hooks = engine::hooks_of(*r->object.status.operation_state, r->sources.from->build_key);
    if (std::ranges::any_of(progress->hooks, [](const auto& one) {
            return one.first.during == sync::phase::sync_fail;
        })) {
        progress->failed_by = "one or more synchronization tasks completed unsuccessfully";
    }
    // Which objects are as wanted is not known any more either. Each is read, which also tells the generation
    // that health is to be of; nothing is applied, or made anew, that is as it shall be.
    const auto held = r->compared.full;
    if (!held) {
        co_return;
    }
    std::vector<sync::object_id> ids;
    for (const auto& w : *r->compared.wanted) {
        const bool is_known =
            w.synthetic || w.in_sync || w.orders.is_hook || r->compared.known.contains(w.id);
        if (!is_known && input.live.contains(w.id)) {
            ids.push_back(w.id);
        }
    }
    for (const auto& id : ids) {
        const auto* m = held->find(id);
        auto* w = r->compared.find(id);
        if (m == nullptr || w == nullptr) {
            continue;
        }
        co_await with_.compare.compare_one(r, *m, *w);
        if (r->operation.progress != progress || engine::is_terminating(r->object.status.operation_state)) {
            co_return;
        }
    }
}

std::optional<engine::findings> operations::refuse_forbidden(application_record& r) {
    if (r.compared.forbidden.empty()) {
        return std::nullopt;
    }
    auto input = plan_input_of(r);
    for (const auto& [id, why] : r.compared.forbidden) {
        if (const auto* w = r.compared.find(id)) {
            input.done[id] = {.what = sync::outcome::failed, .hash = w->hash, .message = why};
        }
    }
    // Of what is not picked, or has its turn in no wave, nothing is said.
    const auto reports = sync::next_step(input).objects;
    std::set<std::string> reasons;
    for (const auto& one : reports) {
        const auto found = r.compared.forbidden.find(one.id);
        if (found != r.compared.forbidden.end() && one.state == sync::standing::sync_failed) {
            reasons.insert(found->second);
        }
    }
    if (reasons.empty()) {
        return std::nullopt;
    }
    auto& progress = *r.operation.progress;
    progress.reports = reports;
    progress.done = input.done;
    counted_list all{5};
    for (const auto& one : reasons) {
        all.add(one);
    }
    const auto why = "one or more synchronization tasks are not valid: " + all.text();
    engine::findings found;
    found.problems["SyncError"] = why;
    found.reason = "NotPermitted";
    found.stalled = true;
    found.add(fail_attempt(r, why));
    return found;
}

asio::awaitable<std::optional<engine::findings>> operations::prepare(record_ptr r) {
    engine::findings found;
    const auto generation = r->object.metadata.generation;
    auto& status = r->object.status;
    if (!r->operation.progress || r->operation.progress->of != status.operation_state->started_at) {
        r->operation.progress = std::make_shared<operation_progress>();
        r->operation.progress->of = status.operation_state->started_at;
        r->operation.progress->build_key = r->sources.from->build_key;
    }
    if (!r->compared.wanted || !r->operation.progress->checked) {
        if (auto built = co_await with_.sources.make_full(r); !built) {
            co_return fail_attempt(*r, built.error().message());
        }
    }
    if (engine::is_terminating(status.operation_state)) {
        end_terminated(*r);
        co_return found;
    }
    const auto& result = status.operation_state->sync_result;
    const bool is_of_another_build = result && result->build_key != r->sources.from->build_key;
    if (!r->operation.progress || is_of_another_build) { // than the one that was in progress
        begin(*r, status.operation_state->operation);
    } else if (!r->operation.progress->is_taken_up) {
        const auto progress = r->operation.progress;
        co_await take_up(r, progress);
        if (r->operation.progress != progress || with_.applications.is_stale(*r, generation)) {
            found.requeue(0s);
            co_return found;
        }
        progress->is_taken_up = true;
    }
    if (auto forbidden = refuse_forbidden(*r)) {
        co_return std::move(*forbidden);
    }
    if (const auto progress = r->operation.progress; !progress->checked) {
        if (const auto checked = co_await with_.checks.check(r); !checked) {
            found.problems["SyncError"] = checked.error().message();
            found.reason = "InvalidManifests";
            found.stalled = checked.error().kind() == error_kind::user;
            found.add(fail_attempt(*r, checked.error().message()));
            co_return found;
        }
        if (request_of(status.operation_state->operation).dry_run) {
            co_await with_.looks.look_for_dry_run(r);
            if (r->operation.progress != progress || with_.applications.is_stale(*r, generation)) {
                found.requeue(0s);
                co_return found;
            }
        }
        progress->checked = true;
    }
    if (!status.operation_state->owned_at_begin) {
        const auto owned = owned_by(*destination_of(with_.clusters, r->object), *r).known;
        status.operation_state->owned_at_begin = static_cast<std::int64_t>(
            std::count_if(owned.begin(), owned.end(), [](const auto& o) { return !o.record->hook; })
        );
    }
    co_return std::nullopt;
}

asio::awaitable<bool> operations::ask_for_kinds(record_ptr r) {
    const auto to = destination_of(with_.clusters, r->object);
    std::set<kube::group_version_kind> missing;
    std::set<kube::group_version_kind> unknown;
    const auto catalog = to->catalog();
    for (const auto& w : *r->compared.wanted) {
        if (is_unserved(w, *catalog)) {
            missing.insert(w.gvk());
            if (w.has_unknown_kind) {
                unknown.insert(w.gvk());
            }
        }
    }
    bool has_come = false;
    for (const auto& kind : missing) {
        const auto answer = co_await to->resolve(kind); // asks the cluster no more often than is good for it
        has_come = has_come || (answer && unknown.contains(kind));
    }
    co_return has_come;
}

sync::plan operations::plan(application_record& r, const sync::plan_input& input) {
    auto plan = sync::next_step(input);
    r.operation.progress->reports = plan.objects;
    r.operation.progress->failed_by = plan.failed_by;
    for (auto& [key, attempt] : plan.hooks) {
        attempt.message = r.blanked(std::move(attempt.message));
        r.operation.progress->hooks.insert_or_assign(key, attempt);
    }
    if (plan.ruling) {
        r.operation.progress->ruling = plan.ruling;
        if (!plan.ruling->confirmed.empty()) {
            r.object.status.operation_state->confirmed_prune = plan.ruling->confirmed;
        }
    }
    for (auto& warning : plan.warnings) {
        if (std::ranges::find(r.compared.warnings, warning) == r.compared.warnings.end()) {
            r.compared.warnings.push_back(std::move(warning));
        }
    }
    return plan;
}

std::optional<engine::findings> operations::hold(application_record& r) {
    const auto now = wall_clock::now();
    const auto ruling = ruling_on_running(r.granted, r.object, now);
    if (ruling.is_allowed) {
        return std::nullopt;
    }
    engine::findings found;
    r.object.status.operation_state->message = ruling.why;
    note_rows(r);
    found.reason = "SyncWindow";
    found.waiting = ruling.why;
    if (ruling.until) {
        found.requeue(std::max<steady_clock::duration>(*ruling.until - now, 0s));
    }
    requeue_at_timeout(r, found);
    return found;
}

asio::awaitable<engine::findings> operations::operate(record_ptr r) {
    engine::findings found;
    const auto generation = r->object.metadata.generation;
    auto& state = r->object.status.operation_state;
    if (state->next_retry_at) {
        const auto left = *state->next_retry_at - wall_clock::now();
        if (left > 0s) {
            found.requeue(std::chrono::duration_cast<steady_clock::duration>(left) + 1ms);
            co_return found;
        }
        state->next_retry_at.reset();
        engine::forget_failures(*state);
    }
    if (auto held = hold(*r)) {
        co_return std::move(*held);
    }
    if (auto in_the_way = co_await prepare(r)) {
        co_return std::move(*in_the_way);
    }
    const auto progress = r->operation.progress;
    for (;;) {
        if (engine::is_terminating(state)) {
            end_terminated(*r);
            co_return found;
        }
        // Whatever was waited for: something newer may have come meanwhile, or another build.
        if (with_.applications.is_stale(*r, generation) || r->operation.progress != progress) {
            found.requeue(0s);
            co_return found;
        }
        if (co_await ask_for_kinds(r)) {
            found.requeue(0s); // they are placed by what the cluster says of them
            co_return found;
        }
        if (r->operation.progress != progress || with_.applications.is_stale(*r, generation)) {
            continue;
        }
        if (auto forbidden = refuse_forbidden(*r)) { // its project may have changed meanwhile
            co_return std::move(*forbidden);
        }
        if (auto held = hold(*r)) { // a window may have begun meanwhile
            co_return std::move(*held);
        }
        const auto input = plan_input_of(*r);
        auto next = plan(*r, input).next;
        if (auto* const step = std::get_if<sync::apply_step>(&next)) {
            const bool makes_hooks =
                std::ranges::any_of(step->objects, [](const auto& one) { return one.as_hook.has_value(); });
            if (auto to_store = makes_hooks ? store_begin(*r) : std::nullopt) {
                co_return std::move(*to_store);
            }
            if (auto in_the_way = co_await apply(r, progress, std::move(*step))) {
                co_return std::move(*in_the_way);
            }
        } else if (auto* const removal = std::get_if<sync::prune_step>(&next)) {
            co_await prune(r, progress, std::move(*removal));
        } else if (auto* const leftovers = std::get_if<sync::clear_hooks_step>(&next)) {
            if (auto to_store = co_await clear_hooks(r, progress, std::move(*leftovers))) {
                co_return std::move(*to_store);
            }
        } else if (auto* const unknown = std::get_if<sync::inspect_step>(&next)) {
            co_await inspect(r, progress, std::move(unknown->objects));
        } else if (auto* const pause = std::get_if<sync::wait_step>(&next)) {
            if (pause->reason == sync::wait_reason::deletion) {
                pause->sentence = co_await with_.objects.with_holders(r, pause->sentence, pause->on);
                if (engine::is_terminating(state) || with_.applications.is_stale(*r, generation) ||
                    r->operation.progress != progress) {
                    continue;
                }
            }
            co_return wait(*r, *pause, !input.settings.too_early.empty());
        } else if (const auto* blocked = std::get_if<sync::blocked_step>(&next)) {
            ask(*r, *blocked);
            co_return found;
        } else if (const auto* done = std::get_if<sync::done_step>(&next)) {
            succeed(*r, *done);
            co_return found;
        } else if (const auto* failed = std::get_if<sync::failed_step>(&next)) {
            found.problems["SyncError"] = failed->sentence;
            found.reason = "SyncFailed";
            found.add(fail_attempt(*r, failed->sentence));
            co_return found;
        }
    }
}

} // namespace holdfast::control
