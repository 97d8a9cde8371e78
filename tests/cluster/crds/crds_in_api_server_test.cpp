// The CRDs as the API server takes them: installed, explained, and refusing what their rules say.
#include "cluster/control_plane.hpp"
#include "crds/application.hpp"
#include "crds/bounded_status.hpp"
#include "crds/project.hpp"
#include "crds/repository.hpp"
#include "support/temporary_directory.hpp"
#include "unit/crds/examples.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>
#include <thread>

namespace holdfast::crds {
namespace {

using namespace std::chrono_literals;
using namespace test;
using holdfast::test::command_result;
using holdfast::test::control_plane;

control_plane* cluster = nullptr;

command_result kubectl(std::vector<std::string> arguments, std::string input = {}) {
    return cluster->kubectl(std::move(arguments), {.input = std::move(input)});
}

/// One control plane with the CRDs installed, for all cases of the suite.
class installed_crds {
public:
    installed_crds() : control_plane_{{.controller_manager = false}} {
        cluster = &control_plane_;
        const auto applied = kubectl({"apply", "--server-side", "-f", HOLDFAST_SOURCE_DIR "/crds"});
        BOOST_TEST_REQUIRE(applied.ok(), applied.err);
        const auto established = kubectl(
            {"wait", "--for=condition=Established", "--timeout=20s", "crd/applications.holdfast.dev",
             "crd/applicationsets.holdfast.dev", "crd/projects.holdfast.dev", "crd/repositories.holdfast.dev"}
        );
        BOOST_TEST_REQUIRE(established.ok(), established.err);
        // Discovery and the OpenAPI document, which kubectl goes by, come a little later.
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        for (const auto* kind :
             {"applications.holdfast.dev", "applicationsets.holdfast.dev", "projects.holdfast.dev",
              "repositories.holdfast.dev"}) {
            while (!kubectl({"explain", kind}).ok()) {
                BOOST_TEST_REQUIRE(
                    (std::chrono::steady_clock::now() < deadline), kind << " is not in the OpenAPI document"
                );
                std::this_thread::sleep_for(50ms);
            }
        }
    }
    ~installed_crds() { cluster = nullptr; }

private:
    control_plane control_plane_;
};

/// What the API server says to the making of an object, without making it: empty where it takes it.
std::string refusal_of(const json::object& object) {
    const auto told = kubectl({"create", "--dry-run=server", "-f", "-"}, json::serialize(object));
    return told.ok() ? std::string{} : told.err;
}

json::object made(const json::object& object) {
    const auto told = kubectl({"create", "-o", "json", "-f", "-"}, json::serialize(object));
    BOOST_TEST_REQUIRE(told.ok(), told.err);
    return json::parse(told.out).as_object();
}

struct refused {
    std::string_view spec;
    std::string_view problem;
};

BOOST_AUTO_TEST_SUITE(crds_in_the_api_server, *boost::unit_test::fixture<installed_crds>())

BOOST_AUTO_TEST_CASE(are_established_structural_and_have_their_names) {
    for (const auto* name :
         {"applications.holdfast.dev", "applicationsets.holdfast.dev", "projects.holdfast.dev",
          "repositories.holdfast.dev"}) {
        const auto told = kubectl({"get", "crd", name, "-o", "json"});
        BOOST_TEST_REQUIRE(told.ok(), told.err);
        const auto crd = json::parse(told.out);
        bool established = false;
        for (const auto& condition : crd.at("status").at("conditions").as_array()) {
            const auto& type = condition.at("type").as_string();
            const bool is = condition.at("status").as_string() == "True";
            BOOST_TEST(!(type == "NonStructuralSchema" && is), json::serialize(condition));
            established = established || (type == "Established" && is);
        }
        BOOST_TEST(established, name);
    }
    BOOST_TEST(kubectl({"get", "happ,happset,hproj,hrepo"}).ok());
    BOOST_TEST(kubectl({"get", "holdfast"}).ok());
}

BOOST_AUTO_TEST_CASE(take_a_set_with_every_field_and_refuse_one_whose_applications_have_no_name) {
    auto set = full_application_set();
    set.erase("status");
    set["metadata"] = json::object{{"name", "teams"}, {"namespace", "default"}};
    BOOST_TEST(refusal_of(set) == "");
    const auto kept = made(set);
    BOOST_TEST((kept.at("spec") == set.at("spec")), json::serialize(kept.at("spec")));
    set.at("spec").at("template").at("metadata").as_object().erase("name");
    const auto refusal = refusal_of(set);
    BOOST_TEST(refusal.find("template.metadata.name must not be empty") != std::string::npos, refusal);
}

BOOST_AUTO_TEST_CASE(explain_themselves) {
    const auto source = kubectl({"explain", "applications.holdfast.dev.spec.source.targetRevision"});
    BOOST_TEST_REQUIRE(source.ok(), source.err);
    BOOST_TEST(source.out.find("a branch, a tag, a commit") != std::string::npos, source.out);
    const auto interval = kubectl({"explain", "repositories.holdfast.dev.spec.interval"});
    BOOST_TEST_REQUIRE(interval.ok(), interval.err);
    BOOST_TEST(interval.out.find("Defaults to 3m.") != std::string::npos, interval.out);
}

BOOST_AUTO_TEST_CASE(refuse_what_an_application_must_not_say) {
    const refused table[] = {
        {R"({'source': null})", "spec: Invalid value: exactly one of source and sources must be set"},
        {R"({'sources': [{'repoURL': 'x', 'path': 'a'}]})", "exactly one of source and sources must be set"},
        {R"({'source': null, 'sources': []})", "exactly one of source and sources must be set"},
        {R"({'source': {'path': 'a'}})", "spec.source.repoURL: Required value"},
        {R"({'source': {'repoURL': 'x'}})",
         "spec.source: Invalid value: one of path, chart and ref must be set"},
        {R"({'source': {'repoURL': 'x', 'path': ''}})", "one of path, chart and ref must be set"},
        {R"({'source': {'repoURL': 'x', 'ref': 'a'}})",
         "spec.source: Invalid value: a single source needs a path or a chart"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'chart': 'b', 'targetRevision': '1.2.3'}})",
         "spec.source.path: Invalid value: path and chart exclude each other"},
        {R"({'source': null, 'sources': [{'repoURL': 'x', 'ref': 'a', 'chart': 'b', 'targetRevision': '1.2.3'}]})",
         "spec.sources[0].ref: Invalid value: ref and chart exclude each other"},
        {R"({'source': {'repoURL': 'x', 'chart': 'b'}})",
         "spec.source.targetRevision: Invalid value: targetRevision is required where chart is set"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'helm': {}, 'kustomize': {}}})",
         "at most one of helm, kustomize, directory and plugin may be set"},
        {R"({'source': {'repoURL': 'x', 'path': '/a'}})",
         "spec.source.path: Invalid value: path must be relative to the root of the repository"},
        {R"({'source': {'repoURL': 'x', 'path': 'a/../b'}})", "path must not leave the repository"},
        {R"({'source': {'repoURL': 'https://joe:secret@git.example.com/a', 'path': 'a'}})",
         "spec.source.repoURL: Invalid value: repoURL must not contain a password"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'kustomize': {'patches': [{}]}}})",
         "exactly one of path and patch must be set"},
        {R"({'source': {'repoURL': 'x', 'path': 'a', 'plugin': {'parameters': [{'name': 'p', 'string': 'a', 'map': {}}]}}})",
         "at most one of string, array and map may be set"},
        {R"({'destination': null})", "spec.destination: Required value"},
        {R"({'destination': {}})",
         "spec.destination: Invalid value: exactly one of server and name must be set"},
        {R"({'destination': {'server': 'https://a', 'name': 'b'}})",
         "exactly one of server and name must be set"},
        {R"({'destination': {'name': 'b', 'namespace': 'No_'}})", "spec.destination.namespace: Invalid value"
        },
        {R"({'syncPolicy': {'managedNamespaceMetadata': {}}})",
         "spec.syncPolicy.managedNamespaceMetadata: Invalid value: managedNamespaceMetadata needs the sync "
         "option"},
        {R"({'syncPolicy': {'timeout': 'soon'}})",
         "must be a duration longer than zero such as 30s, 5m or 1h30m"},
        {R"({'syncPolicy': {'timeout': '0s'}})",
         "must be a duration longer than zero such as 30s, 5m or 1h30m"},
        {R"({'syncPolicy': {'pruneLimit': '101%'}})", "spec.syncPolicy.pruneLimit: Invalid value"},
        {R"({'syncPolicy': {'pruneLimit': -1}})", "spec.syncPolicy.pruneLimit: Invalid value"},
        {R"({'syncPolicy': {'retry': {'backoff': {'duration': 'soon'}}}})",
         "must be a duration such as 30s, 5m or 1h30m"},
        {R"({'syncPolicy': {'retry': {'backoff': {'duration': '10m', 'maxDuration': '60'}}}})",
         "spec.syncPolicy.retry.backoff.maxDuration: Invalid value: maxDuration must not be shorter than "
         "duration"},
        {R"({'syncPolicy': {'retry': {'backoff': {'duration': '4m'}}}})",
         "maxDuration must not be shorter than duration"},
        {R"({'syncPolicy': {'retry': {'limit': 'five'}}})", "spec.syncPolicy.retry.limit"},
        {R"({'syncPolicy': {'retry': {'limit': -2}}})", "spec.syncPolicy.retry.limit: Invalid value"},
        {R"({'ignoreDifferences': [{'kind': 'A'}]})",
         "one of jsonPointers, jqPathExpressions and managedFieldsManagers must name the ignored fields"},
        {R"({'ignoreDifferences': [{'kind': 'A', 'jsonPointers': ['spec/replicas']}]})",
         "spec.ignoreDifferences[0].jsonPointers: Invalid value: JSON pointers begin with '/'"},
        {R"({'dependsOn': [{'name': 'web'}]})",
         "spec.dependsOn: Invalid value: an application must not depend on itself"},
        {R"({'hold': ''})", "spec.hold: Invalid value"},
        {R"({'secrets': [{}]})", "exactly one of pass and sops must be set"},
        {R"({'secrets': [{'pass': {'repoURL': 'x', 'path': '../a', 'keySecretRef': {'name': 'k', 'key': 'k'}}}]})",
         "path must be relative to the root of the repository and not leave it"},
        {R"({'secrets': [{'pass': {'repoURL': 'https://a:b@c/', 'keySecretRef': {'name': 'k', 'key': 'k'}}}]})",
         "repoURL must not contain a password"},
        {R"({'healthChecks': [{'kind': 'A', 'check': ''}]})", "spec.healthChecks[0].check: Invalid value"},
        {R"({'revisionHistoryLimit': 101})", "spec.revisionHistoryLimit: Invalid value"},
        {R"({'sorce': {}})", "unknown field \"spec.sorce\""},
    };
    BOOST_TEST(refusal_of(application_with("{}")) == "");
    for (const auto& [spec, problem] : table) {
        BOOST_TEST_CONTEXT(spec) {
            const auto told = refusal_of(application_with(spec));
            BOOST_TEST(
                told.find(problem) != std::string::npos, "\"" << told << "\" lacks \"" << problem << "\""
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(refuse_an_operation_with_two_strategies) {
    const auto told = refusal_of(
        application_beside(R"({'operation': {'sync': {'syncStrategy': {'apply': {}, 'hook': {}}}}})")
    );
    BOOST_TEST(told.find("at most one of apply and hook may be set") != std::string::npos, told);
}

BOOST_AUTO_TEST_CASE(refuse_what_a_repository_must_not_say) {
    const refused table[] = {
        {R"({'url': null})", "spec.url: Required value"},
        {R"({'url': 'git.example.com/deploy'})", "spec.url: Invalid value: url must be one such as https://"},
        {R"({'url': 'https://joe:secret@git.example.com/deploy'})", "url must not contain a password"},
        {R"({'interval': '0s'})", "must be a duration longer than zero such as 30s, 5m or 1h30m"},
        {R"({'timeout': 'long'})", "must be a duration longer than zero such as 30s, 5m or 1h30m"},
        {R"({'webhook': {}})", "spec.webhook.secretRef: Required value"},
        {R"({'webhook': {'secretRef': {'name': ''}}})", "spec.webhook.secretRef.name: Invalid value"},
        {R"({'verify': {'mode': 'Always', 'secretRef': {'name': 'k'}}})",
         "spec.verify.mode: Unsupported value"},
        {R"({'proxy': {'url': 'http://joe:secret@proxy:3128'}})", "spec.proxy.url: Invalid value"},
        {R"({'caBundle': 'MIIB'})", "spec.caBundle: Invalid value: caBundle must be certificates in PEM"},
        {R"({'caBundle': '-----BEGIN CERTIFICATE-----', 'insecureSkipTLSVerify': true})",
         "caBundle and insecureSkipTLSVerify exclude each other"},
        {R"({'lfs': 'Fetch'})", "spec.lfs: Unsupported value"},
    };
    for (const auto* url :
         {"https://git.example.com/", "git@git.example.com:team/deploy.git",
          "ssh://git@git.example.com:2222/a", "file:///srv/git/a.git", "http://127.0.0.1:8080/a.git"}) {
        auto object = repository_with("{}");
        object.at("spec").as_object()["url"] = url;
        BOOST_TEST(refusal_of(object) == "", url);
    }
    for (const auto& [spec, problem] : table) {
        BOOST_TEST_CONTEXT(spec) {
            const auto told = refusal_of(repository_with(spec));
            BOOST_TEST(
                told.find(problem) != std::string::npos, "\"" << told << "\" lacks \"" << problem << "\""
            );
        }
    }
}

/// Without what the API server alone sets.
json::object creatable(json::object object) {
    auto& metadata = object.at("metadata").as_object();
    for (const auto* member :
         {"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "finalizers"}) {
        metadata.erase(member);
    }
    metadata["namespace"] = "default";
    metadata["name"] = "full";
    return object;
}

BOOST_AUTO_TEST_CASE(keep_every_field_of_an_application_and_of_its_status) {
    const auto object = creatable(full_application());
    const auto wanted = examine_application(object).value;
    auto stored = made(object);
    auto read = examine_application(stored);
    BOOST_TEST(join(read.problems) == "");
    BOOST_TEST(join(read.unknown_fields) == "");
    BOOST_TEST((read.value.spec == wanted.spec));
    BOOST_TEST((read.value.operation == wanted.operation));
    BOOST_TEST((read.value.status == application_status{})); // a subresource

    stored["status"] = write(wanted.status);
    const auto told =
        kubectl({"replace", "--subresource=status", "-o", "json", "-f", "-"}, json::serialize(stored));
    BOOST_TEST_REQUIRE(told.ok(), told.err);
    read = examine_application(json::parse(told.out).as_object());
    BOOST_TEST(join(read.problems) == "");
    BOOST_TEST((read.value.status == wanted.status));
    BOOST_TEST((read.value.spec == wanted.spec));

    const auto row = kubectl({"get", "happ", "full", "-o", "wide"});
    BOOST_TEST_REQUIRE(row.ok(), row.err);
    for (const auto* text :
         {"SYNC", "HEALTH", "REVISION", "AGE", "REPOSITORY", "PATH", "MESSAGE", "OutOfSync", "Degraded",
          "44444444"}) {
        BOOST_TEST(row.out.find(text) != std::string::npos, text << " is not in\n" << row.out);
    }
    const auto degraded =
        kubectl({"get", "happ", "-o", "name", "--field-selector", "status.health.status=Degraded"});
    BOOST_TEST(degraded.out == "application.holdfast.dev/full\n", degraded.err);
    const auto healthy =
        kubectl({"get", "happ", "-o", "name", "--field-selector", "status.health.status=Healthy"});
    BOOST_TEST(healthy.out == "", healthy.err);
}

BOOST_AUTO_TEST_CASE(keep_every_field_of_a_repository_and_of_its_status) {
    auto object = creatable(full_repository());
    object.at("spec").as_object().erase("insecureSkipTLSVerify"); // Not together with caBundle.
    const auto wanted = examine_repository(object).value;
    auto stored = made(object);
    BOOST_TEST((examine_repository(stored).value.spec == wanted.spec));
    stored["status"] = write(wanted.status);
    const auto told =
        kubectl({"replace", "--subresource=status", "-o", "json", "-f", "-"}, json::serialize(stored));
    BOOST_TEST_REQUIRE(told.ok(), told.err);
    const auto read = examine_repository(json::parse(told.out).as_object());
    BOOST_TEST(join(read.problems) == "");
    BOOST_TEST((read.value.status == wanted.status));
}

BOOST_AUTO_TEST_CASE(keep_every_field_of_a_project_and_of_its_status) {
    const auto object = creatable(full_project());
    const auto wanted = examine_project(object).value;
    auto stored = made(object);
    BOOST_TEST((examine_project(stored).value.spec == wanted.spec));
    stored["status"] = write(wanted.status);
    const auto told =
        kubectl({"replace", "--subresource=status", "-o", "json", "-f", "-"}, json::serialize(stored));
    BOOST_TEST_REQUIRE(told.ok(), told.err);
    const auto read = examine_project(json::parse(told.out).as_object());
    BOOST_TEST(join(read.problems) == "");
    BOOST_TEST((read.value.status == wanted.status));

    const auto row = kubectl({"get", "projects.holdfast.dev", "full", "-o", "wide"});
    BOOST_TEST_REQUIRE(row.ok(), row.err);
    for (const auto* text : {"READY", "APPLICATIONS", "FORBIDDEN", "AGE", "DESCRIPTION", "MESSAGE", "12"}) {
        BOOST_TEST(row.out.find(text) != std::string::npos, text << " is not in\n" << row.out);
    }
}

// Absent it permits all kinds, empty none: the server keeps the two apart.
BOOST_AUTO_TEST_CASE(keep_an_empty_list_of_kinds) {
    auto object = project_with("{'namespaceResourceWhitelist': []}");
    object.at("metadata").as_object()["namespace"] = "default";
    BOOST_TEST((made(object).at("spec").at("namespaceResourceWhitelist") == json::array{}));
}

BOOST_AUTO_TEST_CASE(fill_in_the_defaults_that_the_reader_fills_in) {
    auto object = application_with(R"({'syncPolicy': {'automated': {}, 'retry': {'backoff': {}}}})");
    object.at("metadata").as_object()["name"] = "defaults";
    const auto stored = made(object);
    BOOST_TEST((examine_application(stored).value.spec == examine_application(object).value.spec));
    const auto& spec = stored.at("spec");
    BOOST_TEST(spec.at("project").as_string() == "default");
    BOOST_TEST(spec.at("revisionHistoryLimit").as_int64() == 10);
    BOOST_TEST(
        json::serialize(spec.at("syncPolicy")) ==
        R"({"automated":{"enabled":true},"retry":{"backoff":{"duration":"5s","factor":2,"maxDuration":"3m"},"limit":5}})"
    );
    auto repository = repository_with("{}");
    repository.at("metadata").as_object()["name"] = "defaults";
    const auto repository_spec = made(repository).at("spec");
    BOOST_TEST(
        json::serialize(repository_spec) ==
        R"({"interval":"3m","lfs":"Refuse","submodules":"Ignore","timeout":"1m","url":"https://git.example.com/deploy.git"})"
    );
}

// What reading takes and what the API server takes is told by the same tables, in two ways.
BOOST_AUTO_TEST_CASE(take_every_bounded_status) {
    auto object = application_with("{}");
    object.at("metadata").as_object()["name"] = "bounded";
    made(object);
    application_status status;
    std::string text = "\xff\xc3 ";
    for (int i = 0; i < 3'000; ++i)
        text += "<ü>"; // longer than any field may be
    status.health.message = text;
    status.sync.revision = text;
    status.conditions.push_back({.type = text, .status = text, .reason = text, .message = text});
    status.conditions.push_back({.type = text, .status = "True", .reason = "", .message = text});
    status.pending_prune.emplace();
    status.pending_prune->token = text;
    status.pending_prune->count = -1;
    status.pending_prune->resources.assign(50, text);
    status.operation_state.emplace();
    status.operation_state->operation.sync.emplace();
    status.operation_state->message = text;
    status.operation_state->sync_result.emplace();
    for (int i = 0; i < 300; ++i) {
        status.operation_state->sync_result->resources.push_back({.kind = text, .name = text, .message = text}
        );
        status.resources.push_back({.kind = "Pod", .name = std::to_string(i)});
        status.resources.back().health = resource_health{health_code::degraded, text};
        status.history.push_back({});
        status.history.back().id = i;
        status.history.back().revision = text;
    }
    status.summary.images.assign(500, text);
    status.summary.external_urls.assign(500, text);
    const holdfast::test::temporary_directory files{"holdfast-status"};
    const auto patched = [&](const json::object& patch) {
        const auto path = (files.path() / "patch.json").string();
        std::ofstream{path} << json::serialize(patch);
        return kubectl(
            {"patch", "happ", "bounded", "--subresource=status", "--type=merge", "--patch-file=" + path}
        );
    };
    for (const std::size_t rest : {0U, 10U << 20U}) {
        const auto told = patched({{"status", bounded_status(status, rest)}});
        BOOST_TEST(told.ok(), told.err.substr(0, 3000));
    }
    // Without the bounds it is what nobody takes.
    const auto refused =
        patched({{"status", {{"health", {{"status", "Degraded"}, {"message", std::string(4097, 'x')}}}}}});
    BOOST_TEST(refused.err.find("may not be more than 4096 bytes") != std::string::npos, refused.err);
}

BOOST_AUTO_TEST_CASE(merge_the_conditions_of_two_managers_by_type) {
    auto object = application_with("{}");
    object.at("metadata").as_object()["name"] = "merged";
    made(object);
    const auto apply = [](const char* manager, const char* type) {
        auto status = parse(R"({'apiVersion': 'holdfast.dev/v1alpha1', 'kind': 'Application',
            'metadata': {'name': 'merged', 'namespace': 'default'},
            'status': {'conditions': [{'type': '', 'status': 'True', 'reason': 'R', 'message': '',
                                       'lastTransitionTime': '2026-01-31T12:00:00Z'}]}})");
        status.at("status").at("conditions").at(0).as_object()["type"] = type;
        const auto told = kubectl(
            {"apply", "--server-side", "--subresource=status", std::string{"--field-manager="} + manager,
             "-f", "-"},
            json::serialize(status)
        );
        BOOST_TEST_REQUIRE(told.ok(), told.err);
    };
    apply("one", "Ready");
    apply("other", "Audited");
    const auto told = kubectl({"get", "happ", "merged", "-o", "jsonpath={.status.conditions[*].type}"});
    BOOST_TEST(told.out == "Ready Audited");
}

BOOST_AUTO_TEST_CASE(take_the_samples) {
    kubectl({"create", "namespace", "shop"});
    kubectl({"create", "namespace", "holdfast"});
    const auto told = kubectl({"apply", "-f", HOLDFAST_SOURCE_DIR "/config/samples"});
    BOOST_TEST(told.ok(), told.err);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
