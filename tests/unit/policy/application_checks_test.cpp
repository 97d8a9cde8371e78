// Judging Applications in their surroundings. What an object says by itself is judged in crds/
// (tests/unit/crds); the sentences as a user sees them are in tests/e2e/data.

#include "policy/specification_checks.hpp"

#include "fake_surroundings.hpp"
#include "said.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::policy {
namespace {

using test::application;
using test::fake_surroundings;
using test::repository;

constexpr const char* early = "2026-01-01T00:00:00Z";
constexpr const char* late = "2026-02-01T00:00:00Z";
constexpr const char* fight = " already: two would fight for the same objects";

} // namespace

BOOST_AUTO_TEST_SUITE(application_checks)

BOOST_AUTO_TEST_CASE(what_is_right_is_right) {
    const fake_surroundings around;
    const auto verdict = judge(application(), around);
    SAID(verdict.problems);
    SAID(verdict.warnings);
}

BOOST_AUTO_TEST_CASE(everything_that_is_wrong_is_told_at_once) {
    const fake_surroundings around;
    const auto verdict = judge(
        application(
            R"({"spec": {"source": {"repoURL": "ftp://a/b", "targetRevision": "a..b", "helm": {"values": "a: ["}},
            "destination": {"name": "elsewhere"}, "syncPolicy": {"syncOptions": ["Prunelast=true"]}}})"
        ),
        around
    );
    BOOST_TEST(verdict.problems.size() == 5U);
}

BOOST_AUTO_TEST_CASE(another_cluster_is_for_the_operators_namespace) {
    const fake_surroundings around;
    const auto to = [](const std::string& ns, const std::string& destination) {
        return application(
            R"({"metadata": {"namespace": ")" + ns + R"("}, "spec": {"destination": )" + destination + "}}"
        );
    };
    SAID(judge(to("holdfast", R"({"name": "east"})"), around).problems);
    SAID(judge(to("holdfast", R"({"name": "", "server": "https://east:6443"})"), around).problems);
    SAID(judge(
             to("team", R"({"name": "", "server": "https://kubernetes.default.svc/", "namespace": "team"})"),
             around
    )
             .problems);
    SAID(
        judge(to("team", R"({"name": "east", "namespace": "team"})"), around).problems,
        "spec.destination.name: must be \"in-cluster\", the cluster that the operator works in: only Applications in "
        "\"holdfast\", the operator's namespace, and those that a Project lets out of their own deploy to others, is \"east\""
    );
    SAID(
        judge(to("team", R"({"name": "", "server": "https://east", "namespace": "team"})"), around).problems,
        "spec.destination.server: must be \"https://kubernetes.default.svc\", the cluster that the operator works in: "
        "only Applications in \"holdfast\", the operator's namespace, and those that a Project lets out of their own deploy to others, is \"https://east\""
    );
    // Its Secret may still come; of two nobody knows which is meant.
    const auto coming = judge(to("holdfast", R"({"name": "coming"})"), around);
    SAID(coming.problems);
    SAID(coming.warnings, "spec.destination.name: there are no clusters with this name: coming (yet)");
    SAID(
        judge(to("holdfast", R"({"name": "elsewhere"})"), around).problems,
        "spec.destination.name: there are 2 clusters with the same name: elsewhere"
    );
}

BOOST_AUTO_TEST_CASE(a_finalizer_that_nobody_would_take_away_is_a_problem) {
    const fake_surroundings around;
    const auto with = [](const std::string& finalizers) {
        return application(R"({"metadata": {"finalizers": [)" + finalizers + "]}}");
    };
    SAID(judge(with(R"("holdfast.dev/resources-finalizer", "theirs.example.com/audit")"), around).problems);
    SAID(
        judge(with(R"("theirs.example.com/audit", "holdfast.dev/resource-finalizer")"), around).problems,
        "metadata.finalizers[1]: no controller removes \"holdfast.dev/resource-finalizer\"; "
        "\"holdfast.dev/resources-finalizer\" seems to be meant"
    );
}

BOOST_AUTO_TEST_CASE(outside_of_the_operators_namespace_an_application_deploys_into_its_own) {
    const fake_surroundings around;
    const auto in_team = [](const std::string& into) {
        return application(
            R"({"metadata": {"namespace": "team"}, "spec": {"destination": {"namespace": ")" + into +
            R"("}}})"
        );
    };
    SAID(judge(in_team("team"), around).problems);
    SAID(judge(in_team(""), around).problems);
    SAID(
        judge(in_team("shop"), around).problems,
        "spec.destination.namespace: must be \"team\": an Application deploys into its own namespace, unless "
        "it is in "
        "\"holdfast\", the operator's, is \"shop\""
    );
}

BOOST_AUTO_TEST_CASE(outside_of_the_operators_namespace_an_application_reaches_nothing_else) {
    fake_surroundings around;
    around.applications.push_back(application(R"({"metadata": {"namespace": "other", "name": "db"}})"));
    const auto verdict = judge(
        application(R"({"metadata": {"namespace": "team"}, "spec": {
            "source": {"repoURL": "file:///var/cache/holdfast/stores/shop"}, "destination": {"namespace": "team"},
            "syncPolicy": {"syncOptions": ["PruneLast=true", "CreateNamespace=true"],
                           "managedNamespaceMetadata": {"labels": {"a": "b"}}},
            "dependsOn": [{"name": "mine"}, {"namespace": "other", "name": "db"}, {"namespace": "other", "name": "no"}],
            "secrets": [{"pass": {"repoURL": "file:///secrets", "keySecretRef": {"name": "key"}}}]}})"),
        around
    );
    const std::string unless = ", unless it is in \"holdfast\", the operator's";
    const std::string file =
        ": must not be a file:// URL, which is for objects in \"holdfast\", the operator's "
        "namespace: it leads to the operator's own disk";
    SAID(
        verdict.problems,
        "spec.syncPolicy.syncOptions[1]: must not be CreateNamespace=true: an Application's own namespace is "
        "there, and is not its to make" +
            unless,
        "spec.syncPolicy.managedNamespaceMetadata: must not be set: an Application does not configure its own namespace" +
            unless,
        "spec.dependsOn[1].namespace: must be \"team\": an Application waits for others of its own "
        "namespace" +
            unless + ", is \"other\"",
        "spec.dependsOn[2].namespace: must be \"team\": an Application waits for others of its own "
        "namespace" +
            unless + ", is \"other\"",
        "spec.source.repoURL" + file, "spec.secrets[0].pass.repoURL" + file
    );
    // Nor whether they are there.
    SAID(verdict.warnings, "spec.dependsOn[0]: there is no Application \"team/mine\" (yet)");
}

