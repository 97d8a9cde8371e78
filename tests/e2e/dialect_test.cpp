// Argo CD's own Applications, served as they are: what its CRDs, its settings and its objects are like, without its
// programs.

#include "e2e/json.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* argocd = "argocd";
constexpr const char* kind = "applications.argoproj.io";

void set_tracking(world& w, const std::string& method) {
    w.apply(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argocd}\n"
        "data: {application.resourceTrackingMethod: " +
        method + "}\n"
    );
}

// With the operator at work for its namespace, too.
world& with_argo_cd() {
    auto& w = world::get();
    if (!w.exists("namespace", "", argocd)) {
        w.create_namespace(argocd);
        const std::string definitions = HOLDFAST_SOURCE_DIR "/tests/e2e/data/argocd_definitions.yaml";
        w.kubectl({"apply", "--server-side", "-f", definitions});
        w.kubectl({"wait", "--for=condition=Established", "--timeout=30s", "-f", definitions});
        set_tracking(w, "annotation");
        w.apply(R"(
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: default, namespace: argocd}
spec: {sourceRepos: ["*"], destinations: [{server: "*", namespace: "*"}], clusterResourceWhitelist: [{group: "*", kind: "*"}]}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: narrow, namespace: argocd}
spec: {sourceRepos: ["*"], destinations: [{server: "*", namespace: elsewhere}]}
)");
    }
    if (!w.shared_operator().running()) {
        w.shared_operator().start({"--argocd-namespace", argocd});
    }
    return w;
}

// A repository, a namespace, and an Application of argoproj.io that brings the one to the other, all of one name.
struct argocd_scene : scene {
    explicit argocd_scene(const std::string& called) : scene{with_argo_cd(), called} {}
    ~argocd_scene() {
        // Its finalizer would hold it for ever where the operator is not running.
        (void)w.cluster().kubectl({"delete", kind, name, "-n", argocd, "--ignore-not-found", "--wait=false"});
    }

    // `more` is merged into the object.
    void follow_there(const json::object& more = {}, const json::object& automated = {{"prune", true}}) {
        json::object spec{
            {"project", "default"},
            {"source", {{"repoURL", repository.url()}, {"path", "."}, {"targetRevision", "main"}}},
            {"destination", {{"server", "https://kubernetes.default.svc"}, {"namespace", name}}}
        };
        spec["syncPolicy"] = json::object{{"automated", automated}};
        json::object object{
            {"apiVersion", "argoproj.io/v1alpha1"},
            {"kind", "Application"},
            {"metadata",
             {{"name", name},
              {"namespace", argocd},
              {"finalizers", json::array{"resources-finalizer.argocd.argoproj.io"}}}},
            {"spec", std::move(spec)}
        };
        merge(object, more);
        w.apply(json::serialize(object));
    }
    json::object there() { return w.get_json(kind, argocd, name).value_or(json::object{}); }
    std::string said(const std::string& path) { return w.field(kind, argocd, name, path); }
    void patch_there(const std::string& merged) {
        w.kubectl({"patch", kind, name, "-n", argocd, "--type=merge", "-p", merged});
    }
    void await_there(const std::string& revision = {}) {
        eventually(
            [&] {
                return said(".status.sync.status") == "Synced" &&
                       said(".status.health.status") == "Healthy" &&
                       said(".status.operationState.phase") != "Running" &&
                       (revision.empty() || said(".status.sync.revision") == revision);
            },
            name + " is Synced and Healthy", 60s, [&] { return json::serialize(there()); }
        );
    }
};

// Times as "TIME": when it was is not what is compared.
void hide_times(json::value& value) {
    if (auto* object = value.if_object()) {
        for (auto& member : *object) {
            const std::string_view key = member.key();
            if (key.ends_with("At") || key.ends_with("Time")) {
                BOOST_TEST(member.value().is_string(), std::string{key});
                member.value() = "TIME";
            } else {
                hide_times(member.value());
            }
        }
    } else if (auto* array = value.if_array()) {
        for (auto& item : *array) {
            hide_times(item);
        }
    }
}

// What of an object may not move when it is taken over.
std::string body_of(json::object object) {
    auto& metadata = object.at("metadata").as_object();
    metadata.erase("managedFields");
    metadata.erase("resourceVersion");
    return json::serialize(object);
}

