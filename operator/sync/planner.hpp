#pragma once

#include "base/hash.hpp"
#include "sync/annotations.hpp"
#include "sync/desired.hpp"
#include "sync/hooks.hpp"
#include "sync/identity.hpp"
#include "sync/live_record.hpp"
#include "sync/prune_ruling.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// What to do next in an operation. The planner is a function of values: of what is wanted, what is, and what
// this operation has done so far. Whoever runs an operation asks for the next step, takes it, notes what came
// of it, and asks again; when it is told to wait, it asks again after the watch event that changes the
// answer. A restart loses nothing, since all of it is in the application's status and in the cluster.

namespace holdfast::sync {

/// One object that is wanted. See `plan_object`.
struct planned_object {
    object_id id;
    /// Of its kind, as in the manifest.
    std::string version;
    sha256_digest hash{};
    directives orders;
    /// For a CustomResourceDefinition: the group and kind that it defines.
    std::optional<std::pair<std::string, std::string>> defines;
    /// Known to be as wanted (`compare` said equal): it needs no apply.
    bool in_sync = false;
    /// Made by the operator (CreateNamespace), not by the sources: applied before everything else, and no
    /// part of "the application has objects".
    bool synthetic = false;
    /// See desired_object.
    bool has_unknown_kind = false;

    [[nodiscard]] kube::group_version_kind gvk() const { return {id.group, version, id.kind}; }
};

planned_object plan_object(const desired_object& desired, bool in_sync = false);

/// What came of a step on one object, in this operation.
enum class outcome : std::uint8_t {
    applied,
    failed,
    pruned,
    prune_failed,
    removed, ///< deleted in order to be created anew (Force)
};

/// How an object is brought to what it shall be.
enum class apply_mode : std::uint8_t {
    apply,   ///< server-side apply, conflicts forced
    replace, ///< a PUT of the manifest; creates where it does not exist
};

struct attempt {
    outcome what = outcome::applied;
    /// For applied, failed and removed: the hash that was tried. An attempt at another hash counts as none.
    sha256_digest hash{};
    /// For removed and pruned: what was deleted; for pruned empty where it was gone already. A failure to
    /// create it anew keeps this, so that it is not deleted again.
    std::string uid;
    /// For applied: metadata.generation in the server's answer (0: unknown). Health of an older one is not
    /// believed.
    std::int64_t generation = 0;
    /// For failed and prune_failed: what the server said.
    std::string message;
};

/// Picks objects, as `operation.sync.resources` does. Empty members match all.
struct selector {
    std::string group;
    std::string kind;
    std::string namespace_;
    std::string name;
};

/// Where those who deploy have different rules. The defaults are ours, which ask where silence costs objects.
struct plan_rules {
    /// More deletions than `prune_limit` need a confirmation.
    bool limits_prunes = true;
    /// So does the deletion of what takes objects of others along: a Namespace, a CustomResourceDefinition.
    bool confirms_dependents = true;
    /// An object that another application owns is refused; else whoever applies last has it.
    bool refuses_shared = true;
    /// An operation of several waves ends when the last one is healthy, too; else when it is applied.
    bool awaits_last_wave = true;

