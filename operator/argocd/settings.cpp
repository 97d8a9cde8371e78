#include "argocd/settings.hpp"

#include "match/words.hpp"

#include <array>
#include <vector>

namespace holdfast::argocd {

namespace {

using enum treatment;

constexpr std::string_view cm = "argocd-cm";
constexpr std::string_view parameters = "argocd-cmd-params-cm";
constexpr std::string_view secret = "argocd-secret";
constexpr std::string_view rbac = "argocd-rbac-cm";
constexpr std::string_view authorities = "argocd-tls-certs-cm";
constexpr std::string_view known_hosts = "argocd-ssh-known-hosts-cm";
constexpr std::string_view signers = "argocd-gpg-keys-cm";
constexpr std::string_view repository = "repository Secret";
constexpr std::string_view cluster = "cluster Secret";
constexpr std::string_view feature = "feature";

constexpr std::string_view no_page =
    "the page of Holdfast takes Kubernetes' tokens and rights alone, and has nothing of this";

constexpr std::array table{
    setting{
        feature, "objects of argoproj.io", differently,
        "the option argocd-namespace has Applications of that namespace worked on as they are, by its AppProjects; "
        "ApplicationSets are left to Argo CD's controller for them, and other namespaces' Applications have to be "
        "written as objects of holdfast.dev"
    },
    setting{
        feature, "hooks", differently,
        "they run; one of a deletion that fails runs again after 30 seconds, and `generateName` is refused"
    },
    setting{
        feature, "plugins", differently,
        "sidecars of the repo-server are not asked: an administrator lists programs in the option plugins"
    },
    setting{
        feature, "sourceHydrator", missing, "nothing is written to repositories: let your pipeline do it"
    },
    setting{
        feature, "pass", differently,
        "a Repository with spec.passwordStore and a Secret with the key replace what the repo-server was given"
    },
    setting{
        feature, "notifications", differently,
        "Argo CD's notifications controller goes on with Applications of argoproj.io; for those of holdfast.dev alert "
        "on events and metrics"
    },
    setting{
        feature, "image-updater", differently,
        "it goes on with Applications of argoproj.io, and knows none of holdfast.dev"
    },
    setting{
        feature, "skip-reconcile", differently,
        "it is for Argo CD's own controller: by it an Application of argoproj.io is moved to Holdfast alone; "
        "holdfast.dev/skip-reconcile, or spec.suspend of one of holdfast.dev, is for Holdfast"
    },
    setting{
        cm, "application.instanceLabelKey", differently,
        "honoured for Applications of argoproj.io; those of holdfast.dev know their objects by the annotation "
        "holdfast.dev/tracking-id and an inventory in the status"
    },
    setting{
        cm, "application.resourceTrackingMethod", differently,
        "honoured for Applications of argoproj.io, but that an inventory in the status says what is pruned; those of "
        "holdfast.dev know their objects by the annotation holdfast.dev/tracking-id"
    },
    setting{
        cm, "installationID", differently,
        "honoured for Applications of argoproj.io; for those of holdfast.dev the option installation tells "
        "installations apart"
    },
    setting{
        cm, "resource.customizations", differently,
        "takeover check says it of each kind and member, as of the keys below"
    },
    setting{
        cm, "resource.customizations.ignoreDifferences.*", missing,
        "write spec.ignoreDifferences into each Application"
    },
    setting{
        cm, "resource.customizations.health.*", differently,
        "write the script into spec.healthChecks of each Application with such objects: it is run as it is"
    },
    setting{
        cm, "resource.customizations.ignoreResourceUpdates.*", not_needed,
        "a change of a status does not begin a comparison of the whole Application"
    },
    setting{cm, "resource.customizations.actions.*", not_needed, no_page},
    setting{
        cm, "resource.customizations.knownTypeFields.*", not_needed,
        "types are taken from the schemas of the API server"
    },
    setting{
        cm, "resource.customizations.useOpenLibs.*", differently,
        "string and math are there for every script; io, load and programs for none"
    },
    setting{
        cm, "resource.exclusions", differently,
        "only kinds that an Application's manifests have are watched, and each of them is applied"
    },
    setting{
        cm, "resource.inclusions", differently,
        "only kinds that an Application's manifests have are watched, and each of them is applied"
    },
    setting{
        cm, "resource.compareoptions", differently,
        "what is compared is what the API server says of a dry run: a status is never a difference"
    },
    setting{cm, "resource.ignoreResourceUpdatesEnabled", not_needed, "nothing depends on it"},
    setting{
        cm, "resource.respectRBAC", differently, "an Application says which rights its objects would need"
    },
    setting{cm, "resource.customLabels", not_needed, no_page},
    setting{cm, "resource.sensitive.mask.annotations", not_needed, no_page},
    setting{cm, "resource.includeEventLabelKeys", not_needed, "events bear no labels"},
    setting{cm, "resource.excludeEventLabelKeys", not_needed, "events bear no labels"},
    setting{
        cm, "kustomize.buildOptions", differently,
        "programs of a build are confined, and --enable-helm is the option kustomize-charts; other options have "
        "no effect"
    },
    setting{cm, "kustomize.buildOptions.*", missing, "one version of kustomize is there"},
    setting{cm, "kustomize.path.*", missing, "no other programs than those of the image are run"},
    setting{cm, "kustomize.version.*", missing, "no other programs than those of the image are run"},
    setting{
        cm, "helm.valuesFileSchemes", differently, "http and https, as the option remote-inputs lets them"
    },
    setting{cm, "kustomize.enable", missing, "it cannot be switched off"},
    setting{cm, "helm.enable", missing, "it cannot be switched off"},
    setting{cm, "jsonnet.enable", missing, "it cannot be switched off"},
    setting{
        cm, "timeout.reconciliation", differently,
        "spec.interval of a Repository, 3m where it says nothing; push webhooks are faster"
    },
    setting{cm, "timeout.reconciliation.jitter", differently, "a tenth of the interval"},
    setting{
        cm, "timeout.hard.reconciliation", not_needed,
        "a build is made anew when something that it reads has changed"
    },
    setting{cm, "cluster.inClusterEnabled", missing, "the cluster that Holdfast runs in is always there"},
    setting{cm, "globalProjects", missing, "write their rules into each Project"},
    setting{
        cm, "application.sync.impersonation.*", differently,
        "spec.serviceAccountName of an Application, or spec.destinationServiceAccounts of its Project"
    },
    setting{cm, "application.sync.requireOverridePrivilegeForRevisionSync", not_needed, no_page},
    setting{cm, "application.allowedNodeLabels", not_needed, no_page},
    setting{cm, "webhook.maxPayloadSizeMB", differently, "deliveries are bounded, whatever is said here"},
    setting{cm, "webhook.refresh.*", not_needed, "a delivery asks for refs once, and for all who read them"},
    setting{cm, "url", not_needed, no_page},
    setting{cm, "additionalUrls", not_needed, no_page},
    setting{cm, "application.links", not_needed, no_page},
    setting{cm, "project.links", not_needed, no_page},
    setting{cm, "resource.links", not_needed, no_page},
    setting{cm, "statusbadge.enabled", missing, "no badges are served: leave argocd-server running for them"},
    setting{cm, "statusbadge.url", not_needed, no_page},
    setting{cm, "ui.*", not_needed, no_page},
    setting{cm, "help.*", not_needed, no_page},
    setting{cm, "ga.*", not_needed, no_page},
    setting{cm, "extension.config", not_needed, no_page},
    setting{cm, "extension.config.*", not_needed, no_page},
    setting{cm, "exec.*", not_needed, no_page},
    setting{cm, "server.*", not_needed, no_page},
    setting{cm, "accounts.*", not_needed, no_page},
    setting{cm, "admin.enabled", not_needed, no_page},
    setting{cm, "users.*", not_needed, no_page},
    setting{cm, "passwordPattern", not_needed, no_page},
    setting{cm, "dex.config", not_needed, no_page},
    setting{cm, "oidc.*", not_needed, no_page},
    setting{cm, "sourceHydrator.*", missing, "nothing is written to repositories"},
    setting{cm, "commit.author.*", missing, "nothing is written to repositories"},
    setting{
        cm, "repositories", missing, "Argo CD itself has not read it since version 3: use repository Secrets"
    },
    setting{
        cm, "repository.credentials", missing,
        "Argo CD itself has not read it since version 3: use repo-creds Secrets"
    },
    setting{
        cm, "helm.repositories", missing,
        "Argo CD itself has not read it since version 3: use repository Secrets"
    },
    setting{
        parameters, "application.namespaces", differently,
        "Applications of holdfast.dev are worked on in all namespaces, each within its Project; those of argoproj.io in "
        "the namespace of Argo CD alone"
    },
    setting{parameters, "controller.diff.server.side", not_needed, "what is compared is always the server's"},
    setting{
        parameters, "controller.self.heal.*", differently, "drift is taken back with a backoff of its own"
    },
    setting{parameters, "controller.sync.timeout.seconds", differently, "spec.syncPolicy.timeout"},
    setting{parameters, "controller.sync.wave.delay.seconds", not_needed, "a wave waits for the one before"},
    setting{parameters, "controller.*", not_needed, "it is of Argo CD's own processes"},
    setting{parameters, "reposerver.enable.git.submodule", differently, "spec.submodules of a Repository"},
    setting{
        parameters, "reposerver.allow.oob.symlinks", missing, "links that leave a repository are refused"
    },
    setting{parameters, "reposerver.*", not_needed, "it is of Argo CD's own processes"},
    setting{
        parameters, "applicationsetcontroller.policy", differently,
        "spec.syncPolicy.applicationsSync of an ApplicationSet"
    },
    setting{
        parameters, "applicationsetcontroller.enable.progressive.syncs", missing,
        "an ApplicationSet with a strategy says so itself"
    },
    setting{
        parameters, "applicationsetcontroller.*", differently, "docs/application-sets.md says what there is"
    },
    setting{parameters, "server.*", not_needed, no_page},
    setting{parameters, "redis.*", not_needed, "there is no Redis"},
    setting{parameters, "repo.server*", not_needed, "there is no repo-server"},
    setting{parameters, "otlp.*", not_needed, "no traces are written"},
    setting{parameters, "log.*", not_needed, "the options log-level and log-format"},
    setting{parameters, "notificationscontroller.*", not_needed, "it is of Argo CD's own processes"},
    setting{parameters, "commitserver.*", missing, "nothing is written to repositories"},
    setting{parameters, "hydrator.*", missing, "nothing is written to repositories"},
    setting{parameters, "dexserver.*", not_needed, no_page},
    setting{secret, "webhook.github.secret", differently, "spec.webhook.secretRef of a Repository"},
    setting{secret, "webhook.gitlab.secret", differently, "spec.webhook.secretRef of a Repository"},
    setting{secret, "webhook.gogs.secret", differently, "spec.webhook.secretRef of a Repository"},
    setting{
        secret, "webhook.bitbucket.uuid", missing,
        "a delivery is believed by its signature alone: give the webhook a secret"
    },
    setting{secret, "webhook.bitbucketserver.secret", differently, "spec.webhook.secretRef of a Repository"},
    setting{secret, "webhook.azuredevops.username", differently, "spec.webhook.secretRef of a Repository"},
    setting{secret, "webhook.azuredevops.password", differently, "spec.webhook.secretRef of a Repository"},
    setting{secret, "webhook.harbor.secret", missing, "deliveries of registries are not understood"},
    setting{secret, "server.secretkey", not_needed, no_page},
    setting{secret, "admin.*", not_needed, no_page},
    setting{secret, "accounts.*", not_needed, no_page},
    setting{secret, "tls.*", not_needed, no_page},
    setting{rbac, "policy.*", not_needed, "who may do what is Kubernetes' RBAC on holdfast.dev"},
    setting{rbac, "scopes", not_needed, "who may do what is Kubernetes' RBAC on holdfast.dev"},
    setting{authorities, "*", differently, "spec.caBundle of a Repository for that host"},
    setting{
        known_hosts, "ssh_known_hosts", differently,
        "known_hosts in each Secret with an ssh key that a Repository names"
    },
    setting{signers, "*", differently, "spec.verify of a Repository names a Secret with the keys"},
    setting{
        repository, "url", differently, "spec.url of a Repository that names the Secret (spec.secretRef)"
    },
    setting{repository, "username", honoured, "in the Secret that a Repository names"},
    setting{repository, "password", honoured, "in the Secret that a Repository names"},
    setting{repository, "bearerToken", honoured, "in the Secret that a Repository names"},
    setting{
        repository, "sshPrivateKey", differently,
        "in the Secret that a Repository names, with known_hosts beside it"
    },
    setting{repository, "tlsClientCert*", honoured, "in the Secret that a Repository names"},
    setting{repository, "githubApp*", honoured, "in the Secret that a Repository names"},
    setting{repository, "insecure", honoured, "in the Secret that a Repository names"},
    setting{repository, "insecureIgnoreHostKey", honoured, "in the Secret that a Repository names"},
    setting{repository, "proxy", honoured, "in the Secret that a Repository names"},
    setting{repository, "noProxy", honoured, "in the Secret that a Repository names"},
    setting{repository, "type", not_needed, "an Application's source says what it reads"},
    setting{repository, "name", not_needed, "a name for people"},
    setting{repository, "project", missing, "a Repository of a namespace serves the Applications there"},
    setting{repository, "enableOCI", not_needed, "an address with oci:// says so"},
    setting{repository, "insecureOCIForceHttp", missing, "registries are spoken to by https"},
    setting{
        repository, "enableLfs", missing, "content of Git LFS is not fetched, and refused where it is met"
    },
    setting{repository, "forceHttpBasicAuth", not_needed, "credentials are sent where there are any"},
    setting{repository, "depth", not_needed, "only the commit that is wanted is fetched"},
    setting{repository, "webhookManifestCacheWarmDisabled", not_needed, "there is no such cache"},
    setting{repository, "gcpServiceAccountKey", missing, "use a token or a deploy key"},
    setting{repository, "azure*", missing, "use a token or a deploy key"},
    setting{repository, "useAzureWorkloadIdentity", missing, "use a token or a deploy key"},
    setting{cluster, "name", honoured, "in a Secret of the operator's namespace"},
    setting{cluster, "server", honoured, "in a Secret of the operator's namespace"},
    setting{cluster, "namespaces", honoured, "in a Secret of the operator's namespace"},
    setting{cluster, "clusterResources", honoured, "in a Secret of the operator's namespace"},
    setting{
        cluster, "project", differently, "it is told to generators, and a Project names its clusters itself"
    },
    setting{cluster, "shard", not_needed, "one replica works"},
    setting{
        cluster, "config", differently,
        "no program is run for credentials (execProviderConfig, awsAuthConfig): docs/clusters.md"
    },
};

// One '*' at the most, for at least one character.
constexpr bool fits(std::string_view pattern, std::string_view key) noexcept {
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) {
        return pattern == key;
    }
    const auto before = pattern.substr(0, star);
    const auto after = pattern.substr(star + 1);
    return key.size() > before.size() + after.size() && key.starts_with(before) && key.ends_with(after);
}

} // namespace

std::string_view to_string(treatment what) noexcept {
    switch (what) {
    case honoured: return "honoured";
    case differently: return "differently";
    case not_needed: return "not needed";
    case missing: return "not honoured";
    }
    return {};
}

std::span<const setting> settings() noexcept {
    return table;
}

const setting* find_setting(std::string_view object, std::string_view key) noexcept {
    const setting* by_pattern = nullptr;
    for (const auto& one : table) {
        if (one.object != object) {
            continue;
        }
        if (one.key == key) {
            return &one;
        }
        if (by_pattern == nullptr && fits(one.key, key)) {
            by_pattern = &one;
        }
    }
    return by_pattern;
}

std::string_view meant_setting(std::string_view object, std::string_view key) {
    if (find_setting(object, key) != nullptr) {
        return {};
    }
    std::vector<std::string_view> known;
    known.reserve(table.size());
    for (const auto& one : table) {
        if (one.object == object && one.key.find('*') == std::string_view::npos) {
            known.push_back(one.key);
        }
    }
    return match::nearest(key, known);
}

} // namespace holdfast::argocd
