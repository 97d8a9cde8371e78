// How a Project and the fence around a namespace come together.
#include "fake_surroundings.hpp"
#include "policy/cluster_use.hpp"
#include "policy/grants.hpp"
#include "policy/project_index.hpp"
#include "said.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::policy {
namespace {

using namespace test;

constexpr const char* home = "holdfast";

grants granted(const project_index& projects, const crds::application& a) {
    return grants_of(a, cluster_of(a.spec.destination), projects, home);
}

const std::string everything =
    R"({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}]})";

const sync::object_id namespace_x{"", "Namespace", "", "x"};
const sync::object_id service_in_shop{"", "Service", "shop", "web"};
const sync::object_id service_in_x{"", "Service", "x", "web"};
const sync::object_id secret_in_team{"", "Secret", "team", "key"};

const std::string in_team =
    R"({"metadata": {"namespace": "team"}, "spec": {"destination": {"namespace": null}}})";

BOOST_AUTO_TEST_SUITE(grants_of_applications)

BOOST_AUTO_TEST_CASE(without_a_project_the_operators_namespace_is_free_and_others_are_confined) {
    const project_index none;
    const auto free = granted(none, application());
    BOOST_TEST(free.permits_everything());
    BOOST_TEST(free.why_not(namespace_x) == "");
    SAID(what_is_not_granted(application(), free));

    const auto team = application(in_team);
    const auto fenced = granted(none, team);
    BOOST_TEST(fenced.confined_to == "team");
    BOOST_TEST(fenced.why_not(secret_in_team) == "");
    BOOST_TEST(
        fenced.why_not(service_in_x) ==
        R"(Service "x/web" is outside of the namespace "team", which the application is confined to)"
    );
    BOOST_TEST(
        fenced.why_not(namespace_x) ==
        R"(Namespace "x" is outside of the namespace "team", which the application is confined to)"
    );
    BOOST_TEST(!is_let_out(team.metadata, fenced, home));
    SAID(what_is_not_granted(team, fenced));
}

BOOST_AUTO_TEST_CASE(what_argo_cd_stores_as_default_changes_nothing) {
    project_index projects;
    projects.put(project("default", everything));
    const auto free = granted(projects, application());
    BOOST_TEST(free.why_not(namespace_x) == "");
    SAID(what_is_not_granted(application(), free));
    const auto team = application(in_team);
    const auto fenced = granted(projects, team);
    BOOST_TEST(fenced.confined_to == "team");
    BOOST_TEST(fenced.why_not(secret_in_team) == "");
    BOOST_TEST(fenced.why_not(service_in_x) != "");
    SAID(what_is_not_granted(team, fenced));
}

BOOST_AUTO_TEST_CASE(a_stored_default_limits_those_it_does_not_name_and_lets_none_of_them_out) {
    project_index projects;
    projects.put(project("default", R"({"sourceRepos": ["https://git.example.com/other/*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "namespaceResourceBlacklist": [{"group": "", "kind": "Secret"}]})"));
    const auto team = application(in_team);
    const auto fenced = granted(projects, team);
    BOOST_TEST(fenced.confined_to == "team");
    BOOST_TEST(fenced.why_not(secret_in_team) == "resource :Secret is not permitted in project default");
    SAID(
        what_is_not_granted(team, fenced),
        "spec.source.repoURL: application repo https://git.example.com/team/deploy is not permitted in project "
        "'default'"
    );
}

BOOST_AUTO_TEST_CASE(a_project_that_is_not_there_permits_nothing) {
    const project_index none;
    const auto lost = application(R"({"spec": {"project": "shop"}})");
    const auto nothing = granted(none, lost);
    SAID(
        what_is_not_granted(lost, nothing),
        "spec.project: Application referencing project shop which does not exist"
    );
    BOOST_TEST(
        nothing.why_not(service_in_shop) == "Application referencing project shop which does not exist"
    );
    BOOST_TEST(!nothing.permits_everything());
}

BOOST_AUTO_TEST_CASE(a_project_that_is_wrong_permits_nothing) {
    project_index projects;
    projects.put("shop", "spec.sourceRepos: must be a list, is 5");
    const auto value = application(R"({"spec": {"project": "shop"}})");
    SAID(
        what_is_not_granted(value, granted(projects, value)),
        "spec.project: project 'shop' is wrong, and permits nothing until it is right: spec.sourceRepos: must be a "
        "list, is 5"
    );
    BOOST_TEST(granted(projects, value).why_not(service_in_shop) != "");
}

BOOST_AUTO_TEST_CASE(an_application_elsewhere_uses_only_projects_that_name_its_namespace) {
    project_index projects;
    projects.put(project("shop", everything));
    const auto stranger = application(
        R"({"metadata": {"namespace": "team"}, "spec": {"project": "shop", "destination": {"namespace": "x"}}})"
    );
    const auto nothing = granted(projects, stranger);
    BOOST_TEST(nothing.confined_to == "team");
    SAID(
        what_is_not_granted(stranger, nothing),
        "spec.project: application 'shop' in namespace 'team' is not allowed to use project 'shop'"
    );
    BOOST_TEST(nothing.why_not(secret_in_team) != "");
    BOOST_TEST(!is_let_out(stranger.metadata, nothing, home));
}

BOOST_AUTO_TEST_CASE(a_project_that_names_the_namespace_says_where_to_in_place_of_the_fence) {
    project_index projects;
    projects.put(project("shop", R"({"sourceRepos": ["https://git.example.com/team/*"],
        "destinations": [{"name": "in-cluster", "namespace": "shop*"}], "sourceNamespaces": ["team"],
        "clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "shop*"}]})"));
    const auto let_out = application(R"({"metadata": {"namespace": "team"}, "spec": {"project": "shop"}})");
    const auto free = granted(projects, let_out);
    BOOST_TEST(is_let_out(let_out.metadata, free, home));
    BOOST_TEST(free.confined_to == "");
    SAID(what_is_not_granted(let_out, free));
    BOOST_TEST(free.why_not(service_in_shop) == "");
    BOOST_TEST(free.why_not({"", "Namespace", "", "shop-2"}) == "");
    BOOST_TEST(free.why_not(namespace_x) == "resource :Namespace is not permitted in project shop");
    // Not even its own namespace, where the project does not permit it.
    BOOST_TEST(free.why_not(secret_in_team) == "namespace team is not permitted in project 'shop'");

    const auto elsewhere = application(
        R"({"metadata": {"namespace": "team"}, "spec": {"project": "shop", "destination": {"namespace": "kube-system"}}})"
    );
    SAID(
        what_is_not_granted(elsewhere, granted(projects, elsewhere)),
        "spec.destination: application destination server 'https://kubernetes.default.svc' and namespace "
        "'kube-system' do not match any of the allowed destinations in project 'shop'"
    );
}

BOOST_AUTO_TEST_CASE(another_cluster_is_for_whom_a_project_lets_out_to_it) {
    project_index projects;
    projects.put(project("shop", R"({"sourceRepos": ["*"], "sourceNamespaces": ["team"],
        "destinations": [{"name": "east", "namespace": "shop*"}]})"));
    const auto may = [&](const std::string& ns, const std::string& project, const std::string& cluster) {
        const auto a = application(
            R"({"metadata": {"namespace": ")" + ns + R"("}, "spec": {"project": ")" + project +
            R"(", "destination": {"name": ")" + cluster + R"("}}})"
        );
        return may_use_cluster(a, granted(projects, a), home);
    };
    BOOST_TEST(may(home, "default", "east"));
    BOOST_TEST(may(home, "shop", "east"));
    BOOST_TEST(!may(home, "shop", "west")); // not even for those of the operator's namespace
    BOOST_TEST(may("team", "shop", "east"));
    BOOST_TEST(!may("team", "shop", "west"));
    BOOST_TEST(!may("team", "default", "east"));
    BOOST_TEST(!may("other", "shop", "east"));
    BOOST_TEST(!may("team", "missing", "east"));
    BOOST_TEST(may("other", "default", "in-cluster"));
}

