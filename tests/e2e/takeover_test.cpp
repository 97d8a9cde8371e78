// What `holdfast takeover check` and `holdfast convert` say of an installation of Argo CD: its objects, in a real
// API server, without its programs.

#include "e2e/operator_process.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* password = "only-in-the-cluster";

// The definitions of Argo CD's kinds, without a schema: what it takes is taken.
std::string definition(const std::string& plural, const std::string& kind) {
    return "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: " +
           plural +
           ".argoproj.io\nspec:\n  group: argoproj.io\n  scope: Namespaced\n  names:\n    plural: " + plural +
           "\n    kind: " + kind +
           "\n  versions:\n  - name: v1alpha1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n"
           "        type: object\n        x-kubernetes-preserve-unknown-fields: true\n";
}

void install_argo_cd(world& w) {
    w.create_namespace("argocd");
    w.apply(
        definition("applications", "Application") + definition("applicationsets", "ApplicationSet") +
        definition("appprojects", "AppProject")
    );
    for (const auto* plural : {"applications", "applicationsets", "appprojects"}) {
        w.kubectl(
            {"wait", "--for=condition=Established", "--timeout=30s",
             std::string{"customresourcedefinition/"} + plural + ".argoproj.io"}
        );
    }
    w.apply(R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
data:
  kustomize.buildOptions: --enable-alpha-plugins --enable-exec
  resource.customizations.health.example.com_Database: return {status = "Healthy"}
---
apiVersion: v1
kind: Secret
metadata: {name: argocd-secret, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
stringData: {webhook.github.secrets: only-in-the-cluster, server.secretkey: only-in-the-cluster}
---
apiVersion: v1
kind: Secret
metadata: {name: org, namespace: argocd, labels: {argocd.argoproj.io/secret-type: repo-creds}}
stringData: {url: "https://git.example/acme", username: ada, password: only-in-the-cluster, insecure: "true"}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: argocd-application-controller, namespace: argocd}
spec:
  replicas: 1
  serviceName: x
  selector: {matchLabels: {app: c}}
  template:
    metadata: {labels: {app: c}}
    spec: {containers: [{name: c, image: "quay.io/argoproj/argocd:v2.9.3"}]}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: team, namespace: argocd}
spec: {sourceRepos: ["*"], destinations: [{server: "*", namespace: "*"}]}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: argocd
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  project: team
  source: {repoURL: "https://git.example/acme/shop", path: ./}
  destination: {name: in-cluster, namespace: shop}
  syncPolicy: {automated: {selfHeal: true}}
status:
  sync: {status: Synced}
  resources: [{group: batch, version: v1, kind: Job, namespace: shop, name: migrate, hook: true}]
)");
}

command_result holdfast_says(world& w, std::vector<std::string> arguments, const std::string& kubeconfig) {
    arguments.insert(arguments.end(), {"--kubeconfig", kubeconfig});
    return run_command(w.shared_operator().program(), arguments, {}, 60s);
}

} // namespace

BOOST_AUTO_TEST_SUITE(takeover)

BOOST_AUTO_TEST_CASE(what_stands_against_moving_is_named_and_what_is_converted_is_taken) {
    auto& w = world::get();
    const auto& kubeconfig = w.cluster().kubeconfig();
    const auto nowhere = holdfast_says(w, {"takeover", "check"}, kubeconfig);
    BOOST_TEST(nowhere.status == 2, nowhere.err);
    BOOST_TEST(
        nowhere.err.find("no ConfigMap argocd-cm in the namespace argocd") != std::string::npos, nowhere.err
    );

    install_argo_cd(w);
    const auto before =
        w.kubectl({"get", "all,configmaps,secrets,applications.argoproj.io", "-n", "argocd", "-o", "name"});
    const auto version_of_shop =
        w.field("applications.argoproj.io", "argocd", "shop", ".metadata.resourceVersion");
    const auto told = holdfast_says(w, {"takeover", "check"}, kubeconfig);
    BOOST_TEST(told.status == 1, told.err);
    for (const auto* part :
         {"Argo CD 2.9.3 in the namespace argocd", "1 Applications, 0 ApplicationSets, 1 AppProjects",
          "StatefulSet argocd/argocd-application-controller", "knows its objects by the label",
          "was webhook.github.secret meant?",
          "kustomize.buildOptions: ", "example.com_Database: write the script into spec.healthChecks",
          "write a Repository with spec.url \"https://git.example/acme\"", "has hooks (Job shop/migrate)"}) {
        BOOST_TEST((told.out.find(part) != std::string::npos), part << " in:\n" << told.out);
    }
    const auto made = holdfast_says(w, {"convert", "--namespace", home}, kubeconfig);
    BOOST_TEST(made.status == 0, made.err);
    for (const auto* text : {&told.out, &told.err, &made.out, &made.err}) {
        BOOST_TEST(text->find(password) == std::string::npos, *text);
    }
    // Nothing was changed.
    BOOST_TEST(
        w.kubectl({"get", "all,configmaps,secrets,applications.argoproj.io", "-n", "argocd", "-o", "name"}) ==
        before
    );
    BOOST_TEST(
        w.field("applications.argoproj.io", "argocd", "shop", ".metadata.resourceVersion") == version_of_shop
    );

    w.apply(made.out);
    BOOST_TEST(w.field("applications.holdfast.dev", home, "shop", ".spec.project") == "team");
    BOOST_TEST(w.field("projects.holdfast.dev", home, "team", ".spec.sourceRepos[0]") == "*");
    BOOST_TEST(w.field("repositories.holdfast.dev", home, "org", ".spec.secretRef.name") == "org");
}

BOOST_AUTO_TEST_CASE(a_cluster_that_cannot_be_reached_is_no_answer) {
    const auto told = holdfast_says(world::get(), {"takeover", "check"}, "/nowhere");
    BOOST_TEST(told.status == 2, told.err);
    BOOST_TEST(told.out.empty());
}

BOOST_AUTO_TEST_SUITE_END()
