// The operator as it is installed: as its ServiceAccount, with the rights that config/ gives it and no
// others.

#include "e2e/applications.hpp"
#include "e2e/config_folder.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/free_port.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

// The webhooks are asked at a URL here, since no Service leads to an operator outside of the cluster.
std::string to_url(const std::string& url) {
    json::array patch;
    for (std::size_t i = 0; i < count_of_webhooks(); ++i) {
        const auto client = "/webhooks/" + std::to_string(i) + "/clientConfig";
        patch.push_back({{"op", "replace"}, {"path", client}, {"value", {{"url", url}}}});
    }
    return json::serialize(patch);
}

struct installed {
    world& w;
    std::string admission;
};

// Installed as the documentation says, and running: once for all cases.
installed& installation() {
    static auto* one = [] { // NOLINT: as the world, for the program
        auto& w = world::get();
        w.kubectl({"apply", "--server-side", "--force-conflicts", "--validate=strict", "-k", config});
        const auto at = "127.0.0.1:" + std::to_string(free_port());
        w.kubectl(
            {"patch", "validatingwebhookconfiguration", "holdfast", "--type=json", "-p",
             to_url("https://" + at + "/validate")}
        );
        w.kubectl({"wait", "--for=jsonpath={.rules[0].verbs}", "--timeout=30s", "clusterrole/holdfast-deploy"}
        );
        auto& o = w.shared_operator();
        o.use_kubeconfig(kubeconfig_of_the_account(w));
        // With the options that are installed, election and all; only that ports and directories are ours.
        o.start(
            {"--options", config + "/base/namespaced/options.yaml", "--admission-listen", at, "--build-dir",
             o.cache().string() + "/builds"}
        );
        eventually(
            [&] { return o.logged("the admission webhook is registered") == 1; }, "the webhook is registered"
        );
        return new installed{w, at};
    }();
    return *one;
}

// A repository that has config/, and in ours/ the overlay by which Holdfast keeps itself.
void write_own_overlay(installed& here, git_repository& repository, const std::string& further = {}) {
    write_config(repository);
    // As everybody would: an overlay of one's own. This one keeps the webhooks' URLs.
    repository.write("ours/webhooks.json", to_url("https://" + here.admission + "/validate"));
    repository.write("ours/kustomization.yaml", R"(
resources: [../config/overlays/self-managed]
labels: [{pairs: {example.com/kept-by: itself}}]
patches:
- {target: {kind: ValidatingWebhookConfiguration, name: holdfast}, path: webhooks.json}
)" + further);
}

// An Application that keeps Holdfast, synced. Its pods never become ready here: there is no node.
struct kept_by_itself {
    explicit kept_by_itself(const std::string& called)
        : here{installation()}, name{called}, repository{called} {
        repository.declare();
        push("Holdfast");
        here.w.apply(
            application(name, {.url = repository.url(), .path = "ours", .into = home, .finalizer = false})
        );
        await_same();
    }
    ~kept_by_itself() {
        try {
            (void)here.w.cluster().kubectl(
                {"delete", "applications.holdfast.dev/" + name, "-n", home, "--wait=false",
                 "--ignore-not-found"}
            );
        } catch (const std::exception& e) {
            BOOST_TEST_MESSAGE("left behind: " << e.what());
        }
    }
    kept_by_itself(const kept_by_itself&) = delete;
    kept_by_itself& operator=(const kept_by_itself&) = delete;

    std::string push(const std::string& message, const std::string& further = {}) {
        write_own_overlay(here, repository, further);
        return repository.push(message);
    }
    void await_same(const std::string& revision = {}) const {
        application_view seen;
        eventually(
            [&] {
                seen = view(name);
                return seen.synced() && (revision.empty() || seen.revision == revision);
            },
            "all of it is as the repository says", 60s, [&] { return seen.describe(); }
        );
    }

    installed& here;
    std::string name;
    git_repository repository;
};

