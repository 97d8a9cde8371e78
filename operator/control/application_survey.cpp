// What an operator before this one made without having written it down.

#include "control/application_controller_state.hpp"

namespace holdfast::control {

using namespace std::chrono_literals;

asio::awaitable<void> application_controller::state::survey() {
    while (!co_await informer.wait_synced(30s)) {
    }
    for (const auto& [key, r] : records) {
        if (!r->foreign) {
            watch_kinds_of(r->object); // as looks at them would
        }
    }
    const auto looked = [this](bool found_more) {
        for (const auto& [key, r] : records) {
            if (r->deleting()) {
                queue.add(key);
            } else if (found_more) {
                wait_for_kinds.insert(key); // some of them may have more than they know
            }
        }
    };
    co_await with.clusters.survey(looked);
}

watching application_controller::state::know_all_of(const application_record& r) {
    using stand = cluster::completeness::stand;
    watching seen;
    // Of what a sync that has ended did, the status names the kinds.
    const auto& last = r.object.status.operation_state;
    const bool has_ended = (last && last->finished_at) || !r.object.status.sync.applied_build_key.empty();
    auto known = destination_of(r.object).knows_all(has_ended);
    switch (known.now) {
    case stand::complete: return seen;
    case stand::surveying: // it is looked at again when that is done
        seen.found.waiting = std::move(known.why);
        break;
    case stand::listing:
        wait_for_kinds.insert(r.key());
        seen.found.waiting = std::move(known.why);
        break;
    case stand::unlisted:
        seen.found.problems["DeletionError"] = std::move(known.why);
        seen.found.requeue(recheck::refused);
        break;
    }
    seen.complete = false;
    return seen;
}

} // namespace holdfast::control
