#pragma once

#include "runtime/work_queue.hpp"

#include <set>
#include <string>
#include <utility>

namespace holdfast::control {

/// What has an application reconciled (again): now, or when the kinds that it waits for are listed. On the
/// loop's thread.
class reconcile_triggers {
public:
    /// `queue` outlives it.
    explicit reconcile_triggers(runtime::work_queue& queue) : queue_{queue} {}

    void reconcile(const std::string& key) { queue_.add(key); }
    /// When another kind's objects are known, or what is in the way of that has changed.
    void when_kinds_are_listed(const std::string& key) { waiting_.insert(key); }
    void kinds_are_listed() {
        for (const auto& key : std::exchange(waiting_, {})) {
            queue_.add(key);
        }
    }
    void forget(const std::string& key) { waiting_.erase(key); }

private:
    runtime::work_queue& queue_;
    std::set<std::string> waiting_;
};

} // namespace holdfast::control
