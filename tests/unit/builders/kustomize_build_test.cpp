// Repositories as people have them: what a plan gives is what kustomize gives for a clone, byte for byte.

#include "kustomize_bench.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::builders {
namespace {

using files = std::map<std::string, std::string>;

void gives_the_same(bench& b, const repository& r, const std::string& path) {
    const auto expected = plain_build(r.path() / path);
    BOOST_REQUIRE_MESSAGE(expected.status == 0, path << ": " << expected.error_output);
    const auto plan = planned(plan_kustomize(source_of(r, path), {}, {}, the_programs()));
    const auto built = b.run(plan);
    BOOST_TEST(built.status == 0, path << ": " << built.error_output);
    BOOST_TEST(built.output == expected.output, path);
    BOOST_TEST(!built.output.empty());
}

void gives_the_same(const files& all, const std::vector<std::string>& paths) {
    const repository r{all};
    bench b;
    for (const auto& path : paths) {
        gives_the_same(b, r, path);
    }
}

const std::string service =
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: web}\n"
    "  ports:\n  - port: 80\n";

BOOST_AUTO_TEST_SUITE(kustomize_build)

BOOST_AUTO_TEST_CASE(one_directory) {
    gives_the_same(
        {{"kustomization.yaml", "resources: [web.yaml, service.yaml]\n"},
         {"web.yaml", deployment("web")},
         {"service.yaml", service}},
        {"", ".", "./"}
    );
}

BOOST_AUTO_TEST_CASE(overlays_of_overlays) {
    gives_the_same(
        {{"base/kustomization.yml",
          "resources:\n- web.yaml\ncommonLabels: {app.kubernetes.io/part-of: shop}\n"},
         {"base/web.yaml", deployment("web")},
         {"overlays/common/Kustomization", "resources: [../../base]\nnamePrefix: shop-\n"},
         {"overlays/prod/kustomization.yaml",
          "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../common\n"
          "namespace: prod\nreplicas:\n- {name: web, count: 5}\n"},
         {"overlays/prod-eu/kustomization.yaml", "bases: [../prod]\nnameSuffix: -eu\n"}},
        {"base", "overlays/common", "overlays/prod", "overlays/prod-eu"}
    );
}

BOOST_AUTO_TEST_CASE(one_base_reached_in_two_ways) {
    gives_the_same(
        {{"apps/a/kustomization.yaml", "resources: [../../lib/base]\nnamePrefix: a-\n"},
         {"apps/b/kustomization.yaml", "resources: [../../lib/base]\nnamePrefix: b-\n"},
         {"apps/all/kustomization.yaml", "resources: [../a, ../b, own.yaml]\n"},
         {"apps/all/own.yaml", config_map("own")},
         {"lib/base/kustomization.yaml", "resources: [x.yaml, deeper]\n"},
         {"lib/base/x.yaml", config_map("x")},
         {"lib/base/deeper/kustomization.yaml", "resources: [y.yaml]\n"},
         {"lib/base/deeper/y.yaml", config_map("y")}},
        {"apps/all"}
    );
}

BOOST_AUTO_TEST_CASE(components) {
    gives_the_same(
        {{"base/kustomization.yaml",
          "resources: [web.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [mode=plain]\n"},
         {"base/web.yaml", deployment("web")},
         {"components/tls/kustomization.yaml",
          "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [secret.yaml]\n"
          "configMapGenerator:\n- name: settings\n  behavior: merge\n  literals: [tls=on]\n"
          "patches:\n- path: patch.yaml\n"},
         {"components/tls/secret.yaml",
          "apiVersion: v1\nkind: Secret\nmetadata:\n  name: tls\nstringData: {key: x}\n"},
         {"components/tls/patch.yaml",
          "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n"
          "      volumes:\n      - name: tls\n        secret: {secretName: tls}\n"},
         {"overlay/kustomization.yaml", "resources: [../base]\ncomponents: [../components/tls]\n"}},
        {"overlay"}
    );
}

BOOST_AUTO_TEST_CASE(generated_config_maps_and_secrets) {
    gives_the_same(
        {{"base/kustomization.yaml",
          "resources: [web.yaml]\ngeneratorOptions:\n  labels: {made: generated}\nconfigMapGenerator:\n"
          "- name: settings\n  files: [app.conf, renamed=conf/other.conf]\n  envs: [settings.env]\n"
          "  literals: [a=1, \"b=two words\"]\nsecretGenerator:\n- name: keys\n  type: Opaque\n"
          "  literals: [token=abc]\n- name: env\n  env: secret.env\n"},
         {"base/web.yaml", deployment("web")},
         {"base/app.conf", "listen 80;\n"},
         {"base/conf/other.conf", "x\n"},
         {"base/settings.env", "# comment\nHOST=example.com\n"},
         {"base/secret.env", "PASSWORD=geheim\n"},
         {"merge/kustomization.yaml", "resources: [../base]\nconfigMapGenerator:\n- name: settings\n  "
                                      "behavior: merge\n  literals: [a=9]\n"},
         {"replace/kustomization.yaml",
          "resources: [../base]\nconfigMapGenerator:\n- name: settings\n  behavior: replace\n  literals: "
          "[c=3]\n"
          "secretGenerator:\n- name: keys\n  behavior: merge\n  literals: [more=x]\n"},
         {"plain/kustomization.yaml",
          "resources: [../base]\ngeneratorOptions: {disableNameSuffixHash: true}\nconfigMapGenerator:\n"
          "- name: extra\n  literals: [z=1]\n"}},
        {"base", "merge", "replace", "plain"}
    );
}

