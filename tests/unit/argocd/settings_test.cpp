#include "argocd/settings.hpp"
#include "support/read_file.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <set>
#include <string>
#include <utility>

using namespace holdfast::argocd;

BOOST_AUTO_TEST_SUITE(argocd_settings)

// Every key that versions 2.9 to 3.5 document, by the object that has it.
BOOST_AUTO_TEST_CASE(every_documented_key_has_a_row) {
    struct documented {
        std::string_view object;
        std::string_view key;
    };
    for (const auto& [object, key] : {
             documented{"argocd-cm", "application.instanceLabelKey"},
             documented{"argocd-cm", "application.resourceTrackingMethod"},
             documented{"argocd-cm", "installationID"},
             documented{"argocd-cm", "resource.customizations"},
             documented{"argocd-cm", "resource.customizations.health.argoproj.io_Application"},
             documented{"argocd-cm", "resource.customizations.ignoreDifferences.all"},
             documented{"argocd-cm", "resource.customizations.ignoreResourceUpdates.all"},
             documented{"argocd-cm", "resource.customizations.actions.apps_Deployment"},
             documented{"argocd-cm", "resource.customizations.knownTypeFields.apps_Deployment"},
             documented{"argocd-cm", "resource.customizations.useOpenLibs.all"},
             documented{"argocd-cm", "resource.exclusions"},
             documented{"argocd-cm", "resource.inclusions"},
             documented{"argocd-cm", "resource.compareoptions"},
             documented{"argocd-cm", "resource.ignoreResourceUpdatesEnabled"},
             documented{"argocd-cm", "resource.respectRBAC"},
             documented{"argocd-cm", "resource.customLabels"},
             documented{"argocd-cm", "resource.sensitive.mask.annotations"},
             documented{"argocd-cm", "resource.includeEventLabelKeys"},
             documented{"argocd-cm", "kustomize.buildOptions"},
             documented{"argocd-cm", "kustomize.buildOptions.v5.1.0"},
             documented{"argocd-cm", "kustomize.path.v5.1.0"},
             documented{"argocd-cm", "kustomize.version.v5.1.0"},
             documented{"argocd-cm", "helm.valuesFileSchemes"},
             documented{"argocd-cm", "kustomize.enable"},
             documented{"argocd-cm", "helm.enable"},
             documented{"argocd-cm", "jsonnet.enable"},
             documented{"argocd-cm", "timeout.reconciliation"},
             documented{"argocd-cm", "timeout.reconciliation.jitter"},
             documented{"argocd-cm", "timeout.hard.reconciliation"},
             documented{"argocd-cm", "cluster.inClusterEnabled"},
             documented{"argocd-cm", "globalProjects"},
             documented{"argocd-cm", "application.sync.impersonation.enabled"},
             documented{"argocd-cm", "application.sync.impersonation.enforced"},
             documented{"argocd-cm", "application.sync.requireOverridePrivilegeForRevisionSync"},
             documented{"argocd-cm", "webhook.maxPayloadSizeMB"},
             documented{"argocd-cm", "webhook.refresh.jitter"},
             documented{"argocd-cm", "url"},
             documented{"argocd-cm", "statusbadge.enabled"},
             documented{"argocd-cm", "ui.bannercontent"},
             documented{"argocd-cm", "help.chatUrl"},
             documented{"argocd-cm", "extension.config"},
             documented{"argocd-cm", "exec.enabled"},
             documented{"argocd-cm", "accounts.ci"},
             documented{"argocd-cm", "accounts.ci.enabled"},
             documented{"argocd-cm", "admin.enabled"},
             documented{"argocd-cm", "users.anonymous.enabled"},
             documented{"argocd-cm", "users.session.duration"},
             documented{"argocd-cm", "passwordPattern"},
             documented{"argocd-cm", "dex.config"},
             documented{"argocd-cm", "oidc.config"},
             documented{"argocd-cm", "sourceHydrator.commitMessageTemplate"},
             documented{"argocd-cm", "commit.author.name"},
             documented{"argocd-cm", "repositories"},
             documented{"argocd-cm", "repository.credentials"},
             documented{"argocd-cm", "helm.repositories"},
             documented{"argocd-cmd-params-cm", "controller.diff.server.side"},
             documented{"argocd-cmd-params-cm", "controller.self.heal.timeout.seconds"},
             documented{"argocd-cmd-params-cm", "controller.status.processors"},
             documented{"argocd-cmd-params-cm", "application.namespaces"},
             documented{"argocd-cmd-params-cm", "reposerver.enable.git.submodule"},
             documented{"argocd-cmd-params-cm", "reposerver.parallelism.limit"},
             documented{"argocd-cmd-params-cm", "applicationsetcontroller.policy"},
             documented{"argocd-cmd-params-cm", "applicationsetcontroller.enable.progressive.syncs"},
             documented{"argocd-cmd-params-cm", "server.insecure"},
             documented{"argocd-secret", "webhook.github.secret"},
             documented{"argocd-secret", "webhook.bitbucket.uuid"},
             documented{"argocd-secret", "webhook.azuredevops.password"},
             documented{"argocd-secret", "server.secretkey"},
             documented{"argocd-secret", "admin.passwordMtime"},
             documented{"argocd-secret", "accounts.ci.tokens"},
             documented{"argocd-rbac-cm", "policy.csv"},
             documented{"argocd-rbac-cm", "policy.default"},
             documented{"argocd-rbac-cm", "scopes"},
             documented{"argocd-tls-certs-cm", "git.example.com"},
             documented{"argocd-ssh-known-hosts-cm", "ssh_known_hosts"},
             documented{"argocd-gpg-keys-cm", "4AEE18F83AFDEB23"},
             documented{"repository Secret", "githubAppPrivateKey"},
             documented{"repository Secret", "githubAppEnterpriseBaseUrl"},
             documented{"repository Secret", "tlsClientCertKey"},
             documented{"repository Secret", "enableLfs"},
             documented{"repository Secret", "enableOCI"},
             documented{"repository Secret", "azureServicePrincipalClientSecret"},
             documented{"repository Secret", "gcpServiceAccountKey"},
             documented{"cluster Secret", "config"},
         }) {
        BOOST_TEST(find_setting(object, key) != nullptr, object << " " << key);
    }
}

