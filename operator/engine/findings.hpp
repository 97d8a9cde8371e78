#pragma once

#include "base/async.hpp"
#include "engine/pacing.hpp"

#include <map>
#include <optional>
#include <string>

namespace holdfast::engine {

/// What came of one reconcile of an application, beside what it changed: what its status has to say, and when
/// the next reconcile is if nothing tells of a change before.
struct findings {
    /// Problem conditions: type and sentence.
    std::map<std::string, std::string> problems;
    /// The reason of Ready=False, where a problem decides it.
    std::string reason;
    /// Waiting for somebody to change something, not for time to pass.
    bool stalled = false;
    /// Nothing could be compared.
    bool unknown = false;
    /// Nobody can say how its objects are.
    bool health_unknown = false;
    /// It is too early to say anything: the status stays as it is. Another reconcile follows.
    bool undecided = false;
    /// A sentence about what is being waited for.
    std::string waiting;
    /// A sentence about objects that no application owns; stops nothing.
    std::string orphans;
    /// The earliest of all that was asked for; nothing: only when something tells of a change.
    std::optional<steady_clock::duration> requeue_after;

    /// No later than that.
    void requeue(steady_clock::duration delay);
    void requeue(recheck why) { requeue(delay_of(why)); }
    /// Adds what a later part of the reconcile found: what it says takes the place of what was said before.
    void add(findings later);
};

} // namespace holdfast::engine
