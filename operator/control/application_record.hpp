#pragma once

#include "base/async.hpp"
#include "base/work_budget.hpp"
#include "builders/plan.hpp"
#include "crds/application.hpp"
#include "engine/decide.hpp"
#include "engine/preview.hpp"
#include "engine/request.hpp"
#include "kube/object.hpp"
#include "policy/grants.hpp"
#include "sources/builder.hpp"
#include "sources/repositories.hpp"
#include "sources/secret_stores.hpp"
#include "sync/compare.hpp"
#include "sync/deletion_hooks.hpp"
#include "sync/planner.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::control {

/// The revision that a source stands at.
struct source_revision {
    /// The commit in hexadecimal; of a chart its version.
    std::string text;
    /// Nothing for a chart.
    std::optional<git::resolved_revision> commit;
    friend bool operator==(const source_revision&, const source_revision&) = default;
};

/// A source that others name as $NAME, and the commit that it stands at.
struct source_reference {
    crds::application_source source;
    git::resolved_revision at;
    friend bool operator==(const source_reference&, const source_reference&) = default;
};

/// What an application's sources were when they were last looked at.
struct inputs {
    std::vector<crds::application_source> sources;
    std::vector<source_revision> revisions;
    std::map<std::string, source_reference> refs;
    /// What the builds read from elsewhere, and what it was (supplier::resolve).
    std::map<builders::need, std::string> needs;
    /// Of the cluster and the Application, as far as builds can see them.
    std::shared_ptr<const builders::build_facts> facts;
    sources::stores_in_use stores;
    std::vector<sources::source_identity> identities;
    /// Entries of password stores that the builds refer to; nothing before they were built.
    std::optional<std::vector<render::named_entry>> entries;
    /// Identifies what these hold (secret_stores::identify); empty without entries.
    std::string entries_key;
    /// Identifies the desired state: the sources' keys, what the entries hold, and what else of the
    /// specification goes into it.
    std::string build_key;
    /// Remotes that do not answer were taken to say what they said last.
    bool is_as_last_known = false;
};

/// What goes on in an application's operation, beyond what its status says. What is lost with the process is
/// made again: what was done from the rows of the status (engine/operation_rows.hpp), the rest from the
/// cluster.
struct operation_progress {
    /// The status' started_at: the progress of another operation is none.
    crds::timestamp of;
    std::string build_key;
    /// What another process did in it is in `done`, or it began here.
    bool is_taken_up = false;
    std::map<sync::object_id, sync::attempt> done;
    /// What became of its hooks in this attempt, by what it has failed already, and what of earlier runs was deleted
    /// (by uid).
    sync::hook_attempts hooks;
    std::string failed_by;
    std::set<std::string> cleared;
    /// What goes along with deletions, and which of them may be done.
    std::map<sync::object_id, sync::goes_along> along;
    std::optional<sync::prune_ruling> ruling;
    /// What the planner said last of each object.
    std::vector<sync::object_report> reports;
    /// The objects were checked against the server's schemas.
    bool checked = false;
};

/// What an application's sources are. Written by application_inputs.cpp and application_wanted.cpp, and where
/// a moved repository is followed (application_moves.cpp).
struct source_state {
    /// What they were when they were last built.
    std::optional<inputs> from;
    /// What is read from beside the sources: password stores, bases elsewhere. Those that cannot be reached
    /// as well, so that it is reconciled when they can.
    std::set<sources::repository_use> also_reads;
    /// What they were known to be before that does not count: since then something was asked for, or the
    /// specification is another one. Written by the watch of Applications.
    steady_clock::time_point not_before = steady_clock::time_point::min();
    /// How often in a row they could not be had or built.
    std::uint32_t failures = 0;
};

