// Taking an operation as far as it can go now: the next step, as the planner says it, until there is one that
// waits.

#include "control/application_controller_state.hpp"
#include "control/foundation.hpp"
#include "engine/operation_rows.hpp"
#include "engine/prune_question.hpp"
#include "engine/termination.hpp"

#include <algorithm>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

std::size_t count_synced(const std::vector<sync::object_report>& reports) {
    return static_cast<std::size_t>(std::count_if(
        reports.begin(), reports.end(),
        [](const sync::object_report& o) {
            return o.state == sync::standing::synced || o.state == sync::standing::pruned;
        }
    ));
}

} // namespace

sync::plan_input application_controller::state::plan_input_of(const application_record& r) const {
    sync::plan_input input;
    const auto& state = *r.object.status.operation_state;
    const auto& asked = request_of(state.operation);
    auto& s = input.settings;
    s.application = r.ref();
    s.prune = asked.prune;
    s.dry_run = asked.dry_run;
    s.allow_empty = r.object.spec.sync_policy.automated && r.object.spec.sync_policy.automated->allow_empty;
    for (const auto& resource : asked.resources) {
        s.only.push_back({resource.group, resource.kind, resource.namespace_, resource.name});
    }
    s.options = sync_options_of(r.object.spec, asked);
    const auto& to = destination_of(r.object);
    std::set<sync::application_ref> owners;
    for (const auto& o : to.live().owned_by(r.ref())) {
        input.live.emplace(o.id, *o.record);
    }
    for (const auto& w : *r.compared.wanted) {
        input.desired.push_back(w.plan);
        if (is_foundation(w.plan.id, config.own_namespace)) {
            // Neither would leave us standing: they delete first.
            input.desired.back().orders.options.force = false;
            input.desired.back().orders.options.replace = false;
        }
        if (w.plan.synthetic) {
            if (const auto* there = to.namespaces().find(w.plan.id.name)) {
                sync::live_record record;
                record.uid = there->uid;
                record.resource_version = there->resource_version;
                record.deleting = there->deleting;
                input.live.insert_or_assign(w.plan.id, std::move(record));
            }
            continue;
        }
        if (const auto* record = to.live().find(w.kind, w.plan.id.namespace_, w.plan.id.name)) {
            input.live.insert_or_assign(w.plan.id, *record);
            if (!record->owner.name.empty() && record->owner != s.application) {
                owners.insert(record->owner);
            }
        }
    }
    for (const auto& owner : owners) {
        if (!records.contains(owner.namespace_ + "/" + owner.name)) {
            s.gone_owners.push_back(owner);
        }
    }
    s.confirmed = r.prune_confirmed() ? r.object.status.pending_prune->token : std::string{};
    s.was_confirmed = !state.confirmed_prune.empty();
    s.build_key = r.sources.from->build_key;
    if (r.operation.progress) {
        input.done = r.operation.progress->done;
        input.along = r.operation.progress->along;
        input.ruling = r.operation.progress->ruling;
    }
    if (state.owned_at_begin) {
        s.owned_at_begin = static_cast<std::size_t>(std::max<std::int64_t>(*state.owned_at_begin, 0));
    }
    consider_others(r, input);
    const auto objects = static_cast<std::int64_t>(s.owned_at_begin.value_or(input.live.size()));
    s.prune_limit =
        static_cast<std::size_t>(crds::prune_limit_of(r.object.spec.sync_policy.prune_limit, objects));
    return input;
}

asio::awaitable<result<void>> application_controller::state::check_schemas(record_ptr r) {
    std::set<kube::group_version_kind> kinds;
    for (const auto& w : *r->compared.wanted) {
        if (!w.plan.in_sync) {
            kinds.insert(w.kind);
        }
    }
    std::vector<kube::group_version_kind> list{kinds.begin(), kinds.end()};
    auto& schema = destination_of(r->object).schema();
    auto loaded = co_await schema.load(std::move(list));
    if (!loaded) {
        co_return loaded.error().within("reading the server's schemas");
    }
    const auto options =
        sync_options_of(r->object.spec, request_of(r->object.status.operation_state->operation));
    std::string all;
    std::size_t count = 0;
    for (const auto& w : *r->compared.wanted) {
        if (w.plan.in_sync || w.plan.synthetic ||
            sync::merged(options, w.plan.orders.options).validate == false) {
            continue;
        }
        const auto* m = r->compared.full->find(w.plan.id);
        if (m == nullptr) {
            continue;
        }
        for (const auto& problem : schema.check(m->object.manifest)) {
            if (++count <= 20) {
                all += (all.empty() ? "" : "; ") + render::to_string(m->from) + ": " +
                       sync::describe(w.plan.id) + ": " + sync::to_string(problem);
            }
        }
    }
    if (count > 20) {
        all += "; and " + std::to_string(count - 20) + " more";
    }
    if (count > 0) {
        co_return user_error(std::move(all));
    }
    co_return result<void>{};
}

