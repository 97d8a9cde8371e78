// Charts and repositories as there are many: what a build prints is byte for byte what helm prints in a
// clone.

#include "helm_bench.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace holdfast::builders {
namespace {

void chart(
    const repository& r, const std::string& path, const std::string& name, const std::string& more = {}
) {
    r.file(path + "/Chart.yaml", fmt::format("apiVersion: v2\nname: {}\nversion: 1.2.3\n{}", name, more));
}

/// A chart with what `helm create` makes of it, in short.
void common_chart(const repository& r, const std::string& path, const std::string& name) {
    chart(r, path, name, "appVersion: \"2.0\"\n");
    r.file(
        path + "/values.yaml", "image:\n  repository: nginx\n  tag: \"\"\nreplicas: 2\nservice:\n  port: 80\n"
    );
    r.file(
        path + "/templates/_helpers.tpl",
        fmt::format(
            "{{{{- define \"{0}.labels\" -}}}}\napp.kubernetes.io/name: {{{{ .Chart.Name }}}}\n"
            "app.kubernetes.io/instance: {{{{ .Release.Name }}}}\n"
            "helm.sh/chart: {{{{ .Chart.Name }}}}-{{{{ .Chart.Version }}}}\n{{{{- end }}}}\n",
            name
        )
    );
    r.file(
        path + "/templates/deployment.yaml",
        fmt::format(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{{{ .Release.Name }}}}-{0}\n"
            "  namespace: {{{{ .Release.Namespace }}}}\n  labels:\n    {{{{- include \"{0}.labels\" . | "
            "nindent 4 }}}}\n"
            "spec:\n  replicas: {{{{ .Values.replicas }}}}\n  template:\n    spec:\n      containers:\n"
            "        - name: main\n          image: \"{{{{ .Values.image.repository }}}}:"
            "{{{{ .Values.image.tag | default .Chart.AppVersion }}}}\"\n",
            name
        )
    );
    r.file(
        path + "/templates/service.yaml",
        fmt::format(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: {0}\nspec:\n  ports:\n    - port: {{{{ "
            ".Values.service.port }}}}\n",
            name
        )
    );
    r.file(path + "/templates/NOTES.txt", "Visit {{ .Release.Name }}.\n");
}

BOOST_AUTO_TEST_SUITE(helm_charts)

BOOST_AUTO_TEST_CASE(a_simple_chart_with_notes) {
    helm_bench b;
    const repository r;
    common_chart(r, "apps/web", "web");
    r.file("README.md", "elsewhere");
    const auto s = b.source(r, "apps/web");
    const auto plan = b.good_plan(s);
    BOOST_REQUIRE(plan.trees.size() == 1U);
    BOOST_TEST(plan.trees[0].path == "apps/web");
    BOOST_TEST(plan.trees[0].to == "repo/apps/web");
    BOOST_TEST(plan.name == "apps/web");
    BOOST_TEST(plan.needs.empty());
    const auto made = b.built(s);
    BOOST_TEST(made == expected(b, r, "apps/web"));
    BOOST_TEST(made.find("name: web-web\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_chart_at_the_root) {
    helm_bench b;
    const repository r;
    r.file("Chart.yaml", chart_yaml);
    r.file("templates/a.yaml", shows("a", ".Release.Name"));
    for (const char* path : {"", ".", "./"}) {
        const auto s = b.source(r, path);
        BOOST_TEST(b.built(s) == expected(b, r, ""));
        BOOST_TEST(b.good_plan(s).name == "the repository's root");
    }
}

BOOST_AUTO_TEST_CASE(an_umbrella_with_vendored_archives_and_directories) {
    helm_bench b;
    const repository r;
    common_chart(r, "stack/redis", "redis");
    common_chart(r, "stack/umbrella/charts/cache", "cache");
    chart(
        r, "stack/umbrella", "umbrella",
        "dependencies:\n"
        "  - {name: redis, version: 1.x, repository: https://charts.example}\n"
        "  - {name: cache, version: \">=1.0.0 <2\", repository: oci://registry.example/charts}\n"
    );
    r.file("stack/umbrella/values.yaml", "redis:\n  replicas: 5\ncache:\n  service: {port: 99}\n");
    r.file("stack/umbrella/templates/a.yaml", shows("a", ".Chart.Name"));
    b.helm(r.path(), "package stack/redis -d stack/umbrella/charts");
    const auto s = b.source(r, "stack/umbrella");
    BOOST_TEST(b.good_plan(s).needs.empty());
    const auto made = b.built(s);
    BOOST_TEST(made == expected(b, r, "stack/umbrella"));
    BOOST_TEST(made.find("# Source: umbrella/charts/redis/templates/deployment.yaml") != std::string::npos);
    // By whatever name it is there.
    r.git("mv stack/umbrella/charts/redis-1.2.3.tgz stack/umbrella/charts/by-hand.tgz");
    const auto renamed = b.source(r, "stack/umbrella");
    BOOST_TEST(b.good_plan(renamed).needs.empty());
    BOOST_TEST(b.built(renamed) == expected(b, r, "stack/umbrella"));
}

BOOST_AUTO_TEST_CASE(library_charts_of_the_repository_follow_each_other) {
    helm_bench b;
    const repository r;
    chart(r, "libs/names", "names", "type: library\n");
    r.file(
        "libs/names/templates/_names.tpl", "{{- define \"names.full\" -}}{{ .Release.Name }}-full{{- end }}\n"
    );
    r.file("libs/names/templates/.hidden.yaml", "not: [yaml");
    r.file("libs/names/.helmignore", "# editors\n*.swp\n/ci/\n");
    r.file("libs/names/ci/values.yaml", "x: 1\n");
    r.file("libs/names/templates/_names.tpl.swp", "{{ broken");
    chart(
        r, "libs/common", "common",
        "type: library\ndependencies:\n  - {name: names, version: ^1.0.0, repository: file://../names}\n"
    );
    r.file(
        "libs/common/templates/_map.tpl", "{{- define \"common.map\" -}}\napiVersion: v1\nkind: ConfigMap\n"
                                          "metadata:\n  name: {{ include \"names.full\" . }}\n{{- end }}\n"
    );
    chart(
        r, "apps/web", "web",
        "dependencies:\n  - {name: common, version: 1.2.3, repository: \"file://../../libs/common\"}\n"
    );
    r.file("apps/web/templates/map.yaml", "{{ include \"common.map\" . }}\ndata:\n  a: b\n");
    const auto s = b.source(r, "apps/web");
    const auto plan = b.good_plan(s);
    BOOST_TEST(plan.needs.empty());
    BOOST_TEST(plan.places.at("web/charts/common/charts/names") == "libs/names");
    const auto made = b.built(s);
    BOOST_TEST(made == expected(b, r, "apps/web", "", {"libs/common", "apps/web"}));
    BOOST_TEST(made.find("name: web-full") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(hooks_stay_and_tests_go) {
    helm_bench b;
    const repository r;
    chart(r, "c", "c");
    r.file("c/templates/a.yaml", shows("a", ".Release.IsInstall"));
    r.file(
        "c/templates/migrate.yaml",
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: migrate\n  annotations:\n"
        "    \"helm.sh/hook\": pre-install,pre-upgrade\n    \"helm.sh/hook-weight\": \"-5\"\n"
    );
    r.file(
        "c/templates/tests/test.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: test\n  annotations:\n    \"helm.sh/hook\": test\n"
    );
    auto s = b.source(r, "c");
    const auto all = b.built(s);
    BOOST_TEST(all == expected(b, r, "c"));
    BOOST_TEST(all.find("pre-install,pre-upgrade") != std::string::npos);
    BOOST_TEST(all.find("kind: Pod") != std::string::npos);
    s.spec.helm->skip_tests = true;
    const auto some = b.built(s);
    BOOST_TEST(some == expected(b, r, "c", "--skip-tests"));
    BOOST_TEST(some.find("kind: Pod") == std::string::npos);
    BOOST_TEST(some.find("kind: Job") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(custom_resource_definitions) {
    helm_bench b;
    const repository r;
    chart(r, "c", "c");
    r.file(
        "c/crds/one.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n "
                           " name: as.example.com\n"
    );
    r.file("c/charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n");
    r.file(
        "c/charts/sub/crds/two.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: "
                                      "CustomResourceDefinition\nmetadata:\n  name: bs.example.com\n"
    );
    r.file("c/templates/a.yaml", shows("a", ".Release.Name"));
    auto s = b.source(r, "c");
    BOOST_TEST(b.built(s) == expected(b, r, "c"));
    BOOST_TEST(b.built(s).find("bs.example.com") != std::string::npos);
    s.spec.helm->skip_crds = true;
    BOOST_TEST(b.built(s).find("CustomResourceDefinition") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(values_of_subcharts_globals_conditions_tags_and_aliases) {
    helm_bench b;
    const repository r;
    common_chart(r, "lib/db", "db");
    r.file(
        "lib/db/templates/global.yaml",
        shows("{{ .Release.Name }}-{{ .Chart.Name }}", ".Values.global.region")
    );
    common_chart(r, "lib/mail", "mail");
    common_chart(r, "lib/trace", "trace");
    chart(
        r, "apps/shop", "shop",
        "dependencies:\n"
        "  - {name: db, version: 1.2.3, repository: \"file://../../lib/db\", alias: orders}\n"
        "  - {name: db, version: 1.2.3, repository: \"file://../../lib/db\", alias: users}\n"
        "  - {name: mail, version: 1.2.3, repository: \"file://../../lib/mail\", condition: mail.enabled}\n"
        "  - {name: trace, version: 1.2.3, repository: \"file://../../lib/trace\", tags: [observe]}\n"
    );
    r.file(
        "apps/shop/values.yaml", "global: {region: eu}\norders: {replicas: 3}\nusers: {replicas: 4}\nmail: "
                                 "{enabled: false}\ntags: {observe: true}\n"
    );
    auto s = b.source(r, "apps/shop");
    const auto plan = b.good_plan(s);
    BOOST_TEST(plan.places.at("shop/charts/orders") == "lib/db");
    BOOST_TEST(plan.places.at("shop/charts/users") == "lib/db");
    const auto made = b.built(s);
    BOOST_TEST(made == expected(b, r, "apps/shop", "", {"apps/shop"}));
    BOOST_TEST(made.find("shop/charts/users/templates/service.yaml") != std::string::npos);
    BOOST_TEST(made.find("charts/mail/") == std::string::npos);
    s.spec.helm->values = "mail: {enabled: true}\ntags: {observe: false}\n";
    const auto other = b.built(s);
    BOOST_TEST(other.find("charts/mail/") != std::string::npos);
    BOOST_TEST(other.find("charts/trace/") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_versions_of_one_chart_side_by_side) {
    helm_bench b;
    const repository r;
    common_chart(r, "lib/v1", "db");
    common_chart(r, "lib/v2", "db");
    r.file("lib/v2/Chart.yaml", "apiVersion: v2\nname: db\nversion: 2.0.0\nappVersion: \"9\"\n");
    chart(
        r, "app", "app",
        "dependencies:\n  - {name: db, version: ^1, repository: \"file://../lib/v1\", alias: old}\n"
        "  - {name: db, version: ^2, repository: \"file://../lib/v2\", alias: new}\n"
    );
    const auto made = b.built(b.source(r, "app"));
    BOOST_TEST(made == expected(b, r, "app", "", {"app"}));
    BOOST_TEST(made.find("nginx:9") != std::string::npos);
    BOOST_TEST(made.find("nginx:2.0") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(values_of_another_repository) {
    helm_bench b;
    const repository r;
    common_chart(r, "charts/web", "web");
    const repository env;
    env.file("prod/web/values.yaml", "replicas: 7\n");
    env.file("prod/common.yaml", "replicas: 6\nimage: {tag: \"1\"}\n");
    env.file("prod/motd.txt", "hello, world");
    auto s = b.source(r, "charts/web");
    s.refs["values"] = {.repo_url = "https://git.example/env", .at = env.commit()};
    s.spec.helm->value_files = {"$values/prod/common.yaml", "$values/prod/$ARGOCD_APP_NAME/values.yaml"};
    s.spec.helm->file_parameters = {{.name = "image.tag", .path = "$values/prod/motd.txt"}};
    const auto plan = b.good_plan(s);
    BOOST_REQUIRE(plan.trees.size() == 4U);
    BOOST_TEST(plan.trees[1].to == "refs/values/prod/common.yaml");
    BOOST_TEST(plan.trees[2].to == "refs/values/prod/web/values.yaml");
    const auto e = env.path().string();
    BOOST_TEST(
        b.built(s) == expected(
                          b, r, "charts/web",
                          fmt::format(
                              "--values {0}/prod/common.yaml --values {0}/prod/web/values.yaml "
                              "--set-file image.tag={0}/prod/motd.txt",
                              e
                          )
                      )
    );
}

BOOST_AUTO_TEST_CASE(globs_of_value_files) {
    helm_bench b;
    const repository r;
    chart(r, "c", "c");
    r.file("c/templates/a.yaml", shows("a", ".Values | toJson"));
    for (const char* path :
         {"c/env/b.yaml", "c/env/a.yaml", "c/env/deep/c.yaml", "c/env/a-b/z.yaml", "c/env/a/z.yaml",
          "shared/x.yaml", "shared/y.yml"}) {
        r.file(path, fmt::format("last: {}\n\"{}\": true\n", path, path));
    }
    const auto check = [&](std::vector<std::string> entries, const std::vector<std::string>& files) {
        auto s = b.source(r, "c");
        s.spec.helm->value_files = std::move(entries);
        std::string flags;
        for (const auto& file : files) {
            flags += " --values " + file;
        }
        BOOST_TEST(b.built(s) == expected(b, r, "c", flags), s.spec.helm->value_files.front());
    };
    check({"env/*.yaml"}, {"env/a.yaml", "env/b.yaml"});
    check({"env/*/z.yaml"}, {"env/a/z.yaml", "env/a-b/z.yaml"});
    check(
        {"env/**/*.yaml"}, {"env/a.yaml", "env/b.yaml", "env/a/z.yaml", "env/a-b/z.yaml", "env/deep/c.yaml"}
    );
    check({"env/**"}, {"env/a/z.yaml", "env/a-b/z.yaml", "env/a.yaml", "env/b.yaml", "env/deep/c.yaml"});
    check({"../shared/[xy].y*ml"}, {"../shared/x.yaml", "../shared/y.yml"});
    check({"/shared/{y,x}.*"}, {"../shared/x.yaml", "../shared/y.yml"});
    r.link("c/env/link", "a");
    check({"env/**/z.yaml"}, {"env/a/z.yaml", "env/a-b/z.yaml", "env/link/z.yaml"});
    r.link("c/env/deep/up", "..");
    auto endless = b.source(r, "c");
    endless.spec.helm->value_files = {"env/**/z.yaml"};
    BOOST_TEST(b.errors(endless).find("goes too deep at c/env/deep/up/deep/up/") != std::string::npos);
    r.remove("c/env/deep/up");
    // What is named has the place where it is named.
    check({"env/*.yaml", "env/a.yaml"}, {"env/b.yaml", "env/a.yaml"});
    check({"env/b.yaml", "env/a.yaml", "env/b.yaml"}, {"env/b.yaml", "env/a.yaml"});
}

BOOST_AUTO_TEST_CASE(schemas) {
    helm_bench b;
    const repository r;
    chart(r, "c", "c");
    r.file("c/templates/a.yaml", shows("a", ".Values.replicas"));
    r.file("c/values.yaml", "replicas: 1\n");
    r.file("c/values.schema.json", R"({"type":"object","properties":{"replicas":{"type":"integer"}}})");
    auto s = b.source(r, "c");
    BOOST_TEST(b.built(s) == expected(b, r, "c"));
    s.spec.helm->parameters = {{.name = "replicas", .value = "many"}};
    BOOST_TEST(b.run(b.good_plan(s)).status != 0);
    s.spec.helm->skip_schema_validation = true;
    BOOST_TEST(b.built(s) == expected(b, r, "c", "--set replicas=many --skip-schema-validation"));
}

BOOST_AUTO_TEST_CASE(capabilities) {
    helm_bench b;
    const repository r;
    chart(r, "c", "c", "kubeVersion: \">=1.20.0-0\"\n");
    r.file(
        "c/templates/a.yaml",
        "{{- if .Capabilities.APIVersions.Has \"monitoring.coreos.com/v1/ServiceMonitor\" }}\n"
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata:\n  name: m\n---\n{{- end "
        "}}\n" +
            shows("{{ .Capabilities.KubeVersion.Minor }}", ".Capabilities.KubeVersion.Version")
    );
    auto s = b.source(r, "c");
    const auto made = b.built(s);
    BOOST_TEST(made == expected(b, r, "c"));
    BOOST_TEST(made.find("kind: ServiceMonitor") != std::string::npos);
    s.spec.helm->api_versions = {"example.com/v1"};
    s.spec.helm->kube_version = "v1.28.3-gke.100";
    const auto other = b.built(s);
    BOOST_TEST(other.find("ServiceMonitor") == std::string::npos);
    BOOST_TEST(other.find("value: \"v1.28.3\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(tpl_and_files) {
    helm_bench b;
    const repository r;
    chart(r, "c", "c");
    r.file("c/values.yaml", "motd: \"{{ .Release.Name }} says hello\"\n");
    r.file("c/config/app.properties", "a=b\nc=d\n");
    r.file("c/config/.secret", "x\n");
    r.file("c/.helmignore", ".secret\n*.bak\n");
    r.file("c/config/old.bak", "x\n");
    r.file(
        "c/templates/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  motd: {{ tpl "
                              ".Values.motd . | quote }}\n"
                              "  app: {{ .Files.Get \"config/app.properties\" | quote }}\n"
                              "{{ (.Files.Glob \"config/*\").AsConfig | indent 2 }}\n"
    );
    const auto made = b.built(b.source(r, "c"));
    BOOST_TEST(made == expected(b, r, "c"));
    BOOST_TEST(made.find("web says hello") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_chart_of_helm_2_with_requirements) {
    helm_bench b;
    const repository r;
    common_chart(r, "lib/db", "db");
    r.file("c/Chart.yaml", "apiVersion: v1\nname: c\nversion: 0.1.0\n");
    r.file(
        "c/requirements.yaml",
        "dependencies:\n  - name: db\n    version: 1.2.3\n    repository: file://../lib/db\n"
    );
    r.file("c/templates/a.yaml", shows("a", ".Files.Get \"requirements.yaml\""));
    const auto made = b.built(b.source(r, "c"));
    BOOST_TEST(made == expected(b, r, "c", "", {"c"}));
    BOOST_TEST(made.find("c/charts/db/templates") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(symlinks_inside_of_the_repository_are_followed) {
    helm_bench b;
    const repository r;
    chart(r, "apps/web", "web");
    r.file("shared/_helpers.tpl", "{{- define \"x\" -}}shared{{- end }}\n");
    r.file("shared/files/a.txt", "text");
    r.file("shared/values.yaml", "n: 5\n");
    r.file("apps/web/templates/sub/b.yaml", shows("b", ".Values.n"));
    r.file("apps/web/templates/a.yaml", shows("a", "include \"x\" ."));
    r.file("apps/web/templates/c.yaml", shows("c", ".Files.Get \"files/a.txt\""));
    r.link("apps/web/templates/_helpers.tpl", "../../../shared/_helpers.tpl");
    r.link("apps/web/templates/again.tpl", "_helpers.tpl");
    r.link("apps/web/files", "../../shared/files");
    r.link("apps/web/values.yaml", "../../shared/values.yaml");
    r.link("current", "apps/web");
    const auto made = b.built(b.source(r, "apps/web"));
    BOOST_TEST(made == expected(b, r, "apps/web"));
    BOOST_TEST(made.find("value: \"text\"") != std::string::npos);
    BOOST_TEST(b.built(b.source(r, "current")) == made);
}

BOOST_AUTO_TEST_CASE(charts_of_chart_repositories_are_needs) {
    helm_bench b;
    const repository r;
    common_chart(r, "redis", "redis");
    chart(
        r, "c", "c",
        "dependencies:\n  - {name: redis, version: ^1.0.0, repository: \"https://charts.example/stable/\"}\n"
    );
    const auto s = b.source(r, "c");
    const auto first = b.good_plan(s);
    const need wanted{
        .what = need::kind::chart,
        .url = "https://charts.example/stable",
        .name = "redis",
        .revision = "^1.0.0"
    };
    BOOST_TEST((first.needs == std::set<need>{wanted}));
    BOOST_TEST((first.missing == std::set<need>{wanted}));
    b.supplied[wanted] = b.packed(r.path() / "redis");
    const auto plan = b.good_plan(s);
    BOOST_TEST((plan.needs == std::set<need>{wanted}));
    BOOST_TEST(plan.missing.empty());
    BOOST_REQUIRE(plan.archives.size() == 1U);
    BOOST_TEST(plan.archives[0].to == "repo/c/charts/redis-1.2.3.tgz");
    const auto made = b.built(s);
    b.supplied[wanted].version = "../../1.2.3";
    BOOST_TEST(b.good_plan(s).archives.at(0).to == "repo/c/charts/redis-.._.._1.2.3.tgz");
    b.helm(r.path(), "package redis -d c/charts");
    const auto vendored = b.source(r, "c");
    BOOST_TEST(made == expected(b, r, "c"));
    // With a lock file it is the version there.
    r.remove("c/charts");
    r.file(
        "c/Chart.lock",
        "dependencies:\n- name: redis\n  repository: https://charts.example/stable/\n  version: 1.1.0\n"
        "digest: sha256:0\ngenerated: \"2024-01-01T00:00:00Z\"\n"
    );
    const auto locked = b.good_plan(b.source(r, "c"));
    BOOST_REQUIRE(locked.missing.size() == 1U);
    BOOST_TEST(locked.missing.begin()->revision == "1.1.0");
}

// What `helm repo add stable …` gives a name, a Repository object gives one here.
BOOST_AUTO_TEST_CASE(a_chart_repository_may_be_named) {
    for (const std::string name : {"\"@stable\"", "alias:stable"}) {
        helm_bench b;
        const repository r;
        common_chart(r, "redis", "redis");
        chart(r, "c", "c", "dependencies:\n  - {name: redis, version: ^1.0.0, repository: " + name + "}\n");
        const need wanted{.what = need::kind::chart, .url = "@stable", .name = "redis", .revision = "^1.0.0"};
        const auto s = b.source(r, "c");
        BOOST_TEST((b.good_plan(s).missing == std::set<need>{wanted}), name);
        b.supplied[wanted] = b.packed(r.path() / "redis");
        BOOST_TEST(!b.built(s).empty());
        r.file(
            "c/Chart.lock",
            "dependencies:\n- name: redis\n  repository: https://charts.example/stable/\n  version: 1.1.0\n"
            "digest: sha256:0\ngenerated: \"2024-01-01T00:00:00Z\"\n"
        );
        const auto locked = b.good_plan(b.source(r, "c"));
        BOOST_REQUIRE(locked.missing.size() == 1U);
        BOOST_TEST(locked.missing.begin()->revision == "1.1.0");
        BOOST_TEST(locked.missing.begin()->url == "@stable");
    }
}

BOOST_AUTO_TEST_CASE(a_chart_of_a_chart_repository) {
    helm_bench b;
    const repository r;
    common_chart(r, "web", "web");
    r.file("web/values-prod.yaml", "replicas: 9\n");
    r.file("web/env/a.yaml", "service: {port: 1}\n");
    r.file("web/motd", "2.5");
    auto s = b.source(r, "");
    s.at = {};
    s.spec.path.clear();
    s.spec.repo_url = "registry.example/charts";
    s.spec.chart = "team/web";
    s.spec.target_revision = "1.x";
    s.revision = "1.2.3";
    s.spec.helm->value_files = {"values-prod.yaml", "env/*.yaml"};
    s.spec.helm->file_parameters = {{.name = "image.tag", .path = "motd"}};
    const need wanted{
        .what = need::kind::chart, .url = "registry.example/charts", .name = "team/web", .revision = "1.x"
    };
    BOOST_TEST((b.good_plan(s).missing == std::set<need>{wanted}));
    b.supplied[wanted] = b.packed(r.path() / "web");
    const auto plan = b.good_plan(s);
    BOOST_TEST(plan.name == "chart team/web 1.2.3");
    BOOST_REQUIRE(plan.archives.size() == 1U);
    BOOST_TEST(plan.archives[0].to == "charts/web-1.2.3.tgz");
    BOOST_TEST(
        b.built(s) ==
        expected(b, r, "web", "--values values-prod.yaml --values env/a.yaml --set-file image.tag=motd")
    );
    s.spec.helm->value_files = {"values-prd.yaml"};
    BOOST_TEST(
        b.errors(s).find("there is no values-prd.yaml in chart team/web 1.2.3; did you mean values-prod.yaml?"
        ) != std::string::npos
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