BOOST_AUTO_TEST_CASE(a_claim_on_another_namespace_keeps_nobody_from_deploying_there) {
    fake_surroundings around;
    const std::string source = R"("source": {"repoURL": "https://git.example.com/a", "path": "shop"})";
    around.applications.push_back(application(
        R"({"metadata": {"namespace": "rival", "name": "first", "creationTimestamp": ")" +
        std::string{early} + R"("}, "spec": {)" + source + R"(, "destination": {"namespace": "team"}}})"
    ));
    const auto mine = application(
        R"({"metadata": {"namespace": "team", "name": "mine", "creationTimestamp": ")" + std::string{late} +
        R"("}, "spec": {)" + source + R"(, "destination": {"namespace": "team"}}})"
    );
    SAID(judge(mine, around).problems);
}

BOOST_AUTO_TEST_CASE(of_two_applications_for_the_same_objects_the_older_is_right) {
    fake_surroundings around;
    const auto other = application(R"({"metadata": {"name": "first"}})", early);
    around.applications = {other};
    const auto refused =
        "spec.source: is deployed into namespace \"shop\" by the Application \"holdfast/first\"" +
        std::string{fight};
    SAID(judge(application("{}", late), around).problems, refused);
    SAID(judge(application(), around).problems, refused); // not yet created: the youngest
    around.applications = {application("{}", late)};
    SAID(judge(other, around).problems);
    // Two of one second: the name decides, the same for both.
    const auto a = application(R"({"metadata": {"name": "a"}})", early);
    const auto b = application(R"({"metadata": {"name": "b"}})", early);
    around.applications = {a, b};
    BOOST_TEST(problems_of(a, around).size() + problems_of(b, around).size() == 1U);
    // An application does not fight itself, nor one that is going.
    around.applications = {application("{}", early)};
    SAID(judge(application("{}", early), around).problems);
    around.applications = {other};
    around.applications[0].metadata.deletion_timestamp = other.metadata.creation_timestamp;
    SAID(judge(application("{}", late), around).problems);
}