    friend bool operator==(const plan_rules&, const plan_rules&) = default;
};
/// Those of Argo CD 3.5.
inline constexpr plan_rules argo_cd_rules{
    .limits_prunes = false, .confirms_dependents = false, .refuses_shared = false, .awaits_last_wave = false
};

struct plan_settings {
    application_ref application;
    plan_rules rules;
    /// What people are told to write.
    dialect_ref names = holdfast_dev();
    /// Delete what is no longer wanted.
    bool prune = false;
    /// More than this many deletions in an operation need a confirmation: as it was when the operation began.
    /// Default: half of the application's objects, at least 10.
    std::optional<std::size_t> prune_limit;
    /// How many objects the application had when the operation began. Default: as many as it has now.
    std::optional<std::size_t> owned_at_begin;
    /// What a person has confirmed: the token of a question (`prune_question`); empty: nothing.
    std::string confirmed;
    /// The deletions of this operation were confirmed before it was interrupted.
    bool was_confirmed = false;
    /// Identifies the desired state.
    std::string build_key;
    /// Why nothing may be deleted yet, as a sentence about what is waited for; empty: it may.
    std::string too_early;
    /// An empty desired state deletes everything.
    bool allow_empty = false;
    bool dry_run = false;
    /// Apply also what is known to be as wanted.
    bool reapply = false;
    /// Only these, if any; hooks do not run then.
    std::vector<selector> only;
    /// Names this attempt at the operation, for what its hooks make; empty: hooks do not run.
    std::string attempt;
    /// What the operation has failed by, while its SyncFail hooks run; empty: it has not.
    std::string failed_by;
    /// Of the application.
    sync_options options;
    /// Owners that do not exist any more: what they owned is free.
    std::vector<application_ref> gone_owners;
    /// Owners of which is not known yet what they want: what they own may become free.
    std::set<application_ref> undecided_owners;
    /// Wanted objects that another application owns and does not want any more: it leaves them to this one.
    std::set<object_id> given_up;
};

/// All that a decision depends on.
struct plan_input {
    plan_settings settings;
    std::vector<planned_object> desired;
    /// What is in the cluster: every object whose tracking id names the application, and every wanted object
    /// that exists, whoever's it is. At least as new as the answers to this operation's own requests.
    std::map<object_id, live_record> live;
    /// What this operation has done.
    std::map<object_id, attempt> done;
    /// What became of the hooks that this attempt has begun.
    hook_attempts hooks;
    /// The uids of what earlier runs of hooks left and this operation has deleted.
    std::set<std::string> cleared;
    /// Wanted kinds that the server does not serve now.
    std::set<kube::group_version_kind> unserved_kinds;
    /// Objects that another application wants, and may take: they are left to it, and not deleted.
    std::map<object_id, application_ref> heirs;
    /// What is known of what goes along with a deletion.
    std::map<object_id, goes_along> along;
    /// What may be deleted, once that was decided (`plan::ruling`).
    std::optional<prune_ruling> ruling;
};

struct apply_action {
    object_id id;
    apply_mode mode = apply_mode::apply;
    /// It is made as a hook: note what comes of that in `plan_input::hooks`.
    std::optional<phase> as_hook = {};
};

/// Apply these; they may go side by side, in any order.
struct apply_step {
    std::vector<apply_action> objects;
};

struct prune_action {
    object_id id;
    /// To be sent as a precondition: another object of the same name is not ours to delete.
    std::string uid;
    propagation dependents = propagation::foreground;
};

/// Delete these; they may go side by side.
struct prune_step {
    std::vector<prune_action> objects;
    /// To be created anew (note `outcome::removed`), not because they are not wanted (note
    /// `outcome::pruned`).
    bool to_recreate = false;
};

/// Delete what an earlier run of these hooks left, and take our finalizer off it: they are made anew. What this
/// operation knows of hooks has to be stored before.
struct clear_hooks_step {
    phase during = phase::sync;
    std::vector<prune_action> objects;
};

/// Find out what goes along with the deletion of these (`plan_input::along`).
struct inspect_step {
    std::vector<object_id> objects;
};

enum class wait_reason : std::uint8_t {
    health,
    custom_resource_definition, ///< until the server serves a kind
    deletion,
    applications, ///< until it is known what other applications want
};

/// Ask again when one of these changes.
struct wait_step {
    wait_reason reason = wait_reason::health;
    std::vector<object_id> on;
    std::string sentence;
};

/// Everything else is done; this needs a person.
struct blocked_step {
    block_reason reason = block_reason::prune_limit;
    std::vector<object_id> objects;
    std::string sentence;
    /// Confirms it, for what can be confirmed so.
    std::string token;
};

/// The operation has succeeded.
struct done_step {
    std::string sentence;
};

/// The operation has failed; everything that did not depend on the failure has been tried.
struct failed_step {
    std::string sentence;
};

using step = std::variant<
    apply_step, prune_step, wait_step, blocked_step, done_step, failed_step, inspect_step, clear_hooks_step>;

/// How one object stands in the operation, as the status shows it.
enum class standing : std::uint8_t { pending, synced, sync_failed, pruned, prune_skipped };
std::string_view to_string(standing s) noexcept;

struct object_report {
    object_id id;
    standing state = standing::pending;
    std::string message;
};

struct plan {
    step next;
    /// Every object of the operation: the wanted ones in the order of the operation, then those to prune.
    std::vector<object_report> objects;
    /// What was passed over and should be known: hooks that are not run, values that nobody understands.
    std::vector<std::string> warnings;
    /// The hooks that this attempt has begun, as they are now, in the order of the operation.
    std::vector<std::pair<hook_key, hook_attempt>> hooks;
    /// See plan_settings::failed_by.
    std::string failed_by;
    /// Just decided: to be kept for the rest of the operation, and given with every input from now on.
    std::optional<prune_ruling> ruling;
};

/// The next step of an operation. Total: any input gives an answer, and taking the steps ends.
plan next_step(const plan_input& input);

/// Whether applying to this live object is allowed: empty, or why not, naming the application that owns it.
std::string ownership_conflict(const plan_settings& settings, const object_id& id, const live_record& live);

/// What is deleted with an application, one wave after the other, the highest first.
struct deletion_input {
    application_ref application;
    propagation dependents = propagation::foreground;
    /// Of the application.
    sync_options options;
    /// Somebody has confirmed the deletion of what needs it: Delete=confirm, and Namespaces that hold what is
    /// not the application's.
    bool confirmed = false;
    std::map<object_id, live_record> live;
    /// Objects that another application wants, and may take: they are left to it.
    std::map<object_id, application_ref> heirs;
    /// What is in the Namespaces that are to be deleted.
    std::map<object_id, goes_along> along;
    /// Deletions that were refused in this round.
    std::map<object_id, attempt> done;
};

/// The next step of the end of an application. Namespaces go last, and wait for a confirmation where they
/// hold objects that are not the application's or are to stay; CustomResourceDefinitions stay, since all
/// objects of their kind would go with them, whoever's they are; Delete=false stays, and so does what another
/// application wants.
plan next_deletion(const deletion_input& input);

} // namespace holdfast::sync
