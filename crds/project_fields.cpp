#include "crds/describe_structure.hpp"
#include "crds/field_limits.hpp"
#include "crds/project.hpp"

/// The tables of a Project.
namespace holdfast::crds {

BOOST_DESCRIBE_STRUCT(project_destination, (), (server, name, namespace_))
template <>
struct docs<project_destination> {
    static constexpr std::string_view name = "ProjectDestination";
    static constexpr std::string_view text =
        "A cluster, by its server or its name, and namespaces there: globs, in which * also matches '/'. One "
        "that begins with ! denies what it matches, whatever else allows it.";
    static constexpr field fields[] = {
        {.member = "server",
         .doc = "Glob of the cluster's URL, such as https://kubernetes.default.svc.",
         .max_length = limits::url},
        {.member = "name",
         .doc = "Glob of the cluster's name, such as in-cluster.",
         .max_length = limits::name},
        {.member = "namespace_", .doc = "Glob of the namespace, such as team-a-*.", .max_length = limits::name
        },
    };
};
HOLDFAST_DESCRIBED_STRUCT(project_destination)

BOOST_DESCRIBE_STRUCT(project_kind, (), (group, kind))
template <>
struct docs<project_kind> {
    static constexpr std::string_view name = "ProjectKind";
    static constexpr std::string_view text = "Kinds of objects, by patterns such as * and *.example.com.";
    static constexpr field fields[] = {
        {.member = "group",
         .doc = "API group, a pattern; empty for the core group, which * matches too.",
         .required = true,
         .max_length = limits::name},
        {.member = "kind", .doc = "Kind, a pattern.", .required = true, .max_length = limits::label},
    };
};
HOLDFAST_DESCRIBED_STRUCT(project_kind)

BOOST_DESCRIBE_STRUCT(project_cluster_kind, (), (group, kind, name))
template <>
struct docs<project_cluster_kind> {
    static constexpr std::string_view name = "ProjectClusterKind";
    static constexpr std::string_view text =
        "Kinds of cluster-scoped objects, and which of them, by patterns such as * and team-a-*.";
    static constexpr field fields[] = {
        {.member = "group",
         .doc = "API group, a pattern; empty for the core group, which * matches too.",
         .required = true,
         .max_length = limits::name},
        {.member = "kind", .doc = "Kind, a pattern.", .required = true, .max_length = limits::label},
        {.member = "name",
         .doc = "Name, a pattern; where it is absent, all of the kind.",
         .max_length = limits::name},
    };
};
HOLDFAST_DESCRIBED_STRUCT(project_cluster_kind)

BOOST_DESCRIBE_STRUCT(project_token, (), (iat, exp, id))
template <>
struct docs<project_token> {
    static constexpr std::string_view name = "ProjectToken";
    static constexpr std::string_view text = "A token of a role. It is kept, and does nothing yet.";
    static constexpr field fields[] = {
        {.member = "iat", .doc = "When it was issued, in seconds since 1970.", .required = true},
        {.member = "exp", .doc = "When it expires, in seconds since 1970; 0: never."},
        {.member = "id", .doc = "Its identifier.", .max_length = 256},
    };
};
HOLDFAST_DESCRIBED_STRUCT(project_token)

BOOST_DESCRIBE_STRUCT(project_role, (), (name, description, policies, groups, jwt_tokens))
template <>
struct docs<project_role> {
    static constexpr std::string_view name = "ProjectRole";
    static constexpr std::string_view text =
        "Who may do what with the project's applications. Roles are checked and kept, and do nothing yet: "
        "who may change objects is a matter of the cluster's RBAC.";
    static constexpr field fields[] = {
        {.member = "name",
         .doc = "Its name.",
         .required = true,
         .min_length = 1,
         .max_length = limits::label,
         .pattern = "^[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$",
         .expects = "a name of letters, digits, '-' and '_'"},
        {.member = "description", .doc = "What it is for.", .max_length = limits::message},
        {.member = "policies",
         .doc = "Rules such as p, proj:PROJECT:ROLE, applications, sync, PROJECT/*, allow.",
         .max_length = 1024,
         .max_items = 256},
        {.member = "groups",
         .doc = "Groups of the identity provider that have it.",
         .max_length = 256,
         .max_items = 256},
        {.member = "jwt_tokens", .doc = "Tokens that were issued for it.", .max_items = 256},
    };
};
HOLDFAST_DESCRIBED_STRUCT(project_role)

BOOST_DESCRIBE_STRUCT(orphaned_resource_key, (), (group, kind, name))
template <>
struct docs<orphaned_resource_key> {
    static constexpr std::string_view name = "OrphanedResourceKey";
    static constexpr std::string_view text = "Objects that do not count as orphaned.";
    static constexpr field fields[] = {
        {.member = "group", .doc = "API group, a glob; empty for the core group.", .max_length = limits::name
        },
        {.member = "kind", .doc = "Kind, a glob; all of them where it is absent.", .max_length = limits::label
        },
        {.member = "name", .doc = "Name, a glob; all of them where it is absent.", .max_length = limits::name
        },
    };
};
HOLDFAST_DESCRIBED_STRUCT(orphaned_resource_key)

BOOST_DESCRIBE_STRUCT(orphaned_resources_settings, (), (warn, ignore))
template <>
struct docs<orphaned_resources_settings> {
    static constexpr std::string_view name = "OrphanedResources";
    static constexpr std::string_view text =
        "Objects in the namespaces of the project's applications that belong to no application are counted.";
    static constexpr field fields[] = {
        {.member = "warn", .doc = "Whether applications have a condition that counts them."},
        {.member = "ignore", .doc = "Objects that do not count.", .max_items = 256},
    };
};
HOLDFAST_DESCRIBED_STRUCT(orphaned_resources_settings)

BOOST_DESCRIBE_STRUCT(destination_service_account, (), (server, namespace_, default_service_account))
template <>
struct docs<destination_service_account> {
    static constexpr std::string_view name = "DestinationServiceAccount";
    static constexpr std::string_view text =
        "As whom the project's applications deploy to some destinations. The first one that fits counts.";
    static constexpr field fields[] = {
        {.member = "server", .doc = "Glob of the cluster's URL.", .required = true, .max_length = limits::url
        },
        {.member = "namespace_",
         .doc = "Glob of the application's destination namespace; empty for applications that name none.",
         .max_length = limits::name},
        {.member = "default_service_account",
         .doc = "The ServiceAccount: a name, in the destination's namespace, or NAMESPACE:NAME.",
         .required = true,
         .min_length = 1,
         .max_length = 320},
    };
};
HOLDFAST_DESCRIBED_STRUCT(destination_service_account)

template <>
struct docs<window_kind> {
    static constexpr std::string_view name = "WindowKind";
    static constexpr std::string_view text = "What a sync window does.";
    static constexpr choice<window_kind> choices[] = {
        {window_kind::allow, "allow", "syncs are allowed within it, and outside of all such not"},
        {window_kind::deny, "deny", "syncs are denied within it"},
    };
};
HOLDFAST_DESCRIBED_ENUM(window_kind)

BOOST_DESCRIBE_STRUCT(
    sync_window, (),
    (kind, schedule, duration, applications, namespaces, clusters, manual_sync, time_zone, and_operator,
     sync_overrun, description)
)
template <>
struct docs<sync_window> {
    static constexpr std::string_view name = "SyncWindow";
    static constexpr std::string_view text = "A time in which syncs are allowed, or denied.";
    static constexpr field fields[] = {
        {.member = "kind", .doc = "What it does.", .required = true},
        {.member = "schedule",
         .doc = "When it begins: minute, hour, day of the month, month, day of the week, as cron has them.",
         .required = true,
         .min_length = 1,
         .max_length = 256},
        {.member = "duration",
         .doc = "How long it lasts, such as 1h30m.",
         .required = true,
         .min_length = 1,
         .max_length = 64},
        {.member = "applications",
         .doc = "Globs of the names of the applications that it is for.",
         .max_length = limits::name,
         .max_items = 256},
        {.member = "namespaces",
         .doc = "Globs of the destination namespaces that it is for.",
         .max_length = limits::name,
         .max_items = 256},
        {.member = "clusters",
         .doc = "Globs of the clusters that it is for, by name or URL.",
         .max_length = limits::url,
         .max_items = 256},
        {.member = "manual_sync", .doc = "Whether syncs that somebody asks for are allowed all the same."},
        {.member = "time_zone",
         .doc = "Time zone of the schedule, such as Europe/Berlin; UTC where it is absent.",
         .max_length = 64},
        {.member = "and_operator",
         .doc = "Whether applications, namespaces and clusters all have to fit; else one of them is enough."},
        {.member = "sync_overrun",
         .doc = "Whether a sync that began when it was allowed goes on when it no longer is."},
        {.member = "description", .doc = "What it is for.", .max_length = limits::message},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sync_window)

BOOST_DESCRIBE_STRUCT(signature_key, (), (key_id))
template <>
struct docs<signature_key> {
    static constexpr std::string_view name = "SignatureKey";
    static constexpr std::string_view text = "A key that commits have to be signed by.";
    static constexpr field fields[] = {
        {.member = "key_id",
         .doc = "The identifier of an OpenPGP key, in hexadecimal.",
         .json_name = "keyID",
         .required = true,
         .max_length = 64},
    };
};
HOLDFAST_DESCRIBED_STRUCT(signature_key)

template <>
struct docs<integrity_mode> {
    static constexpr std::string_view name = "IntegrityMode";
    static constexpr std::string_view text = "Which signatures have to be good.";
    static constexpr choice<integrity_mode> choices[] = {
        {integrity_mode::none, "none", "none"},
        {integrity_mode::head, "head", "that of the commit, or of the tag where targetRevision names one"},
        {integrity_mode::strict, "strict", "those of all commits, back to the first one or to a seal"},
    };
};
HOLDFAST_DESCRIBED_ENUM(integrity_mode)

BOOST_DESCRIBE_STRUCT(integrity_repository, (), (url))
template <>
struct docs<integrity_repository> {
    static constexpr std::string_view name = "IntegrityRepository";
    static constexpr std::string_view text = "Repositories that a policy is for.";
    static constexpr field fields[] = {
        {.member = "url",
         .doc = "Glob of their URLs; one that begins with ! takes repositories out.",
         .required = true,
         .min_length = 1,
         .max_length = limits::url},
    };
};
HOLDFAST_DESCRIBED_STRUCT(integrity_repository)

BOOST_DESCRIBE_STRUCT(integrity_gpg, (), (mode, keys))
template <>
struct docs<integrity_gpg> {
    static constexpr std::string_view name = "IntegrityGPG";
    static constexpr std::string_view text = "Signatures by OpenPGP keys.";
    static constexpr field fields[] = {
        {.member = "mode", .doc = "Which signatures have to be good.", .required = true},
        {.member = "keys",
         .doc = "Identifiers of the keys that may sign, in hexadecimal.",
         .max_length = 64,
         .max_items = 256},
    };
};
HOLDFAST_DESCRIBED_STRUCT(integrity_gpg)

BOOST_DESCRIBE_STRUCT(integrity_policy, (), (repos, gpg))
template <>
struct docs<integrity_policy> {
    static constexpr std::string_view name = "IntegrityPolicy";
    static constexpr std::string_view text = "What signatures some repositories need.";
    static constexpr field fields[] = {
        {.member = "repos", .doc = "The repositories that it is for.", .max_items = 256},
        {.member = "gpg", .doc = "Signatures by OpenPGP keys."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(integrity_policy)

BOOST_DESCRIBE_STRUCT(git_integrity, (), (policies))
template <>
struct docs<git_integrity> {
    static constexpr std::string_view name = "GitIntegrity";
    static constexpr std::string_view text = "What signatures Git repositories need.";
    static constexpr field fields[] = {
        {.member = "policies",
         .doc = "At most one may fit a repository; one that none fits needs no signatures.",
         .max_items = 256},
    };
};
HOLDFAST_DESCRIBED_STRUCT(git_integrity)

BOOST_DESCRIBE_STRUCT(source_integrity, (), (git))
template <>
struct docs<source_integrity> {
    static constexpr std::string_view name = "SourceIntegrity";
    static constexpr std::string_view text = "How sources prove where they come from.";
    static constexpr field fields[] = {
        {.member = "git", .doc = "What signatures Git repositories need."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(source_integrity)

BOOST_DESCRIBE_STRUCT(
    project_spec, (),
    (description, source_repos, destinations, source_namespaces, cluster_resource_whitelist,
     cluster_resource_blacklist, namespace_resource_whitelist, namespace_resource_blacklist,
     destination_service_accounts, orphaned_resources, sync_windows, signature_keys, source_integrity,
     permit_only_project_scoped_clusters, roles)
)
template <>
struct docs<project_spec> {
    static constexpr std::string_view name = "ProjectSpec";
    static constexpr std::string_view text = "What the applications of a project may do.";
    static constexpr field fields[] = {
        {.member = "description", .doc = "What the project is for.", .max_length = limits::message},
        {.member = "source_repos",
         .doc = "Globs of the URLs that sources may have: * matches within a step of a path, ** several "
                "steps, and * alone everything. One that begins with ! denies. Where there is none, no "
                "source is permitted.",
         .max_length = limits::url,
         .max_items = 512},
        {.member = "destinations",
         .doc = "Where applications may deploy to. Where there is none, nowhere.",
         .max_items = 512},
        {.member = "source_namespaces",
         .doc = "Globs, or regular expressions between slashes, of the namespaces whose Applications may use "
                "the project. Those in the operator's own namespace always may.",
         .max_length = limits::name,
         .max_items = 512},
        {.member = "cluster_resource_whitelist",
         .doc = "Kinds of cluster-scoped objects that applications may have. Where there is none, none.",
         .max_items = 512},
        {.member = "cluster_resource_blacklist",
         .doc = "Kinds of cluster-scoped objects that applications must not have, whatever else allows them.",
         .max_items = 512},
        {.member = "namespace_resource_whitelist",
         .doc = "Kinds of namespaced objects that applications may have. Where it is absent, all; where it "
                "is empty, none.",
         .max_items = 512},
        {.member = "namespace_resource_blacklist",
         .doc = "Kinds of namespaced objects that applications must not have, whatever else allows them.",
         .max_items = 512},
        {.member = "destination_service_accounts",
         .doc = "As whom applications deploy, which name no account of their own.",
         .max_items = 512},
        {.member = "orphaned_resources",
         .doc = "Whether objects that belong to no application are counted; {} is enough to switch it on."},
        {.member = "sync_windows", .doc = "When syncs are allowed.", .max_items = 256},
        {.member = "signature_keys",
         .doc = "Keys that commits have to be signed by; sourceIntegrity.git says more, and counts in its "
                "place.",
         .max_items = 256},
        {.member = "source_integrity", .doc = "How sources prove where they come from."},
        {.member = "permit_only_project_scoped_clusters",
         .doc = "Whether applications may only deploy to clusters whose Secret names the project."},
        {.member = "roles",
         .doc = "Who may do what with the applications. Kept, and without an effect yet.",
         .max_items = 64},
    };
};
HOLDFAST_DESCRIBED_STRUCT(project_spec)

BOOST_DESCRIBE_STRUCT(
    project_status, (), (observed_generation, conditions, applications, forbidden_applications)
)
template <>
struct docs<project_status> {
    static constexpr std::string_view name = "ProjectStatus";
    static constexpr std::string_view text = "How the project is doing.";
    static constexpr field fields[] = {
        {.member = "observed_generation",
         .doc =
             "The metadata.generation that this status is about: for a greater one, nothing here counts yet.",
         .minimum = 0},
        {.member = "conditions",
         .doc = "Ready: it is right, and holds for its applications.",
         .max_items = 32,
         .merge = list_merge::map,
         .key = "type"},
        {.member = "applications", .doc = "How many Applications name it.", .minimum = 0},
        {.member = "forbidden_applications",
         .doc = "How many of them it forbids their source, their destination or their namespace: they are "
                "not synced.",
         .minimum = 0},
    };
};
HOLDFAST_DESCRIBED_STRUCT(project_status)

BOOST_DESCRIBE_STRUCT(project, (), (metadata, spec, status))
template <>
struct docs<project> {
    static constexpr std::string_view name = "Project";
    static constexpr std::string_view text =
        "A fence around applications: where their manifests may come from, where they may deploy to, and "
        "which kinds of objects they may have. Projects are in the operator's namespace, and an Application "
        "names its own in spec.project.";
    static constexpr field fields[] = {
        {.member = "metadata", .doc = "Standard object metadata.", .required = true},
        {.member = "spec", .doc = "What the applications of the project may do.", .required = true},
        {.member = "status", .doc = "How the project is doing."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(project)

} // namespace holdfast::crds
