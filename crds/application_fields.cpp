#include "crds/application.hpp"
#include "crds/describe_structure.hpp"
#include "crds/field_limits.hpp"

/// The tables of an Application and its specification.
namespace holdfast::crds {

BOOST_DESCRIBE_STRUCT(application_destination, (), (server, name, namespace_))
template <>
struct docs<application_destination> {
    static constexpr std::string_view name = "ApplicationDestination";
    static constexpr std::string_view text = "The cluster and namespace that the application is brought to.";
    static constexpr field fields[] = {
        {.member = "server",
         .doc = "URL of the cluster's API server; https://kubernetes.default.svc is the cluster that "
                "Holdfast runs in.",
         .max_length = limits::url},
        {.member = "name",
         .doc = "Name of the cluster; in-cluster is the one that Holdfast runs in.",
         .max_length = limits::name},
        {.member = "namespace_",
         .doc = "Namespace for those objects that have one and do not say which.",
         .max_length = limits::label,
         .pattern = R"(^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$)",
         .expects = limits::dns_label_says},
    };
    static constexpr rule rules[] = {
        {"(has(self.server) && self.server != '') != (has(self.name) && self.name != '')",
         "exactly one of server and name must be set"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application_destination)

BOOST_DESCRIBE_STRUCT(automated_sync, (), (prune, self_heal, allow_empty, enabled))
template <>
struct docs<automated_sync> {
    static constexpr std::string_view name = "AutomatedSync";
    static constexpr std::string_view text = "Sync new revisions without being asked.";
    static constexpr field fields[] = {
        {.member = "prune", .doc = "Delete objects that are no longer in the source."},
        {.member = "self_heal", .doc = "Take back changes that others make to the objects."},
        {.member = "allow_empty", .doc = "Prune also where the source has no objects left at all."},
        {.member = "enabled", .doc = "false: as if automated were absent, and the settings are kept."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(automated_sync)

BOOST_DESCRIBE_STRUCT(namespace_metadata, (), (labels, annotations))
template <>
struct docs<namespace_metadata> {
    static constexpr std::string_view name = "ManagedNamespaceMetadata";
    static constexpr std::string_view text =
        "Metadata for the destination's namespace when Holdfast creates it.";
    static constexpr field fields[] = {
        {.member = "labels", .doc = "Labels.", .max_length = limits::label},
        {.member = "annotations", .doc = "Annotations.", .max_length = 32768},
    };
};
HOLDFAST_DESCRIBED_STRUCT(namespace_metadata)

BOOST_DESCRIBE_STRUCT(
    sync_policy, (), (automated, sync_options, retry, managed_namespace_metadata, timeout, prune_limit)
)
template <>
struct docs<sync_policy> {
    static constexpr std::string_view name = "SyncPolicy";
    static constexpr std::string_view text = "When and how the cluster is brought to the manifests.";
    static constexpr field fields[] = {
        {.member = "automated", .doc = "Sync new revisions without being asked; {} is enough to switch it on."
        },
        {.member = "sync_options",
         .doc = "Options for all objects, as Key=value: CreateNamespace=true, Prune=false, Delete=confirm, "
                "PruneLast=true, Replace=true, ServerSideApply=true and so on. The annotation "
                "holdfast.dev/sync-options of an object wins.",
         .max_length = 128},
        {.member = "retry",
         .doc = "How often and when a failed operation is tried again. Where it is absent, automatic "
                "operations are "
                "tried again 5 times, and requested ones not."},
        {.member = "managed_namespace_metadata",
         .doc = "Labels and annotations of the namespace that CreateNamespace=true makes."},
        {.member = "timeout",
         .doc = "How long an operation may take, such as 10m; then it fails, and what it waited for is "
                "named. Where it "
                "is absent, as long as it needs."},
        {.member = "prune_limit",
         .doc =
             "How many objects, or how much of those that there are when an operation begins (50%), it may "
             "delete without a confirmation. Where it is absent, half of them, at least 10. To confirm, see "
             "status.pendingPrune.",
         .max_length = 4,
         .pattern = "^(100|[1-9]?[0-9])%$",
         .expects = "a number of objects such as 25 or a percentage such as 50%",
         .minimum = 0},
    };
    static constexpr rule rules[] = {
        {"!has(self.managedNamespaceMetadata) || (has(self.syncOptions) && 'CreateNamespace=true' in "
         "self.syncOptions)",
         "managedNamespaceMetadata needs the sync option CreateNamespace=true: without it the namespace is "
         "not "
         "Holdfast's",
         ".managedNamespaceMetadata"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sync_policy)

BOOST_DESCRIBE_STRUCT(
    ignored_difference, (),
    (group, kind, name, namespace_, json_pointers, jq_path_expressions, managed_fields_managers)
)
template <>
struct docs<ignored_difference> {
    static constexpr std::string_view name = "IgnoredDifference";
    static constexpr std::string_view text =
        "Fields of some objects that are left to others: they are neither reported nor taken back.";
    static constexpr field fields[] = {
        {.member = "group", .doc = "API group, a glob; empty for the core group.", .max_length = limits::name
        },
        {.member = "kind",
         .doc = "Kind, a glob.",
         .required = true,
         .min_length = 1,
         .max_length = limits::label},
        {.member = "name", .doc = "Name; absent: whichever.", .max_length = limits::name},
        {.member = "namespace_", .doc = "Namespace; absent: whichever.", .max_length = limits::label},
        {.member = "json_pointers", .doc = "Fields as JSON pointers, such as /spec/replicas."},
        {.member = "jq_path_expressions",
         .doc = "Fields as jq expressions (gojq), such as .spec.template.spec.containers[].resources or "
                ".webhooks[].clientConfig.caBundle. They are asked of the manifest, all of an application's "
                "together for at most a second."},
        {.member = "managed_fields_managers",
         .doc = "Fields by who owns them: names of field managers, such as kube-controller-manager.",
         .max_length = 128},
    };
    static constexpr rule rules[] = {
        {"(has(self.jsonPointers) && size(self.jsonPointers) > 0) || (has(self.jqPathExpressions) && "
         "size(self.jqPathExpressions) > 0) || (has(self.managedFieldsManagers) && "
         "size(self.managedFieldsManagers) > 0)",
         "one of jsonPointers, jqPathExpressions and managedFieldsManagers must name the ignored fields"},
        {"!has(self.jsonPointers) || self.jsonPointers.all(p, p.startsWith('/'))",
         "JSON pointers begin with '/', such as /spec/replicas", ".jsonPointers"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(ignored_difference)

BOOST_DESCRIBE_STRUCT(application_dependency, (), (name, namespace_))
template <>
struct docs<application_dependency> {
    static constexpr std::string_view name = "ApplicationDependency";
    static constexpr std::string_view text = "An application that has to be synced and healthy first.";
    static constexpr field fields[] = {
        {.member = "name",
         .doc = "Name of the Application.",
         .required = true,
         .min_length = 1,
         .max_length = limits::name,
         .pattern = limits::dns_name,
         .expects = limits::dns_name_says},
        {.member = "namespace_",
         .doc = "Namespace of the Application; the one of this application where it is absent.",
         .max_length = limits::label},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application_dependency)

BOOST_DESCRIBE_STRUCT(
    pass_store, (), (repo_url, target_revision, path, key_secret_ref, passphrase_secret_ref)
)
template <>
struct docs<pass_store> {
    static constexpr std::string_view name = "PassStore";
    static constexpr std::string_view text = "A password store, in the layout of pass(1), in a Git "
                                             "repository. Its credentials come from a Repository object.";
    static constexpr field fields[] = {
        {.member = "repo_url",
         .doc = "URL of the repository. A PassSecret whose source.url is the same reads this store.",
         .json_name = "repoURL",
         .required = true,
         .min_length = 1,
         .max_length = limits::url},
        {.member = "target_revision",
         .doc = "Branch, tag or commit of the store; HEAD where it is absent.",
         .max_length = limits::revision},
        {.member = "path",
         .doc = "Folder of the store within the repository; its root where it is absent.",
         .max_length = limits::path},
        {.member = "key_secret_ref",
         .doc = "The OpenPGP private keys that open the entries, in a Secret in the namespace of the "
                "application: those under its key, or under all of its keys.",
         .required = true},
        {.member = "passphrase_secret_ref",
         .doc = "Secret in the same namespace with the passphrases of the private keys, under whatever keys."
        },
    };
    static constexpr rule rules[] = {
        {"!has(self.path) || (!self.path.startsWith('/') && !self.path.matches('(^|/)[.][.](/|$)'))",
         "path must be relative to the root of the repository and not leave it", ".path"},
        {"!self.repoURL.matches('^[a-z+]+://[^/@]*:[^/@]*@')",
         "repoURL must not contain a password: put it into the Secret of a Repository object", ".repoURL"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(pass_store)

BOOST_DESCRIBE_STRUCT(sops_keys, (), (key_secret_ref, passphrase_secret_ref))
template <>
struct docs<sops_keys> {
    static constexpr std::string_view name = "SopsKeys";
    static constexpr std::string_view text = "The private keys that open objects encrypted by SOPS.";
    static constexpr field fields[] = {
        {.member = "key_secret_ref",
         .doc = "Secret in the namespace of the application with the private keys: age identities under keys "
                "that end in .agekey, armoured OpenPGP keys under keys that end in .asc.",
         .required = true},
        {.member = "passphrase_secret_ref",
         .doc = "Secret in the same namespace with the passphrases of the OpenPGP keys."},
    };
};
HOLDFAST_DESCRIBED_STRUCT(sops_keys)

template <>
struct docs<reference_places> {
    static constexpr std::string_view name = "ReferencePlaces";
    static constexpr std::string_view text = "Where references to entries of a password store may stand.";
    static constexpr choice<reference_places> choices[] = {
        {reference_places::secrets_only, "SecretsOnly",
         "in data and stringData of Secrets; anywhere else they are an error"},
        {reference_places::everywhere, "Everywhere",
         "in every text of every object, where everybody who may read the object can read the value"},
    };
};
HOLDFAST_DESCRIBED_ENUM(reference_places)

BOOST_DESCRIBE_STRUCT(secret_source, (), (pass, sops))
template <>
struct docs<secret_source> {
    static constexpr std::string_view name = "SecretSource";
    static constexpr std::string_view text = "What secrets are read with.";
    static constexpr field fields[] = {
        {.member = "pass", .doc = "A password store in the layout of pass(1)."},
        {.member = "sops", .doc = "Keys for objects that are encrypted by SOPS."},
    };
    static constexpr rule rules[] = {
        {"has(self.pass) != has(self.sops)", "exactly one of pass and sops must be set"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(secret_source)

BOOST_DESCRIBE_STRUCT(health_check, (), (group, kind, check))
template <>
struct docs<health_check> {
    static constexpr std::string_view name = "HealthCheck";
    static constexpr std::string_view text =
        "How the health of objects of one kind is found out, in place of what Holdfast knows of the kind.";
    static constexpr field fields[] = {
        {.member = "group", .doc = "API group; empty for the core group.", .max_length = limits::name},
        {.member = "kind", .doc = "Kind.", .required = true, .min_length = 1, .max_length = limits::label},
        {.member = "check",
         .doc = "A Lua program that looks at obj and returns a table with status (Healthy, Progressing, "
                "Degraded, "
                "Suspended) and message: what Argo CD's resource.customizations.health has.",
         .required = true,
         .min_length = 1,
         .max_length = 16384},
    };
};
HOLDFAST_DESCRIBED_STRUCT(health_check)

BOOST_DESCRIBE_STRUCT(
    application_spec, (),
    (project, source, sources, destination, sync_policy, ignore_differences, revision_history_limit, info,
     depends_on, suspend, hold, secrets, secret_references, health_checks, service_account_name)
)
template <>
struct docs<application_spec> {
    static constexpr std::string_view name = "ApplicationSpec";
    static constexpr std::string_view text = "What is deployed, where to, and how it is held there.";
    static constexpr field fields[] = {
        {.member = "project",
         .doc = "Name of the project that the application belongs to.",
         .max_length = limits::name},
        {.member = "source", .doc = "Where the manifests come from and how they are built."},
        {.member = "sources",
         .doc = "In place of source, several of them; where two have the same object, the later one wins.",
         .max_items = 20},
        {.member = "destination",
         .doc = "The cluster and namespace that the application is brought to.",
         .required = true},
        {.member = "sync_policy", .doc = "When and how the cluster is brought to the manifests."},
        {.member = "ignore_differences",
         .doc = "Fields that are left to others: they are neither reported nor taken back."},
        {.member = "revision_history_limit",
         .doc = "How many entries status.history keeps: what can be rolled back to. 0 for none.",
         .minimum = 0,
         .maximum = static_cast<std::int64_t>(max_status_history)},
        {.member = "info", .doc = "Notes for people: links, owners."},
        {.member = "depends_on",
         .doc = "Applications that have to be synced and healthy before this one is synced.",
         .max_items = 50},
        {.member = "suspend",
         .doc = "Leave the cluster as it is: nothing is applied, pruned or reverted, not even on request. "
                "The status "
                "is still kept."},
        {.member = "hold",
         .doc = "Stay at this revision, whatever targetRevision stands for: a rollback that automatic "
                "syncing does not "
                "undo. Take it away to follow targetRevision again.",
         .min_length = 1,
         .max_length = limits::revision},
        {.member = "secrets",
         .doc = "What secrets are read with: password stores in which references (kind PassSecret, "
                "ref+pass://…) are looked up, and keys for objects encrypted by SOPS. A reference without a "
                "store means the first store of these; where there is none, the default one among the "
                "Repositories with a passwordStore.",
         .max_items = 8},
        {.member = "secret_references", .doc = "Where references to entries of a password store may stand."},
        {.member = "health_checks",
         .doc = "Health checks in Lua, each in place of what Holdfast knows of its kind.",
         .max_items = 32},
        {.member = "service_account_name",
         .doc = "ServiceAccount in the application's namespace whose rights are used to apply; the "
                "operator's choice "
                "where it is absent.",
         .max_length = limits::name,
         .pattern = R"(^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$)",
         .expects = limits::dns_name_says},
    };
    static constexpr rule rules[] = {
        {"has(self.source) != (has(self.sources) && size(self.sources) > 0)",
         "exactly one of source and sources must be set"},
        {"!has(self.source) || !has(self.source.ref) || self.source.ref == '' || (has(self.source.path) && "
         "self.source.path != '') || (has(self.source.chart) && self.source.chart != '')",
         "a single source needs a path or a chart", ".source"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application_spec)

BOOST_DESCRIBE_STRUCT(application, (), (metadata, spec, operation, status))
template <>
struct docs<application> {
    static constexpr std::string_view name = "Application";
    static constexpr std::string_view text =
        "A set of manifests in a repository that a cluster is brought to, and held at.";
    static constexpr field fields[] = {
        {.member = "metadata", .doc = "Standard object metadata.", .required = true},
        {.member = "spec", .doc = "What is deployed, where to, and how it is held there.", .required = true},
        {.member = "operation",
         .doc = "Work that is asked for now. It is taken away when the work starts; status.operationState "
                "then says how "
                "it goes."},
        {.member = "status", .doc = "How the application is doing."},
    };
    static constexpr rule rules[] = {
        {"!has(self.spec.dependsOn) || self.spec.dependsOn.all(d, d.name != self.metadata.name || "
         "(has(d.__namespace__) && d.__namespace__ != ''))",
         "an application must not depend on itself", ".spec.dependsOn"},
    };
};
HOLDFAST_DESCRIBED_STRUCT(application)

} // namespace holdfast::crds
