// Judging Projects, and Applications by their Projects.
#include "fake_surroundings.hpp"
#include "policy/specification_checks.hpp"
#include "said.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::policy {
namespace {

using namespace test;

const std::string all = R"({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]})";
const std::string only_other =
    R"({"sourceRepos": ["https://git.example.com/other/*"], "destinations": [{"server": "*", "namespace": "*"}]})";

BOOST_AUTO_TEST_SUITE(checks_of_projects)

BOOST_AUTO_TEST_CASE(an_application_that_its_project_forbids_is_refused_in_the_words_of_the_rule) {
    fake_surroundings around;
    around.known.put(project("shop", only_other));
    const auto value = application(R"({"spec": {"project": "shop"}})");
    SAID(
        judge(value, around).problems,
        "spec.source.repoURL: application repo https://git.example.com/team/deploy is not permitted in project "
        "'shop'"
    );
    SAID(
        problems_of(value, around),
        "spec.source.repoURL: application repo https://git.example.com/team/deploy is not permitted in project "
        "'shop'"
    );
}

// It may be applied in the same moment as its Project.
BOOST_AUTO_TEST_CASE(a_project_that_is_not_there_is_a_warning_at_first_and_a_problem_for_who_would_deploy) {
    const fake_surroundings around;
    const auto value = application(R"({"spec": {"project": "shop"}})");
    const auto verdict = judge(value, around);
    SAID(verdict.problems);
    SAID(verdict.warnings, "spec.project: Application referencing project shop which does not exist (yet)");
    SAID(
        problems_of(value, around), "spec.project: Application referencing project shop which does not exist"
    );
}

BOOST_AUTO_TEST_CASE(an_application_that_is_let_out_is_not_held_in_its_namespace_and_learns_of_no_other) {
    fake_surroundings around;
    around.known.put(project("shop", R"({"sourceRepos": ["*"], "sourceNamespaces": ["team"],
        "destinations": [{"server": "*", "namespace": "shop"}]})"));
    SAID(judge(
             application(R"({"metadata": {"namespace": "team"}, "spec": {"project": "shop",
        "syncPolicy": {"syncOptions": ["CreateNamespace=true"]}}})"),
             around
    )
             .problems);
    SAID(
        judge(
            application(R"({"metadata": {"namespace": "team"}, "spec": {"project": "shop",
            "dependsOn": [{"namespace": "holdfast", "name": "x"}]}})"),
            around
        )
            .problems,
        R"(spec.dependsOn[0].namespace: must be "team": an Application waits for others of its own namespace, unless it is in "holdfast", the operator's, is "holdfast")"
    );
    // By another project it stays where it is.
    const auto confined = judge(application(R"({"metadata": {"namespace": "team"}})"), around).problems;
    BOOST_TEST_REQUIRE(confined.size() == 1U);
    BOOST_TEST(confined.front().path == "spec.destination.namespace");
}

BOOST_AUTO_TEST_CASE(a_change_of_a_project_names_the_applications_that_would_fall_out) {
    fake_surroundings around;
    around.known.put(project("shop", all));
    around.applications = {
        application(R"({"metadata": {"name": "web"}, "spec": {"project": "shop"}})"),
        application(R"({"metadata": {"name": "kept"}, "spec": {"project": "shop",
            "source": {"repoURL": "https://git.example.com/other/a"}}})"),
        application(R"({"metadata": {"name": "of-another"}})"),
        // Out already.
        application(R"({"metadata": {"name": "stranger", "namespace": "team"}, "spec": {"project": "shop"}})"
        ),
    };
    SAID(judge(project("shop", all), around).warnings);
    const auto verdict = judge(project("shop", only_other), around);
    SAID(verdict.problems);
    SAID(
        verdict.warnings,
        "spec: no longer permits objects that are deployed; they stay as they are and are not synced any more: holdfast/web "
        "(application repo https://git.example.com/team/deploy is not permitted in project 'shop')"
    );
}

BOOST_AUTO_TEST_CASE(whoever_deletes_a_project_is_told_whose_it_is) {
    fake_surroundings around;
    around.applications = {
        application(R"({"metadata": {"name": "web"}, "spec": {"project": "shop"}})"),
        application(R"({"metadata": {"name": "other"}})"),
    };
    BOOST_TEST(
        what_a_deletion_leaves("shop", around) ==
        "is in use: until it is there again nothing is synced or deleted for holdfast/web"
    );
    BOOST_TEST(
        what_a_deletion_leaves("default", around) ==
        "is in use: without it nothing but their namespaces limits holdfast/other"
    );
    BOOST_TEST(what_a_deletion_leaves("unused", around) == "");
    for (int i = 0; i < 20; ++i) {
        around.applications.push_back(application(
            R"({"metadata": {"name": "app-)" + std::to_string(i) + R"("}, "spec": {"project": "shop"}})"
        ));
    }
    const auto many = what_a_deletion_leaves("shop", around);
    BOOST_TEST(many.ends_with("and 16 more"), many);
}

BOOST_AUTO_TEST_CASE(windows_are_judged_with_the_rest) {
    const fake_surroundings around;
    const auto with = [](const std::string& window) {
        return project(
            "shop", R"({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}],
                "syncWindows": [{"kind": "deny", "duration": "1h", )" +
                        window + "}]}"
        );
    };
    const auto wrong = judge(with(R"("schedule": "61 * * * *", "applications": ["*"])"), around);
    BOOST_TEST_REQUIRE(wrong.problems.size() == 1U);
    BOOST_TEST(wrong.problems.front().path == "spec.syncWindows[0].schedule");
    const auto for_nobody = judge(with(R"("schedule": "0 9 * * *")"), around);
    SAID(for_nobody.problems);
    SAID(
        for_nobody.warnings,
        "spec.syncWindows[0]: is for no application: name some in applications, namespaces or "
        "clusters (\"*\" for all)"
    );
}

BOOST_AUTO_TEST_CASE(the_first_default_names_those_that_it_limits) {
    fake_surroundings around;
    around.applications = {application()};
    const auto verdict = judge(project("default", only_other), around);
    BOOST_TEST_REQUIRE(verdict.warnings.size() == 1U);
    BOOST_TEST(verdict.warnings.front().message.find("holdfast/shop") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_refused_and_what_surprises_is_told) {
    const fake_surroundings around;
    SAID(
        judge(project("shop", R"({"sourceRepos": ["!*"]})"), around).problems,
        R"(spec.sourceRepos[0]: must not be "!*", which denies everything: leave the list empty for that)"
    );
    const auto surprising = judge(
        project(
            "shop", R"({"sourceRepos": ["!https://x/*"], "destinations": [{"name": "*", "namespace": "a"}]})"
        ),
        around
    );
    SAID(surprising.problems);
    SAID(surprising.warnings, "spec.sourceRepos: only denies: every other repository is permitted");
    const auto elsewhere = judge(project("shop", all, "team"), around);
    SAID(elsewhere.problems);
    SAID(
        elsewhere.warnings,
        R"(metadata.namespace: no Application can use it: Projects count in "holdfast", the operator's namespace)"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::policy
