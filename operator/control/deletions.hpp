#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/comparison.hpp"
#include "control/deletion_hooks.hpp"
#include "control/handover.hpp"
#include "control/object_writer.hpp"
#include "control/reconcile_triggers.hpp"
#include "engine/findings.hpp"
#include "kube/client.hpp"
#include "match/finalizer.hpp"

#include <optional>
#include <string_view>

namespace holdfast::control {

/// The end of applications: their objects go with them where a finalizer says so. Needs the cluster only,
/// never a repository. On the loop's thread.
class deletions {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        kube::client& home;
        const application_index& applications;
        cluster::destinations& clusters;
        handover& others;
        object_writer& objects;
        deletion_hooks& hooks;
        reconcile_triggers& triggers;
    };
    explicit deletions(parts with) : with_{with} {}

    /// Takes an application that is being deleted as far as it can go now.
    asio::awaitable<engine::findings> finish(record_ptr r);

    /// Looks for what operators before this one made without having written it down, until all kinds could be
    /// listed: before that no deletion is known to be whole. All Applications have to be known.
    asio::awaitable<void> survey();
    /// Has the kinds watched that an application had objects of: who takes over knows them already.
    void watch_kinds_of(const crds::application& a);

private:
    /// Not complete while kinds are still being listed that it had objects of.
    asio::awaitable<watching> watch_kinds_that_were(record_ptr r);
    /// Whether all that an application has is known.
    watching know_all_of(const application_record& r);
    /// Takes our finalizer off the objects of hooks: an operation that ran may have ended with the Application.
    asio::awaitable<void> let_go_of_hooks(record_ptr r);
    /// Nothing: none is left. Else what is waited for, or in the way.
    asio::awaitable<std::optional<engine::findings>>
    remove_objects(record_ptr r, sync::propagation dependents);
    /// A stage that is about hooks.
    asio::awaitable<engine::findings> take_hooks(record_ptr r, match::deletion_stage stage);
    /// Ends a stage, and says when the next one begins.
    asio::awaitable<engine::findings> remove_finalizers(record_ptr r, bool (*these)(std::string_view));

    parts with_;
};

} // namespace holdfast::control