BOOST_AUTO_TEST_CASE(patches_of_every_form) {
    const std::string json_patch =
        "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: busybox\n";
    gives_the_same(
        {{"base/kustomization.yaml", "resources: [web.yaml, service.yaml]\n"},
         {"base/web.yaml", deployment("web")},
         {"base/service.yaml", service},
         {"new/kustomization.yaml",
          "resources: [../base]\npatches:\n- path: strategic.yaml\n- path: patch.json\n  target: {kind: "
          "Service}\n"
          "- patch: |-\n    - op: add\n      path: /metadata/annotations\n      value: {patched: 'yes'}\n"
          "  target: {group: apps, version: v1, kind: Deployment, name: we.*}\n"
          "- patch: |-\n    kind: Deployment\n    apiVersion: apps/v1\n    metadata:\n      name: renamed\n"
          "  target: {kind: Deployment}\n  options: {allowNameChange: true}\n"
          "- patch: '{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"web\"}, "
          "\"$patch\": \"delete\"}'\n"},
         {"new/strategic.yaml",
          "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n"},
         {"new/patch.json", "[{\"op\": \"replace\", \"path\": \"/spec/ports/0/port\", \"value\": 8080}]\n"},
         {"old/kustomization.yaml",
          "resources: [../base]\npatchesJson6902:\n- target: {group: apps, version: v1, kind: Deployment, "
          "name: web}\n"
          "  path: image.yaml\n- target: {version: v1, kind: Service, name: web}\n"
          "  patch: '[{\"op\": \"add\", \"path\": \"/spec/type\", \"value\": \"NodePort\"}]'\n"
          "patchesStrategicMerge:\n- sub/replicas.yaml\n- |-\n  apiVersion: apps/v1\n  kind: Deployment\n"
          "  metadata:\n    name: web\n    labels: {old: way}\n"},
         {"old/image.yaml", json_patch},
         {"old/sub/replicas.yaml",
          "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n"}},
        {"new", "old"}
    );
}

BOOST_AUTO_TEST_CASE(replacements_vars_and_images) {
    gives_the_same(
        {{"kustomization.yaml",
          "resources: [web.yaml, settings.yaml]\nimages:\n- name: nginx\n  newName: registry.example/nginx\n"
          "  newTag: '1.27'\nreplacements:\n- path: replacement.yaml\n- source: {kind: ConfigMap, name: "
          "settings, fieldPath: data.host}\n"
          "  targets:\n  - select: {kind: Deployment}\n    fieldPaths: [metadata.annotations.host]\n    "
          "options: {create: true}\n"
          "vars:\n- name: NAME\n  objref: {kind: ConfigMap, name: settings, apiVersion: v1}\n"},
         {"web.yaml", deployment("web")},
         {"settings.yaml", config_map("settings", "host: example.com")},
         {"replacement.yaml", "source: {kind: ConfigMap, name: settings, fieldPath: "
                              "metadata.name}\ntargets:\n- select: {kind: Deployment}\n"
                              "  fieldPaths: [metadata.labels.settings]\n  options: {create: true}\n"}},
        {""}
    );
}

BOOST_AUTO_TEST_CASE(crds_configurations_and_openapi) {
    gives_the_same(
        {{"kustomization.yaml", "resources: [crd.yaml, thing.yaml]\ncrds: [definition.json]\nconfigurations: "
                                "[names.yaml]\nnamePrefix: my-\n"
                                "openapi: {path: schema.json}\nsortOptions: {order: fifo}\nlabels:\n- pairs: "
                                "{a: b}\n  includeSelectors: false\n"
                                "  fields: [{path: spec/labels, kind: Thing, create: true}]\n"},
         {"crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: "
                      "things.example.com}\n"
                      "spec:\n  group: example.com\n  scope: Namespaced\n  names: {kind: Thing, plural: "
                      "things}\n  versions: []\n"},
         {"thing.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\nspec: {settings: x}\n"
         },
         {"definition.json", "{\"example.com/v1.Thing\": {\"Schema\": {\"properties\": {}}}}"},
         {"names.yaml", "namePrefix:\n- path: spec/settings\n  kind: Thing\n"},
         {"schema.json", "{\"definitions\": {}}"}},
        {""}
    );
}

