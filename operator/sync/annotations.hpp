#pragma once

#include "sync/identity.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sync {

/// When in an operation an object is applied. The deletion phases belong to the application's own end.
enum class phase : std::uint8_t { pre_sync, sync, post_sync, sync_fail, pre_delete, post_delete };
std::string_view to_string(phase p) noexcept;

/// What becomes of a hook's object, and when.
struct hook_delete_policy {
    bool before_creation = false;
    bool on_success = false;
    bool on_failure = false;

    friend bool operator==(const hook_delete_policy&, const hook_delete_policy&) = default;
};

/// May it be deleted?
enum class removal : std::uint8_t {
    allowed,
    never,
    needs_confirmation,
    foundation, ///< never, whatever anybody says: the operator itself stands on it
};

/// How the garbage collector of Kubernetes treats the dependents of what is deleted.
enum class propagation : std::uint8_t { foreground, background, orphan };
/// As the API takes it: "Foreground", "Background", "Orphan".
std::string_view to_string(propagation p) noexcept;

/// Sync options, of an application or of one object. What is not said is empty; see `merged`.
struct sync_options {
    std::optional<removal> prune;                   ///< Prune=false|confirm
    std::optional<removal> remove;                  ///< Delete=false|confirm
    std::optional<bool> validate;                   ///< Validate=false: no schema, unknown fields left out
    std::optional<bool> skip_dry_run_on_missing;    ///< SkipDryRunOnMissingResource=true
    std::optional<bool> prune_last;                 ///< PruneLast=true
    std::optional<bool> replace;                    ///< Replace=true
    std::optional<bool> force;                      ///< Force=true: delete and create anew
    std::optional<bool> server_side_apply;          ///< ServerSideApply=…: always so, whatever is said
    std::optional<bool> create_namespace;           ///< CreateNamespace=true
    std::optional<propagation> prune_propagation;   ///< PrunePropagationPolicy=…
    std::optional<bool> apply_out_of_sync_only;     ///< ApplyOutOfSyncOnly=false: what is in sync, too
    std::optional<bool> fail_on_shared_resource;    ///< FailOnSharedResource=true: nothing is applied then
    std::optional<bool> respect_ignore_differences; ///< RespectIgnoreDifferences=true: always so
    std::optional<bool> client_side_migration;      ///< ClientSideApplyMigration=false: see takes_over

    friend bool operator==(const sync_options&, const sync_options&) = default;
};

/// Reads options such as "Prune=false" (match/sync_option.hpp). What is unknown, or has an unknown value, is
/// left out and said in `warnings`.
sync_options parse_sync_options(std::span<const std::string> options, std::vector<std::string>& warnings);

/// The options of the application, overridden by those of the object.
sync_options merged(const sync_options& application, const sync_options& object);

/// Whether what former managers own becomes ours: unless ClientSideApplyMigration=false says otherwise.
bool takes_over(const sync_options& application, const sync_options& object);

/// All that annotations on a managed object say to its operator. `holdfast.dev/<x>` wins over
/// `argocd.argoproj.io/<x>`, which wins over Helm's.
struct directives {
    std::int32_t wave = 0;
    /// A hook is not applied with the ordinary objects, even one with no known phase.
    bool is_hook = false;
    /// A hook that something is to come of: not those of Helm's that have no counterpart (its tests).
    bool asks_to_run = false;
    /// `hook: Skip`: never applied.
    bool skip = false;
    /// The phases of a hook, in order.
    std::vector<phase> hook_phases;
    hook_delete_policy hook_deletion;
    sync_options options;
    bool ignore_healthcheck = false;
    /// compare-options: IgnoreExtraneous: that it is not in the desired state makes it, but not the whole,
    /// out of sync. A sync that prunes deletes it all the same; none begins for its sake.
    bool ignore_extraneous = false;
    /// Values that nobody understands, each a sentence without the object's name.
    std::vector<std::string> warnings;
    /// What it asks for that this version does not do, in the same way.
    std::vector<std::string> not_served;

    /// It is run as a hook, in its phases, and not applied with the ordinary objects.
    [[nodiscard]] bool is_run() const noexcept { return is_hook && !skip; }
    /// It is applied with the ordinary objects.
    [[nodiscard]] bool is_applied() const noexcept { return !is_hook && !skip; }
};

directives read_directives(const json::object& object);

/// True for what `helm test` runs and nobody else: a hook of Helm's for tests only.
bool is_helm_test(const json::object& object);

/// True for what is applied at no time: a test of Helm's, another hook of Helm's that has no counterpart, or
/// `hook: Skip`.
bool is_never_applied(const json::object& object);

/// The value of `holdfast.dev/<x>`, else of `argocd.argoproj.io/<x>`.
std::optional<std::string_view> our_annotation(const json::object& object, std::string_view x);

} // namespace holdfast::sync
