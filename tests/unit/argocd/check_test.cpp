#include "argocd/check.hpp"

#include "base/base64.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json = boost::json;
using namespace holdfast::argocd;

namespace {

json::object parsed(std::string_view text) {
    return json::parse(text).as_object();
}

json::object secret(
    std::string_view name, std::string_view type, const std::vector<std::pair<std::string, std::string>>& data
) {
    json::object encoded;
    for (const auto& [key, value] : data) {
        encoded[key] = holdfast::base64_encode(value);
    }
    return {
        {"apiVersion", "v1"},
        {"kind", "Secret"},
        {"metadata",
         {{"name", name}, {"namespace", "argocd"}, {"labels", {{"argocd.argoproj.io/secret-type", type}}}}},
        {"data", std::move(encoded)}
    };
}

// One that nothing is to be said of but where the Repository's Secret is.
installation healthy() {
    installation found;
    found.namespace_ = "argocd";
    found.server = {.git_version = "v1.37.2", .major = 1, .minor = 37};
    found.secret = secret("argocd-secret", "", {{"webhook.github.secret", "s3cret"}});
    return found;
}

bool says(
    const std::vector<finding>& findings, std::string_view object, treatment how, std::string_view part
) {
    return std::ranges::any_of(findings, [&](const finding& one) {
        return one.object == object && one.how == how && one.text.find(part) != std::string::npos;
    });
}

std::string all_of(const std::vector<finding>& findings) {
    std::string text = "found:\n";
    for (const auto& one : findings) {
        text += one.object + " [" + std::string{to_string(one.how)} + "] " + one.text + "\n";
    }
    return text;
}

json::object application(std::string_view spec, std::string_view more = "") {
    return parsed(
        R"({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "shop", "namespace": "argocd"}, "spec": )" +
        std::string{spec} + std::string{more} + "}"
    );
}

constexpr std::string_view plain =
    R"({"project": "default", "source": {"repoURL": "https://git.example/shop", "path": "."}, "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"}})";

} // namespace

BOOST_AUTO_TEST_SUITE(argocd_check)

BOOST_AUTO_TEST_CASE(where_nothing_stands_against_it_one_may_move) {
    const auto findings = check(healthy());
    BOOST_TEST(may_move(findings), all_of(findings));
}

