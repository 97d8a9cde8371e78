// A Project: what it permits is deployed, what it does not is said and neither applied nor deleted.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/json.hpp"
#include "e2e/projects.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

json::object parsed(const std::string& text) {
    return json::parse(text).as_object();
}

std::string service(const std::string& name) {
    return "{apiVersion: v1, kind: Service, metadata: {name: " + name + "}, spec: {ports: [{port: 80}]}}\n";
}

/// The row of an object in the last operation.
json::object row_of(const application_view& seen, const std::string& kind) {
    const json::value object(seen.object);
    json::error_code missing;
    const auto* rows = object.find_pointer("/status/operationState/syncResult/resources", missing);
    if (rows == nullptr) {
        return {};
    }
    for (const auto& row : rows->as_array()) {
        if (row.at("kind").as_string() == kind) {
            return row.as_object();
        }
    }
    return {};
}

std::string text_in(const json::object& row, std::string_view member) {
    return text_of(row.if_contains(member));
}

} // namespace

BOOST_AUTO_TEST_SUITE(projects)

BOOST_AUTO_TEST_CASE(what_it_permits_is_deployed_and_counted) {
    scene s{"permitted"};
    s.config_map("a", "1");
    s.repository.push("One");
    project p{s.w, "shop", permitting(s)};
    s.follow({.spec = {{"project", "shop"}}});
    s.until(is_ready, "it is deployed");
    BOOST_TEST(s.value("a") == "1");
    eventually([&] { return p.status(".applications") == "1" && p.ready() == "True"; }, "it is counted");
    BOOST_TEST(p.status(".forbiddenApplications") == "");
}

BOOST_AUTO_TEST_CASE(what_it_forbids_later_is_said_and_stays_until_it_permits_it_again) {
    scene s{"forbidden-later"};
    s.config_map("a", "1");
    s.repository.push("One");
    project p{s.w, "narrowed", permitting(s)};
    s.follow({.spec = {{"project", "narrowed"}}});
    s.until(is_ready, "it is deployed");

    p.apply(with(permitting(s), "sourceRepos", json::array{"https://git.example.com/other"}));
    auto seen = await_condition(
        s.name, "InvalidSpecError",
        {"application repo " + s.repository.url() + " is not permitted in project 'narrowed'"}
    );
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(seen.sync == "Unknown");
    BOOST_TEST(seen.health == "Unknown");
    eventually([&] { return p.status(".forbiddenApplications") == "1"; }, "it is counted as forbidden");
    s.config_map("a", "2");
    s.repository.push("Two");
    // Drift stays too: nothing is done for it.
    s.w.kubectl({"delete", "configmap", "a", "-n", s.name});
    throughout(3s, [&] { return !s.has("a"); }, "nothing is applied");

    p.apply(with(permitting(s), "destinations", json::array{json::object{{"name", "*"}, {"namespace", "x"}}})
    );
    await_condition(
        s.name, "InvalidSpecError",
        {"application destination server 'https://kubernetes.default.svc' and namespace '" + s.name +
         "' do not match any of the allowed destinations in project 'narrowed'"}
    );
    p.apply(permitting(s));
    s.until(is_ready, "it goes on");
    BOOST_TEST(s.value("a") == "2");
    eventually([&] { return p.status(".forbiddenApplications") == ""; }, "none is forbidden");
}

BOOST_AUTO_TEST_CASE(a_kind_that_is_denied_fails_the_sync_in_a_row_that_names_it) {
    scene s{"denied-kind"};
    s.config_map("a", "1").repository.write("service.yaml", service("web"));
    s.repository.push("One");
    project p{
        s.w, "no-services",
        with(
            permitting(s), "namespaceResourceBlacklist",
            json::array{json::object{{"group", ""}, {"kind", "Service"}}}
        )
    };
    s.follow({.spec = {{"project", "no-services"}}});
    const auto seen = await_condition(
        s.name, "SyncError",
        {"one or more synchronization tasks are not valid",
         "resource :Service is not permitted in project no-services"}
    );
    BOOST_TEST(seen.get("Ready").status == "False", seen.describe());
    const auto told = s.until(
        [](const application_view& v) { return !row_of(v, "Service").empty(); },
        "the operation has a row for it"
    );
    const auto row = row_of(told, "Service");
    BOOST_TEST(text_in(row, "status") == "SyncFailed", json::serialize(row));
    BOOST_TEST(
        text_in(row, "message") == "resource :Service is not permitted in project no-services",
        json::serialize(told.object)
    );
    BOOST_TEST(text_in(resource_of(seen, "Service", "web"), "status") == "Unknown");
    BOOST_TEST(!s.has("a")); // nothing at all, as long as something is not permitted
    BOOST_TEST(!s.w.exists("service", s.name, "web"));

    p.apply(permitting(s));
    s.until(is_ready, "all of it is deployed");
    BOOST_TEST(s.w.exists("service", s.name, "web"));
}