// By whichever of its names the cluster is known.
BOOST_AUTO_TEST_CASE(a_project_may_go_by_the_other_name_of_a_cluster) {
    project_index projects;
    projects.put(project("shop", R"({"sourceRepos": ["*"],
        "destinations": [{"server": "https://east:6443", "namespace": "*"}]})"));
    const auto a = application(R"({"spec": {"project": "shop", "destination": {"name": "east"}}})");
    SAID(what_is_not_granted(a, grants_of(a, {"https://east:6443", "east"}, projects, home)));
    SAID(
        what_is_not_granted(a, grants_of(a, {"https://secret:6443", "east"}, projects, home)),
        "spec.destination: application destination server 'east' and namespace 'shop' do not match any of the "
        "allowed destinations in project 'shop'"
    );
}

BOOST_AUTO_TEST_CASE(what_an_operation_brings_is_judged_as_what_the_specification_brings) {
    project_index projects;
    projects.put(project("default", R"({"sourceRepos": ["https://git.example.com/team/*"],
        "destinations": [{"server": "*", "namespace": "*"}]})"));
    const auto asks = application(
        R"({"operation": {"sync": {"source": {"repoURL": "https://evil.example.com/x", "path": "a"}}}})"
    );
    SAID(
        what_is_not_granted(asks, granted(projects, asks)),
        "operation.sync.source.repoURL: application repo https://evil.example.com/x is not permitted in project "
        "'default'"
    );
}