constexpr const char* workload = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example.com/web:1", ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}], selector: {app: web}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {value: one, other: two}
---
apiVersion: v1
kind: Secret
metadata: {name: secret}
stringData: {key: value}
)";

} // namespace

BOOST_AUTO_TEST_SUITE(dialect)

BOOST_AUTO_TEST_CASE(an_application_of_argo_cd_is_synced_and_its_status_is_argo_cds) {
    argocd_scene s{"there"};
    s.config_map("a", "1");
    const auto revision = s.repository.push("first");
    s.follow_there();
    s.await_there(revision);
    BOOST_TEST(s.value("a") == "1");

    const auto metadata = s.w.get_json("configmap", s.name, "a")->at("metadata").as_object();
    BOOST_TEST(!metadata.contains("labels"), json::serialize(metadata));
    BOOST_TEST(
        json::serialize(metadata.at("annotations")) ==
        R"({"argocd.argoproj.io/tracking-id":"there:/ConfigMap:there/a"})"
    );
    BOOST_TEST(
        s.w.field("configmap", s.name, "a", ".metadata.managedFields[*].manager") == "argocd-controller"
    );

    // Two writes follow each other: the state of the operation, and that it has ended.
    (void)settled([&] { return s.said(".metadata.resourceVersion"); }, "the status is at rest");
    json::value status = s.there().at("status");
    hide_times(status);
    const json::object source{{"repoURL", s.repository.url()}, {"path", "."}, {"targetRevision", "main"}};
    json::value expected = json::parse(R"({
      "sync": {"status": "Synced", "comparedTo": {
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "there"}}},
      "health": {"status": "Healthy", "lastTransitionTime": "TIME"},
      "summary": {}, "sourceType": "Directory", "controllerNamespace": "argocd", "reconciledAt": "TIME",
      "resources": [{"version": "v1", "kind": "ConfigMap", "namespace": "there", "name": "a", "status": "Synced"}],
      "history": [{"id": 0, "deployStartedAt": "TIME", "deployedAt": "TIME", "initiatedBy": {"automated": true}}],
      "operationState": {
        "operation": {"sync": {"prune": true}, "initiatedBy": {"automated": true}, "retry": {"limit": 5}},
        "phase": "Succeeded", "startedAt": "TIME", "finishedAt": "TIME",
        "syncResult": {"resources": [{"group": "", "version": "v1", "kind": "ConfigMap", "namespace": "there",
          "name": "a", "status": "Synced", "hookPhase": "Succeeded", "syncPhase": "Sync"}]}}})");
    auto& all = expected.as_object();
    all["sync"].at("comparedTo").as_object()["source"] = source;
    all["sync"].as_object()["revision"] = revision;
    auto& history = all["history"].as_array().front().as_object();
    history["revision"] = revision;
    history["source"] = source;
    auto& state = all["operationState"].as_object();
    state["operation"].at("sync").as_object()["revision"] = revision;
    state["syncResult"].as_object()["revision"] = revision;
    state["syncResult"].as_object()["source"] = source;
    // Whose words are Holdfast's.
    const auto& found = status.at("operationState").as_object();
    BOOST_TEST(found.at("message").is_string());
    state["message"] = found.at("message");
    auto& row = state["syncResult"].at("resources").as_array().front().as_object();
    if (const auto* message =
            found.at("syncResult").at("resources").at(0).as_object().if_contains("message")) {
        row["message"] = *message;
    }
    BOOST_TEST(status == expected, json::serialize(status) << "\nis to be\n" << json::serialize(expected));

    // Nothing is written any more.
    const auto version = s.said(".metadata.resourceVersion");
    throughout(3s, [&] { return s.said(".metadata.resourceVersion") == version; }, "nothing is written");
}