BOOST_AUTO_TEST_CASE(a_live_object_of_a_denied_kind_is_neither_pruned_nor_deleted) {
    scene s{"denied-live"};
    s.config_map("a", "1").repository.write("service.yaml", service("web"));
    s.repository.push("One");
    project p{s.w, "denies-later", permitting(s)};
    s.follow({.spec = {{"project", "denies-later"}}});
    s.until(is_ready, "all of it is deployed");

    p.apply(with(
        permitting(s), "namespaceResourceBlacklist",
        json::array{json::object{{"group", ""}, {"kind", "Service"}}}
    ));
    s.until(
        [](const application_view& v) { return v.sync == "OutOfSync"; },
        "the Service is not permitted any more"
    );
    BOOST_TEST(s.w.exists("service", s.name, "web"));
    s.config_map("a", "2").repository.remove("service.yaml");
    const auto two = s.repository.push("Without the Service");
    s.until(
        [&](const application_view& v) { return is_ready(v) && v.revision == two; }, "the rest is deployed"
    );
    BOOST_TEST(s.value("a") == "2");
    BOOST_TEST(s.w.exists("service", s.name, "web"));
    BOOST_TEST(resource_of(s.look(), "Service", "web").empty());

    s.w.kubectl({"delete", "application.holdfast.dev", s.name, "-n", home, "--wait=false"});
    eventually([&] { return !view(s.name).exists; }, "the application is gone");
    BOOST_TEST(!s.has("a"));
    BOOST_TEST(s.w.exists("service", s.name, "web"));
}

BOOST_AUTO_TEST_CASE(a_project_that_is_deleted_in_use_takes_nothing_along) {
    scene s{"orphaned-by-project"};
    s.config_map("a", "1");
    s.repository.push("One");
    project p{s.w, "short-lived", permitting(s)};
    s.follow({.spec = {{"project", "short-lived"}}});
    s.until(is_ready, "it is deployed");
    p.remove();
    auto seen = await_condition(
        s.name, "InvalidSpecError", {"Application referencing project short-lived which does not exist"}
    );
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(seen.sync == "Unknown");
    BOOST_TEST(s.value("a") == "1");
    // The end of the application waits: nobody says what it may delete.
    s.w.kubectl({"delete", "application.holdfast.dev", s.name, "-n", home, "--wait=false"});
    await_condition(
        s.name, "DeletionError", {"Application referencing project short-lived which does not exist"}
    );
    throughout(2s, [&] { return s.has("a"); }, "nothing is deleted");
    p.apply(permitting(s));
    eventually([&] { return !view(s.name).exists && !s.has("a"); }, "it goes when it may");
}

BOOST_AUTO_TEST_CASE(what_is_stored_as_default_limits_and_its_absence_does_not) {
    scene s{"by-default"};
    s.config_map("a", "1");
    s.repository.push("One");
    s.follow();
    s.until(is_ready, "without it nothing is limited");
    project p{s.w, "default", with(permitting(s), "sourceRepos", json::array{"https://git.example.com/x"})};
    await_condition(s.name, "InvalidSpecError", {"is not permitted in project 'default'"});
    p.apply(parsed(R"({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}]})"));
    s.until(is_ready, "what Argo CD stores limits nothing");
    p.apply(with(permitting(s), "sourceRepos", json::array{"!*"})); // the webhook is off
    await_condition(s.name, "InvalidSpecError", {"project 'default' is wrong, and permits nothing"});
    eventually([&] { return p.ready() == "False"; }, "its own status says so");
    p.remove();
    s.until(is_ready, "without it nothing is limited again");
}