BOOST_AUTO_TEST_CASE(a_project_says_as_whom_an_application_deploys_that_names_nobody) {
    project_index projects;
    projects.put(
        project("shop", R"({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}],
        "destinationServiceAccounts": [
            {"server": "https://kubernetes.default.svc", "namespace": "shop", "defaultServiceAccount": "deployer"},
            {"server": "*", "namespace": "stage-*", "defaultServiceAccount": "ci:stage"},
            {"server": "*", "namespace": "shop", "defaultServiceAccount": "never"}]})")
    );
    const auto as = [&](const std::string& patch) { return granted(projects, application(patch)).account; };
    BOOST_TEST(as(R"({"spec": {"project": "shop"}})") == "system:serviceaccount:shop:deployer");
    BOOST_TEST(
        as(R"({"spec": {"project": "shop", "destination": {"namespace": "stage-1"}}})") ==
        "system:serviceaccount:ci:stage"
    );
    const auto nobody = application(R"({"spec": {"project": "shop", "destination": {"namespace": "x"}}})");
    SAID(
        what_is_not_granted(nobody, granted(projects, nobody)),
        "spec.destination: no matching service account found for destination server "
        "'https://kubernetes.default.svc' and namespace 'x' in project 'shop'"
    );
    const auto own = application(
        R"({"spec": {"project": "shop", "serviceAccountName": "mine", "destination": {"namespace": "x"}}})"
    );
    SAID(what_is_not_granted(own, granted(projects, own)));
}

BOOST_AUTO_TEST_CASE(only_what_changes_the_rules_is_news) {
    project_index projects;
    auto value = project("shop", everything);
    BOOST_TEST(projects.put(value));
    value.metadata.labels["a"] = "b";
    value.status.applications = 5;
    BOOST_TEST(!projects.put(value));
    value.spec.description = "another";
    BOOST_TEST(projects.put(value));
    BOOST_TEST(projects.put("shop", "wrong"));
    BOOST_TEST(!projects.put("shop", "wrong"));
    BOOST_TEST(projects.erase("shop"));
    BOOST_TEST(!projects.erase("shop"));
}