void application_controller::state::note_rows(application_record& r) {
    auto& state = *r.object.status.operation_state;
    if (!r.operation.progress || r.operation.progress->reports.empty()) {
        return; // it has not come to a step here: what the rows say still holds
    }
    if (!state.sync_result) {
        state.sync_result.emplace();
    }
    state.sync_result->resources_count = static_cast<std::int64_t>(r.operation.progress->reports.size());
    state.sync_result->resources = engine::rows_of(
        r.operation.progress->reports, r.operation.progress->done,
        [&](const sync::object_id& id) {
            const auto* w = r.compared.find(id);
            return w == nullptr ? std::string{} : w->kind.version;
        }
    );
}

void application_controller::state::end_terminated(application_record& r) {
    r.operation.paced.rest_until(steady_clock::time_point::max()
    ); // who ended it does not want it to begin at once
    finish_operation(r, crds::operation_phase::failed, std::string{engine::terminated_message});
}

asio::awaitable<void> application_controller::state::take_up_operation(record_ptr r) {
    const auto input = plan_input_of(*r);
    r->operation.progress->done = engine::attempts_of(
        *r->object.status.operation_state, r->sources.from->build_key, input.desired, input.live
    );
    // Which objects are as wanted is not known any more either. Each is read, which also tells the generation
    // that health is to be of; nothing is applied, or made anew, that is as it shall be.
    const auto held = r->compared.full;
    if (!held) {
        co_return;
    }
    std::vector<sync::object_id> ids;
    for (const auto& w : *r->compared.wanted) {
        const bool is_known = w.plan.synthetic || w.plan.in_sync || r->compared.known.contains(w.plan.id);
        if (!is_known && input.live.contains(w.plan.id)) {
            ids.push_back(w.plan.id);
        }
    }
    for (const auto& id : ids) {
        const auto* m = held->find(id);
        auto* w = r->compared.find(id);
        if (m == nullptr || w == nullptr) {
            continue;
        }
        co_await compare_one(r, *m, *w);
        if (!r->operation.progress || engine::is_terminating(r->object.status.operation_state)) {
            co_return;
        }
    }
}

