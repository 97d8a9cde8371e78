// Argo CD's Applications: what of them is read, and their statuses in its words.

#include "crds/application_api.hpp"
#include "crds/argoproj_status.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace holdfast::crds {
namespace {

using namespace std::chrono_literals;

json::object parsed(std::string_view text) {
    return json::parse(text).as_object();
}

reading<application> read(std::string_view text) {
    return examine_application(parsed(text), application_api::argoproj_io);
}

constexpr std::string_view shop = R"({
  "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
  "metadata": {"name": "shop", "namespace": "argocd", "generation": 41,
    "annotations": {"argocd.argoproj.io/skip-reconcile": "true", "argocd.argoproj.io/refresh": "hard"}},
  "spec": {"project": "", "source": {"repoURL": "https://git.example/shop", "path": "."},
    "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
    "syncPolicy": {"automated": {"prune": true}}}
})";

const timestamp noon = wall_clock::time_point{1'700'000'000s}; // 2023-11-14T22:13:20Z

application synced() {
    auto value = read(shop).value;
    auto& status = value.status;
    status.sync.status = sync_code::synced;
    status.sync.revision = "aa11";
    status.sync.build_key = "of ours alone";
    status.health.status = health_code::healthy;
    status.resources = {
        {.group = "apps",
         .version = "v1",
         .kind = "Deployment",
         .namespace_ = "shop",
         .name = "web",
         .status = sync_code::synced,
         .health = resource_health{health_code::healthy, {}},
         .message = "ours"},
        {.version = "v1", .kind = "ConfigMap", .namespace_ = "shop", .name = "z", .status = sync_code::synced
        },
        {.version = "v1",
         .kind = "ConfigMap",
         .namespace_ = "shop",
         .name = "a",
         .status = sync_code::out_of_sync,
         .requires_pruning = true,
         .sync_wave = 2}
    };
    status.resources_count = 3;
    status.source_type = source_type::directory;
    return value;
}

json::object status_of(const application& value, const json::object& before = {}, timestamp now = noon) {
    return argoproj_status({.value = value, .before = before, .controller_namespace = "argocd", .now = now});
}

BOOST_AUTO_TEST_SUITE(argoproj)

BOOST_AUTO_TEST_CASE(what_is_said_there_means_what_it_means_there) {
    const auto seen = read(shop);
    BOOST_TEST(seen.problems.empty(), join(seen.problems));
    BOOST_TEST(seen.value.spec.project == "default");
    // For Argo CD's own controller; the other one asks whoever does the work.
    BOOST_TEST(!seen.value.metadata.annotations.contains("argocd.argoproj.io/skip-reconcile"));
    BOOST_TEST(seen.value.metadata.annotations.contains("argocd.argoproj.io/refresh"));

    auto retried = parsed(shop);
    retried["spec"].at("syncPolicy").as_object()["retry"] = parsed(R"({"backoff": {"duration": ""}})");
    const auto policy = examine_application(retried, application_api::argoproj_io).value.spec.sync_policy;
    BOOST_TEST(policy.retry.value().limit == 0); // ours would be 5
    BOOST_TEST((policy.retry->backoff.duration.value == 5s));
}

BOOST_AUTO_TEST_CASE(the_generation_changes_with_what_is_asked_for_alone) {
    auto object = parsed(shop);
    const auto first = read(shop).value.metadata.generation;
    object["status"] = parsed(R"({"sync": {"status": "Synced"}})");
    object["metadata"].as_object()["generation"] = 42;
    const auto generation = [&] {
        return examine_application(object, application_api::argoproj_io).value.metadata.generation;
    };
    BOOST_TEST(generation() == first);
    object["operation"] = parsed(R"({"sync": {}})");
    const auto asked = generation();
    BOOST_TEST(asked != first);
    object.erase("operation");
    BOOST_TEST(generation() == first);
    object["spec"].at("source").as_object()["path"] = "other";
    BOOST_TEST(generation() != first);
    BOOST_TEST(generation() > 0);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_told_and_an_unknown_operation_is_not_guessed_at) {
    auto object = parsed(shop);
    object["spec"].as_object()["ofAnotherVersion"] = true;
    const auto seen = examine_application(object, application_api::argoproj_io);
    BOOST_TEST(seen.problems.empty(), join(seen.problems));
    BOOST_REQUIRE(seen.unknown_fields.size() == 1U);
    BOOST_TEST(seen.unknown_fields.front().path == "spec.ofAnotherVersion");

    object["operation"] = parsed(R"({"sync": {"manifests": ["a local one"]}})");
    const auto asked = examine_application(object, application_api::argoproj_io);
    BOOST_REQUIRE(asked.problems.size() == 1U);
    BOOST_TEST(asked.problems.front().path == "operation.sync.manifests");
}

BOOST_AUTO_TEST_CASE(of_a_status_what_is_the_applications_is_read_and_the_rest_is_no_problem) {
    auto object = parsed(shop);
    json::array rows;
    for (int i = 0; i < 250; ++i) {
        rows.push_back(
            {{"version", "v1"},
             {"kind", "ConfigMap"},
             {"namespace", "shop"},
             {"name", "c" + std::to_string(i)},
             {"status", "Synced"},
             {"ofAnotherVersion", 1}}
        );
    }
    object["status"] = parsed(R"({"sync": {"status": "Synced", "revision": "aa11"}, "health": 7,
        "conditions": [{"type": "SyncError", "message": "no status, as there"}],
        "operationState": {"phase": "Running", "startedAt": "2023-11-14T22:13:20Z",
          "operation": {"sync": {"revision": "aa11", "prune": true}, "initiatedBy": {"automated": true},
                        "retry": {"limit": 5}}},
        "ofAnotherVersion": {}})");
    object["status"].as_object()["resources"] = std::move(rows);
    const auto seen = examine_application(object, application_api::argoproj_io);
    BOOST_TEST(seen.problems.empty(), join(seen.problems));
    const auto& status = seen.value.status;
    BOOST_TEST(status.resources.size() == 250U);
    BOOST_TEST(status.resources.back().name == "c249");
    BOOST_TEST((status.resources.back().status == sync_code::synced));
    BOOST_TEST(status.conditions.empty());
    // Whoever goes on with an automatic one finds out what is wanted now.
    BOOST_TEST(status.operation_state.value().operation.sync.value().revision == "");
    BOOST_TEST(status.operation_state->operation.sync->prune);
    BOOST_TEST(status.observed_generation == seen.value.metadata.generation); // it is at work
}