BOOST_AUTO_TEST_CASE(a_cluster_of_a_project_is_used_by_that_project_alone) {
    project_index projects;
    projects.put(project("shop", everything));
    projects.put(project("team", everything));
    projects.put(project("default", everything));
    struct {
        const char* declared_for;
        const char* project;
        const char* wrong; // empty: it may
    } const table[] = {
        {"", "shop", ""},          {"shop", "shop", ""}, {"shop", "team", "'team'"},
        {"shop", "", "'default'"}, {"default", "", ""},
    };
    for (const auto& one : table) {
        BOOST_TEST_CONTEXT(one.declared_for << " for " << one.project) {
            const auto value = application(R"({"spec": {"project": ")" + std::string{one.project} + R"("}})");
            auto cluster = cluster_of(value.spec.destination);
            cluster.project = one.declared_for;
            const auto granted = grants_of(value, cluster, projects, home);
            const auto said = crds::join(what_is_not_granted(value, granted));
            if (*one.wrong == 0) {
                BOOST_TEST(said == "");
                BOOST_TEST(granted.why_not(service_in_x) == "");
            } else {
                BOOST_TEST(
                    said ==
                    "spec.destination: cluster 'https://kubernetes.default.svc' is declared for another "
                    "project than " +
                        std::string{one.wrong}
                );
                BOOST_TEST(!deploys_where_it_may(value, granted));
                BOOST_TEST(granted.why_not(service_in_x) != "");
            }
        }
    }
    // With no Project stored the default one limits nothing, and has no clusters of others.
    const project_index none;
    auto cluster = cluster_of(application().spec.destination);
    cluster.project = "shop";
    BOOST_TEST(!what_is_not_granted(application(), grants_of(application(), cluster, none, home)).empty());
}

BOOST_AUTO_TEST_CASE(a_project_that_uses_only_its_own_clusters_uses_no_others) {
    project_index projects;
    projects.put(
        project("shop", R"({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}],
                    "permitOnlyProjectScopedClusters": true})")
    );
    const auto value = application(R"({"spec": {"project": "shop"}})");
    auto cluster = cluster_of(value.spec.destination);
    BOOST_TEST(
        crds::join(what_is_not_granted(value, grants_of(value, cluster, projects, home)))
            .find("do not match any of the allowed destinations in project 'shop'") != std::string::npos
    );
    cluster.project = "shop";
    SAID(what_is_not_granted(value, grants_of(value, cluster, projects, home)));
}

BOOST_AUTO_TEST_CASE(which_clusters_a_namespace_could_use) {
    project_index projects;
    projects.put(
        project("shop", R"({"sourceRepos": ["*"], "destinations": [{"name": "east", "namespace": "*"}],
                    "sourceNamespaces": ["team-*"]})")
    );
    const cluster_identity own{
        .server = "https://kubernetes.default.svc", .name = "in-cluster", .project = {}
    };
    const cluster_identity east{.server = "https://east", .name = "east", .project = {}};
    const cluster_identity west{.server = "https://west", .name = "west", .project = {}};
    auto scoped = east;
    scoped.project = "another";
    const auto could = [&](const std::string& namespace_, const cluster_identity& cluster) {
        return could_use_cluster(namespace_, cluster, projects, home);
    };
    BOOST_TEST(could(home, east));
    BOOST_TEST(could(home, west));
    BOOST_TEST(could("elsewhere", own));
    BOOST_TEST(!could("elsewhere", east)); // no Project lets it in
    BOOST_TEST(could("team-a", own));
    BOOST_TEST(could("team-a", east));
    BOOST_TEST(!could("team-a", west));
    BOOST_TEST(!could("team-a", scoped)); // another Project's
    projects.put("shop", "it is wrong");
    BOOST_TEST(!could("team-a", east));
}

BOOST_AUTO_TEST_CASE(a_password_store_is_a_source_too) {
    project_index projects;
    projects.put(project(
        "shop",
        R"({"sourceRepos": ["https://git.example.com/team/*"], "destinations": [{"server": "*", "namespace": "*"}]})"
    ));
    const auto reading = [&](const std::string& url) {
        const auto value = application(
            R"({"spec": {"project": "shop", "secrets": [{"pass": {"repoURL": ")" + url +
            R"(", "keySecretRef": {"name": "k", "key": "private"}}}]}})"
        );
        return crds::join(what_is_not_granted(value, granted(projects, value)));
    };
    BOOST_TEST(reading("https://git.example.com/team/passwords") == "");
    BOOST_TEST(
        reading("https://git.example.com/other/passwords") ==
        "spec.secrets[0].pass.repoURL: password store https://git.example.com/other/passwords is not permitted in "
        "project 'shop'"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::policy
