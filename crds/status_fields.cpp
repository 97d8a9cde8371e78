#include "crds/application_status.hpp"
#include "crds/describe_structure.hpp"
#include "crds/field_limits.hpp"

/// The tables of an Application's status.
namespace holdfast::crds {

template <>
struct docs<sync_code> {
    static constexpr std::string_view name = "SyncStatusCode";
    static constexpr std::string_view text = "Whether the cluster is as the manifests say.";
    static constexpr choice<sync_code> choices[] = {
        {sync_code::unknown, "Unknown", "it could not be found out"},
        {sync_code::synced, "Synced", "it is"},
        {sync_code::out_of_sync, "OutOfSync", "it is not"},
    };
};
HOLDFAST_DESCRIBED_ENUM(sync_code)

template <>
struct docs<health_code> {
    static constexpr std::string_view name = "HealthStatusCode";
    static constexpr std::string_view text = "How an object, or the worst of several, is doing.";
    static constexpr choice<health_code> choices[] = {
        {health_code::none, ""},
        {health_code::healthy, "Healthy", "it works"},
        {health_code::suspended, "Suspended", "somebody has to resume it"},
        {health_code::progressing, "Progressing", "it is on its way"},
        {health_code::missing, "Missing", "it is not there"},
        {health_code::degraded, "Degraded", "it failed"},
        {health_code::unknown, "Unknown", "it could not be found out"},
    };
};
HOLDFAST_DESCRIBED_ENUM(health_code)

template <>
struct docs<operation_phase> {
    static constexpr std::string_view name = "OperationPhase";
    static constexpr std::string_view text = "How far an operation is.";
    static constexpr choice<operation_phase> choices[] = {
        {operation_phase::running, "Running", "it is at work, or waits for the next attempt"},
        {operation_phase::terminating, "Terminating", "it is being ended on request"},
        {operation_phase::failed, "Failed", "it was applied, but did not succeed"},
        {operation_phase::error, "Error", "it could not be carried out"},
        {operation_phase::succeeded, "Succeeded", "it is done"},
    };
};
HOLDFAST_DESCRIBED_ENUM(operation_phase)

template <>
struct docs<result_code> {
    static constexpr std::string_view name = "ResultCode";
    static constexpr std::string_view text = "What became of one object in an operation.";
    static constexpr choice<result_code> choices[] = {
        {result_code::none, ""},
        {result_code::synced, "Synced", "it was applied, or was so already"},
        {result_code::sync_failed, "SyncFailed", "it was refused"},
        {result_code::pruned, "Pruned", "it was deleted"},
        {result_code::prune_skipped, "PruneSkipped", "it is no longer in the source and was not deleted"},
    };
};
HOLDFAST_DESCRIBED_ENUM(result_code)

template <>
struct docs<hook_type> {
    static constexpr std::string_view name = "HookType";
    static constexpr std::string_view text = "A phase of an operation.";
    static constexpr choice<hook_type> choices[] = {
        {hook_type::none, ""},
        {hook_type::pre_sync, "PreSync", "before the manifests are applied"},
        {hook_type::sync, "Sync", "with the manifests"},
        {hook_type::post_sync, "PostSync", "after everything is applied and healthy"},
        {hook_type::sync_fail, "SyncFail", "after a failure"},
        {hook_type::pre_delete, "PreDelete", "before the application is deleted"},
        {hook_type::post_delete, "PostDelete", "after the application was deleted"},
        {hook_type::skip, "Skip", "never"},
    };
};
HOLDFAST_DESCRIBED_ENUM(hook_type)

template <>
struct docs<source_type> {
    static constexpr std::string_view name = "SourceType";
    static constexpr std::string_view text = "What built the manifests.";
    static constexpr choice<source_type> choices[] = {
        {source_type::none, ""},
        {source_type::helm, "Helm", "a Helm chart"},
        {source_type::kustomize, "Kustomize", "a kustomization"},
        {source_type::directory, "Directory", "a folder of manifests"},
        {source_type::plugin, "Plugin", "a plugin"},
    };
};
HOLDFAST_DESCRIBED_ENUM(source_type)

BOOST_DESCRIBE_STRUCT(
    sync_status, (),
    (status, revision, revisions, short_revision, build_key, applied_revision, applied_build_key,
     applied_state)
)
template <>
struct docs<sync_status> {
    static constexpr std::string_view name = "SyncStatus";
    static constexpr std::string_view text = "The comparison of the cluster with the manifests.";
    static constexpr field fields[] = {
        {.member = "status", .doc = "Whether the cluster is as the manifests say.", .required = true},
        {.member = "revision", .doc = "The commit that was compared with.", .max_length = limits::revision},
        {.member = "revisions",
         .doc = "With several sources, one commit for each.",
         .max_length = limits::revision,
         .max_items = 20},
        {.member = "short_revision", .doc = "The commit in short.", .max_length = limits::revision},
        {.member = "build_key",
         .doc = "Identity of the manifests that were compared with: the same key is the same manifests.",
         .max_length = 256},
        {.member = "applied_revision",
         .doc = "The commit that was applied last.",
         .max_length = limits::revision},
        {.member = "applied_build_key",
         .doc = "Identity of the manifests that were applied last.",
         .max_length = 256},
        {.member = "applied_state",
         .doc = "Identity of the live objects as they were when the application was last synced: the same "
                "identity after a restart is no change.",
         .max_length = 256},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sync_status)

BOOST_DESCRIBE_STRUCT(health_status, (), (status, message, last_transition_time))
template <>
struct docs<health_status> {
    static constexpr std::string_view name = "HealthStatus";
    static constexpr std::string_view text = "The health of the application: that of its worst object.";
    static constexpr field fields[] = {
        {.member = "status", .doc = "The worst health of its objects.", .required = true},
        {.member = "message", .doc = "Which objects are to blame.", .max_length = limits::message},
        {.member = "last_transition_time", .doc = "When the status changed last."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(health_status)

BOOST_DESCRIBE_STRUCT(
    resource_result, (),
    (group, version, kind, namespace_, name, status, message, hook_type, hook_phase, sync_phase)
)
template <>
struct docs<resource_result> {
    static constexpr std::string_view name = "ResourceResult";
    static constexpr std::string_view text = "What became of one object in an operation.";
    static constexpr field fields[] = {
        {.member = "group", .doc = "API group; empty for the core group.", .max_length = limits::name},
        {.member = "version", .doc = "API version.", .max_length = limits::label},
        {.member = "kind", .doc = "Kind.", .required = true, .max_length = limits::label},
        {.member = "namespace_",
         .doc = "Namespace; absent where the kind has none.",
         .max_length = limits::label},
        {.member = "name", .doc = "Name.", .required = true, .max_length = limits::name},
        {.member = "status", .doc = "What became of it."},
        {.member = "message",
         .doc = "The message of the API server or of the prune guard.",
         .max_length = limits::message},
        {.member = "hook_type", .doc = "Where it is a hook: of which phase."},
        {.member = "hook_phase",
         .doc = "What the operation did to the object, or how far the hook is: Succeeded where it was "
                "applied or "
                "deleted, Failed where that was refused, Running where it was deleted and is yet to be made "
                "anew; absent where the operation did nothing to it."},
        {.member = "sync_phase", .doc = "The phase that it belongs to."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(resource_result)

BOOST_DESCRIBE_STRUCT(
    sync_result, (), (revision, revisions, source, sources, build_key, resources, resources_count)
)
template <>
struct docs<sync_result> {
    static constexpr std::string_view name = "SyncResult";
    static constexpr std::string_view text = "What an operation has done so far.";
    static constexpr field fields[] = {
        {.member = "revision", .doc = "The commit that is applied.", .max_length = limits::revision},
        {.member = "revisions",
         .doc = "With several sources, one commit for each.",
         .max_length = limits::revision,
         .max_items = 20},
        {.member = "source",
         .doc = "The source of an operation that was asked for: it keeps it, whatever becomes of the spec.",
         .documented_at = "spec.source"},
        {.member = "sources",
         .doc = "The same with several sources.",
         .max_items = 20,
         .documented_at = "spec.source"},
        {.member = "build_key", .doc = "Identity of the manifests that are applied.", .max_length = 256},
        {.member = "resources",
         .doc = "What became of the objects so far, failures first; not more than 200 of them.",
         .max_items = static_cast<std::int64_t>(max_status_resources)},
        {.member = "resources_count", .doc = "How many objects the operation is about.", .minimum = 0},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sync_result)

BOOST_DESCRIBE_STRUCT(
    operation_state, (),
    (operation, phase, message, sync_result, started_at, finished_at, retry_count, next_retry_at,
     confirmed_prune, owned_at_begin)
)
template <>
struct docs<operation_state> {
    static constexpr std::string_view name = "OperationState";
    static constexpr std::string_view text = "The operation that is running, or the last that ran.";
    static constexpr field fields[] = {
        {.member = "operation", .doc = "What was asked for.", .required = true, .documented_at = "operation"},
        {.member = "phase", .doc = "How far it is.", .required = true},
        {.member = "message", .doc = "What it is doing, or why it failed.", .max_length = limits::message},
        {.member = "sync_result", .doc = "What it has done so far."},
        {.member = "started_at", .doc = "When it started.", .required = true},
        {.member = "finished_at", .doc = "When it ended."},
        {.member = "retry_count", .doc = "Attempts after the first one.", .minimum = 0},
        {.member = "next_retry_at", .doc = "When the next attempt is made."},
        {.member = "confirmed_prune",
         .doc = "The token of the pruning that was confirmed for this operation.",
         .max_length = 128},
        {.member = "owned_at_begin",
         .doc = "While it runs: how many objects the application had when it began, of which the limit of "
                "deletions is made.",
         .minimum = 0},
    };
};
HOLDFAST_DESCRIBED_STRUCT(operation_state)

BOOST_DESCRIBE_STRUCT(pending_prune, (), (token, count, limit, resources, requested_at))
template <>
struct docs<pending_prune> {
    static constexpr std::string_view name = "PendingPrune";
    static constexpr std::string_view text =
        "A pruning that waits for a confirmation: it exceeds spec.syncPolicy.pruneLimit, is of objects with "
        "Prune=confirm, or would take objects along that are not the application's. "
        "status.operationState.message says which.";
    static constexpr field fields[] = {
        {.member = "token",
         .doc = "To confirm, set the annotation holdfast.dev/confirm-prune of the application to this token.",
         .required = true,
         .max_length = 128},
        {.member = "count", .doc = "How many objects would be deleted.", .required = true, .minimum = 0},
        {.member = "limit",
         .doc = "How many may be deleted without a confirmation.",
         .required = true,
         .minimum = 0},
        {.member = "resources",
         .doc = "Some of them, as group/kind:namespace/name.",
         .max_length = 640,
         .max_items = 20},
        {.member = "requested_at", .doc = "Since when it waits.", .required = true},
    };
};
HOLDFAST_DESCRIBED_STRUCT(pending_prune)

BOOST_DESCRIBE_STRUCT(
    history_entry, (),
    (id, revision, revisions, source, sources, sources_omitted, deploy_started_at, deployed_at, initiated_by)
)
template <>
struct docs<history_entry> {
    static constexpr std::string_view name = "HistoryEntry";
    static constexpr std::string_view text = "A sync that succeeded: something to roll back to.";
    static constexpr field fields[] = {
        {.member = "id", .doc = "Its number, counted up.", .required = true, .minimum = 0},
        {.member = "revision", .doc = "The commit that was applied.", .max_length = limits::revision},
        {.member = "revisions",
         .doc = "With several sources, one commit for each.",
         .max_length = limits::revision,
         .max_items = 20},
        {.member = "source", .doc = "The source as it was.", .documented_at = "spec.source"},
        {.member = "sources",
         .doc = "The sources as they were.",
         .max_items = 20,
         .documented_at = "spec.source"},
        {.member = "sources_omitted",
         .doc = "Its sources were left out, since the status would have become too large with them."},
        {.member = "deploy_started_at", .doc = "When it started."},
        {.member = "deployed_at", .doc = "When it was done.", .required = true},
        {.member = "initiated_by", .doc = "Who asked for it."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(history_entry)

BOOST_DESCRIBE_STRUCT(resource_health, (), (status, message))
template <>
struct docs<resource_health> {
    static constexpr std::string_view name = "ResourceHealth";
    static constexpr std::string_view text = "The health of one object.";
    static constexpr field fields[] = {
        {.member = "status", .doc = "How it is doing."},
        {.member = "message", .doc = "Why.", .max_length = limits::message},
    };
};
HOLDFAST_DESCRIBED_STRUCT(resource_health)

BOOST_DESCRIBE_STRUCT(
    resource_status, (),
    (group, version, kind, namespace_, name, status, health, message, hook, requires_pruning,
     requires_deletion_confirmation, sync_wave)
)
template <>
struct docs<resource_status> {
    static constexpr std::string_view name = "ResourceStatus";
    static constexpr std::string_view text = "One object of the application.";
    static constexpr field fields[] = {
        {.member = "group", .doc = "API group; empty for the core group.", .max_length = limits::name},
        {.member = "version", .doc = "API version.", .max_length = limits::label},
        {.member = "kind", .doc = "Kind.", .required = true, .max_length = limits::label},
        {.member = "namespace_",
         .doc = "Namespace; absent where the kind has none.",
         .max_length = limits::label},
        {.member = "name", .doc = "Name.", .required = true, .max_length = limits::name},
        {.member = "status", .doc = "Whether it is as its manifest says."},
        {.member = "health", .doc = "How it is doing; absent for kinds that have no health."},
        {.member = "message",
         .doc = "What a sync would do to it: create it, or which of its fields it would change. It is there "
                "while the application waits for somebody to sync it.",
         .max_length = 1024},
        {.member = "hook", .doc = "It is a hook."},
        {.member = "requires_pruning", .doc = "It is no longer in the source."},
        {.member = "requires_deletion_confirmation", .doc = "It is deleted only after a confirmation."},
        {.member = "sync_wave", .doc = "Its wave."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(resource_status)

BOOST_DESCRIBE_STRUCT(application_summary, (), (images, external_urls))
template <>
struct docs<application_summary> {
    static constexpr std::string_view name = "ApplicationSummary";
    static constexpr std::string_view text = "What the application runs and where it answers.";
    static constexpr field fields[] = {
        {.member = "images",
         .doc = "The container images that its manifests name.",
         .max_items = static_cast<std::int64_t>(max_status_images)},
        {.member = "external_urls",
         .doc = "The URLs of its Ingresses, and those in annotations link.argocd.argoproj.io/NAME of its "
                "objects.",
         .json_name = "externalURLs",
         .max_length = limits::url,
         .max_items = static_cast<std::int64_t>(max_status_urls)},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application_summary)

BOOST_DESCRIBE_STRUCT(
    application_status, (),
    (observed_generation, conditions, sync, health, operation_state, pending_prune, history, resources,
     resources_count, summary, source_type, source_types)
)
template <>
struct docs<application_status> {
    static constexpr std::string_view name = "ApplicationStatus";
    static constexpr std::string_view text = "How the application is doing.";
    static constexpr field fields[] = {
        {.member = "observed_generation",
         .doc =
             "The metadata.generation that this status is about: for a greater one, nothing here counts yet.",
         .minimum = 0},
        {.member = "conditions",
         .doc = "Ready (synced and healthy), Reconciling (work is under way), Stalled (someone has to act), "
                "and the "
                "problems, by their names: ComparisonError, SyncError, InvalidSpecError and so on.",
         .max_items = 32,
         .merge = list_merge::map,
         .key = "type"},
        {.member = "sync", .doc = "Whether the cluster is as the manifests say."},
        {.member = "health", .doc = "How its objects are doing."},
        {.member = "operation_state", .doc = "The operation that is running, or the last that ran."},
        {.member = "pending_prune", .doc = "A pruning that waits for a confirmation."},
        {.member = "history",
         .doc = "The syncs that succeeded, oldest first; as many as spec.revisionHistoryLimit says.",
         .max_items = static_cast<std::int64_t>(max_status_history),
         .newest_last = true},
        {.member = "resources",
         .doc = "Its objects, those first that need attention; not more than 200 of them.",
         .max_items = static_cast<std::int64_t>(max_status_resources)},
        {.member = "resources_count", .doc = "How many objects it has.", .minimum = 0},
        {.member = "summary", .doc = "What it runs and where it answers."},
        {.member = "source_type", .doc = "What built its manifests."},
        {.member = "source_types", .doc = "With several sources, one for each.", .max_items = 20},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application_status)

} // namespace holdfast::crds