BOOST_AUTO_TEST_CASE(a_status_has_argo_cds_fields_and_no_others) {
    const auto expected = parsed(R"({
      "sync": {"status": "Synced", "revision": "aa11", "comparedTo": {
        "source": {"repoURL": "https://git.example/shop", "path": "."},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"}}},
      "health": {"status": "Healthy"}, "summary": {},
      "resources": [
        {"version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "a", "status": "OutOfSync",
         "requiresPruning": true, "syncWave": 2},
        {"version": "v1", "kind": "ConfigMap", "namespace": "shop", "name": "z", "status": "Synced"},
        {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "shop", "name": "web",
         "status": "Synced", "health": {"status": "Healthy"}}],
      "sourceType": "Directory", "controllerNamespace": "argocd", "reconciledAt": "2023-11-14T22:13:20Z"})");
    const auto made = status_of(synced());
    BOOST_TEST(made == expected, json::serialize(made));
}

BOOST_AUTO_TEST_CASE(several_sources_have_an_empty_one_beside_them) {
    auto value = synced();
    value.spec.sources = {*value.spec.source, *value.spec.source};
    value.spec.sources.back().ref = "values";
    value.spec.source.reset();
    value.status.sync.revisions = {"aa11", "bb22"};
    value.status.source_types = {source_type::helm, source_type::directory};
    const auto made = status_of(value);
    const auto& compared = made.at("sync").at("comparedTo").as_object();
    BOOST_TEST(compared.at("source") == json::value(parsed(R"({"repoURL": ""})")));
    BOOST_TEST(compared.at("sources").as_array().size() == 2U);
    BOOST_TEST(!made.at("sync").as_object().contains("revision"));
    BOOST_TEST(made.at("sync").at("revisions") == json::parse(R"(["aa11", "bb22"])"));
    BOOST_TEST(made.at("sourceTypes") == json::parse(R"(["Helm", "Directory"])"));
    BOOST_TEST(!made.contains("sourceType"));
}

BOOST_AUTO_TEST_CASE(an_operation_and_the_history_have_what_go_prints) {
    auto value = synced();
    operation_state state;
    state.operation.sync.emplace().prune = true;
    state.operation.initiated_by = operation_initiator{.username = {}, .automated = true};
    state.phase = operation_phase::succeeded;
    state.message = "done";
    state.started_at = noon;
    state.finished_at = noon + 2s;
    state.sync_result.emplace().revision = "aa11";
    state.sync_result->build_key = "of ours alone";
    state.sync_result->resources = {
        {.version = "v1",
         .kind = "Namespace",
         .name = "shop",
         .status = result_code::synced,
         .hook_phase = operation_phase::succeeded,
         .sync_phase = hook_type::sync}
    };
    value.status.operation_state = state;
    value.status.history = {
        {.id = 0, .revision = "aa11", .source = value.spec.source, .deployed_at = noon + 2s}
    };
    const auto made = status_of(value);
    const auto expected = parsed(R"({
      "operation": {"sync": {"prune": true, "revision": "aa11"}, "initiatedBy": {"automated": true},
                    "retry": {"limit": 5}},
      "phase": "Succeeded", "message": "done", "startedAt": "2023-11-14T22:13:20Z",
      "finishedAt": "2023-11-14T22:13:22Z",
      "syncResult": {"revision": "aa11", "source": {"repoURL": "https://git.example/shop", "path": "."},
        "resources": [{"group": "", "version": "v1", "kind": "Namespace", "namespace": "", "name": "shop",
                       "status": "Synced", "hookPhase": "Succeeded", "syncPhase": "Sync"}]}})");
    BOOST_TEST(
        made.at("operationState") == json::value(expected), json::serialize(made.at("operationState"))
    );
    BOOST_TEST(
        made.at("history") ==
            json::parse(R"([{"id": 0, "revision": "aa11", "deployedAt": "2023-11-14T22:13:22Z",
          "source": {"repoURL": "https://git.example/shop", "path": "."}, "initiatedBy": {}}])"),
        json::serialize(made.at("history"))
    );

    // What somebody asked for is not tried again, where he did not say so.
    value.status.operation_state->operation.initiated_by.reset();
    const auto asked = status_of(value).at("operationState").at("operation");
    BOOST_TEST(asked == json::parse(R"({"sync": {"prune": true}, "initiatedBy": {}, "retry": {}})"));
}

