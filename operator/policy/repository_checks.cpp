// Judging a Repository: whom it serves, what its Secrets must have, which other is for the same URL.

#include "base/counted_list.hpp"
#include "crds/words.hpp"
#include "git/url.hpp"
#include "policy/repository_index.hpp"
#include "policy/signing_key_names.hpp"
#include "policy/specification_checks.hpp"
#include "policy/specification_checks_shared.hpp"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

namespace holdfast::policy {

namespace {

using crds::quoted;

// The keys of a Secret by which each way of reaching a repository is told.
bool has_any(const std::set<std::string>& keys, std::initializer_list<std::string_view> of) {
    return std::any_of(of.begin(), of.end(), [&](std::string_view k) {
        return keys.contains(std::string{k});
    });
}

void check_credentials(
    const git::url& url, const std::set<std::string>& keys, const std::string& secret,
    specification_verdict& verdict
) {
    const auto lacks = [&](const std::string& what) {
        verdict.problems.push_back({"spec.secretRef.name", "the Secret " + quoted(secret) + " lacks " + what}
        );
    };
    const bool has_key = has_any(keys, {"sshPrivateKey", "identity"});
    const bool has_app = has_any(keys, {"githubAppPrivateKey", "githubAppID"});
    if (url.kind() == git::transport::ssh && !has_key) {
        lacks("the key \"sshPrivateKey\" (or \"identity\"), which an ssh URL needs");
    }
    if (url.kind() == git::transport::https || url.kind() == git::transport::http) {
        if (keys.contains("username") && !has_any(keys, {"password", "bearerToken"}) && !has_app &&
            !has_key) {
            lacks("the key \"password\": there is a \"username\" without it");
        }
        if (has_key && !has_any(keys, {"password", "bearerToken"}) && !has_app) {
            lacks("a key that https can use, \"password\" or \"bearerToken\": it has one for ssh only");
        }
    }
    for (const auto& name : {"githubAppID", "githubAppInstallationID", "githubAppPrivateKey"}) {
        if (has_app && !keys.contains(name)) {
            lacks("the key \"" + std::string{name} + "\", which a GitHub App needs");
        }
    }
    for (const auto& [one, other] :
         {std::pair{"tlsClientCertData", "tlsClientCertKey"},
          std::pair{"tlsClientCertKey", "tlsClientCertData"}}) {
        if (keys.contains(one) && !keys.contains(other)) {
            lacks("the key \"" + std::string{other} + "\": there is a \"" + one + "\" without it");
        }
    }
}

void check_webhook_keys(
    const std::set<std::string>& keys, const std::string& name, specification_verdict& verdict
) {
    if (!keys.contains("secret")) {
        verdict.problems.push_back(
            {"spec.webhook.secretRef.name",
             "the Secret " + quoted(name) + " lacks the key \"secret\", which deliveries are verified with"}
        );
    }
    counted_list others{3, ", "};
    for (const auto& key : keys) {
        if (!is_webhook_secret_key(key)) {
            others.add([&] { return quoted(key); });
        }
    }
    if (!others.empty()) {
        verdict.warnings.push_back(
            {"spec.webhook.secretRef.name",
             "no delivery is verified with " + others.text() + " of the Secret " + quoted(name) +
                 ": only with \"secret\" and with keys that begin with \"secret-\""}
        );
    }
}

void check_signing_keys(
    const std::set<std::string>& keys, const std::string& name, specification_verdict& verdict
) {
    if (std::ranges::none_of(keys, is_signing_key_name)) {
        verdict.problems.push_back(
            {"spec.verify.secretRef.name",
             "the Secret " + quoted(name) +
                 " has no public keys: a key of it that ends in .asc (gpg --armor --export ID) or in .sshpub"}
        );
    }
}

} // namespace

bool is_webhook_secret_key(std::string_view key) noexcept {
    return key == "secret" || key.starts_with("secret-");
}

std::vector<crds::problem> not_served(const crds::repository_spec& spec) {
    std::vector<crds::problem> all;
    if (spec.submodules == crds::foreign_content::refuse) {
        all.push_back(
            {"spec.submodules", "Refuse is not served yet: a submodule is taken as an empty folder (Ignore)"}
        );
    }
    if (spec.lfs == crds::foreign_content::ignore) {
        all.push_back(
            {"spec.lfs", "Ignore is not served yet: a pointer to a file in Git LFS is an error (Refuse)"}
        );
    }
    return all;
}

specification_verdict judge(const crds::repository& value, const surroundings& around) {
    specification_verdict verdict;
    verdict.problems = crds::check(value);
    const auto& spec = value.spec;
    verdict.warnings = not_served(spec);
    if (const auto covered = scope_of(spec.url); !covered) {
        if (verdict.problems.empty()) {
            verdict.problems.push_back({"spec.url", covered.error().message()});
        }
        return verdict;
    }
    if (is_confined(value.metadata, around)) {
        if (is_file(spec.url)) {
            verdict.problems.push_back({"spec.url", files_are_refused(around.own_namespace())});
        }
        const auto& allow =
            spec.password_store ? spec.password_store->allow : std::vector<crds::password_store_access>{};
        for (std::size_t i = 0; i < allow.size(); ++i) {
            if (!allow[i].namespaces.empty()) {
                verdict.warnings.push_back(
                    {"spec.passwordStore.allow[" + std::to_string(i) + "].namespaces",
                     "has no effect: only a store in " + quoted(around.own_namespace()) +
                         ", the operator's namespace, serves Applications of other namespaces"}
                );
            }
        }
    }
    if (const auto* other = around.rival_of(value)) {
        verdict.problems.push_back(
            {"spec.url", "is that of the Repository " + quoted(name_of(other->metadata)) +
                             " already, and only one can be right"}
        );
    }
    const auto namespace_ = value.metadata.namespace_;
    if (spec.secret_ref) {
        const auto keys = around.secret_keys(namespace_, spec.secret_ref->name);
        const auto url = address_of(spec.url);
        if (keys && url) {
            check_credentials(*url, *keys, spec.secret_ref->name, verdict);
        }
    }
    if (spec.webhook) {
        const auto& name = spec.webhook->secret_ref.name;
        const auto keys = around.secret_keys(namespace_, name);
        if (keys) {
            check_webhook_keys(*keys, name, verdict);
        }
    }
    if (spec.verify) {
        const auto& name = spec.verify->secret_ref.name;
        if (const auto keys = around.secret_keys(namespace_, name)) {
            check_signing_keys(*keys, name, verdict);
        }
    }
    if (spec.insecure_skip_tls_verify) {
        verdict.warnings.push_back(
            {"spec.insecureSkipTLSVerify",
             "anybody between here and the server can read the credentials and change what is deployed"}
        );
    }
    if (spec.insecure_ignore_host_key) {
        verdict.warnings.push_back(
            {"spec.insecureIgnoreHostKey", "anybody between here and the server can change what is deployed"}
        );
    }
    return verdict;
}

} // namespace holdfast::policy
