#include "crds/checks.hpp"
#include "crds/repository.hpp"
#include "crds/words.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

namespace holdfast::crds {

namespace {

void check_access(const std::vector<password_store_access>& allow, problem_list& problems) {
    for (std::size_t i = 0; i < allow.size(); ++i) {
        for (const auto& [name, globs] :
             {std::pair{"entries", &allow[i].entries}, std::pair{"namespaces", &allow[i].namespaces},
              std::pair{"applications", &allow[i].applications}}) {
            for (std::size_t k = 0; k < globs->size(); ++k) {
                check_glob(
                    (*globs)[k], fmt::format("spec.passwordStore.allow[{}].{}[{}]", i, name, k), problems
                );
            }
        }
    }
}

void check_password_store(
    const repository_password_store& store, const std::string& url, problem_list& problems
) {
    check_path(store.path, "spec.passwordStore.path", problems);
    if (url.starts_with("oci://")) {
        problems.add("spec.passwordStore", "needs a Git repository, and oci:// is a registry");
    }
    check_name_of_revision(store.target_revision, "spec.passwordStore.targetRevision", problems);
    check_access(store.allow, problems);
}

} // namespace

std::vector<problem> check(const repository& value) {
    static const re2::RE2 with_scheme{"^(https?|ssh|git|file|oci)://.+"};
    static const re2::RE2 like_scp{"^[^/:@]+@[^/:@]+:.+"};
    const auto& spec = value.spec;
    problem_list problems;
    if (has_password(spec.url)) {
        problems.add("spec.url", "must not contain a password: put it into the Secret of secretRef");
    } else if (!re2::RE2::PartialMatch(spec.url, with_scheme) &&
               !re2::RE2::PartialMatch(spec.url, like_scp)) {
        problems.add(
            "spec.url", fmt::format(
                            "must be one such as https://git.example.com/team/deploy, "
                            "ssh://git@git.example.com/team/deploy or git@git.example.com:team/deploy, is {}",
                            quoted(spec.url)
                        )
        );
    }
    if (!spec.ca_bundle.empty() && spec.ca_bundle.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
        problems.add(
            "spec.caBundle", "must be certificates in PEM, which begin with -----BEGIN CERTIFICATE-----"
        );
    }
    if (!spec.ca_bundle.empty() && spec.insecure_skip_tls_verify) {
        problems.add("spec.caBundle", "caBundle and insecureSkipTLSVerify exclude each other");
    }
    if (spec.password_store) {
        check_password_store(*spec.password_store, spec.url, problems);
    }
    if (spec.verify && spec.url.starts_with("oci://")) {
        problems.add("spec.verify", "needs a Git repository, and oci:// is a registry");
    }
    return problems.take();
}

} // namespace holdfast::crds