// By that an operator that comes back knows the operation that it had begun.
BOOST_AUTO_TEST_CASE(an_operation_is_read_back_as_it_was_asked_for) {
    for (const auto* asked :
         {R"({"sync": {}})",
          R"({"sync": {"prune": true, "revision": "aa11"}, "initiatedBy": {"username": "ada"}})",
          R"({"sync": {"syncStrategy": {"hook": {}}, "resources": [{"kind": "ConfigMap", "name": "a"}]},
              "info": [{"name": "a", "value": "b"}], "retry": {"limit": 2, "backoff": {"duration": "1s"}}})"
         }) {
        auto object = parsed(shop);
        object["operation"] = parsed(asked);
        auto value = examine_application(object, application_api::argoproj_io).value;
        BOOST_REQUIRE(value.operation.has_value());
        operation_state state;
        state.operation = *value.operation;
        state.started_at = noon;
        value.status.operation_state = state;
        object["status"] = status_of(value);
        const auto again = examine_application(object, application_api::argoproj_io).value;
        BOOST_TEST((again.status.operation_state.value().operation == *again.operation), asked);
    }
}

BOOST_AUTO_TEST_CASE(conditions_are_argo_cds_sorted_and_keep_their_time_with_their_message) {
    auto value = synced();
    const auto condition_of = [](std::string type, std::string message) {
        return condition{.type = std::move(type), .status = "True", .message = std::move(message)};
    };
    value.status.conditions = {
        condition_of("Ready", "ours"), condition_of("SyncError", "b"), condition_of("NotServed", "hooks"),
        condition_of("ComparisonError", "a"), condition_of("Stalled", "ours")
    };
    const auto before = parsed(R"({"conditions": [
      {"type": "SyncError", "message": "b", "lastTransitionTime": "2020-01-01T00:00:00Z"},
      {"type": "ComparisonError", "message": "another", "lastTransitionTime": "2020-01-01T00:00:00Z"}]})");
    BOOST_TEST(status_of(value, before).at("conditions") == json::parse(R"([
          {"type": "ComparisonError", "message": "a", "lastTransitionTime": "2023-11-14T22:13:20Z"},
          {"type": "NotServedError", "message": "hooks", "lastTransitionTime": "2023-11-14T22:13:20Z"},
          {"type": "SyncError", "message": "b", "lastTransitionTime": "2020-01-01T00:00:00Z"}])"));
}

