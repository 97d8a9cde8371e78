// Taking an operation as far as it can go now: the next step, as the planner says it, until there is one that
// waits.

#include "control/application_controller_state.hpp"
#include "control/foundation.hpp"

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
    std::vector<std::string> ignored;
    s.options = sync::parse_sync_options(r.object.spec.sync_policy.sync_options, ignored);
    if (!asked.sync_options.empty()) {
        s.options = sync::merged(s.options, sync::parse_sync_options(asked.sync_options, ignored));
    }
    if (asked.sync_strategy && ((asked.sync_strategy->apply && asked.sync_strategy->apply->force) ||
                                (asked.sync_strategy->hook && asked.sync_strategy->hook->force))) {
        s.options.force = true;
    }
    std::set<sync::application_ref> owners;
    for (const auto& o : with.live.owned_by(r.ref())) {
        input.live.emplace(o.id, *o.record);
    }
    for (const auto& w : *r.wanted) {
        input.desired.push_back(w.plan);
        if (is_foundation(w.plan.id, config.own_namespace)) {
            // Neither would leave us standing: they delete first.
            input.desired.back().orders.options.force = false;
            input.desired.back().orders.options.replace = false;
        }
        if (w.plan.synthetic) {
            if (const auto* there = with.namespaces.find(w.plan.id.name)) {
                sync::live_record record;
                record.uid = there->uid;
                record.resource_version = there->resource_version;
                record.deleting = there->deleting;
                input.live.insert_or_assign(w.plan.id, std::move(record));
            }
            continue;
        }
        if (const auto* record = with.live.find(w.kind, w.plan.id.namespace_, w.plan.id.name)) {
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
    const auto objects = static_cast<std::int64_t>(input.live.size());
    s.prune_limit =
        static_cast<std::size_t>(crds::prune_limit_of(r.object.spec.sync_policy.prune_limit, objects));
    s.prune_confirmed = r.prune_confirmed();
    if (r.progress) {
        input.done = r.progress->done;
    }
    return input;
}

asio::awaitable<result<void>> application_controller::state::check_schemas(record_ptr r) {
    std::set<kube::group_version_kind> kinds;
    for (const auto& w : *r->wanted) {
        if (!w.plan.in_sync) {
            kinds.insert(w.kind);
        }
    }
    std::vector<kube::group_version_kind> list{kinds.begin(), kinds.end()};
    auto loaded = co_await with.schema.load(std::move(list));
    if (!loaded) {
        co_return loaded.error().within("reading the server's schemas");
    }
    std::vector<std::string> ignored;
    const auto options = sync::parse_sync_options(r->object.spec.sync_policy.sync_options, ignored);
    std::string all;
    std::size_t count = 0;
    for (const auto& w : *r->wanted) {
        if (w.plan.in_sync || w.plan.synthetic ||
            sync::merged(options, w.plan.orders.options).validate == false) {
            continue;
        }
        const auto* m = r->full->find(w.plan.id);
        if (m == nullptr) {
            continue;
        }
        for (const auto& problem : with.schema.check(m->object.manifest)) {
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

asio::awaitable<void> application_controller::state::operate(record_ptr r, findings& found) {
    const auto generation = r->object.metadata.generation;
    auto& status = r->object.status;
    if (status.operation_state->next_retry_at) {
        const auto left = *status.operation_state->next_retry_at - wall_clock::now();
        if (left > 0s) {
            queue.add_after(r->key(), std::chrono::duration_cast<steady_clock::duration>(left) + 1ms);
            co_return;
        }
        status.operation_state->next_retry_at.reset();
    }
    if (!r->progress || r->progress->of != status.operation_state->started_at) {
        r->progress =
            operation_progress{.of = status.operation_state->started_at, .build_key = r->from->build_key};
    }
    if (!r->wanted || !r->progress->checked) {
        if (auto built = co_await make_full(r); !built) {
            fail_attempt(*r, built.error().message());
            co_return;
        }
    }
    if (!r->progress) { // another build than the one that was in progress
        begin_operation(*r, status.operation_state->operation);
    }
    if (!r->progress->checked) {
        auto checked = co_await check_schemas(r);
        if (checked) {
            checked = co_await check_definitions(r);
        }
        if (!checked) {
            found.problems["SyncError"] = checked.error().message();
            found.reason = "InvalidManifests";
            found.stalled = checked.error().kind() == error_kind::user;
            fail_attempt(*r, checked.error().message());
            co_return;
        }
        r->progress->checked = true;
    }
    for (;;) {
        if (is_stale(*r, generation)) {
            queue.add(r->key());
            co_return;
        }
        const auto plan = sync::next_step(plan_input_of(*r));
        r->progress->reports = plan.objects;
        for (const auto& warning : plan.warnings) {
            if (std::find(r->build_warnings.begin(), r->build_warnings.end(), warning) ==
                r->build_warnings.end()) {
                r->build_warnings.push_back(warning);
            }
        }
        if (const auto* step = std::get_if<sync::apply_step>(&plan.next)) {
            if (!co_await ownership_is_known(r, step->objects, found)) {
                status.operation_state->message = found.waiting;
                co_return;
            }
            if (!r->full) { // let go of while it waited
                if (auto built = co_await make_full(r); !built) {
                    fail_attempt(*r, built.error().message());
                    co_return;
                }
                if (!r->progress) { // another build: from the beginning
                    queue.add(r->key());
                    co_return;
                }
            }
            co_await apply(r, *step);
        } else if (const auto* removal = std::get_if<sync::prune_step>(&plan.next)) {
            co_await prune(r, *removal);
        } else if (const auto* wait = std::get_if<sync::wait_step>(&plan.next)) {
            status.operation_state->message = wait->sentence;
            found.waiting = wait->sentence;
            if (const auto& limit = r->object.spec.sync_policy.timeout) {
                const auto left = status.operation_state->started_at + limit->value - wall_clock::now();
                queue.add_after(r->key(), std::max<steady_clock::duration>(left, 0s) + 10ms);
            }
            // The watch event that changes the answer comes; should it be lost, this does. The going of a
            // namespace, which belongs to no application, is told to none.
            queue.add_after(r->key(), wait->reason == sync::wait_reason::deletion ? 1s : 60s);
            co_return;
        } else if (const auto* blocked = std::get_if<sync::blocked_step>(&plan.next)) {
            crds::pending_prune pending;
            hasher h;
            for (const auto& id : blocked->objects) {
                h.add(sync::to_string(id));
                if (pending.resources.size() < 20) {
                    pending.resources.push_back(sync::to_string(id));
                }
            }
            pending.token = to_hex(h.add(r->from->build_key).finish()).substr(0, 16);
            pending.count = static_cast<std::int64_t>(blocked->objects.size());
            pending.limit = static_cast<std::int64_t>(plan_input_of(*r).settings.prune_limit.value_or(0));
            pending.requested_at = wall_clock::now();
            const bool same = status.pending_prune && status.pending_prune->token == pending.token;
            if (!same) {
                status.pending_prune = std::move(pending);
            }
            finish_operation(
                *r, crds::operation_phase::failed,
                blocked->sentence + (blocked->reason == sync::block_reason::empty_render
                                         ? std::string{}
                                         : "; to confirm: kubectl annotate application.holdfast.dev -n " +
                                               r->object.metadata.namespace_ + " " + r->object.metadata.name +
                                               " holdfast.dev/confirm-prune=" + status.pending_prune->token)
            );
            r->resume_not_before = steady_clock::time_point::max();
            co_return;
        } else if (const auto* done = std::get_if<sync::done_step>(&plan.next)) {
            status.pending_prune.reset();
            const auto count = count_synced(plan.objects);
            finish_operation(
                *r, crds::operation_phase::succeeded,
                done->sentence.empty() ? std::to_string(count) + " objects synced" : done->sentence
            );
            co_return;
        } else if (const auto* failed = std::get_if<sync::failed_step>(&plan.next)) {
            found.problems["SyncError"] = failed->sentence;
            found.reason = "SyncFailed";
            fail_attempt(*r, failed->sentence);
            co_return;
        }
    }
}

} // namespace holdfast::control