// Each alone in an installation that is right otherwise.
BOOST_AUTO_TEST_CASE(what_is_found_is_named) {
    struct row {
        std::string_view what;
        void (*add)(installation&);
        std::string_view object;
        treatment how;
        std::string_view part;
    };
    const std::vector<row> rows{
        {"an old cluster",
         [](installation& i) { i.server = {.git_version = "v1.29.4", .major = 1, .minor = 29}; },
         "Kubernetes", treatment::missing, "v1.29.4; Holdfast needs 1.32"},
        {"a controller that runs",
         [](installation& i) {
             i.workloads.push_back(parsed(
                 R"({"kind": "StatefulSet", "metadata": {"name": "argocd-application-controller", "namespace": "argocd"}, "spec": {"replicas": 2}})"
             ));
         },
         "StatefulSet argocd/argocd-application-controller", treatment::missing, "spec.replicas 2"},
        {"a controller of sets that says no replicas, which is one",
         [](installation& i) {
             i.workloads.push_back(parsed(
                 R"({"kind": "Deployment", "metadata": {"name": "argocd-applicationset-controller", "namespace": "argocd"}, "spec": {}})"
             ));
         },
         "Deployment argocd/argocd-applicationset-controller", treatment::missing, "spec.replicas 1"},
        {"a plugin",
         [](installation& i) {
             i.workloads.push_back(parsed(
                 R"({"kind": "Deployment", "metadata": {"name": "argocd-repo-server", "namespace": "argocd"}, "spec": {"template": {"spec": {"containers": [{"name": "cdk8s", "command": ["/var/run/argocd/argocd-cmp-server"]}]}}}})"
             ));
         },
         "Deployment argocd/argocd-repo-server", treatment::differently, "has the plugin \"cdk8s\""},
        {"a password store",
         [](installation& i) {
             i.workloads.push_back(parsed(
                 R"({"kind": "Deployment", "metadata": {"name": "argocd-repo-server", "namespace": "argocd"}, "spec": {"template": {"spec": {"containers": [{"name": "argocd-repo-server", "env": [{"name": "PASSWORD_STORE_DIR", "value": "/store"}], "volumeMounts": [{"name": "tools", "mountPath": "/usr/local/bin/kustomize-pass"}]}]}}}})"
             ));
         },
         "Deployment argocd/argocd-repo-server", treatment::differently,
         "the variable PASSWORD_STORE_DIR, /usr/local/bin/kustomize-pass (volume \"tools\")"},
        {"a setting that is not honoured",
         [](installation& i) {
             i.config_maps["argocd-cm"] =
                 parsed(R"({"data": {"resource.customizations.ignoreDifferences.all": "x"}})");
         },
         "ConfigMap argocd/argocd-cm", treatment::missing,
         "resource.customizations.ignoreDifferences.all: write spec.ignoreDifferences into each Application"},
        {"a health check for many kinds",
         [](installation& i) {
             i.config_maps["argocd-cm"] = parsed(
                 R"({"data": {"resource.customizations": "'*.example.com/*': {health.lua: 'return {}'}"}})"
             );
         },
         "ConfigMap argocd/argocd-cm", treatment::missing,
         "resource.customizations of *.example.com/*, health.lua: stands for many kinds"},
        {"a health check that is not Lua",
         [](installation& i) {
             i.config_maps["argocd-cm"] =
                 parsed(R"({"data": {"resource.customizations.health.example.com_Database": "return {"}})");
         },
         "ConfigMap argocd/argocd-cm", treatment::missing,
         "resource.customizations.health.example.com_Database: is not Lua: check:1: unexpected symbol near <eof>"
        },
        {"a customization of a type that is none",
         [](installation& i) {
             i.config_maps["argocd-cm"] =
                 parsed(R"({"data": {"resource.customizations.helth.example.com_Database": "return {}"}})");
         },
         "ConfigMap argocd/argocd-cm", treatment::missing,
         "resource.customizations.helth.example.com_Database: helth is none of health, useOpenLibs"},
        {"a health check that is not needed",
         [](installation& i) {
             i.config_maps["argocd-cm"] = parsed(
                 R"({"data": {"resource.customizations.health.cert-manager.io_Certificate": "return {}"}})"
             );
         },
         "ConfigMap argocd/argocd-cm", treatment::differently,
         "it is run as it is; or do without it, since there is a rule for cert-manager.io/Certificate"},
        {"a health check",
         [](installation& i) {
             i.config_maps["argocd-cm"] =
                 parsed(R"({"data": {"resource.customizations.health.example.com_Database": "return {}"}})");
         },
         "ConfigMap argocd/argocd-cm", treatment::differently,
         "resource.customizations.health.example.com_Database: write the script into spec.healthChecks"},
        {"a mistyped setting",
         [](installation& i) {
             i.config_maps["argocd-cm"] = parsed(R"({"data": {"timeout.reconciliations": "60s"}})");
         },
         "ConfigMap argocd/argocd-cm", treatment::missing, "was timeout.reconciliation meant?"},
        {"an authority of a host",
         [](installation& i) {
             i.config_maps["argocd-tls-certs-cm"] = parsed(R"({"data": {"git.example": "PEM"}})");
         },
         "ConfigMap argocd/argocd-tls-certs-cm", treatment::differently, "git.example: spec.caBundle"},
        {"a mistyped webhook secret",
         [](installation& i) { i.secret = secret("argocd-secret", "", {{"webhook.github.secrt", "x"}}); },
         "Secret argocd/argocd-secret", treatment::missing, "was webhook.github.secret meant?"},
        {"an empty webhook secret",
         [](installation& i) { i.secret = secret("argocd-secret", "", {{"webhook.gitlab.secret", " "}}); },
         "Secret argocd/argocd-secret", treatment::missing, "webhook.gitlab.secret: is empty"},
        {"no webhook secret", [](installation& i) { i.secret.reset(); }, "Secret argocd/argocd-secret",
         treatment::missing, "has no secret of a webhook"},
        {"LFS",
         [](installation& i) {
             i.labelled_secrets.push_back(
                 secret("art", "repository", {{"url", "https://git.example/art"}, {"enableLfs", "true"}})
             );
         },
         "Secret argocd/art", treatment::missing, "enableLfs"},
        {"half of a GitHub App",
         [](installation& i) {
             i.labelled_secrets.push_back(
                 secret("org", "repo-creds", {{"url", "https://git.example/"}, {"githubAppID", "1"}})
             );
         },
         "Secret argocd/org", treatment::missing, "githubAppInstallationID"},
        {"an ssh key without known hosts",
         [](installation& i) {
             i.labelled_secrets.push_back(secret(
                 "ssh", "repository",
                 {{"url", "git@git.example:a/b"},
                  {"sshPrivateKey",
                   "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n"}}
             ));
         },
         "Secret argocd/ssh", treatment::differently, "add known_hosts from argocd-ssh-known-hosts-cm"},
        {"a cluster whose credentials a program gives",
         [](installation& i) {
             i.labelled_secrets.push_back(secret(
                 "east", "cluster",
                 {{"name", "east"},
                  {"server", "https://east.example"},
                  {"config", R"({"execProviderConfig": {"command": "argocd-k8s-auth"}})"}}
             ));
         },
         "Secret argocd/east", treatment::missing, "execProviderConfig"},
        {"objects of argoproj.io", [](installation& i) { i.applications.push_back(application(plain)); },
         "Holdfast", treatment::differently, "argoproj.io"},
        {"a field that we do not have",
         [](installation& i) {
             i.applications.push_back(application(
                 R"({"project": "default", "sourceHydrator": {}, "source": {"repoURL": "https://git.example/shop", "path": "."}, "destination": {"name": "in-cluster"}})"
             ));
         },
         "Application argocd/shop", treatment::missing, "spec.sourceHydrator"},
        {"hooks",
         [](installation& i) {
             i.applications.push_back(application(
                 plain,
                 R"(, "status": {"resources": [{"group": "batch", "kind": "Job", "namespace": "shop", "name": "migrate", "hook": true}]})"
             ));
         },
         "Application argocd/shop", treatment::differently, "Job shop/migrate"},
        {"Secrets",
         [](installation& i) {
             i.applications.push_back(application(
                 plain,
                 R"(, "status": {"resources": [{"kind": "Secret", "namespace": "shop", "name": "db"}]})"
             ));
         },
         "Application argocd/shop", treatment::differently, "brings Secrets (Secret shop/db)"},
        {"a set with a generator that we do not have",
         [](installation& i) {
             i.sets.push_back(parsed(
                 R"({"kind": "ApplicationSet", "metadata": {"name": "all", "namespace": "argocd"}, "spec": {"generators": [{"scmProvider": {}}], "template": {"metadata": {"name": "x"}, "spec": {}}}})"
             ));
         },
         "ApplicationSet argocd/all", treatment::missing, "scmProvider"},
    };
    for (const auto& one : rows) {
        auto found = healthy();
        one.add(found);
        const auto findings = check(found);
        BOOST_TEST(says(findings, one.object, one.how, one.part), one.what << ": " << all_of(findings));
        BOOST_TEST((one.how != treatment::missing || !may_move(findings)), one.what);
    }
}

BOOST_AUTO_TEST_CASE(an_application_that_we_have_all_of_is_not_named) {
    auto found = healthy();
    found.applications.push_back(application(plain));
    for (const auto& one : check(found)) {
        BOOST_TEST(one.object != "Application argocd/shop", one.text);
    }
}

BOOST_AUTO_TEST_CASE(a_controller_that_is_scaled_to_zero_is_not_named) {
    auto found = healthy();
    found.workloads.push_back(parsed(
        R"({"kind": "StatefulSet", "metadata": {"name": "argocd-application-controller", "namespace": "argocd"}, "spec": {"replicas": 0}})"
    ));
    BOOST_TEST(may_move(check(found)));
}

BOOST_AUTO_TEST_CASE(the_version_says_how_objects_are_tracked) {
    struct row {
        std::string_view image;
        std::string_view version;
        std::string_view by;
    };
    for (const auto& [image, version, by] : {
             row{"quay.io/argoproj/argocd:v2.9.3", "2.9.3", "label app.kubernetes.io/instance"},
             row{"mirror.example:5000/argocd:v3.5.1@sha256:0", "3.5.1",
                 "annotation argocd.argoproj.io/tracking-id"},
             row{"mirror.example:5000/argocd@sha256:0", "", ""},
         }) {
        auto found = healthy();
        found.config_maps["argocd-cm"] = parsed(R"({"data": {}})");
        found.workloads.push_back(json::object{
            {"kind", "StatefulSet"},
            {"metadata", {{"name", "argocd-application-controller"}}},
            {"spec",
             {{"replicas", 0},
              {"template", {{"spec", {{"containers", json::array{json::object{{"image", image}}}}}}}}}}
        });
        BOOST_TEST(version_of(found) == version);
        const auto findings = check(found);
        const auto told = says(findings, "ConfigMap argocd/argocd-cm", treatment::differently, "is not set");
        BOOST_TEST(told == !by.empty(), all_of(findings));
        BOOST_TEST(
            (by.empty() || says(findings, "ConfigMap argocd/argocd-cm", treatment::differently, by)),
            all_of(findings)
        );
    }
}

BOOST_AUTO_TEST_CASE(no_value_of_a_secret_is_told) {
    auto found = healthy();
    const std::string value = "v4lue-that-nobody-reads";
    found.secret =
        secret("argocd-secret", "", {{"webhook.github.secrt", value}, {"webhook.gitlab.secret", value}});
    found.labelled_secrets.push_back(secret(
        "a", "repository",
        {{"url", "https://ada:" + value + "@git.example/a"},
         {"password", value},
         {"insecure", value},
         {"enableLfs", value},
         {"unheard-of", value}}
    ));
    found.labelled_secrets.push_back(
        secret("b", "repository", {{"url", "https://ada:" + value + "@git.example/b"}, {"password", value}})
    );
    found.labelled_secrets.push_back(secret("c", "cluster", {{"server", "https://c"}, {"config", value}}));
    BOOST_TEST(all_of(check(found)).find(value) == std::string::npos, all_of(check(found)));
}

BOOST_AUTO_TEST_SUITE_END()