BOOST_AUTO_TEST_CASE(what_makes_the_same_objects_is_decided_by_all_of_the_source) {
    const auto meets = [](const std::string& one, const std::string& two) {
        fake_surroundings around;
        auto other = application(one, early);
        other.metadata.name = "first";
        around.applications = {other};
        return !problems_of(application(two, late), around).empty();
    };
    const auto source = [](const std::string& patch) { return R"({"spec": {"source": )" + patch + "}}"; };
    BOOST_TEST(!meets("{}", source(R"({"targetRevision": "v2"})")));
    BOOST_TEST(meets("{}", source(R"({"path": "./shop/"})")));
    BOOST_TEST(meets("{}", source(R"({"repoURL": "git@git.example.com:team/deploy.git"})")));
    BOOST_TEST(meets(source(R"({"path": "."})"), source(R"({"path": "./"})")));
    BOOST_TEST(!meets("{}", source(R"({"path": "shop2"})")));
    BOOST_TEST(!meets("{}", source(R"({"repoURL": "https://git.example.com/team/other"})")));
    BOOST_TEST(!meets("{}", source(R"({"kustomize": {"namePrefix": "b-"}})")));
    BOOST_TEST(!meets("{}", source(R"({"directory": {"include": "*.yaml"}})")));
    BOOST_TEST(!meets("{}", R"({"spec": {"destination": {"namespace": "other"}}})"));
    // A chart's objects bear the application's name.
    BOOST_TEST(!meets(source(R"({"helm": {"values": "a: 1"}})"), source(R"({"helm": {"values": "a: 1"}})")));
    BOOST_TEST(meets(source(R"({"helm": {"releaseName": "r"}})"), source(R"({"helm": {"releaseName": "r"}})"))
    );
    const std::string several =
        R"({"spec": {"source": null, "sources": [{"repoURL": "https://a.example/b", "path": "x"},
            {"repoURL": "https://git.example.com/team/deploy", "path": "shop", "targetRevision": "v1"}]}})";
    BOOST_TEST(meets("{}", several));
    BOOST_TEST(meets(several, "{}"));
}

BOOST_AUTO_TEST_CASE(a_circle_of_dependencies_is_shown_whole) {
    fake_surroundings around;
    const auto depending = [](const std::string& name, const std::string& on,
                              const std::string& ns = "holdfast") {
        return application(
            R"({"metadata": {"name": ")" + name + R"("}, "spec": {"source": {"path": ")" + name +
            R"("}, "dependsOn": [{"name": ")" + on + R"(", "namespace": ")" + ns + R"("}]}})"
        );
    };
    around.applications = {
        depending("b", "c"), depending("c", "a"), depending("x", "y"), depending("y", "x")
    };
    SAID(
        judge(depending("a", "b"), around).problems,
        "spec.dependsOn[0]: depends on itself: holdfast/a → holdfast/b → holdfast/c → holdfast/a"
    );
    // A circle that others have made among themselves is theirs.
    SAID(judge(depending("a", "x"), around).problems);
    SAID(judge(depending("a", "b", "elsewhere"), around).problems);
    SAID(
        judge(depending("a", "nobody"), around).warnings,
        "spec.dependsOn[0]: there is no Application \"holdfast/nobody\" (yet)"
    );
}

BOOST_AUTO_TEST_CASE(a_dependency_that_is_refused_closes_no_circle) {
    // A tenant's: it may depend on nothing of another namespace, so it stops nobody there by saying so.
    fake_surroundings around;
    around.applications = {application(R"({"metadata": {"namespace": "team", "name": "theirs"},
        "spec": {"destination": {"namespace": "team"}, "dependsOn": [{"name": "shop", "namespace": "holdfast"}]}})"
    )};
    SAID(problems_of(
        application(R"({"spec": {"dependsOn": [{"name": "theirs", "namespace": "team"}]}})"), around
    ));
}

BOOST_AUTO_TEST_CASE(applications_that_many_dependencies_lead_to_are_looked_at_once) {
    // 40 dependencies, of which each leads through the same 2000.
    class counting : public fake_surroundings {
    public:
        const crds::application*
        application(const std::string& namespace_, const std::string& name) const override {
            ++asked;
            const auto found = by_name.find(name);
            return namespace_ == home && found != by_name.end() ? &found->second : nullptr;
        }
        std::map<std::string, crds::application> by_name;
        mutable std::size_t asked = 0;
    };
    counting around;
    auto last = application(R"({"metadata": {"name": "last"}})");
    for (int i = 0; i < 2040; ++i) {
        auto one = application();
        one.metadata.name = "n" + std::to_string(i);
        const auto next = i < 2000 ? i + 1 : 0;
        if (next < 2000) {
            one.spec.depends_on = {{.name = "n" + std::to_string(next), .namespace_ = {}}};
        }
        if (i >= 2000) {
            last.spec.depends_on.push_back({.name = one.metadata.name, .namespace_ = {}});
        }
        around.by_name.emplace(one.metadata.name, std::move(one));
    }
    SAID(problems_of(last, around));
    BOOST_TEST(around.asked < 2200U);
}

