#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/application_sources.hpp"
#include "control/made_namespaces.hpp"
#include "control/reconcile_triggers.hpp"
#include "engine/findings.hpp"
#include "observe/metrics.hpp"

#include <string>
#include <vector>

namespace holdfast::control {

/// Whether all that there is of an application's kinds is known.
struct watching {
    bool complete = true;
    /// What is in the way.
    engine::findings found;
};

/// A wanted object, with what spec.ignoreDifferences leaves to others as it is on the live one.
[[nodiscard]] json::object without_ignored(
    const application_record& r, const sync::desired_object& m, const json::object& live,
    const sync::dialect& names
);

/// What of an application's live objects is not as wanted. It writes, of the records' `compared`, what
/// differs. On the loop's thread.
class comparison {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        cluster::destinations& clusters;
        application_sources& sources;
        made_namespaces& namespaces;
        observe::metrics& counters;
        reconcile_triggers& triggers;
    };
    explicit comparison(parts with) : with_{with} {}

    /// Has the kinds watched that it has objects of. Not complete while some are still being listed.
    asio::awaitable<watching> watch_kinds(record_ptr r);
    /// Each by its hash. What is not brought to what is wanted at once, and so stays for people to read, and
    /// what changed where spec.ignoreDifferences leaves something to others, is also compared field by field:
    /// once for each version of the object.
    asio::awaitable<void> compare(record_ptr r);
    /// Reads one object, and compares it field by field.
    asio::awaitable<void> compare_one(record_ptr r, const sync::desired_object& m, sync::planned_object& w);

private:
    /// Whether the objects are those of the last sync, as its status tells: after a restart.
    asio::awaitable<bool> is_as_trusted(record_ptr r);

    /// Has what is its own known as such, and tells of what others marked as theirs.
    void hold_on(application_record& r);
    void tell_of_drift(const application_record& r, const sync::object_id& id);

    parts with_;
};

} // namespace holdfast::control
