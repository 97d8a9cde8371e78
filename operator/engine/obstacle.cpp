#include "engine/obstacle.hpp"

#include "engine/request.hpp"

#include <utility>

namespace holdfast::engine {

obstructed decide_obstructed(const decide_view& view, const obstacle& in_the_way, instant now) {
    obstructed made;
    made.paced = view.paced;
    made.begins = view.asked != nullptr;
    if (!made.begins) {
        if (!is_operating(view.status)) {
            return made;
        }
        if (auto late = out_of_time(view.spec, *view.status.operation_state, now)) {
            made.paced.rest_until(now.steady + least_rest);
            made.requeue_after = least_rest;
            made.end = std::move(late);
            return made;
        }
        if (in_the_way.is_held || is_automated(view.status.operation_state->operation)) {
            return made;
        }
    }
    crds::operation_state running;
    if (made.begins) {
        running.operation = *view.asked;
    } else {
        running = *view.status.operation_state;
    }
    if (in_the_way.is_lasting) {
        made.end = finish{crds::operation_phase::failed, in_the_way.why};
        return made;
    }
    if (running.next_retry_at && *running.next_retry_at > now.wall) {
        made.requeue_after =
            std::chrono::duration_cast<steady_clock::duration>(*running.next_retry_at - now.wall);
        return made;
    }
    // Nothing was applied, so there is no harm in trying again what nobody said a strategy for.
    const auto strategy = view.spec.sync_policy.retry.value_or(crds::retry_strategy{});
    auto next = after_attempt(running, strategy, in_the_way.why, now.wall);
    if (next.next_at) {
        made.requeue_after = next.wait;
        made.again = std::move(next);
    } else {
        made.end = finish{crds::operation_phase::failed, std::move(next.message)};
    }
    return made;
}

} // namespace holdfast::engine
