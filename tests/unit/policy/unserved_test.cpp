#include "policy/unserved.hpp"

#include "policy/specification_checks.hpp"

#include "fake_surroundings.hpp"
#include "said.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::policy {

BOOST_AUTO_TEST_SUITE(unserved)

BOOST_AUTO_TEST_CASE(annotations_of_companions_are_named_once_for_each_of_them) {
    const test::fake_surroundings around;
    const auto with = [](const std::string& annotations) {
        return test::application(R"({"metadata": {"annotations": {)" + annotations + "}}}");
    };
    const auto both = with(R"("argocd-image-updater.argoproj.io/image-list": "a=b", "example.com/x": "y",
        "argocd-image-updater.argoproj.io/a.update-strategy": "semver", "argocd-image-updater.argoproj.io/a.b": "c",
        "argocd-image-updater.argoproj.io/a.c": "c", "notifications.argoproj.io/subscribe.on-failed.slack": "team")"
    );
    SAID(
        judge(both, around).warnings,
        "metadata.annotations: has no effect: argocd-image-updater.argoproj.io/a.b, "
        "argocd-image-updater.argoproj.io/a.c, argocd-image-updater.argoproj.io/a.update-strategy, and 1 "
        "more; "
        "nothing here looks for newer images: have your pipeline write the tag into the repository",
        "metadata.annotations: has no effect: notifications.argoproj.io/subscribe.on-failed.slack; no "
        "notifications are sent by annotations: alert on events and metrics (docs/metrics.md)"
    );
    SAID(judge(both, around).problems);
    SAID(judge(with(R"("notifications.example.com/x": "y", "argocd.argoproj.io/refresh": "hard")"), around)
             .warnings);
}

BOOST_AUTO_TEST_CASE(secrets_of_argo_cd_are_named_with_what_stands_for_them_here) {
    const auto said_of = [](const std::string& kind, const std::string& labels) {
        return unserved_secret(
            boost::json::parse(R"({"kind": ")" + kind + R"(", "metadata": {"labels": {)" + labels + "}}}")
                .as_object(),
            "team", "holdfast"
        );
    };
    BOOST_TEST(
        said_of("Secret", R"("argocd.argoproj.io/secret-type": "repo-creds")") ==
        "is labelled argocd.argoproj.io/secret-type=\"repo-creds\", which only Argo CD reads; here a "
        "Repository "
        "names the Secret with a repository's credentials (spec.secretRef)"
    );
    BOOST_TEST(said_of("Secret", R"("argocd.argoproj.io/secret-type": "cluster")")
                   .ends_with("move it to \"holdfast\" to declare a cluster"));
    BOOST_TEST(
        unserved_secret(
            boost::json::parse(
                R"({"kind": "Secret", "metadata": {"labels": {"argocd.argoproj.io/secret-type": "cluster"}}})"
            )
                .as_object(),
            "holdfast", "holdfast"
        ) == ""
    );
    BOOST_TEST(said_of("Secret", R"("app.kubernetes.io/part-of": "argocd")") == "");
    BOOST_TEST(said_of("ConfigMap", R"("argocd.argoproj.io/secret-type": "cluster")") == "");
    BOOST_TEST(unserved_secret({}, "team", "holdfast") == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::policy