BOOST_AUTO_TEST_CASE(an_operation_a_refresh_a_drift_and_a_deletion_are_as_there) {
    argocd_scene s{"asked"};
    s.config_map("a", "1").config_map("b", "1");
    const auto first = s.repository.push("first");
    s.follow_there({}, {{"prune", true}, {"selfHeal", true}});
    s.await_there(first);

    // Drift.
    s.w.kubectl(
        {"patch", "configmap", "a", "-n", s.name, "--type=merge", "-p", R"({"data":{"value":"drift"}})"}
    );
    eventually([&] { return s.value("a") == "1"; }, "the drift is healed");

    // A refresh is answered by the status that it leads to.
    s.patch_there(R"({"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}})");
    eventually(
        [&] { return s.said(".metadata.annotations.argocd\\.argoproj\\.io/refresh").empty(); },
        "the refresh is answered"
    );

    // An operation, as a script or Kargo writes it; a field that this version does not know stays.
    s.patch_there(
        R"({"status": {"ofAnotherVersion": "kept"},
            "operation": {"initiatedBy": {"username": "ada"}, "info": [{"name": "why", "value": "asked"}],
                          "sync": {"prune": true, "syncStrategy": {"hook": {}}}}})"
    );
    eventually(
        [&] {
            return s.said(".operation").empty() && s.said(".status.operationState.phase") == "Succeeded" &&
                   s.said(".status.operationState.operation.initiatedBy.username") == "ada";
        },
        "the operation is done and taken out", 60s, [&] { return json::serialize(s.there()); }
    );
    const auto state = s.there().at("status").at("operationState").as_object();
    BOOST_TEST(state.at("operation").at("info").at(0).at("value") == "asked");
    BOOST_TEST(text_at(state, {"syncResult", "revision"}) == first);
    BOOST_TEST(state.at("syncResult").at("resources").as_array().size() == 2U);
    BOOST_TEST(state.contains("finishedAt"));
    BOOST_TEST(s.said(".status.ofAnotherVersion") == "kept");

    // What goes out of the repository is pruned.
    s.repository.remove("b.yaml");
    const auto second = s.repository.push("without b");
    s.await_there(second);
    eventually([&] { return !s.has("b"); }, "b is pruned");

    // What is asked for and not known is no silence.
    s.patch_there(R"({"spec": {"ofAnotherVersion": true}})");
    eventually(
        [&] {
            return s.said(".status.conditions[?(@.type==\"NotServedError\")].message")
                       .find("spec.ofAnotherVersion") != std::string::npos;
        },
        "what is not known is said", 30s, [&] { return json::serialize(s.there()); }
    );
    s.patch_there(R"({"spec": {"ofAnotherVersion": null}})");

    s.w.kubectl({"delete", kind, s.name, "-n", argocd, "--wait=false"});
    eventually([&] { return s.there().empty(); }, "the application is gone");
    BOOST_TEST(!s.has("a"));
}

BOOST_AUTO_TEST_CASE(hooks_of_its_deletion_are_kept_by_it_and_run) {
    argocd_scene s{"leaving"};
    s.config_map("a", "1");
    s.repository.write(
        "hook.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: last, annotations: "
                     "{argocd.argoproj.io/hook: PostDelete}}, data: {value: said}}\n"
    );
    const auto revision = s.repository.push("first");
    s.follow_there();
    s.await_there(revision);
    const auto store = "holdfast-deletion-hooks-" + s.said(".metadata.uid");
    eventually(
        [&] { return s.said(".metadata.finalizers").find("post-delete-finalizer") != std::string::npos; },
        "the Application has the hook's finalizer", 60s, [&] { return json::serialize(s.there()); }
    );
    BOOST_TEST(
        s.w.field("secret", argocd, store, ".metadata.ownerReferences[0].apiVersion") ==
        "argoproj.io/v1alpha1"
    );
    BOOST_TEST(!s.has("last"));
    s.w.kubectl({"delete", kind, s.name, "-n", argocd, "--timeout=60s"});
    BOOST_TEST(!s.has("a"));
    BOOST_TEST(s.value("last") == "said");
}

BOOST_AUTO_TEST_CASE(an_app_project_fences_in) {
    argocd_scene s{"fenced"};
    s.config_map("a", "1");
    s.repository.push("first");
    s.follow_there({{"spec", {{"project", "narrow"}}}});
    eventually(
        [&] { return s.said(".status.conditions[*].message").find("narrow") != std::string::npos; },
        "the project forbids it", 60s, [&] { return json::serialize(s.there()); }
    );
    BOOST_TEST(!s.has("a"));
    s.patch_there(R"({"spec": {"project": "default"}})");
    s.await_there();
    BOOST_TEST(s.value("a") == "1");
}