/// What is wanted of the cluster, and how far it is so. Written by application_wanted.cpp (what is wanted),
/// comparison.cpp (what differs) and by what applies objects (what is as wanted now).
struct comparison_state {
    /// In which cluster (cluster::destinations::id_of) all of this is so; nothing before the first look.
    /// Written by the reconcile: where it is another one, nothing of it counts.
    std::optional<std::string> cluster;
    /// The desired state of the build key of `source_state::from`; not there before it was built. In the
    /// order of the ids.
    std::optional<std::vector<sync::planned_object>> wanted;
    /// What it runs and where it answers, as far as its manifests say.
    crds::application_summary summary;
    /// Of the build, and of the operation.
    std::vector<std::string> warnings;
    /// The values of secrets in what was built last and before that, newest first: what says something of the
    /// application passes them (blanked). Kept when the objects are let go of.
    std::vector<std::shared_ptr<const secrets::value_mask>> masks;
    /// Objects that somebody marked as another's, since this state was built.
    std::set<sync::object_id> remarked;
    /// The objects themselves, while somebody needs them.
    std::shared_ptr<const sources::desired_set> full;
    /// Which of their fields jq expressions name; null: none. Kept as long as `wanted` is.
    std::shared_ptr<const sources::ignored_fields> ignored;
    /// Hashes at the moment when an object was last known to be as wanted.
    std::map<sync::object_id, sync::known_state> known;
    /// An object that was compared field by field and is not as wanted.
    struct difference {
        /// Of what was wanted, and of the live object.
        sha256_digest hash{};
        std::string resource_version;
        /// The first few fields that differ, for a person (sync::summary_of), and without values
        /// (sync::fields_of).
        std::string fields;
        std::string names;
    };
    std::map<sync::object_id, difference> differs_at;
    /// The namespace that it has made, as it was looked at last.
    struct namespace_look {
        /// Of what was wanted.
        sha256_digest hash{};
        std::string resource_version;
        bool as_wanted = false;
    };
    std::optional<namespace_look> made_namespace;
    /// Wanted objects that it may not have, and why. Written where `granted` is, and by comparison.cpp.
    std::map<sync::object_id, std::string> forbidden;
    /// Owned hashes of all objects when the application was last synced, as found again after a restart.
    std::map<sync::object_id, sha256_digest> trusted;

    /// The wanted object of that name, or null. Valid until `wanted` is another one.
    [[nodiscard]] sync::planned_object* find(const sync::object_id& id) noexcept;
    [[nodiscard]] const sync::planned_object* find(const sync::object_id& id) const noexcept;
};

/// What a sync would do to wanted objects of which our watches tell nothing. Written by `preview`.
struct preview_state {
    /// As they were found when they were looked at last.
    std::map<sync::object_id, engine::outside_object> seen;
    engine::look_pace pace;
};

/// What the status does not say of an application's operation. Written by `operations`, and by what
/// takes their steps.
struct own_operation {
    /// Shared with what takes a step of it: null, or another one, when the operation has ended meanwhile or
    /// is of another build. Then what comes of the step is of no use, and harms nothing.
    std::shared_ptr<operation_progress> progress;
    /// The object's `operation` is the one that the status describes, and on its way out of the object.
    bool taken = false;
    engine::pace paced;
};

/// What the server has of an application's status.
struct reported_status {
    /// As it was written last.
    crds::application_status written;
    /// What the server has instead, where that is not what one writes for `written`: nothing yet, or what
    /// others wrote.
    std::optional<json::object> found;
    /// A write failed: it may have been done all the same, or somebody else wrote meanwhile.
    bool in_doubt = false;
    /// The annotation that asked for a refresh, where it is taken away together with what is written next.
    std::string refresh;
    bool is_refreshed = false; // a look has ended since
    /// Since when another one waits to be written.
    steady_clock::time_point due_since{};
};

/// The first few of the objects whose deletion is waited for. Written by `object_writer`.
struct leaving_objects {
    std::vector<sync::object_id> objects;
    /// When they were waited for first.
    steady_clock::time_point since{};
    /// When they were asked last what keeps them; nothing before that.
    std::optional<steady_clock::time_point> asked{};
    /// What they said then.
    std::string held{};
};

