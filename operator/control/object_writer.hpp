#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/handover.hpp"
#include "control/made_namespaces.hpp"
#include "control/reconcile_triggers.hpp"
#include "observe/metrics.hpp"
#include "sync/planner.hpp"

#include <map>
#include <string>
#include <vector>

namespace holdfast::control {

/// Applies and deletes an application's objects, several at a time, each only where it is the application's.
/// On the loop's thread.
class object_writer {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        const application_index& applications;
        cluster::destinations& clusters;
        handover& others;
        made_namespaces& namespaces;
        observe::metrics& counters;
        reconcile_triggers& triggers;
    };
    explicit object_writer(parts with) : with_{with} {}

    /// What of the kinds of what is to be applied is not listed yet, as a sentence: before that nobody knows
    /// whose the objects are. Empty: all are; else it is reconciled again when they are.
    asio::awaitable<std::string> await_owners(record_ptr r, std::vector<sync::apply_action> objects);
    /// What came of each goes into `progress`. Begins nothing more once that is not the operation's any more.
    asio::awaitable<void> apply(record_ptr r, progress_ptr progress, sync::apply_step step);
    /// What came of each.
    asio::awaitable<std::map<sync::object_id, sync::attempt>>
    remove(record_ptr r, std::vector<sync::prune_action> actions, bool dry_run);
    /// Applies the object of a hook of the application's deletion. An error in words; empty: done.
    asio::awaitable<std::string>
    make_hook(record_ptr r, kube::group_version_kind kind, sync::object_id id, json::object manifest);
    /// Takes our finalizer off a hook's object, and where `also_delete` deletes it. An error in words; empty: done.
    asio::awaitable<std::string>
    let_go_of_hook(record_ptr r, kube::group_version_kind kind, sync::prune_action action, bool also_delete);
    /// A sentence about objects that are being deleted, with what keeps the first few of them. For some
    /// seconds nobody is asked, since most go at once, and every ten seconds after that.
    asio::awaitable<std::string>
    with_holders(record_ptr r, std::string sentence, std::vector<sync::object_id> leaving);

private:
    /// What keeps these; empty where nobody says.
    asio::awaitable<std::string> holders_of(record_ptr r, std::vector<sync::object_id> leaving);
    asio::awaitable<void> apply_one(record_ptr r, progress_ptr progress, sync::apply_action action);
    asio::awaitable<sync::attempt>
    remove_one(record_ptr r, sync::prune_action action, kube::group_version_kind kind, bool dry_run);
    /// Why an object is not to be applied just now, since it is another application's; empty: it may be.
    [[nodiscard]] std::string claim_of_another(
        const application_record& r, const kube::group_version_kind& kind, const sync::object_id& id
    ) const;

    parts with_;
};

} // namespace holdfast::control