BOOST_AUTO_TEST_CASE(what_argo_cd_applied_is_taken_over_and_nothing_of_it_moves) {
    argocd_scene s{"taken"};
    auto& op = s.w.shared_operator();
    op.stop();
    set_tracking(s.w, "label");
    s.repository.write("all.yaml", workload);
    const auto revision = s.repository.push("as it was");
    // As Argo CD applied it: from the client, with its mark.
    std::string marked = workload;
    for (auto at = marked.find("metadata: {name: "); at != std::string::npos;
         at = marked.find("metadata: {name: ", at + 1)) {
        marked.insert(
            at + std::string_view{"metadata: {"}.size(), "labels: {app.kubernetes.io/instance: taken}, "
        );
    }
    s.w.kubectl({"apply", "-n", s.name, "--field-manager=argocd-controller", "-f", "-"}, marked);
    s.follow_there({}, {{"prune", true}, {"selfHeal", true}});
    s.patch_there(
        R"({"status": {"sync": {"status": "Synced", "revision": ")" + revision +
        R"("}, "health": {"status": "Healthy"}, "resourceHealthSource": "appTree", "resources": [
          {"version": "v1", "kind": "ConfigMap", "namespace": "taken", "name": "settings", "status": "Synced"},
          {"version": "v1", "kind": "Secret", "namespace": "taken", "name": "secret", "status": "Synced"},
          {"version": "v1", "kind": "Service", "namespace": "taken", "name": "web", "status": "Synced"},
          {"group": "apps", "version": "v1", "kind": "Deployment", "namespace": "taken", "name": "web",
           "status": "Synced"}],
         "history": [{"id": 6, "revision": ")" +
        revision + R"(", "deployedAt": "2026-01-31T12:00:00Z",
           "source": {"repoURL": "x"}, "initiatedBy": {}}],
         "operationState": {"operation": {"initiatedBy": {}, "retry": {}}, "phase": "Succeeded",
           "startedAt": "2026-01-31T12:00:00Z", "finishedAt": "2026-01-31T12:00:01Z"}}})"
    );
    const std::vector<std::pair<std::string, std::string>> objects{
        {"deployment", "web"}, {"service", "web"}, {"configmap", "settings"}, {"secret", "secret"}
    };
    std::map<std::string, std::string> before;
    for (const auto& [one, called] : objects) {
        const auto object = s.w.get_json(one, s.name, called).value();
        before[one] = body_of(object);
        BOOST_TEST(json::serialize(object).find("\"operation\":\"Apply\"") == std::string::npos);
    }

    op.start({"--argocd-namespace", argocd});
    const auto managers = [&](const std::string& one, const std::string& called) {
        return s.w.field(
            one, s.name, called, ".metadata.managedFields[?(@.manager==\"argocd-controller\")].operation"
        );
    };
    for (const auto& [one, called] : objects) {
        eventually(
            [&] { return managers(one, called) == "Apply"; }, one + " is applied from the server now", 60s,
            [&] { return managers(one, called) + json::serialize(s.there()); }
        );
    }
    s.await_there(revision);
    (void)settled([&] { return s.said(".metadata.resourceVersion"); }, "the status is at rest");
    for (const auto& [one, called] : objects) {
        const auto after = body_of(s.w.get_json(one, s.name, called).value());
        BOOST_TEST((after == before[one]), after << "\nwas\n" << before[one]);
    }
    BOOST_TEST(s.said(".status.resourceHealthSource") == "");

    // To come back to it is no operation.
    const auto history = s.said(".status.history[*].id");
    const auto started = s.said(".status.operationState.startedAt");
    op.stop();
    op.start({"--argocd-namespace", argocd});
    s.repository.write(
        "all.yaml", std::string{workload}.replace(std::string_view{workload}.find(", other: two"), 12, "")
    );
    throughout(
        3s, [&] { return s.said(".status.operationState.startedAt") == started; }, "no operation is begun"
    );
    BOOST_TEST(s.said(".status.history[*].id") == history);

    // What Git ceases to have goes, though Argo CD had applied it.
    const auto second = s.repository.push("less");
    s.await_there(second);
    BOOST_TEST(s.w.field("configmap", s.name, "settings", ".data.other") == "");
    BOOST_TEST(s.w.field("configmap", s.name, "settings", ".data.value") == "one");
}