/// The hooks of an application's deletion. Written by `deletion_hooks`.
struct kept_hooks {
    /// The build whose hooks are kept; empty: not known here.
    std::string build_key;
    /// Which hooks these are: so which finalizers there have to be.
    bool has_pre_delete = false;
    bool has_post_delete = false;
    /// Why they are not, as a sentence: they are too large.
    std::string refused;
    /// What was built has yet to be kept.
    bool is_due = false;
    /// While it is being deleted: what was kept. Nothing before it was read.
    std::optional<std::vector<sync::deletion_hook>> read;
    /// When a failed one is run again; nothing while none has failed.
    std::optional<steady_clock::time_point> retry_at;
};

/// All that the controller knows of one Application.
struct application_record {
    /// Metadata, spec and operation as last seen; the status as it shall be.
    crds::application object;
    /// It is for another installation: nothing is done about it, and its status is what the server has.
    bool foreign = false;
    /// What is wrong with the object; then there is nothing else to do.
    std::string unreadable;
    /// What of its specification is not known here, of an API that is read leniently: it is not ready then.
    std::vector<crds::problem> not_known;
    /// What is wrong with its `operation` as it is written: that fails by it, and the rest goes on.
    std::string unreadable_operation;

    /// Stops what is done for it on the pool: requested, and another in its place, when the application is
    /// deleted or what it asks for changes.
    std::shared_ptr<work_stop> work = std::make_shared<work_stop>();
    /// What it may do. Written by the watch of Applications and of Projects (application_grants.cpp).
    policy::grants granted;
    source_state sources;
    comparison_state compared;
    preview_state preview;
    own_operation operation;
    leaving_objects leaving;
    kept_hooks hooks_of_deletion;
    /// The process that led before was killed: it may have applied what no status tells of, and what it sent
    /// last may come to be later still. Until this moment, and until the objects were looked at once, the mark
    /// of our field manager counts as telling of them.
    std::optional<steady_clock::time_point> untold_until;
    bool is_looked_at = false;
    /// Objects that bear its mark, and that its end leaves where they are: nothing shows that they are its
    /// own.
    std::size_t left_behind = 0;
    /// The status writer's.
    reported_status reported;

    /// Finds out which of the wanted objects it may not have.
    void note_forbidden();
    /// A person has confirmed just the pruning that waits.
    [[nodiscard]] bool prune_confirmed() const;
    /// The annotation by which it is to be left alone, its end as well, as a sentence; empty: there is none.
    [[nodiscard]] std::string skipped_by() const;
    /// Why nothing is to be changed for it, whatever differs, as a sentence; empty: nobody wants that.
    [[nodiscard]] std::string left_alone_by() const;

    [[nodiscard]] sync::application_ref ref() const {
        return {object.metadata.namespace_, object.metadata.name};
    }
    [[nodiscard]] std::string key() const { return object.metadata.namespace_ + "/" + object.metadata.name; }
    /// For work on the pool that is done for it as it is now.
    [[nodiscard]] sources::work_owner owner() const { return {object.metadata.namespace_, work}; }
    /// A message without the values of secrets that were put into its objects.
    [[nodiscard]] std::string blanked(std::string message) const;
    /// The same of an error.
    [[nodiscard]] error blanked(const error& what) const { return {what.kind(), blanked(what.message())}; }
    /// Ends that work at its next look.
    void stop_work() {
        work->request();
        work = std::make_shared<work_stop>();
    }
    [[nodiscard]] bool deleting() const noexcept { return object.metadata.deletion_timestamp.has_value(); }
    [[nodiscard]] bool operating() const noexcept { return engine::is_operating(object.status); }
};

using engine::ignore_rules;
using engine::is_automated;
using engine::request_of;
using engine::sync_options_of;

} // namespace holdfast::control