BOOST_AUTO_TEST_CASE(a_row_that_names_the_key_goes_before_a_pattern) {
    BOOST_TEST(
        find_setting("argocd-cmd-params-cm", "controller.sync.timeout.seconds")->note ==
        "spec.syncPolicy.timeout"
    );
    BOOST_TEST(find_setting("argocd-cmd-params-cm", "controller.status.processors")->key == "controller.*");
    // A pattern's star is something.
    BOOST_TEST(find_setting("argocd-cm", "accounts.") == nullptr);
    BOOST_TEST(find_setting("argocd-cm", "controller.sync.timeout.seconds") == nullptr);
}

BOOST_AUTO_TEST_CASE(every_row_is_there_once_and_says_something) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const auto& one : settings()) {
        BOOST_TEST(seen.emplace(one.object, one.key).second, one.object << " " << one.key);
        BOOST_TEST(!one.note.empty(), one.key);
        BOOST_TEST(one.note.back() != '.', one.key);
    }
}

BOOST_AUTO_TEST_CASE(a_mistyped_key_has_the_one_that_was_meant) {
    BOOST_TEST(meant_setting("argocd-secret", "webhook.github.secrets") == "webhook.github.secret");
    BOOST_TEST(meant_setting("argocd-secret", "webhook.githb.secret") == "webhook.github.secret");
    BOOST_TEST(meant_setting("argocd-secret", "webhook.github.secret") == "");
    BOOST_TEST(meant_setting("argocd-secret", "something-else-entirely-different") == "");
}

// The page has the code's table, and nothing else. What it should be is in the message.
BOOST_AUTO_TEST_CASE(the_page_has_this_table) {
    std::string wanted = "| Of | Setting | | What there is |\n| --- | --- | --- | --- |\n";
    for (const auto& one : settings()) {
        wanted += "| " + std::string{one.object} + " | `" + std::string{one.key} + "` | " +
                  std::string{to_string(one.how)} + " | " + std::string{one.note} + " |\n";
    }
    const auto page = holdfast::test::read_file(HOLDFAST_SOURCE_DIR "/docs/migration.md");
    BOOST_TEST(
        (page.find(wanted) != std::string::npos), "docs/migration.md must have this table:\n"
                                                      << wanted
    );
}

BOOST_AUTO_TEST_SUITE_END()
