#pragma once

#include "crds/operation.hpp"
#include "crds/source.hpp"
#include "crds/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::crds {

/// How many entries the lists of a status hold at most; the fields beside them have the full counts.
inline constexpr std::size_t max_status_resources = 200;
inline constexpr std::size_t max_status_history = 100;
inline constexpr std::size_t max_status_images = 100;
inline constexpr std::size_t max_status_urls = 50;

enum class sync_code { unknown, synced, out_of_sync };
/// From best to worst, so that the worst of several is the greatest. `none` is for kinds that have no health.
enum class health_code { none, healthy, suspended, progressing, missing, degraded, unknown };
enum class operation_phase { running, terminating, failed, error, succeeded };
enum class result_code { none, synced, sync_failed, pruned, prune_skipped };
enum class hook_type { none, pre_sync, sync, post_sync, sync_fail, pre_delete, post_delete, skip };
enum class source_type { none, helm, kustomize, directory, plugin };

/// As they are written in JSON: "OutOfSync". Nothing for `none`.
std::string_view to_string(sync_code value) noexcept;
std::string_view to_string(health_code value) noexcept;
std::string_view to_string(operation_phase value) noexcept;
std::string_view to_string(result_code value) noexcept;
std::string_view to_string(hook_type value) noexcept;
std::string_view to_string(source_type value) noexcept;

struct sync_status {
    sync_code status = sync_code::unknown;
    /// The commit that was compared with; with several sources `revisions` has one for each.
    std::string revision;
    std::vector<std::string> revisions;
    /// What the Revision column shows: see `short_revision`.
    std::string short_revision;
    /// The identity of the manifests that were compared with.
    std::string build_key;
    /// The last that was applied in full: a controller that comes back compares it with the build key, and
    /// has nothing to do where they are the same.
    std::string applied_revision;
    std::string applied_build_key;
    /// A digest of the live objects' fields that Holdfast owned when the application was last synced.
    std::string applied_state;

    bool operator==(const sync_status&) const = default;
};

/// A commit id as people say it: its first 8 digits; every other revision (a tag, a chart's version) as it
/// is.
std::string short_revision(std::string_view revision);

struct health_status {
    health_code status = health_code::unknown;
    std::string message;
    std::optional<timestamp> last_transition_time;

    bool operator==(const health_status&) const = default;
};

/// What was done to one object.
struct resource_result {
    std::string group;
    std::string version;
    std::string kind;
    std::string namespace_;
    std::string name;
    result_code status = result_code::none;
    std::string message;
    hook_type hook_type = hook_type::none;
    std::optional<operation_phase> hook_phase;
    crds::hook_type sync_phase = crds::hook_type::none;

    bool operator==(const resource_result&) const = default;
};

struct sync_result {
    std::string revision;
    std::vector<std::string> revisions;
    /// The sources, of an operation that somebody asked for: a specification that is changed meanwhile is for
    /// the next one. Absent where they do not fit, and then after a restart those of the specification.
    std::optional<application_source> source;
    std::vector<application_source> sources;
    /// The identity of the manifests that are being applied.
    std::string build_key;
    /// At most `max_status_resources`, failures first. While the operation runs, too: whoever goes on with it
    /// learns from them what it has done.
    std::vector<resource_result> resources;
    std::int64_t resources_count = 0;

    bool operator==(const sync_result&) const = default;
};

/// The operation that is running, or the last that ran. Enough to go on with it after a restart.
struct operation_state {
    crds::operation operation;
    operation_phase phase = operation_phase::running;
    std::string message;
    std::optional<crds::sync_result> sync_result;
    timestamp started_at;
    std::optional<timestamp> finished_at;
    std::int64_t retry_count = 0;
    /// When a failed attempt is followed by the next one.
    std::optional<timestamp> next_retry_at;
    /// The token of the pruning that was confirmed for this operation (`pending_prune::token`).
    std::string confirmed_prune;
    /// How many objects the application had when it began, of which the limit of deletions is made; only
    /// while it runs.
    std::optional<std::int64_t> owned_at_begin;

    bool operator==(const operation_state&) const = default;
};

/// A pruning that exceeds `syncPolicy.pruneLimit` and waits for someone to confirm it: by setting the
/// annotation holdfast.dev/confirm-prune to the token.
struct pending_prune {
    std::string token;
    std::int64_t count = 0;
    std::int64_t limit = 0;
    /// Some of them, as group/kind:namespace/name.
    std::vector<std::string> resources;
    timestamp requested_at;

    bool operator==(const pending_prune&) const = default;
};

struct history_entry {
    std::int64_t id = 0;
    std::string revision;
    std::vector<std::string> revisions;
    std::optional<application_source> source;
    std::vector<application_source> sources;
    /// They are not here, since the status would have become too large with them.
    bool sources_omitted = false;
    std::optional<timestamp> deploy_started_at;
    timestamp deployed_at;
    std::optional<operation_initiator> initiated_by;

    bool operator==(const history_entry&) const = default;
};

struct resource_health {
    health_code status = health_code::none;
    std::string message;

    bool operator==(const resource_health&) const = default;
};

struct resource_status {
    std::string group;
    std::string version;
    std::string kind;
    std::string namespace_;
    std::string name;
    sync_code status = sync_code::unknown;
    std::optional<resource_health> health;
    /// What a sync would do to it, where nothing else does; never a value that is secret.
    std::string message;
    bool hook = false;
    bool requires_pruning = false;
    bool requires_deletion_confirmation = false;
    std::int64_t sync_wave = 0;

    bool operator==(const resource_status&) const = default;
};

struct application_summary {
    std::vector<std::string> images;
    std::vector<std::string> external_urls;

    bool operator==(const application_summary&) const = default;
};

struct application_status {
    std::int64_t observed_generation = 0;
    std::vector<condition> conditions;
    sync_status sync;
    health_status health;
    std::optional<crds::operation_state> operation_state;
    std::optional<crds::pending_prune> pending_prune;
    /// Oldest first; at most `spec.revisionHistoryLimit`.
    std::vector<history_entry> history;
    /// At most `max_status_resources`, those that need attention first.
    std::vector<resource_status> resources;
    std::int64_t resources_count = 0;
    application_summary summary;
    crds::source_type source_type = crds::source_type::none;
    std::vector<crds::source_type> source_types;

    bool operator==(const application_status&) const = default;
};

} // namespace holdfast::crds
