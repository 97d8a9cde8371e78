#include "engine/findings.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::engine {

void findings::requeue(steady_clock::duration delay) {
    requeue_after = std::min(requeue_after.value_or(delay), std::max(delay, steady_clock::duration::zero()));
}

void findings::add(findings later) {
    for (auto& [type, sentence] : later.problems) {
        problems[type] = std::move(sentence);
    }
    if (!later.reason.empty()) {
        reason = std::move(later.reason);
    }
    if (!later.waiting.empty()) {
        waiting = std::move(later.waiting);
    }
    if (!later.orphans.empty()) {
        orphans = std::move(later.orphans);
    }
    stalled = stalled || later.stalled;
    unknown = unknown || later.unknown;
    health_unknown = health_unknown || later.health_unknown;
    undecided = undecided || later.undecided;
    if (later.requeue_after) {
        requeue(*later.requeue_after);
    }
}

} // namespace holdfast::engine
