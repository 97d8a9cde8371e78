// The objects of hooks that have to go: before a hook runs again, and when its operation has ended.

#include "control/application_access.hpp"
#include "control/operations.hpp"
#include "engine/operation_rows.hpp"

#include <array>
#include <map>
#include <vector>

namespace holdfast::control {

using namespace std::chrono_literals;

namespace {

// A status is written within moments; until then it is asked again.
constexpr auto until_stored = 200ms;

constexpr std::array phases_of_sync{
    sync::phase::pre_sync, sync::phase::sync, sync::phase::post_sync, sync::phase::sync_fail
};

// The runs of an operation's hooks, as records name them.
std::map<std::uint32_t, sync::phase> run_keys_of(const crds::operation_state& state) {
    std::map<std::uint32_t, sync::phase> runs;
    const auto attempt = engine::attempt_name(state);
    for (const auto during : phases_of_sync) {
        runs.emplace(sync::run_key(sync::hook_run(attempt, during)), during);
    }
    return runs;
}

// The operation as the server has it; null where that is not known, or another one.
const crds::operation_state* stored_operation(const application_record& r) {
    const auto& state = r.object.status.operation_state;
    const auto& stored = r.reported.written.operation_state;
    const bool is_it = state && stored && stored->started_at == state->started_at &&
                       stored->retry_count == state->retry_count && !r.reported.in_doubt;
    return is_it ? &*stored : nullptr;
}

} // namespace

std::optional<engine::findings> operations::store_begin(application_record& r) {
    if (stored_operation(r) != nullptr) {
        return std::nullopt;
    }
    engine::findings found;
    note_rows(r);
    found.requeue(until_stored);
    return found;
}

asio::awaitable<std::optional<engine::findings>>
operations::clear_hooks(record_ptr r, progress_ptr progress, sync::clear_hooks_step step) {
    if (!engine::are_hooks_stored(progress->hooks, stored_operation(*r))) {
        // What is deleted may be the proof that a hook of this operation has run.
        engine::findings found;
        note_rows(*r);
        found.requeue(until_stored);
        co_return found;
    }
    for (auto& action : step.objects) {
        const auto* w = r->compared.find(action.id);
        if (w == nullptr || r->operation.progress != progress) {
            co_return std::nullopt;
        }
        const auto id = action.id;
        const auto uid = action.uid;
        auto letting_go = with_.objects.let_go_of_hook(r, w->gvk(), std::move(action), /*also_delete=*/true);
        auto why = co_await std::move(letting_go);
        if (why.empty()) {
            progress->cleared.insert(uid);
        } else {
            progress->hooks[{step.during, id}] = {
                .state = sync::hook_state::failed,
                .is_refused = true,
                .message = "what its last run left could not be deleted: " + why
            };
        }
    }
    co_return std::nullopt;
}

asio::awaitable<engine::findings> operations::tidy_hooks(record_ptr r) {
    engine::findings found;
    const auto& state = r->object.status.operation_state;
    if (!state || r->operating() || !r->compared.wanted) {
        co_return found;
    }
    struct rest {
        kube::group_version_kind kind;
        sync::prune_action action;
        bool is_to_go = false;
    };
    struct left_hook {
        const sync::planned_object* wanted;
        const sync::live_record* live;
    };
    std::vector<left_hook> left;
    const auto to = destination_of(with_.clusters, r->object);
    for (const auto& w : *r->compared.wanted) {
        const auto* live = w.orders.is_run() ? to->live().find(w.gvk(), w.id.namespace_, w.id.name) : nullptr;
        if (live != nullptr && live->hook_run != 0 && live->owner == r->ref()) {
            left.push_back({&w, live});
        }
    }
    if (left.empty()) {
        co_return found; // as in most looks at most applications: the rows are not read for nothing
    }
    std::vector<rest> all;
    const auto hooks = engine::ended_hooks_of(*state);
    const auto runs = run_keys_of(*state);
    const auto dependents = sync_options_of(r->object.spec, request_of(state->operation))
                                .prune_propagation.value_or(sync::propagation::foreground);
    for (const auto& [w, live] : left) {
        const auto run = runs.find(live->hook_run);
        const auto known = run == runs.end() ? hooks.end() : hooks.find({run->second, w->id});
        const auto* attempt = known == hooks.end() ? nullptr : &known->second;
        const auto what = sync::rest_of(*live, attempt, /*is_of_it=*/run != runs.end());
        if (what != sync::hook_rest::stays) {
            all.push_back(
                {w->gvk(),
                 {w->id, live->uid, live->prune_propagation.value_or(dependents)},
                 what == sync::hook_rest::deleted}
            );
        }
    }
    if (all.empty()) {
        co_return found;
    }
    if (const auto* stored = stored_operation(*r); stored == nullptr || stored->phase != state->phase) {
        found.requeue(until_stored);
        co_return found;
    }
    for (auto& one : all) {
        const auto id = one.action.id;
        auto letting_go = with_.objects.let_go_of_hook(r, one.kind, std::move(one.action), one.is_to_go);
        if (const auto why = co_await std::move(letting_go); !why.empty()) {
            found.problems["SyncError"] = "the hook " + sync::describe(id) + " could not be " +
                                          (one.is_to_go ? "deleted: " : "released: ") + why;
            found.requeue(engine::recheck::answer);
        }
    }
    co_return found;
}

} // namespace holdfast::control
