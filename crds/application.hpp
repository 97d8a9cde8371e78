#pragma once

#include "crds/application_status.hpp"
#include "crds/operation.hpp"
#include "crds/source.hpp"
#include "crds/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::crds {

/// The cluster and namespace that an application is brought to. Exactly one of `server` and `name` is set.
struct application_destination {
    std::string server;
    std::string name;
    std::string namespace_;

    bool operator==(const application_destination&) const = default;
};

/// Its presence switches automatic syncing on; `enabled: false` switches it off and keeps the settings.
struct automated_sync {
    bool prune = false;
    bool self_heal = false;
    bool allow_empty = false;
    bool enabled = true;

    bool operator==(const automated_sync&) const = default;
};

struct namespace_metadata {
    string_map labels;
    string_map annotations;

    bool operator==(const namespace_metadata&) const = default;
};

struct sync_policy {
    std::optional<automated_sync> automated;
    std::vector<std::string> sync_options;
    /// Absent: automatic operations are tried again as a `retry_strategy{}` says, requested ones are not.
    std::optional<retry_strategy> retry;
    std::optional<namespace_metadata> managed_namespace_metadata;
    /// Absent: an operation may take as long as it needs.
    std::optional<duration> timeout;
    /// Absent: half of the application's objects, at least 10. Read it with `prune_limit_of`.
    std::optional<int_or_string> prune_limit;

    bool operator==(const sync_policy&) const = default;
};

struct ignored_difference {
    std::string group;
    std::string kind;
    std::string name;
    std::string namespace_;
    std::vector<std::string> json_pointers;
    std::vector<std::string> jq_path_expressions;
    std::vector<std::string> managed_fields_managers;

    bool operator==(const ignored_difference&) const = default;
};

/// An application that has to be synced and healthy first. No namespace: the namespace of the one that
/// depends.
struct application_dependency {
    std::string name;
    std::string namespace_;

    bool operator==(const application_dependency&) const = default;
};

/// A password store (the layout of `pass`) in a Git repository, and the private key that opens it.
struct pass_store {
    std::string repo_url;
    std::string target_revision;
    std::string path;
    secret_key_reference key_secret_ref;
    std::optional<secret_reference> passphrase_secret_ref;

    bool operator==(const pass_store&) const = default;
};

/// The private keys, age or OpenPGP, that open objects encrypted by SOPS.
struct sops_keys {
    secret_reference key_secret_ref;
    std::optional<secret_reference> passphrase_secret_ref;

    bool operator==(const sops_keys&) const = default;
};

/// What secrets are read with. Exactly one member is set.
struct secret_source {
    std::optional<pass_store> pass;
    std::optional<sops_keys> sops;

    bool operator==(const secret_source&) const = default;
};

/// Where references to entries of a password store may stand.
enum class reference_places {
    /// In the data of Secrets; anywhere else they are an error.
    secrets_only,
    /// In every text of every object.
    everywhere,
};

std::string_view to_string(reference_places value) noexcept;

/// A health check in Lua for a kind that Holdfast does not know better.
struct health_check {
    std::string group;
    std::string kind;
    std::string check;

    bool operator==(const health_check&) const = default;
};

struct application_spec {
    std::string project = "default";
    std::optional<application_source> source;
    std::vector<application_source> sources;
    application_destination destination;
    sync_policy sync_policy;
    std::vector<ignored_difference> ignore_differences;
    std::int64_t revision_history_limit = 10;
    std::vector<info_item> info;
    std::vector<application_dependency> depends_on;
    bool suspend = false;
    std::string hold;
    std::vector<secret_source> secrets;
    reference_places secret_references = reference_places::secrets_only;
    std::vector<health_check> health_checks;
    std::string service_account_name;

    /// What is deployed, whichever of the two ways it is written: `sources`, or `source` alone.
    [[nodiscard]] std::vector<application_source> all_sources() const;
    /// Whether new revisions are synced without being asked for.
    [[nodiscard]] bool is_automated() const noexcept {
        return sync_policy.automated.has_value() && sync_policy.automated->enabled;
    }

    bool operator==(const application_spec&) const = default;
};

/// kubectl get applications.holdfast.dev
struct application {
    object_metadata metadata;
    application_spec spec;
    /// What someone asks to be done now; it is taken away when the work starts, which
    /// `status.operation_state` then describes.
    std::optional<crds::operation> operation;
    application_status status;

    bool operator==(const application&) const = default;
};

/// Reads an Application as the API server gives it, with everything that is wrong with it.
reading<application> examine_application(const json::object& object);

/// Reads one source on its own, as spec.source or an item of spec.sources has it. Paths of problems start at
/// the source: "helm.valueFiles".
reading<application_source> examine_source(const json::object& source);

/// Back to JSON: what is absent, empty or has its default is left out, unless it is required.
json::object write(const application& value);
json::object write(const application_spec& value);
json::object write(const application_source& value);
json::object write(const operation& value);
json::object write(const application_status& value);

/// What the object alone tells to be wrong, beyond the types and bounds that reading checks: everything that
/// the CRD's rules refuse, and what they cannot express (globs, revision ranges, JSON pointers, sync
/// options). Meant for the admission webhook and, again, for the controller.
std::vector<problem> check(const application& value);

/// Whether a problem is one of the field `operation`.
bool is_about_operation(const problem& one) noexcept;

/// How many of `objects` may be pruned without a confirmation: `limit`, or half of them but at least 10.
/// Percentages are rounded down, though never to less than one object.
std::int64_t prune_limit_of(const std::optional<int_or_string>& limit, std::int64_t objects);

} // namespace holdfast::crds