BOOST_AUTO_TEST_CASE(nothing_is_written_where_nothing_differs_and_what_others_know_stays) {
    const auto value = synced();
    auto there = status_of(value);
    there["ofAnotherVersion"] = 1;
    there["summary"].as_object()["isAppOfApps"] = true;
    BOOST_TEST(argoproj_status_patch(there, status_of(value, there, noon + 1h)).empty());

    const auto refreshed = argoproj_status(
        {.value = value,
         .before = there,
         .controller_namespace = "argocd",
         .now = noon + 1h,
         .is_refreshed = true}
    );
    BOOST_TEST(
        argoproj_status_patch(there, refreshed) == parsed(R"({"reconciledAt": "2023-11-14T23:13:20Z"})")
    );

    auto other = value;
    other.status.sync.status = sync_code::out_of_sync;
    BOOST_TEST(
        argoproj_status_patch(there, status_of(other, there, noon + 1h)) ==
        parsed(R"({"sync": {"status": "OutOfSync"}, "reconciledAt": "2023-11-14T23:13:20Z"})")
    );
    // Health is in the rows of the objects here.
    there["resourceHealthSource"] = "appTree";
    BOOST_TEST(
        argoproj_status_patch(there, status_of(value, there)).at("resourceHealthSource") ==
        json::value(nullptr)
    );
}

BOOST_AUTO_TEST_CASE(the_state_of_an_operation_is_written_as_a_whole) {
    auto value = synced();
    operation_state state;
    state.operation.sync.emplace();
    state.started_at = noon;
    value.status.operation_state = state;
    const auto there = parsed(R"({"operationState": {
      "operation": {"sync": {"revision": "old", "dryRun": true}, "info": [{"name": "a", "value": "b"}]},
      "phase": "Failed", "message": "old", "startedAt": "2020-01-01T00:00:00Z", "syncResult": {"revision": "old"}}})"
    );
    const auto patch = argoproj_status_patch(there, status_of(value, there)).at("operationState");
    const auto expected = json::parse(R"({
      "operation": {"sync": {"revision": null, "dryRun": null}, "initiatedBy": {}, "retry": {}, "info": null},
      "phase": "Running", "startedAt": "2023-11-14T22:13:20Z", "message": null, "syncResult": null,
      "finishedAt": null, "retryCount": null})");
    BOOST_TEST(patch == expected, json::serialize(patch));
}

BOOST_AUTO_TEST_CASE(an_app_project_is_read_as_what_it_permits) {
    const auto seen = examine_project(
        parsed(R"({"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject",
          "metadata": {"name": "team", "namespace": "argocd"},
          "spec": {"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "shop"}],
                   "ofAnotherVersion": 1},
          "status": {"jwtTokensByRole": {"ci": {"items": [{"iat": 1}]}}}})"),
        application_api::argoproj_io
    );
    BOOST_TEST(seen.problems.empty(), join(seen.problems));
    BOOST_TEST(seen.value.spec.source_repos.size() == 1U);
    BOOST_TEST(seen.value.spec.destinations.front().namespace_ == "shop");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::crds
