#pragma once

#include "crds/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::crds {

/// Where applications of a project may deploy to. Each field is a glob; one that begins with '!' denies.
struct project_destination {
    std::string server;
    std::string name;
    std::string namespace_;

    bool operator==(const project_destination&) const = default;
};

/// Kinds of namespaced objects, both fields being patterns of Go's filepath.Match.
struct project_kind {
    std::string group;
    std::string kind;

    bool operator==(const project_kind&) const = default;
};

/// Kinds of cluster-scoped objects, and which of them.
struct project_cluster_kind {
    std::string group;
    std::string kind;
    /// A pattern as well; empty: all of them.
    std::string name;

    bool operator==(const project_cluster_kind&) const = default;
};

/// A token that was issued for a role. Kept, and without an effect yet.
struct project_token {
    /// Seconds since 1970.
    std::int64_t iat = 0;
    std::int64_t exp = 0;
    std::string id;

    bool operator==(const project_token&) const = default;
};

/// Who may do what with the applications of a project. Kept, and without an effect yet.
struct project_role {
    std::string name;
    std::string description;
    std::vector<std::string> policies;
    std::vector<std::string> groups;
    std::vector<project_token> jwt_tokens;

    bool operator==(const project_role&) const = default;
};

/// Objects that do not count as orphaned: patterns; an empty kind or name stands for all.
struct orphaned_resource_key {
    std::string group;
    std::string kind;
    std::string name;

    bool operator==(const orphaned_resource_key&) const = default;
};

struct orphaned_resources_settings {
    bool warn = true;
    std::vector<orphaned_resource_key> ignore;

    bool operator==(const orphaned_resources_settings&) const = default;
};

/// As whom applications of a project deploy to the destinations that fit: the first that fits counts.
struct destination_service_account {
    std::string server;
    std::string namespace_;
    /// "NAME" or "NAMESPACE:NAME".
    std::string default_service_account;

    bool operator==(const destination_service_account&) const = default;
};

enum class window_kind { allow, deny };

std::string_view to_string(window_kind value) noexcept;

/// A time in which syncs are allowed, or denied.
struct sync_window {
    window_kind kind = window_kind::allow;
    /// Five fields of cron.
    std::string schedule;
    /// As Go writes durations: "1h30m".
    std::string duration;
    std::vector<std::string> applications;
    std::vector<std::string> namespaces;
    std::vector<std::string> clusters;
    bool manual_sync = false;
    std::string time_zone;
    bool and_operator = false;
    bool sync_overrun = false;
    std::string description;

    bool operator==(const sync_window&) const = default;
};

struct signature_key {
    std::string key_id;

    bool operator==(const signature_key&) const = default;
};

enum class integrity_mode { none, head, strict };

std::string_view to_string(integrity_mode value) noexcept;

struct integrity_repository {
    /// A glob of URLs; one that begins with '!' takes repositories out.
    std::string url;

    bool operator==(const integrity_repository&) const = default;
};

struct integrity_gpg {
    integrity_mode mode = integrity_mode::none;
    std::vector<std::string> keys;

    bool operator==(const integrity_gpg&) const = default;
};

struct integrity_policy {
    std::vector<integrity_repository> repos;
    std::optional<integrity_gpg> gpg;

    bool operator==(const integrity_policy&) const = default;
};

struct git_integrity {
    std::vector<integrity_policy> policies;

    bool operator==(const git_integrity&) const = default;
};

struct source_integrity {
    std::optional<git_integrity> git;

    bool operator==(const source_integrity&) const = default;
};

/// As Argo CD's AppProject has it. A list that is absent and one that is empty mean the same, but for
/// `namespace_resource_whitelist`.
struct project_spec {
    std::string description;
    std::vector<std::string> source_repos;
    std::vector<project_destination> destinations;
    std::vector<std::string> source_namespaces;
    std::vector<project_cluster_kind> cluster_resource_whitelist;
    std::vector<project_cluster_kind> cluster_resource_blacklist;
    /// Absent: all kinds. Empty: none.
    std::optional<std::vector<project_kind>> namespace_resource_whitelist;
    std::vector<project_kind> namespace_resource_blacklist;
    std::vector<destination_service_account> destination_service_accounts;
    std::optional<orphaned_resources_settings> orphaned_resources;
    std::vector<sync_window> sync_windows;
    std::vector<signature_key> signature_keys;
    std::optional<crds::source_integrity> source_integrity;
    bool permit_only_project_scoped_clusters = false;
    std::vector<project_role> roles;

    bool operator==(const project_spec&) const = default;
};

struct project_status {
    std::int64_t observed_generation = 0;
    std::vector<condition> conditions;
    /// How many applications name it.
    std::int64_t applications = 0;
    /// How many of them it forbids something.
    std::int64_t forbidden_applications = 0;

    bool operator==(const project_status&) const = default;
};

/// kubectl get projects.holdfast.dev
struct project {
    object_metadata metadata;
    project_spec spec;
    project_status status;

    bool operator==(const project&) const = default;
};

/// Reads a Project as the API server gives it, with everything that is wrong with it.
reading<project> examine_project(const json::object& object);

/// Back to JSON: what is absent, empty or has its default is left out, unless it is required.
json::object write(const project& value);
json::object write(const project_spec& value);
json::object write(const project_status& value);

/// What the object alone tells to be wrong, beyond the types and bounds that reading checks.
std::vector<problem> check(const project& value);

/// What is right and means something else than most people think, as of Argo CD: a list of nothing but denials
/// allows everything else; an empty list allows nothing; a pattern that cannot be read fits nothing.
std::vector<problem> surprises_of(const project_spec& spec);

} // namespace holdfast::crds