// What is forbidden to it shows in its log, whether or not somebody notices otherwise.
void nothing_was_forbidden(world& w) {
    std::istringstream lines{w.shared_operator().log()};
    for (std::string line; std::getline(lines, line);) {
        if (line.find("forbidden") != std::string::npos) {
            BOOST_ERROR("the operator's log: " << line);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(installation_of_the_operator)

BOOST_AUTO_TEST_CASE(an_application_of_its_own_namespace_deploys_anywhere) {
    auto& [w, at] = installation();
    git_repository repository{"shop"};
    repository.declare();
    repository.write("all.yaml", R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: default}]
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
)");
    // As the documentation says for kinds of one's own: without it a person is asked before the definition
    // goes, since nobody could say what goes along.
    w.apply(R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: deploy-things
  labels: {holdfast.dev/aggregate-to-deploy: "true"}
rules: [{apiGroups: [example.com], resources: [things], verbs: ["*"]}]
)");
    const auto first = repository.push("One");
    w.apply(application(
        "shop", {.url = repository.url(), .into = "shop", .sync_options = {"CreateNamespace=true"}}
    ));
    await_synced("shop", first);
    BOOST_TEST(w.field("configmap", "shop", "settings", ".data.greeting") == "hello");

    w.kubectl({"delete", "configmap", "settings", "-n", "shop"});
    eventually([&] { return w.exists("configmap", "shop", "settings"); }, "drift is reverted");
    repository.remove("all.yaml").write("one.yaml", config_map("settings", "greeting", "hi"));
    await_synced("shop", repository.push("Less"));
    BOOST_TEST(!w.exists("service", "shop", "web"));
    BOOST_TEST(w.field("configmap", "shop", "settings", ".data.greeting") == "hi");
    eventually([&] { return !events_of("shop").empty(); }, "events are written");

    w.kubectl({"delete", "applications.holdfast.dev/shop", "-n", home, "--timeout=60s"});
    BOOST_TEST(!w.exists("configmap", "shop", "settings"));
    nothing_was_forbidden(w);
}

BOOST_AUTO_TEST_CASE(an_application_elsewhere_is_deployed_as_its_service_account) {
    auto& [w, at] = installation();
    w.create_namespace("tenant");
    w.kubectl({"create", "serviceaccount", "deployer", "-n", "tenant"});
    w.kubectl({"create", "role", "deployer", "-n", "tenant", "--verb=*", "--resource=configmaps"});
    w.kubectl(
        {"create", "rolebinding", "deployer", "-n", "tenant", "--role=deployer",
         "--serviceaccount=tenant:deployer"}
    );
    git_repository repository{"tenant"};
    repository.write("one.yaml", config_map("settings", "greeting", "hello"));
    const auto first = repository.push("One");
    // Credentials of its own namespace, which are followed.
    w.kubectl(
        {"create", "secret", "generic", "git", "-n", "tenant", "--from-literal=username=x",
         "--from-literal=password=y", "--from-literal=insecure=true"}
    );
    w.apply(json::serialize(json::object{
        {"apiVersion", "holdfast.dev/v1alpha1"},
        {"kind", "Repository"},
        {"metadata", {{"name", "tenant"}, {"namespace", "tenant"}}},
        {"spec", {{"url", repository.url()}, {"interval", "1s"}, {"secretRef", {{"name", "git"}}}}}
    }));
    w.apply(application(
        "tenant", {.url = repository.url(),
                   .into = "tenant",
                   .ns = "tenant",
                   .spec = {{"serviceAccountName", "deployer"}}}
    ));
    await_synced("tenant", first, "tenant");
    BOOST_TEST(w.field("configmap", "tenant", "settings", ".data.greeting") == "hello");
    nothing_was_forbidden(w);

    repository.write(
        "two.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
    );
    repository.push("More than it may");
    await_condition(
        "tenant", "SyncError", {"forbidden", "system:serviceaccount:tenant:deployer", "services"}, "tenant"
    );
    BOOST_TEST(!w.exists("service", "tenant", "web"));
    w.kubectl({"delete", "applications.holdfast.dev/tenant", "-n", "tenant", "--timeout=60s"});
}

BOOST_AUTO_TEST_CASE(no_application_gives_away_more_than_it_has) {
    auto& [w, at] = installation();
    git_repository repository{"escalation"};
    repository.declare();
    repository.write("role.yaml", R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: everything}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
)");
    repository.push("Everything");
    w.apply(application("escalation", {.url = repository.url(), .into = "default"}));
    await_condition(
        "escalation", "SyncError",
        {"everything", "attempting to grant RBAC permissions not currently held",
         "config/components/argocd-rights"}
    );
    repository.remove("role.yaml").write("binding.yaml", R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everything}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: holdfast, namespace: holdfast}]
)");
    repository.push("The administrator's");
    await_condition("escalation", "SyncError", {"everything", "not currently held"});
    BOOST_TEST(!w.exists("clusterrole", "", "everything"));
    BOOST_TEST(!w.exists("clusterrolebinding", "", "everything"));
    w.kubectl({"delete", "applications.holdfast.dev/escalation", "-n", home, "--timeout=60s"});
}

