// Judging Repositories in their surroundings.

#include "policy/specification_checks.hpp"

#include "fake_surroundings.hpp"
#include "said.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::policy {
namespace {

using test::fake_surroundings;
using test::repository;

} // namespace

BOOST_AUTO_TEST_SUITE(repository_checks)

BOOST_AUTO_TEST_CASE(outside_of_the_operators_namespace_a_repository_serves_only_its_own) {
    const fake_surroundings around;
    const auto verdict = judge(
        repository(
            R"({"url": "file:///store",
            "passwordStore": {"keySecretRef": {"name": "key"},
                              "allow": [{"entries": ["a"]}, {"entries": ["b"], "namespaces": ["*"]}]}})",
            R"({"namespace": "team", "name": "store"})"
        ),
        around
    );
    SAID(
        verdict.problems, "spec.url: must not be a file:// URL, which is for objects in \"holdfast\", the "
                          "operator's namespace: it leads to the operator's own disk"
    );
    SAID(
        verdict.warnings,
        "spec.passwordStore.allow[1].namespaces: has no effect: only a store in \"holdfast\", the operator's "
        "namespace, serves Applications of other namespaces"
    );
}

BOOST_AUTO_TEST_CASE(a_repositorys_secret_must_have_what_its_url_needs) {
    fake_surroundings around;
    const auto said = [&](const std::string& url, std::set<std::string> keys) {
        around.secrets["holdfast/s"] = std::move(keys);
        return judge(repository(R"({"url": ")" + url + R"(", "secretRef": {"name": "s"}})"), around).problems;
    };
    const std::string https = "https://git.example.com/team";
    const std::string ssh = "git@git.example.com:team/deploy";
    const std::string lacks = "spec.secretRef.name: the Secret \"s\" lacks ";
    SAID(said(https, {"username", "password"}));
    SAID(said(https, {"bearerToken"}));
    SAID(said(https, {}));
    SAID(said(https, {"username"}), lacks + "the key \"password\": there is a \"username\" without it");
    SAID(
        said(https, {"sshPrivateKey"}),
        lacks + "a key that https can use, \"password\" or \"bearerToken\": it has one for ssh only"
    );
    SAID(said(ssh, {"sshPrivateKey"}));
    SAID(said(ssh, {"identity", "known_hosts"}));
    SAID(
        said(ssh, {"username", "password"}),
        lacks + "the key \"sshPrivateKey\" (or \"identity\"), which an ssh URL needs"
    );
    SAID(
        said(https, {"githubAppID", "githubAppPrivateKey"}),
        lacks + "the key \"githubAppInstallationID\", which a GitHub App needs"
    );
    SAID(
        said(https, {"tlsClientCertData"}),
        lacks + "the key \"tlsClientCertKey\": there is a \"tlsClientCertData\" without it"
    );
    // One that is not there may come.
    around.secrets.clear();
    SAID(judge(repository(R"({"url": "https://a.example/b", "secretRef": {"name": "s"}})"), around).problems);
    around.secrets["holdfast/hook"] = {"other"};
    SAID(
        judge(
            repository(R"({"url": "https://a.example/b", "webhook": {"secretRef": {"name": "hook"}}})"),
            around
        )
            .problems,
        "spec.webhook.secretRef.name: the Secret \"hook\" lacks the key \"secret\", which deliveries are "
        "verified with"
    );
}

BOOST_AUTO_TEST_CASE(a_secret_of_those_who_may_sign_has_public_keys) {
    fake_surroundings around;
    const auto said = [&] {
        return judge(
                   repository(R"({"url": "https://a.example/b", "verify": {"secretRef": {"name": "people"}}})"
                   ),
                   around
        )
            .problems;
    };
    SAID(said()); // one that is not there may come
    around.secrets["holdfast/people"] = {"alice.asc"};
    SAID(said());
    around.secrets["holdfast/people"] = {"team.sshpub", "note"};
    SAID(said());
    around.secrets["holdfast/people"] = {"alice", "asc"};
    SAID(
        said(),
        "spec.verify.secretRef.name: the Secret \"people\" has no public keys: a key of it that ends in .asc (gpg --armor "
        "--export ID) or in .sshpub"
    );
}

BOOST_AUTO_TEST_CASE(what_else_a_webhooks_secret_has_signs_nothing) {
    fake_surroundings around;
    const auto warned = [&](std::set<std::string> keys) {
        around.secrets["holdfast/hook"] = std::move(keys);
        return judge(
                   repository(R"({"url": "https://a.example/b", "webhook": {"secretRef": {"name": "hook"}}})"
                   ),
                   around
        )
            .warnings;
    };
    SAID(warned({"secret"}));
    SAID(warned({"secret", "secret-2", "secret-next"}));
    SAID(
        warned({"secret", "secrets", "password", "a", "b"}),
        "spec.webhook.secretRef.name: no delivery is verified with \"a\", \"b\", \"password\", and 1 more of "
        "the Secret \"hook\": only with \"secret\" and with keys that begin with \"secret-\""
    );
}

BOOST_AUTO_TEST_CASE(a_registry_is_a_repository_too) {
    const fake_surroundings around;
    SAID(judge(repository(R"({"url": "oci://ghcr.io/acme"})"), around).problems);
    SAID(judge(repository(R"({"url": "oci://registry.example.com:5000"})"), around).problems);
    // What its Secret must have is that of the web, as it is for all repositories of a host.
    fake_surroundings with_secret;
    with_secret.secrets["holdfast/half"] = {"username"};
    for (const std::string url :
         {"oci://ghcr.io/acme", "https://git.example.com", "https://git.example.com/team"}) {
        SAID(
            judge(repository(R"({"url": ")" + url + R"(", "secretRef": {"name": "half"}})"), with_secret)
                .problems,
            "spec.secretRef.name: the Secret \"half\" lacks the key \"password\": there is a \"username\" "
            "without "
            "it"
        );
    }
}

BOOST_AUTO_TEST_CASE(of_many_repositories_for_one_url_the_one_that_is_right_is_named) {
    fake_surroundings around;
    for (int i = 10; i < 60; ++i) {
        const auto n = std::to_string(i);
        around.repositories.push_back(repository(
            R"({"url": "https://git.example.com/team/"})",
            R"({"name": "r)" + n + R"(", "creationTimestamp": "2026-01-01T00:00:)" + n + R"(Z"})"
        ));
    }
    SAID(
        judge(around.repositories.back(), around).problems,
        "spec.url: is that of the Repository \"holdfast/r10\" already, and only one can be right"
    );
    SAID(judge(around.repositories.front(), around).problems);
}

BOOST_AUTO_TEST_CASE(of_two_repositories_for_one_url_the_older_is_right) {
    fake_surroundings around;
    around.repositories = {repository(
        R"({"url": "https://git.example.com/team/"})",
        R"({"name": "first", "creationTimestamp": "2026-01-01T00:00:00Z"})"
    )};
    SAID(
        judge(repository(R"({"url": "https://Git.example.com:443/team"})"), around).problems,
        "spec.url: is that of the Repository \"holdfast/first\" already, and only one can be right"
    );
    // One for each transport: neither is in the way of the other.
    SAID(judge(repository(R"({"url": "ssh://git@git.example.com/team"})"), around).problems);
    SAID(judge(repository(R"({"url": "http://git.example.com/team"})"), around).problems);
    SAID(judge(repository(R"({"url": "https://git.example.com/team/deploy"})"), around).problems);
    // Each namespace has its own.
    SAID(judge(
             repository(
                 R"({"url": "https://git.example.com/team/"})", R"({"name": "own", "namespace": "team"})"
             ),
             around
    )
             .problems);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::policy