BOOST_AUTO_TEST_CASE(a_long_chain_of_dependencies_is_followed_without_a_search_for_each_way) {
    // Each of a layer depends on all of the next: 10^20 ways, 200 applications.
    fake_surroundings around;
    for (int layer = 0; layer < 20; ++layer) {
        for (int i = 0; i < 10; ++i) {
            auto one = application(
                R"({"metadata": {"name": "l)" + std::to_string(layer) + "n" + std::to_string(i) + R"("}})"
            );
            for (int j = 0; j < 10; ++j) {
                one.spec.depends_on.push_back(
                    {.name = "l" + std::to_string(layer + 1) + "n" + std::to_string(j), .namespace_ = {}}
                );
            }
            one.spec.source->path = one.metadata.name;
            around.applications.push_back(std::move(one));
        }
    }
    auto last = application(R"({"metadata": {"name": "l20n0"}, "spec": {"source": {"path": "l"}}})");
    last.spec.depends_on = {{.name = "l0n0", .namespace_ = {}}};
    BOOST_TEST(problems_of(last, around).size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_may_be_right_later_is_a_warning_and_not_looked_for_by_the_controllers) {
    fake_surroundings around;
    const std::string url = "https://git.example.com/team/deploy";
    around.branches[url] = {"main"};
    // As most are: nothing to say.
    const auto moving = application(R"({"spec": {"source": {"targetRevision": "main"},
        "syncPolicy": {"automated": {"prune": true}}}})");
    SAID(judge(moving, around).warnings);
    SAID(
        judge(application(), around).warnings,
        "spec.source.targetRevision: there is no \"v1\" among the refs of " + url + " (yet)"
    );
    BOOST_TEST(problems_of(application(), around).empty());
    const auto ssh =
        application(R"({"spec": {"source": {"repoURL": "git@git.example.com:team/deploy.git"}}})");
    SAID(
        judge(ssh, around).warnings, "spec.source.repoURL: there is no Repository (yet) that covers "
                                     "\"git@git.example.com:team/deploy.git\", and ssh "
                                     "needs its key"
    );
    around.repositories = {repository(R"({"url": "ssh://git@git.example.com/team"})")};
    SAID(judge(ssh, around).warnings);
}

BOOST_AUTO_TEST_CASE(what_is_compared_although_it_is_named_in_ignore_differences_is_a_warning) {
    const fake_surroundings around;
    const auto value = application(R"({"spec": {"ignoreDifferences": [
        {"kind": "Deployment", "jsonPointers": ["/spec/replicas"]},
        {"kind": "*", "jsonPointers": ["/spec/a~2b", "/metadata/name", "/spec/x"]},
        {"kind": "Service", "jqPathExpressions": [".spec.ports[]"]}]}})");
    SAID(
        judge(value, around).warnings,
        "spec.ignoreDifferences[1]: jsonPointers: \"/spec/a~2b\" is not a JSON pointer; one looks like "
        "\"/spec/replicas\"",
        "spec.ignoreDifferences[1]: jsonPointers: \"/metadata/name\" cannot be ignored, it says which object "
        "it "
        "is"
    );
    BOOST_TEST(problems_of(value, around).empty());
}

BOOST_AUTO_TEST_CASE(a_health_check_that_is_not_lua_is_a_problem) {
    const fake_surroundings around;
    const auto value = application(
        R"({"spec": {"healthChecks": [{"kind": "A", "check": "return {status = 'Healthy'}"},
            {"kind": "B", "check": "local x = 1\nreturn {status = }"}]}})"
    );
    SAID(
        judge(value, around).problems,
        "spec.healthChecks[1].check: is not Lua: check:2: unexpected symbol near '}'"
    );
    BOOST_TEST(judge(value, around).warnings.empty());
}

BOOST_AUTO_TEST_CASE(sync_options_that_are_not_served_or_no_more_are_warnings) {
    const fake_surroundings around;
    const auto value = application(
        R"({"spec": {"syncPolicy": {"syncOptions": ["ServerDryRun=true", "ServerSideApply=false", "Prune=false"]}}})"
    );
    SAID(
        judge(value, around).warnings,
        "spec.syncPolicy.syncOptions[0]: ServerDryRun has no effect any more; take it out",
        "spec.syncPolicy.syncOptions[1]: ServerSideApply=false is not served by this version: everything is "
        "applied by the server, field by field"
    );
    BOOST_TEST(problems_of(value, around).empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::policy