BOOST_AUTO_TEST_CASE(a_wrong_application_is_refused_by_its_webhook) {
    auto& [w, at] = installation();
    std::string said;
    eventually(
        [&] {
            said = w.cluster()
                       .kubectl(
                           {"apply", "-f", "-"},
                           {.input =
                                application("wrong", {.url = "nonsense", .into = "default", .ns = "default"})}
                       )
                       .err;
            return said.find("spec.source.repoURL") != std::string::npos;
        },
        "it is refused", 60s, [&] { return said; }
    );
    nothing_was_forbidden(w);
}

BOOST_AUTO_TEST_CASE(it_keeps_itself_and_needs_no_further_right_for_it) {
    const kept_by_itself self{"holdfast"};
    auto& w = self.here.w;
    const auto kept = [&](const std::string& kind, const std::string& ns, const std::string& name) {
        return w.field(kind, ns, name, ".metadata.labels.example\\.com/kept-by");
    };
    BOOST_TEST(kept("deployment", home, "holdfast") == "itself");
    BOOST_TEST(kept("clusterrole", "", "holdfast-deploy-cluster") == "itself");
    BOOST_TEST(kept("clusterrolebinding", "", "holdfast-deploy") == "itself");
    BOOST_TEST(kept("crd", "", "applications.holdfast.dev") == "itself");
    BOOST_TEST(kept("validatingwebhookconfiguration", "", "holdfast") == "itself");
    BOOST_TEST(kept("clusterrole", "", "holdfast-deploy") == "");
    // What the operator fills in is not taken for drift.
    BOOST_TEST(
        !w.field("validatingwebhookconfiguration", "", "holdfast", ".webhooks[3].clientConfig.caBundle")
             .empty()
    );
    nothing_was_forbidden(w);
}

BOOST_AUTO_TEST_CASE(a_right_that_is_missing_is_named_before_it_is_needed) {
    auto& w = installation().w;
    auto& running = w.shared_operator();
    BOOST_TEST(running.logged("the operator lacks rights") == 0U); // of what is installed nothing is missing
    const auto rules = w.field("clusterrole", "", "holdfast", ".rules");
    auto without = json::parse(rules).as_array();
    for (auto& rule : without) {
        if (json::serialize(rule).find("events.k8s.io") != std::string::npos) {
            rule.as_object()["verbs"] = json::array{"create"}; // "patch" counts up repeated ones: none here
        }
    }
    const auto set = [&](const json::array& to) {
        const json::array patch{{{"op", "replace"}, {"path", "/rules"}, {"value", to}}};
        w.kubectl({"patch", "clusterrole", "holdfast", "--type=json", "-p", json::serialize(patch)});
    };
    set(without);
    running.restart();
    eventually(
        [&] { return running.logged(R"("missing":"patch events.events.k8s.io")") == 1; }, "the right is named"
    );
    set(json::parse(rules).as_array());
    eventually([&] { return running.logged("has all rights that it needs now") == 1; }, "it has them again");
}