BOOST_AUTO_TEST_CASE(an_application_elsewhere_leaves_its_namespace_by_a_project_that_names_it_and_no_further
) {
    auto& w = world::with_operator();
    for (const auto* ns : {"team", "team-stage", "team-other"}) {
        w.create_namespace(ns);
    }
    for (const auto* ns : {"team", "team-stage", "team-other"}) {
        // Rights are the tenant's own, in all of the three: what holds it is the project.
        w.kubectl(
            {"create", "rolebinding", "team", "-n", ns, "--clusterrole=cluster-admin",
             "--serviceaccount=team:default"}
        );
    }
    git_repository repository{"team"};
    repository.write("a.yaml", config_map("a", "k", "1"));
    repository.push("One");
    w.apply(json::serialize(json::object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", "team"}, {"namespace", "team"}}},
        {"spec", {{"url", repository.url()}, {"interval", "1s"}}}
    }));
    const json::object open{
        {"sourceRepos", json::array{repository.url()}},
        {"destinations", json::array{json::object{{"name", "in-cluster"}, {"namespace", "team-stage"}}}}
    };
    project p{w, "team", open};
    w.apply(application(
        "app", {.url = repository.url(),
                .into = "team-stage",
                .finalizer = false,
                .ns = "team",
                .spec = {{"project", "team"}}}
    ));
    await_condition(
        "app", "InvalidSpecError",
        {"application 'app' in namespace 'team' is not allowed to use project 'team'"}, "team"
    );
    BOOST_TEST(!w.exists("configmap", "team-stage", "a"));

    p.apply(with(open, "sourceNamespaces", json::array{"team"}));
    await_synced("app", {}, "team");
    BOOST_TEST(w.exists("configmap", "team-stage", "a"));

    // By a manifest that says where it goes.
    repository.write(
        "b.yaml",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: team-other}, data: {k: v}}\n"
    );
    repository.push("Out of it");
    await_condition("app", "SyncError", {"namespace team-other is not permitted in project 'team'"}, "team");
    BOOST_TEST(!w.exists("configmap", "team-other", "b"));
    // By a kind that is in no namespace.
    repository.remove("b.yaml").write(
        "b.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: team-b}}\n"
    );
    repository.push("Into the cluster");
    await_condition("app", "SyncError", {"resource :Namespace is not permitted in project team"}, "team");
    BOOST_TEST(!w.exists("namespace", "", "team-b"));
    repository.remove("b.yaml");
    const auto last = repository.push("Within it");
    await_synced("app", last, "team");
    w.kubectl({"delete", "application.holdfast.dev", "app", "-n", "team"});
}

BOOST_AUTO_TEST_CASE(an_application_deploys_as_the_account_that_its_project_says_and_has_no_more_rights) {
    scene s{"impersonated"};
    s.w.kubectl({"create", "serviceaccount", "deployer", "-n", s.name});
    s.w.kubectl(
        {"create", "role", "deployer", "-n", s.name, "--verb=get,list,watch,create,patch,delete",
         "--resource=configmaps"}
    );
    s.w.kubectl(
        {"create", "rolebinding", "deployer", "-n", s.name, "--role=deployer",
         "--serviceaccount=" + s.name + ":deployer"}
    );
    s.config_map("a", "1");
    s.repository.push("One");
    const auto account = json::array{json::object{
        {"server", "https://kubernetes.default.svc"},
        {"namespace", s.name},
        {"defaultServiceAccount", "deployer"}
    }};
    project p{s.w, "impersonating", with(permitting(s), "destinationServiceAccounts", account)};
    s.follow({.spec = {{"project", "impersonating"}}});
    s.until(is_ready, "what the account may do is done");
    BOOST_TEST(s.value("a") == "1");

    s.repository.write("service.yaml", service("web"));
    s.repository.push("What the account may not make");
    await_condition(s.name, "SyncError", {"system:serviceaccount:" + s.name + ":deployer", "services"});
    BOOST_TEST(!s.w.exists("service", s.name, "web"));

    // As itself the operator may.
    p.apply(permitting(s));
    s.until(is_ready, "all of it is deployed");
    BOOST_TEST(s.w.exists("service", s.name, "web"));
    p.apply(with(
        permitting(s), "destinationServiceAccounts",
        json::array{json::object{
            {"server", "https://kubernetes.default.svc"},
            {"namespace", "x"},
            {"defaultServiceAccount", "deployer"}
        }}
    ));
    await_condition(s.name, "InvalidSpecError", {"no matching service account found"});
    p.apply(permitting(s));
    s.until(is_ready, "it is permitted for its end");
}

BOOST_AUTO_TEST_CASE(a_restart_finds_the_projects_before_it_does_anything) {
    scene s{"restarted-in-project"};
    s.config_map("a", "1");
    s.repository.push("One");
    project p{s.w, "after-restart", permitting(s)};
    s.follow({.spec = {{"project", "after-restart"}}});
    s.until(is_ready, "it is deployed");
    auto& running = s.w.shared_operator();
    running.stop();
    p.apply(with(permitting(s), "namespaceResourceWhitelist", json::array{}));
    s.config_map("a", "2");
    s.repository.push("Two");
    running.start();
    await_condition(s.name, "SyncError", {"resource :ConfigMap is not permitted in project after-restart"});
    BOOST_TEST(s.value("a") == "1");
}

BOOST_AUTO_TEST_SUITE_END()
