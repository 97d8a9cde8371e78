#pragma once

#include "base/async.hpp"
#include "cluster/destinations.hpp"
#include "control/application_index.hpp"
#include "control/application_settings.hpp"
#include "control/application_sources.hpp"
#include "control/comparison.hpp"
#include "control/handover.hpp"
#include "control/manifest_checks.hpp"
#include "control/object_writer.hpp"
#include "control/preview.hpp"
#include "control/reconcile_triggers.hpp"
#include "engine/findings.hpp"
#include "engine/obstacle.hpp"
#include "sync/planner.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::control {

/// The operations of applications: whether one begins, its steps as the planner says them, and how it ends.
/// The only one that writes `status.operationState` and, but for what the object writer did, the records'
/// `operation`. On the loop's thread.
class operations {
public:
    /// All outlive it.
    struct parts {
        const application_settings& config;
        application_index& applications;
        cluster::destinations& clusters;
        application_sources& sources;
        comparison& compare;
        handover& others;
        manifest_checks& checks;
        preview& looks;
        object_writer& objects;
        reconcile_triggers& triggers;
    };
    explicit operations(parts with) : with_{with} {}

    /// Begins an operation where there is a reason to, and ends one that has run out of time.
    engine::findings decide(record_ptr r);
    /// What is asked for, or runs, cannot be brought because of that: sees that it fails, or is tried again.
    /// True: it has failed, and what is wanted is what the specification says again.
    bool meet(application_record& r, const engine::obstacle& in_the_way, engine::findings& found);
    /// Takes the steps that can be taken now, until one has to wait.
    asio::awaitable<engine::findings> operate(record_ptr r);
    /// Ends the operation that runs, or is asked for: the application may not have what it brings.
    void refuse(application_record& r, std::string why);
    /// Ends an operation whose end was asked for.
    void end_terminated(application_record& r);
    /// Of the operation that has ended: its hooks' objects go or stay as they say, and lose our finalizer. Not before
    /// what came of them is stored.
    asio::awaitable<engine::findings> tidy_hooks(record_ptr r);

private:
    // ---- operation_decision.cpp
    /// `has_sources`: `r.sources.from` is what it is to bring.
    void begin(application_record& r, crds::operation what, bool has_sources = true);
    /// What the decisions depend on, without how the objects compare. Valid while `r` is as it is.
    [[nodiscard]] static engine::decide_view view_of(const application_record& r);
    void finish(application_record& r, crds::operation_phase phase, std::string message);
    /// An attempt failed: another one follows, or the operation has. Says when the next reconcile is.
    engine::findings fail_attempt(application_record& r, std::string message);

    // ---- operations.cpp
    /// Before the first step here: what is wanted is at hand, what another process did is known, and the
    /// manifests are as the server takes them. Nothing: steps may be taken; else what is to follow instead.
    asio::awaitable<std::optional<engine::findings>> prepare(record_ptr r);
    /// An attempt fails whose objects the application may not have; nothing where it may have all of them.
    std::optional<engine::findings> refuse_forbidden(application_record& r);
    /// The operation that runs takes no step before the sync windows let it; nothing: they do.
    std::optional<engine::findings> hold(application_record& r);
    /// Goes on with an operation that another process began: what it has done is in the status.
    asio::awaitable<void> take_up(record_ptr r, progress_ptr progress);
    /// Puts into the status what the operation has done so far.
    static void note_rows(application_record& r);
    /// Finds out whether the cluster serves the wanted kinds that it did not. True where that changes what is
    /// known of an object's place: it is to be built again.
    asio::awaitable<bool> ask_for_kinds(record_ptr r);
    [[nodiscard]] sync::plan_input plan_input_of(const application_record& r) const;
    /// The next step, with what the plan says of each object noted.
    [[nodiscard]] sync::plan plan(application_record& r, const sync::plan_input& input);

    // ---- operation_hooks.cpp
    /// Before a hook is made: whoever goes on after a kill has to know that the operation has begun, or would begin
    /// another one, and run the hook again. Nothing: that is stored.
    static std::optional<engine::findings> store_begin(application_record& r);
    /// Deletes what earlier runs left. Nothing: the next step may follow; else what is known has to be stored before.
    asio::awaitable<std::optional<engine::findings>>
    clear_hooks(record_ptr r, progress_ptr progress, sync::clear_hooks_step step);

    // ---- operation_steps.cpp
    /// Nothing: the next step may follow; else the operation waits, or the attempt has failed.
    asio::awaitable<std::optional<engine::findings>>
    apply(record_ptr r, progress_ptr progress, sync::apply_step step);
    asio::awaitable<void> prune(record_ptr r, progress_ptr progress, sync::prune_step step);
    /// What goes with the deletion of objects, into the operation's progress.
    asio::awaitable<void> inspect(record_ptr r, progress_ptr progress, std::vector<sync::object_id> ids);
    /// `is_too_early`: for deleting what another application may want.
    engine::findings wait(application_record& r, const sync::wait_step& step, bool is_too_early);
    /// The operation that waits is looked at when it has taken as long as `syncPolicy.timeout` lets it.
    static void requeue_at_timeout(const application_record& r, engine::findings& found);
    /// Somebody has to confirm first.
    void ask(application_record& r, const sync::blocked_step& step);
    void succeed(application_record& r, const sync::done_step& step);
    /// Takes out of a step what would take more along now than when that was decided: it is decided anew.
    asio::awaitable<void> drop_uncovered(record_ptr r, operation_progress& progress, sync::prune_step& step);

    parts with_;
};

} // namespace holdfast::control