BOOST_AUTO_TEST_CASE(a_definition_bears_no_mark_and_is_never_deleted) {
    argocd_scene s{"defined"};
    const std::string definition = "things." + s.name + ".example.com";
    s.config_map("a", "1");
    s.repository.write(
        "definition.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: " +
            definition + "}\nspec:\n  group: " + s.name +
            ".example.com\n  scope: Namespaced\n  names: {kind: Thing, plural: things}\n  versions:\n  - {name: v1, "
            "served: true, storage: true, schema: {openAPIV3Schema: {type: object, "
            "x-kubernetes-preserve-unknown-fields: true}}}\n"
    );
    const auto first = s.repository.push("first");
    s.follow_there({}, {{"prune", true}, {"selfHeal", true}});
    s.await_there(first);
    const auto labels = s.w.field("customresourcedefinition", "", definition, ".metadata.labels");
    const auto annotations = s.w.field("customresourcedefinition", "", definition, ".metadata.annotations");
    BOOST_TEST(labels == "");
    BOOST_TEST(annotations == "");
    const auto version = s.w.field("customresourcedefinition", "", definition, ".metadata.resourceVersion");

    // An operator that comes back knows it by the repository alone.
    auto& op = s.w.shared_operator();
    op.stop();
    op.start({"--argocd-namespace", argocd});
    s.config_map("a", "2");
    const auto second = s.repository.push("second");
    s.await_there(second);
    BOOST_TEST(s.w.field("customresourcedefinition", "", definition, ".metadata.resourceVersion") == version);

    s.repository.remove("definition.yaml");
    const auto third = s.repository.push("without it");
    s.await_there(third);
    s.w.kubectl({"delete", kind, s.name, "-n", argocd, "--wait=false"});
    eventually([&] { return s.there().empty(); }, "the application is gone");
    BOOST_TEST(!s.has("a"));
    BOOST_TEST(s.w.exists("customresourcedefinition", "", definition));
}

BOOST_AUTO_TEST_CASE(beside_argo_cds_own_controller_only_what_it_leaves_alone_is_worked_on) {
    argocd_scene s{"beside"};
    const auto controller = [](int replicas) {
        return "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: argocd-application-controller, namespace: "
               "argocd}\nspec:\n  replicas: " +
               std::to_string(replicas) +
               "\n  serviceName: x\n  selector: {matchLabels: {app: c}}\n  template:\n    metadata: {labels: {app: "
               "c}}\n    spec: {containers: [{name: c, image: \"quay.io/argoproj/argocd:v2.9.3\"}]}\n";
    };
    const auto& op = s.w.shared_operator();
    const std::string seen = "alone, since Argo CD's own application controller runs";
    const std::string left = "is left to Argo CD's own application controller";
    const auto seen_before = op.logged(seen);
    const auto left_before = op.logged(left);
    s.w.apply(controller(1));
    eventually([&] { return op.logged(seen) > seen_before; }, "the controller is noticed");
    s.config_map("a", "1");
    s.repository.push("first");
    s.follow_there();
    eventually([&] { return op.logged(left) > left_before; }, "it is said that it is left alone");
    const auto version = s.said(".metadata.resourceVersion");
    throughout(
        3s, [&] { return !s.has("a") && s.said(".metadata.resourceVersion") == version; },
        "nothing is done for it"
    );
    // Moved alone.
    s.patch_there(R"({"metadata": {"annotations": {"argocd.argoproj.io/skip-reconcile": "true"}}})");
    s.await_there();
    BOOST_TEST(s.value("a") == "1");
    s.patch_there(R"({"metadata": {"annotations": {"argocd.argoproj.io/skip-reconcile": null}}})");

    s.w.apply(controller(0));
    s.config_map("a", "2");
    const auto second = s.repository.push("second");
    s.await_there(second);
    BOOST_TEST(s.value("a") == "2");
}

BOOST_AUTO_TEST_SUITE_END()
