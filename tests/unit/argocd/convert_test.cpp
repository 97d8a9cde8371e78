#include "argocd/convert.hpp"

#include "base/base64.hpp"
#include "crds/application.hpp"
#include "crds/repository.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

namespace json = boost::json;
using namespace holdfast;

namespace {

json::object parsed(std::string_view text) {
    return json::parse(text).as_object();
}

json::object repository_secret(std::string_view url, bool has_password) {
    json::object data{{"url", base64_encode(url)}, {"type", base64_encode("git")}};
    if (has_password) {
        data["password"] = base64_encode("p");
    }
    return {
        {"metadata", {{"name", "org"}, {"labels", {{"argocd.argoproj.io/secret-type", "repo-creds"}}}}},
        {"data", std::move(data)}
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(argocd_convert)

BOOST_AUTO_TEST_CASE(an_application_keeps_its_specification_and_loses_what_is_argo_cds) {
    const auto made = argocd::as_holdfast(
        parsed(R"({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
            "metadata": {"name": "shop", "namespace": "argocd", "uid": "1", "resourceVersion": "2", "managedFields": [],
                "labels": {"team": "a"},
                "finalizers": ["resources-finalizer.argocd.argoproj.io/background", "post-delete-finalizer.argocd.argoproj.io"],
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "argocd.argoproj.io/refresh": "hard",
                    "argocd.argoproj.io/sync-wave": "3", "notified.notifications.argoproj.io": "{}"}},
            "spec": {"project": "", "sources": [], "source": {"repoURL": "https://git.example/shop", "path": "."},
                "destination": {"server": "", "name": "in-cluster", "namespace": "shop"}},
            "operation": {"sync": {}}, "status": {"sync": {"status": "Synced"}}})"),
        "holdfast"
    );
    const auto wanted = parsed(R"({
        "apiVersion": "holdfast.dev/v1alpha1", "kind": "Application",
        "metadata": {"name": "shop", "namespace": "holdfast", "labels": {"team": "a"},
            "annotations": {"argocd.argoproj.io/sync-wave": "3"},
            "finalizers": ["holdfast.dev/resources-finalizer-background"]},
        "spec": {"source": {"repoURL": "https://git.example/shop", "path": "."},
            "destination": {"name": "in-cluster", "namespace": "shop"}}})");
    BOOST_TEST((json::value{made} == json::value{wanted}), json::serialize(made));
    const auto read = crds::examine_application(made);
    BOOST_TEST(read.problems.empty());
    BOOST_TEST(read.unknown_fields.empty());
    BOOST_TEST(crds::check(read.value).empty());
}

// Argo CD looks at the list alone where there is one.
BOOST_AUTO_TEST_CASE(of_source_and_sources_the_one_that_argo_cd_looks_at_is_kept) {
    const auto made = argocd::as_holdfast(
        parsed(
            R"({"kind": "Application", "spec": {"source": {"repoURL": "a"}, "sources": [{"repoURL": "b"}]}})"
        ),
        "h"
    );
    BOOST_TEST(json::serialize(made.at("spec")) == R"({"sources":[{"repoURL":"b"}]})");
}

BOOST_AUTO_TEST_CASE(kinds_have_their_counterparts) {
    BOOST_TEST(
        argocd::as_holdfast(parsed(R"({"kind": "AppProject"})"), "h").at("kind").as_string() == "Project"
    );
    BOOST_TEST(
        argocd::as_holdfast(parsed(R"({"kind": "ApplicationSet"})"), "h").at("kind").as_string() ==
        "ApplicationSet"
    );
}

BOOST_AUTO_TEST_CASE(a_repository_secret_becomes_a_repository_that_names_it) {
    const auto made = argocd::as_repository(repository_secret("https://github.com/acme", true), "holdfast");
    BOOST_REQUIRE(made.has_value());
    const auto read = crds::examine_repository(*made);
    BOOST_TEST(read.problems.empty());
    BOOST_TEST(crds::check(read.value).empty());
    BOOST_TEST(read.value.spec.url == "https://github.com/acme");
    BOOST_TEST(read.value.spec.secret_ref->name == "org");
    const auto open = argocd::as_repository(repository_secret("https://github.com/acme", false), "holdfast");
    BOOST_TEST(!crds::examine_repository(*open).value.spec.secret_ref.has_value());
}

BOOST_AUTO_TEST_CASE(no_password_of_a_url_is_printed) {
    for (const auto* url : {"https://ada:hidden@git.example/a", "https://ada:hid@den@git.example/a"}) {
        const auto made = argocd::as_repository(repository_secret(url, true), "h");
        BOOST_TEST(made->at("spec").at("url").as_string() == "https://git.example/a");
    }
    const auto ssh = argocd::as_repository(repository_secret("git@git.example:a/b", true), "h");
    BOOST_TEST(ssh->at("spec").at("url").as_string() == "git@git.example:a/b");
}

BOOST_AUTO_TEST_CASE(a_secret_that_is_no_repositorys_gives_none) {
    auto cluster = repository_secret("https://x", true);
    cluster["metadata"].as_object()["labels"] = json::object{{"argocd.argoproj.io/secret-type", "cluster"}};
    BOOST_TEST(!argocd::as_repository(cluster, "h").has_value());
    BOOST_TEST(!argocd::as_repository(parsed(R"({"metadata": {"name": "x"}})"), "h").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
