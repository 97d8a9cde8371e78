// What the cluster deletes together with an object, and does not belong to the application: the cluster is
// asked at the time, since nothing of it is watched.

#include "control/application_controller_state.hpp"
#include "sync/goes_along.hpp"

namespace holdfast::control {

namespace {

// Whether just this, or less, was known to go along when the deletion was decided.
bool is_ruled(const application_record& r, const sync::object_id& id, const sync::goes_along& now) {
    if (!r.operation.progress || !r.operation.progress->ruling) {
        return false;
    }
    const auto then = r.operation.progress->ruling->along.find(id);
    return then != r.operation.progress->ruling->along.end() && sync::is_covered(then->second, now);
}

} // namespace

asio::awaitable<void>
application_controller::state::inspect_all(record_ptr r, std::vector<sync::object_id> ids) {
    for (const auto& id : ids) {
        auto along = co_await destination_of(r->object).inspect(id, r->ref());
        if (!r->operation.progress) {
            co_return;
        }
        r->operation.progress->along[id] = std::move(along);
    }
}

asio::awaitable<void> application_controller::state::drop_uncovered(record_ptr r, sync::prune_step& step) {
    if (step.to_recreate) {
        co_return; // never of what holds others
    }
    std::vector<sync::prune_action> covered;
    bool all = true;
    for (auto& action : step.objects) {
        if (sync::takes_others_along(action.id)) {
            const auto now = co_await destination_of(r->object).inspect(action.id, r->ref());
            if (!is_ruled(*r, action.id, now)) {
                all = false;
                continue;
            }
        }
        covered.push_back(std::move(action));
    }
    step.objects = std::move(covered);
    if (!all && r->operation.progress) {
        r->operation.progress->ruling.reset();
        r->operation.progress->along.clear();
        r->object.status.operation_state->confirmed_prune.clear();
    }
}

} // namespace holdfast::control