BOOST_AUTO_TEST_CASE(what_it_stands_on_is_never_deleted) {
    kept_by_itself self{"cut-down"};
    auto& w = self.here.w;
    std::string gone;
    for (const auto& [version, kind, name] : std::vector<std::tuple<std::string, std::string, std::string>>{
             {"v1", "Namespace", "holdfast"},
             {"apiextensions.k8s.io/v1", "CustomResourceDefinition", "applications.holdfast.dev"},
             {"apps/v1", "Deployment", "holdfast"},
             {"v1", "ServiceAccount", "holdfast"},
             {"rbac.authorization.k8s.io/v1", "ClusterRole", "holdfast"},
             {"rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "holdfast"},
             {"policy/v1", "PodDisruptionBudget", "holdfast"}
         }) {
        const bool of_the_cluster = name != "holdfast" || kind.starts_with("Cluster") || kind == "Namespace";
        gone += "- patch: '{apiVersion: " + version + ", kind: " + kind + ", metadata: {name: " + name +
                (of_the_cluster ? "" : ", namespace: holdfast") + "}, $patch: delete}'\n";
    }
    self.push("Less", gone);
    eventually(
        [&] { return !w.exists("poddisruptionbudget", home, "holdfast"); }, "what may go is gone", 60s,
        [&] { return view("cut-down").describe(); }
    );
    eventually([&] { return view("cut-down").phase == "Succeeded"; }, "the sync has ended");
    for (const auto& [kind, ns] : std::map<std::string, std::string>{
             {"namespace", ""},
             {"deployment", home},
             {"serviceaccount", home},
             {"clusterrole", ""},
             {"clusterrolebinding", ""}
         }) {
        BOOST_TEST(w.field(kind, ns, "holdfast", ".metadata.deletionTimestamp").empty());
        BOOST_TEST(w.exists(kind, ns, "holdfast"), kind);
    }
    BOOST_TEST(w.exists("crd", "", "applications.holdfast.dev"));
    // Not with the Application either.
    w.kubectl(
        {"patch", "applications.holdfast.dev", "cut-down", "-n", home, "--type=merge", "-p",
         R"({"metadata":{"finalizers":["holdfast.dev/resources-finalizer"]}})"}
    );
    w.kubectl({"delete", "applications.holdfast.dev/cut-down", "-n", home, "--timeout=60s"});
    BOOST_TEST(!w.exists("networkpolicy", home, "holdfast"));
    BOOST_TEST(w.exists("deployment", home, "holdfast"));
    BOOST_TEST(w.exists("namespace", "", "holdfast"));
    BOOST_TEST(w.exists("crd", "", "repositories.holdfast.dev"));
}

BOOST_AUTO_TEST_CASE(a_definition_changes_only_where_what_is_stored_survives_it) {
    kept_by_itself self{"redefined"};
    auto& w = self.here.w;
    const std::string field = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/suspend";
    const auto without = [&](const std::string& path) {
        return "- target: {kind: CustomResourceDefinition, name: applications.holdfast.dev}\n"
               "  patch: |\n    - op: remove\n      path: " +
               path + "\n";
    };
    w.apply(application(
        "remembers",
        {.url = self.repository.url(), .into = home, .automated = false, .spec = {{"suspend", true}}}
    ));
    const auto before = w.field("crd", "", "applications.holdfast.dev", ".metadata.generation");
    self.push("Without a field", without(field));
    await_condition(
        "redefined", "SyncError", {"would not fit", "Application holdfast/remembers", "spec.suspend"}
    );
    BOOST_TEST(w.field("crd", "", "applications.holdfast.dev", ".metadata.generation") == before);
    // Nobody has it any more.
    w.kubectl({"delete", "applications.holdfast.dev/remembers", "-n", home, "--timeout=60s"});
    self.await_same(self.push("Without a field that nobody has", without(field) + "# again\n"));
    BOOST_TEST(w.field("crd", "", "applications.holdfast.dev", ".metadata.generation") != before);
    self.await_same(self.push("With it"));
}

BOOST_AUTO_TEST_CASE(options_that_no_operator_would_start_with_are_refused) {
    kept_by_itself self{"optioned"};
    auto& w = self.here.w;
    self.push(
        "Wrong", "- target: {kind: ConfigMap, name: holdfast-options}\n"
                 "  patch: |\n    - {op: replace, path: /data/options.yaml, value: 'log-level: noisy'}\n"
    );
    await_condition("optioned", "SyncError", {"holdfast-options", "options.yaml, line 1", "noisy"});
    BOOST_TEST(
        w.field("configmap", home, "holdfast-options", ".data.options\\.yaml").find("noisy") ==
        std::string::npos
    );
    self.await_same(self.push("Right"));
}

// As docs/installation.md says. The last one: nothing is left to try things on.
BOOST_AUTO_TEST_CASE(uninstalled_with_its_applications_it_takes_away_what_it_deployed) {
    auto& w = installation().w;
    git_repository repository{"leaving"};
    repository.declare();
    repository.write("one.yaml", config_map("settings", "greeting", "hello"));
    const auto first = repository.push("One");
    w.create_namespace("leaving");
    w.apply(application("leaving", {.url = repository.url(), .into = "leaving"}));
    await_synced("leaving", first);
    w.kubectl({"delete", "applications.holdfast.dev", "-A", "--all", "--timeout=60s"});
    BOOST_TEST(!w.exists("configmap", "leaving", "settings"));
    w.shared_operator().stop();
    const auto deleted =
        w.cluster().kubectl({"delete", "-k", config, "--ignore-not-found"}, {.deadline = 120s});
    BOOST_TEST(deleted.ok(), deleted.err);
    BOOST_TEST(!w.exists("namespace", "", home));
    BOOST_TEST(!w.exists("crd", "", "applications.holdfast.dev"));
    BOOST_TEST(w.exists("namespace", "", "leaving"));
}

BOOST_AUTO_TEST_SUITE_END()