BOOST_AUTO_TEST_CASE(app_of_apps) {
    const auto application = [](const std::string& name) {
        return "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: " + name +
               "\n  annotations: {argocd.argoproj.io/sync-wave: \"1\"}\nspec:\n  project: default\n  "
               "source:\n"
               "    repoURL: https://git.example/" +
               name +
               "\n    path: ./\n    kustomize: {version: kustomize5}\n"
               "  destination: {name: in-cluster, namespace: " +
               name + "}\n";
    };
    gives_the_same(
        {{"kustomization.yaml",
          "resources:\n- apps/a.yaml\n- apps/b.yaml\n- project.yaml\n- sets\nnamespace: argocd\n"},
         {"apps/a.yaml", application("a")},
         {"apps/b.yaml", application("b") + "---\n" + application("c")},
         {"project.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p}\nspec: "
                          "{sourceRepos: ['*']}\n"},
         {"sets/kustomization.yaml", "resources: [set.yaml]\n"},
         {"sets/set.yaml",
          "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  "
          "generators:\n"
          "  - git: {repoURL: https://git.example/x, directories: [{path: '*'}]}\n  template:\n"
          "    metadata: {name: '{{path}}'}\n    spec: {project: '{{path}}'}\n"}},
        {""}
    );
}

BOOST_AUTO_TEST_CASE(builtin_plugins_and_inline_generators) {
    gives_the_same(
        {{"kustomization.yaml", "resources: [web.yaml]\ngenerators:\n- generator.yaml\n- |-\n  apiVersion: "
                                "builtin\n  kind: ConfigMapGenerator\n"
                                "  metadata: {name: inline}\n  literals: [a=b]\ntransformers:\n- "
                                "transformers\n- |-\n  apiVersion: builtin\n"
                                "  kind: LabelTransformer\n  metadata: {name: l}\n  labels: {x: y}\n  "
                                "fieldSpecs: [{path: metadata/labels, create: true}]\n"},
         {"web.yaml", deployment("web")},
         {"generator.yaml",
          "apiVersion: builtin\nkind: SecretGenerator\nmetadata: {name: made}\nfiles: [key.txt]\n"},
         {"key.txt", "geheim"},
         {"transformers/kustomization.yaml", "resources: [prefix.yaml]\n"},
         {"transformers/prefix.yaml",
          "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: pre-\n"
          "fieldSpecs: [{path: metadata/name}]\n"}},
        {""}
    );
}

BOOST_AUTO_TEST_CASE(field_names_in_any_case_and_json) {
    gives_the_same(
        {{"any/kustomization.yaml", "Resources: [../json]\nNAMEPREFIX: a-\n\"re\\u017Fources\": null\n"},
         {"json/kustomization.yaml", "{\"resources\": [\"x.yaml\"], \"namespace\": \"n\"}"},
         {"json/x.yaml", config_map("x")},
         {"long/kustomization.yaml", "re\xC5\xBFources: [../json]\nnameSuffix: -z\n"}},
        {"json", "long"}
    );
}

BOOST_AUTO_TEST_CASE(files_that_are_called_like_repositories) {
    gives_the_same(
        {{"kustomization.yaml", "resources: [github.com/org/repo.yaml]\n"},
         {"github.com/org/repo.yaml", config_map("x")}},
        {""}
    );
}

BOOST_AUTO_TEST_CASE(directories_behind_symlinks) {
    repository r{
        {{"lib/base/kustomization.yaml", "resources: [x.yaml]\n"},
         {"lib/base/x.yaml", config_map("x")},
         {"apps/web/kustomization.yaml", "resources: [base, own]\n"},
         {"apps/web/real/kustomization.yaml", "resources: [y.yaml]\n"},
         {"apps/web/real/data.yaml", config_map("y")}}
    };
    r.link("apps/web/base", "../../lib/base");
    r.link("apps/web/own", "real");
    r.link("apps/web/real/y.yaml", "data.yaml");
    r.link("current", "apps/web");
    r.commit();
    bench b;
    gives_the_same(b, r, "apps/web");
    gives_the_same(b, r, "current");
}

// How people switch between versions of a base.
BOOST_AUTO_TEST_CASE(symlinks_beside_the_directory_that_names_them) {
    repository r{
        {{"app/bases/v2/kustomization.yaml", "resources: [x.yaml]\n"},
         {"app/bases/v2/x.yaml", config_map("x")},
         {"app/bases/v2/parts/kustomization.yaml",
          "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -part\n"},
         {"app/prod/kustomization.yaml", "resources: [../current]\ncomponents: [../current/parts]\n"},
         {"app/other/kustomization.yaml", "resources: [../linked, ../../way/prod]\nnamePrefix: other-\n"},
         {"elsewhere/kustomization.yaml", "resources: [y.yaml]\n"},
         {"elsewhere/y.yaml", config_map("y")}}
    };
    r.link("app/current", "bases/v2");
    r.link("app/linked", "../elsewhere");
    r.link("way", "app");
    r.commit();
    bench b;
    gives_the_same(b, r, "app/prod");
    gives_the_same(b, r, "app/other");
    gives_the_same(b, r, "way/prod");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
