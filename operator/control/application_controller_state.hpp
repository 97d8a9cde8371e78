#pragma once

// The inside of application_controller, shared by the files that implement it and by nobody else.

#include "control/application_controller.hpp"
#include "control/application_index.hpp"
#include "control/application_sources.hpp"
#include "control/build_turns.hpp"
#include "control/cluster_places.hpp"
#include "control/comparison.hpp"
#include "control/deletion_hooks.hpp"
#include "control/deletions.hpp"
#include "control/handover.hpp"
#include "control/known_surroundings.hpp"
#include "control/made_namespaces.hpp"
#include "control/manifest_checks.hpp"
#include "control/object_writer.hpp"
#include "control/operations.hpp"
#include "control/orphan_listings.hpp"
#include "control/pending_looks.hpp"
#include "control/preview.hpp"
#include "control/project_users.hpp"
#include "control/reconcile_triggers.hpp"
#include "control/standby.hpp"
#include "control/status_report.hpp"
#include "control/status_writer.hpp"
#include "control/wanted_index.hpp"
#include "engine/findings.hpp"
#include "kube/informer_handler.hpp"
#include "policy/claim_index.hpp"
#include "runtime/controller.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::control {

/// Follows the Applications, and reconciles each with what four collaborators know: its sources, how what is
/// there compares with them, its operation, and its status.
struct application_controller::state : kube::informer_handler {
    state(asio::any_io_executor ex, parts p, settings s);

    parts with;
    settings config;
    /// While it does not lead, another replica works on them, or nobody yet: records are as that one left
    /// them.
    runtime::controller runs;

    application_index applications;
    policy::claim_index claims; // of all applications
    wanted_index wants;         // of all records' `compared.wanted`
    project_users in_projects;
    pending_looks looks;
    reconcile_triggers triggers;
    build_turns turns;
    cluster_places places;

    handover others;
    application_sources sources;
    /// Until this replica leads.
    standby ready;
    made_namespaces namespaces;
    comparison compared;
    object_writer objects;
    manifest_checks checks;
    preview looking_ahead;
    operations operation;
    deletion_hooks at_the_end;
    deletions ending;
    orphan_listings orphans;
    status_report report;
    status_writer statuses;
    known_surroundings around;

    /// As application_record has it, for those that are told of after this replica began to lead.
    std::optional<steady_clock::time_point> untold_until;
    // An application of the list that is read is older than it was known to be: the server's store was set
    // back.
    bool is_older_list = false;

    // ---- application_watching.cpp: which Applications there are
    [[nodiscard]] std::optional<kube::object_version> version_of(const kube::object_name& name
    ) const override;
    void for_each_known(const std::function<void(const kube::object_name&)>& see) const override;
    void added(const json::object& object) override;
    void changed(const json::object& object) override;
    void removed(const kube::object_name& name, std::string_view resource_version) override;
    void synced() override;
    void store_went_back() override { is_older_list = true; }
    /// Takes over what the watch, or a list, says of one, and has it reconciled where that matters.
    void take_in(const json::object& object);
    void forget(const std::string& key);
    /// It is another one than was known: what of it is to be remembered is in its status.
    void take_up(record_ptr& r, crds::application now, const json::object& object);
    /// Takes over what the object says now. False: there is nothing in it to reconcile for.
    bool follow(application_record& r, crds::application now);
    /// Keeps what another installation's Application means to ours.
    void note_foreign(record_ptr& r, crds::application now);
    void note_use_of_cluster(const application_record& r);
    // ---- application_grants.cpp: what they may do
    /// Works out what it may do, as it is now. True: that is something else than before.
    bool note_grants(application_record& r);
    /// The same, and what may have failed for want of that is tried anew.
    bool grant_anew(application_record& r);
    /// A Project permits something else: its applications are looked at again, and no others.
    void project_changed(const std::string& project);
    /// Finds the objects in its destination that no application owns, where its Project wants them told.
    void note_orphans(const application_record& r, engine::findings& found);
    /// Whether it may have what it asks for; else nothing is done for it any more, and what runs ends.
    bool is_granted(application_record& r, engine::findings& found);

    /// Enters what an application claims as it is now, and has those reconciled to which that matters.
    void note_claims(const application_record& r);
    void reconcile_dependents(const std::string& key);

    // ---- application_reconcile.cpp: one reconcile
    asio::awaitable<void> reconcile(std::string key);
    /// Brings it as far as it can be brought now, and says what is in the way of more.
    asio::awaitable<engine::findings> reconcile_now(record_ptr r);
    /// Lets go of what was found out in another cluster than the one that it is deployed to now.
    void look_at_cluster(application_record& r);
    /// What it wants where nothing of its cluster is to be touched, as sentences; empty: nothing.
    [[nodiscard]] std::string objects_outside(const application_record& r) const;
    /// What is wrong with the specification, empty where nothing is. A wrong operation fails by it.
    std::string take_problems(application_record& r);
    /// What is wanted, of the operation that is asked for or runs; where that cannot be had and fails by it,
    /// of the specification. Added to what was found so far.
    asio::awaitable<engine::findings> find_wanted_state(record_ptr r, engine::findings so_far);
    /// The refresh that an annotation asks for, and takes the annotation away.
    asio::awaitable<engine::findings> take_refresh(record_ptr r);
};

} // namespace holdfast::control