asio::awaitable<findings> application_controller::state::operate(record_ptr r) {
    findings found;
    const auto generation = r->object.metadata.generation;
    auto& status = r->object.status;
    if (status.operation_state->next_retry_at) {
        const auto left = *status.operation_state->next_retry_at - wall_clock::now();
        if (left > 0s) {
            found.requeue(std::chrono::duration_cast<steady_clock::duration>(left) + 1ms);
            co_return found;
        }
        status.operation_state->next_retry_at.reset();
        engine::forget_failures(*status.operation_state);
    }
    if (!r->operation.progress || r->operation.progress->of != status.operation_state->started_at) {
        r->operation.progress = operation_progress{
            .of = status.operation_state->started_at, .build_key = r->sources.from->build_key
        };
    }
    if (!r->compared.wanted || !r->operation.progress->checked) {
        if (auto built = co_await make_full(r); !built) {
            found.add(fail_attempt(*r, built.error().message()));
            co_return found;
        }
    }
    if (engine::is_terminating(status.operation_state)) {
        end_terminated(*r);
        co_return found;
    }
    const auto& result = status.operation_state->sync_result;
    const bool is_of_another_build = result && result->build_key != r->sources.from->build_key;
    if (!r->operation.progress || is_of_another_build) { // than the one that was in progress
        begin_operation(*r, status.operation_state->operation);
    } else if (!r->operation.progress->is_taken_up) {
        co_await take_up_operation(r);
        if (!r->operation.progress || is_stale(*r, generation)) {
            found.requeue(0s);
            co_return found;
        }
        r->operation.progress->is_taken_up = true;
    }
    if (!r->operation.progress->checked) {
        auto checked = co_await check_schemas(r);
        if (checked) {
            checked = co_await check_definitions(r);
        }
        if (!checked) {
            found.problems["SyncError"] = checked.error().message();
            found.reason = "InvalidManifests";
            found.stalled = checked.error().kind() == error_kind::user;
            found.add(fail_attempt(*r, checked.error().message()));
            co_return found;
        }
        r->operation.progress->checked = true;
    }
    if (!status.operation_state->owned_at_begin) {
        const auto owned = destination_of(r->object).live().owned_by(r->ref());
        status.operation_state->owned_at_begin = static_cast<std::int64_t>(
            std::count_if(owned.begin(), owned.end(), [](const auto& o) { return !o.record->hook; })
        );
    }
    for (;;) {
        if (engine::is_terminating(status.operation_state)) {
            end_terminated(*r);
            co_return found;
        }
        if (is_stale(*r, generation)) {
            found.requeue(0s);
            co_return found;
        }
        const auto input = plan_input_of(*r);
        const auto plan = sync::next_step(input);
        r->operation.progress->reports = plan.objects;
        if (plan.ruling) {
            r->operation.progress->ruling = plan.ruling;
            if (!plan.ruling->confirmed.empty()) {
                status.operation_state->confirmed_prune = plan.ruling->confirmed;
            }
        }
        for (const auto& warning : plan.warnings) {
            if (std::find(r->compared.warnings.begin(), r->compared.warnings.end(), warning) ==
                r->compared.warnings.end()) {
                r->compared.warnings.push_back(warning);
            }
        }
        if (const auto* step = std::get_if<sync::apply_step>(&plan.next)) {
            if (auto listing = co_await await_owners(r, step->objects); !listing.empty()) {
                found.waiting = std::move(listing);
                status.operation_state->message = found.waiting;
                note_rows(*r);
                co_return found;
            }
            if (!r->compared.full) { // let go of while it waited
                if (auto built = co_await make_full(r); !built) {
                    found.add(fail_attempt(*r, built.error().message()));
                    co_return found;
                }
                if (!r->operation.progress) { // another build: from the beginning
                    found.requeue(0s);
                    co_return found;
                }
            }
            co_await apply(r, *step);
        } else if (const auto* removal = std::get_if<sync::prune_step>(&plan.next)) {
            co_await prune(r, *removal);
        } else if (const auto* unknown = std::get_if<sync::inspect_step>(&plan.next)) {
            co_await inspect_all(r, unknown->objects);
            if (!r->operation.progress) { // another build, or nobody wants it any more
                found.requeue(0s);
                co_return found;
            }
        } else if (const auto* wait = std::get_if<sync::wait_step>(&plan.next)) {
            status.operation_state->message = wait->sentence;
            note_rows(*r); // written with the sentence, which says what they lead to
            found.waiting = wait->sentence;
            if (const auto& limit = r->object.spec.sync_policy.timeout) {
                const auto left = status.operation_state->started_at + limit->value - wall_clock::now();
                found.requeue(std::max<steady_clock::duration>(left, 0s) + 10ms);
            }
            // The watch event that changes the answer comes; should it be lost, this does. The going of a
            // namespace, which belongs to no application, is told to none, nor is what others are waited for.
            const bool is_told = wait->reason != sync::wait_reason::deletion &&
                                 wait->reason != sync::wait_reason::applications &&
                                 input.settings.too_early.empty();
            found.requeue(is_told ? recheck::health : recheck::answer);
            co_return found;
        } else if (const auto* blocked = std::get_if<sync::blocked_step>(&plan.next)) {
            status.pending_prune = engine::question_of(
                *blocked,
                r->operation.progress->ruling ? r->operation.progress->ruling->limit : std::size_t{0},
                std::move(status.pending_prune), wall_clock::now()
            );
            finish_operation(
                *r, crds::operation_phase::failed,
                blocked->sentence + (blocked->reason == sync::block_reason::empty_render
                                         ? std::string{}
                                         : "; to confirm: kubectl annotate application.holdfast.dev -n " +
                                               r->object.metadata.namespace_ + " " + r->object.metadata.name +
                                               " holdfast.dev/confirm-prune=" + status.pending_prune->token)
            );
            r->operation.paced.up_to_a_person = true;
            co_return found;
        } else if (const auto* done = std::get_if<sync::done_step>(&plan.next)) {
            status.pending_prune.reset();
            const auto count = count_synced(plan.objects);
            finish_operation(
                *r, crds::operation_phase::succeeded,
                done->sentence.empty() ? std::to_string(count) + " objects synced" : done->sentence
            );
            co_return found;
        } else if (const auto* failed = std::get_if<sync::failed_step>(&plan.next)) {
            found.problems["SyncError"] = failed->sentence;
            found.reason = "SyncFailed";
            found.add(fail_attempt(*r, failed->sentence));
            co_return found;
        }
    }
}

} // namespace holdfast::control
