#include "engine/preview.hpp"

#include <algorithm>

namespace holdfast::engine {

namespace {

using namespace std::chrono_literals;

constexpr steady_clock::duration first_wait = 1min;
constexpr steady_clock::duration longest_wait = 1h;

bool is_candidate(const look_candidate& one) {
    const auto& plan = *one.plan;
    return !one.has_record && !plan.in_sync && !plan.synthetic && plan.orders.is_applied();
}

} // namespace

std::vector<sync::object_id> objects_to_look_at(std::span<const look_candidate> wanted, bool anew) {
    std::vector<sync::object_id> ids;
    std::size_t candidates = 0;
    for (const auto& one : wanted) {
        if (!is_candidate(one)) {
            continue;
        }
        if (++candidates > most_looked_at) {
            break;
        }
        if (anew || one.seen == nullptr || one.seen->hash != one.plan->hash) {
            ids.push_back(one.plan->id);
        }
    }
    return ids;
}

look look_due(
    const look_pace& pace, std::string_view build_key, steady_clock::time_point asked,
    steady_clock::time_point now
) noexcept {
    const bool was_never = pace.last == steady_clock::time_point::min();
    if (!was_never && (asked > pace.last || now >= pace.next)) {
        return look::at_all;
    }
    return was_never || pace.build_key != build_key ? look::at_new : look::none;
}

look_pace
after_look(const look_pace& pace, look what, std::string_view build_key, steady_clock::time_point now) {
    look_pace made{.build_key = std::string{build_key}, .last = now};
    const bool is_due = what == look::at_all && pace.build_key == build_key && now >= pace.next;
    made.looks = is_due ? pace.looks + 1 : 0;
    // Ten doublings are past the longest already.
    made.next = now + std::min(first_wait * (std::int64_t{1} << std::min(made.looks, 10U)), longest_wait);
    return made;
}

std::string change_of(const outside_object& seen) {
    switch (seen.is) {
    case outside_object::standing::passed_over:
        return "was not read: of the objects that others may have made only the first " +
               std::to_string(most_looked_at) + " are";
    case outside_object::standing::absent: return "a sync would create it";
    case outside_object::standing::foreign:
        return "belongs to the application " + seen.why + ", from which a sync does not take it";
    case outside_object::standing::unreadable:
        return "cannot be read, so the effect of a sync is unknown: " + seen.why;
    case outside_object::standing::there: break;
    }
    if (seen.is_replaced) {
        return "was made by somebody else: a sync would replace it";
    }
    if (!seen.is_tried) {
        return "was made by somebody else: a sync would take it over";
    }
    if (!seen.why.empty()) {
        return "was made by somebody else, and a sync would be refused: " + seen.why;
    }
    return "was made by somebody else: a sync would take it over, and change " +
           (seen.changes.empty() ? "nothing else" : seen.changes);
}

} // namespace holdfast::engine
