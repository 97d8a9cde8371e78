// What is wrong with a chart: found before helm runs, and taken out of what helm says.

#include "helm_bench.hpp"

#include "builders/helm/errors.hpp"
#include "builders/helm/inspect.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace holdfast::builders {
namespace {

void chart(const repository& r, const std::string& more) {
    r.file("apps/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n" + more);
    r.file("apps/web/templates/a.yaml", shows("a", ".Release.Name"));
}

/// What the failing build says, one error a line.
std::string said(helm_bench& b, const build_source& s) {
    const auto plan = b.good_plan(s);
    const auto outcome = b.run(plan);
    BOOST_TEST(outcome.status != 0);
    std::string all;
    for (const auto& e : render::read_helm_error(outcome.error_output, plan.places).all) {
        all += to_string(e) + "\n";
    }
    return all;
}

BOOST_AUTO_TEST_SUITE(helm_errors_)

BOOST_AUTO_TEST_CASE(no_chart_at_the_path) {
    helm_bench b;
    const repository r;
    chart(r, "");
    r.file("apps/chart.yaml", "x: 1");
    BOOST_TEST(b.errors(b.source(r, "apps")).find("apps/Chart.yaml: is not there in revision ") == 0U);
    BOOST_TEST(b.errors(b.source(r, "apps")).find("did you mean chart.yaml?") != std::string::npos);
    BOOST_TEST(b.errors(b.source(r, "apps/wbe")).find("; did you mean web?") != std::string::npos);
    BOOST_TEST(
        b.errors(b.source(r, "apps/chart.yaml")).find("is a file, not the directory of a chart") !=
        std::string::npos
    );
    BOOST_TEST(b.errors(b.source(r, "/apps")).find("spec.source.path: ") == 0U);
    BOOST_TEST(b.errors(b.source(r, "../apps")).find("must not contain \"..\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(dependencies_that_cannot_be) {
    helm_bench b;
    const repository r;
    chart(
        r, "dependencies:\n"
           "  - name: one\n    version: 1.x\n"
           "  - name: two\n    version: 1.x\n    repository: \"@\"\n"
           "  - name: three\n    version: 1.x\n    repository: \"alias:\"\n"
           "  - name: four\n    version: 1.x\n    repository: file://../../libs/fuor\n"
           "  - name: five\n    version: 2.x\n    repository: file://../../libs/five\n"
           "  - name: six\n    version: 1.x\n    repository: file://../../../outside\n"
           "  - name: seven\n    version: 1.x\n    repository: file:///etc\n"
           "  - name: eight\n    version: 1.x\n    repository: git+ssh://host/x\n"
           "  - name: nine\n    repository: https://charts.example\n"
           "  - name: ten\n    version: one\n    repository: https://charts.example\n"
           "  - name: eleven\n    version: 1.x\n    repository: file://../../libs/five\n"
    );
    r.file("libs/four/Chart.yaml", "apiVersion: v2\nname: four\nversion: 1.0.0\n");
    r.file("libs/five/Chart.yaml", "apiVersion: v2\nname: five\nversion: 1.0.0\n");
    const auto text = b.errors(b.source(r, "apps/web"));
    for (const char* expected :
         {"apps/web/Chart.yaml:5: one has no repository, and charts/one is not there",
          "apps/web/Chart.yaml:7: the repository \"@\" of two is none: https://…",
          "apps/web/Chart.yaml:10: the repository \"alias:\" of three is none",
          "apps/web/Chart.yaml:13: file://../../libs/fuor of four: there is no libs/fuor in ",
          "; did you mean four?",
          "apps/web/Chart.yaml:16: file://../../libs/five is version 1.0.0 of five, which is not \"2.x\"",
          "apps/web/Chart.yaml:19: file://../../../outside of six is not in the repository",
          "apps/web/Chart.yaml:22: file:///etc of seven is not in the repository",
          "apps/web/Chart.yaml:25: the repository \"git+ssh://host/x\" of eight is none",
          "apps/web/Chart.yaml:28: nine needs a version", "apps/web/Chart.yaml:30: ten: ",
          "apps/web/Chart.yaml:33: file://../../libs/five is the chart \"five\", not \"eleven\""}) {
        BOOST_TEST(text.find(expected) != std::string::npos, expected << "\nin\n" << text);
    }
}

BOOST_AUTO_TEST_CASE(charts_that_depend_on_each_other_in_a_circle) {
    helm_bench b;
    const repository r;
    chart(r, "dependencies:\n  - {name: a, version: 1.x, repository: \"file://../../a\"}\n");
    r.file(
        "a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n  - {name: web, version: "
                        "1.x, repository: \"file://../apps/web\"}\n"
    );
    BOOST_TEST(
        b.errors(b.source(r, "apps/web")) ==
        "a/Chart.yaml:5: web depends on itself: apps/web -> a -> apps/web\n"
    );
}

BOOST_AUTO_TEST_CASE(lock_files_that_do_not_fit) {
    helm_bench b;
    const repository r;
    chart(r, "dependencies:\n  - {name: redis, version: 17.x, repository: \"https://charts.example\"}\n");
    const auto lock = [&](const std::string& dependencies) {
        r.file("apps/web/Chart.lock", "dependencies:\n" + dependencies + "digest: sha256:0\n");
        return b.source(r, "apps/web");
    };
    const std::string good = "- name: redis\n  repository: https://charts.example/\n  version: 17.1.0\n";
    BOOST_TEST(b.good_plan(lock(good)).missing.begin()->revision == "17.1.0");
    const std::vector<std::pair<std::string, std::string>> cases{
        {"- name: redis\n  repository: https://charts.example\n  version: 16.0.0\n",
         "apps/web/Chart.lock:2: does not fit Chart.yaml: redis 16.0.0 is not \"17.x\""},
        {"- name: redis\n  repository: https://other.example\n  version: 17.1.0\n",
         "redis is from https://other.example in it"},
        {"- name: rabbit\n  repository: https://charts.example\n  version: 17.1.0\n",
         "rabbit stands where redis is expected"},
        {good + "- name: more\n  repository: https://charts.example\n  version: 1.0.0\n",
         "apps/web/Chart.lock:5: does not fit Chart.yaml: more is not a dependency"},
        {"  []\n", "redis is not in it"},
    };
    for (const auto& [text, expected] : cases) {
        const auto wrong = b.errors(lock(text));
        BOOST_TEST(wrong.find(expected) != std::string::npos, wrong);
        BOOST_TEST(wrong.find("run `helm dependency update`") != std::string::npos);
    }
    // Where all that it names is there it decides nothing, as in Argo CD.
    r.file("apps/web/charts/redis/Chart.yaml", "apiVersion: v2\nname: redis\nversion: 17.2.0\n");
    const auto plan = b.good_plan(lock(cases[0].first));
    BOOST_TEST(plan.needs.empty());
    BOOST_REQUIRE(plan.warnings.size() == 1U);
    BOOST_TEST(plan.warnings[0].find("run `helm dependency update`") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_vendored_chart_of_another_version_is_told) {
    helm_bench b;
    const repository r;
    chart(r, "dependencies:\n  - {name: redis, version: 17.x, repository: \"https://charts.example\"}\n");
    r.file("apps/web/charts/redis/Chart.yaml", "apiVersion: v2\nname: redis\nversion: 16.0.0\n");
    r.file("apps/web/charts/redis/templates/a.yaml", shows("redis", ".Release.Name"));
    const auto s = b.source(r, "apps/web");
    const auto plan = b.good_plan(s);
    BOOST_REQUIRE(plan.warnings.size() == 1U);
    BOOST_TEST(
        plan.warnings[0].find("apps/web/Chart.yaml:5: charts/redis is version 16.0.0, which is not \"17.x\""
        ) == 0U
    );
    BOOST_TEST(b.built(s) == expected(b, r, "apps/web"));
}

BOOST_AUTO_TEST_CASE(broken_chart_files) {
    helm_bench b;
    const repository r;
    chart(r, "dependencies: five\n");
    BOOST_TEST(b.errors(b.source(r, "apps/web")) == "apps/web/Chart.yaml:4: dependencies has to be a list\n");
    chart(r, "dependencies:\n  - 5\n  - {name: a/b}\n");
    BOOST_TEST(
        b.errors(b.source(r, "apps/web")) == "apps/web/Chart.yaml:5: dependencies[0] needs a name\n"
                                             "apps/web/Chart.yaml:6: \"a/b\" is not a chart name\n"
    );
    chart(r, "a: b: c\n");
    BOOST_TEST(b.errors(b.source(r, "apps/web")).find("apps/web/Chart.yaml:4:") == 0U);
    r.file(
        "apps/web/Chart.yaml",
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, 'a') + "\nsize 5\n"
    );
    BOOST_TEST(
        b.errors(b.source(r, "apps/web")).find("is a pointer to a file in Git LFS") != std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(lookup_is_told) {
    const auto lines =
        lookups_in("{{ lookup \"v1\" \"Secret\" }}\n"
                   "{{/* lookup */}} lookup {{ .Values.lookup }} {{ \"lookup {{\" }} {{ $lookup }}\n"
                   "{{- $x := (lookup \"v1\" \"A\" \"\" \"\") }}{{ if (lookup `a`) }}\n"
                   "{{- /* lookup }} */ -}}{{ lookups }}{{\n\n lookup\n}}");
    BOOST_TEST((lines == std::vector<int>{1, 3, 6}));
    helm_bench b;
    const repository r;
    chart(r, "");
    r.file(
        "apps/web/templates/secret.yaml",
        "{{- $old := lookup \"v1\" \"Secret\" \"a\" \"b\" }}\n" + shows("s", "len $old")
    );
    r.file("apps/web/docs/a.md", "{{ lookup }}");
    const auto plan = b.good_plan(b.source(r, "apps/web"));
    BOOST_REQUIRE(plan.warnings.size() == 1U);
    BOOST_TEST(
        plan.warnings[0] ==
        "apps/web/templates/secret.yaml:1: lookup gives nothing here: charts are rendered without a cluster"
    );
}

BOOST_AUTO_TEST_CASE(what_helm_says_of_templates) {
    helm_bench b;
    const repository r;
    r.file("libs/common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 1.0.0\ntype: library\n");
    r.file(
        "libs/common/templates/_names.tpl",
        "{{- define \"common.name\" -}}\n{{ .Values.a.b.c }}\n{{- end }}\n"
    );
    chart(
        r, "dependencies:\n  - {name: common, version: 1.x, repository: \"file://../../libs/common\", alias: "
           "lib}\n"
    );
    const auto with = [&](const std::string& text) {
        r.file("apps/web/templates/b.yaml", text);
        return said(b, b.source(r, "apps/web"));
    };
    BOOST_TEST(
        with("a: 1\nb: {{ include \"common.name\" . }}\n") ==
        "libs/common/templates/_names.tpl:2:10: at <.Values.a.b.c>: nil pointer evaluating interface {}.b "
        "(included from apps/web/templates/b.yaml:2)\n"
    );
    BOOST_TEST(
        with("a: 1\nb: {{ .Values.x.y }}\n") ==
        "apps/web/templates/b.yaml:2:13: at <.Values.x.y>: nil pointer evaluating interface {}.y\n"
    );
    BOOST_TEST(
        with("a: 1\n{{ if }}\n") ==
        "apps/web/templates/b.yaml:2: the template cannot be parsed: missing value for if\n"
    );
    BOOST_TEST(
        with("a: {{ nothing }}\n") ==
        "apps/web/templates/b.yaml:1: the template cannot be parsed: function \"nothing\" not defined\n"
    );
    BOOST_TEST(
        with("a: {{ required \"a host is needed\\nhere\" .Values.host }}\n") ==
        "apps/web/templates/b.yaml:1:6: a host is needed\nhere\n"
    );
    BOOST_TEST(with("{{ fail \"never\" }}") == "apps/web/templates/b.yaml:1:3: never\n");
    BOOST_TEST(
        with("a: b: c\n") == "apps/web/templates/b.yaml: its output is not valid YAML: mapping values are "
                             "not allowed in this context\n"
    );
    const auto line = with("kind: A\nb:\n  - c\n d: 1\n");
    BOOST_TEST(line.find("apps/web/templates/b.yaml: its output is not valid YAML: line ") == 0U, line);
    const auto kind = with("- a\n- b\n");
    BOOST_TEST(kind.find("apps/web/templates/b.yaml: its output is not a Kubernetes object: ") == 0U, kind);
}

BOOST_AUTO_TEST_CASE(what_helm_says_of_values) {
    helm_bench b;
    const repository r;
    chart(r, "");
    r.file("apps/web/charts/db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n");
    r.file(
        "apps/web/values.schema.json",
        R"({"type":"object","required":["host"],"properties":{"replicas":{"type":"integer"}}})"
    );
    r.file(
        "apps/web/charts/db/values.schema.json",
        R"({"type":"object","properties":{"size":{"type":"string"}}})"
    );
    r.file("env/broken.yaml", "a: 1\nb:\n- c\n d: 1\n");
    auto s = b.source(r, "apps/web");
    s.spec.helm->values = "replicas: many\ndb: {size: 5}\n";
    const auto schema = said(b, s);
    BOOST_TEST(
        schema ==
        "apps/web/values.schema.json: the values of web do not fit: at '': missing property 'host'\n"
        "apps/web/values.schema.json: the values of web do not fit: at '/replicas': got string, want "
        "integer\n"
        "apps/web/charts/db/values.schema.json: the values of db do not fit: at '/size': got number, want "
        "string\n"
    );
    s.spec.helm->value_files = {"/env/broken.yaml"};
    const auto broken = said(b, s);
    BOOST_TEST(broken == "env/broken.yaml:4: mapping values are not allowed in this context\n");
    s.spec.helm->value_files.clear();
    s.spec.helm->values = "a: 1\nb: c: d\n";
    BOOST_TEST(
        said(b, s) == "spec.source.helm.values: line 2: mapping values are not allowed in this context\n"
    );
    s.spec.helm->values.clear();
    s.spec.helm->parameters = {{.name = "a[", .value = "1"}};
    const auto parameter = said(b, s);
    BOOST_TEST(parameter.find("spec.source.helm.parameters: ") == 0U, parameter);
    s.spec.helm->parameters.clear();
    r.file("apps/web/values.yaml", "a: [\n");
    auto own = b.source(r, "apps/web");
    BOOST_TEST(said(b, own).find("apps/web/values.yaml:") == 0U, said(b, own));
    r.remove("apps/web/values.yaml");
    r.file("apps/web/charts/db/values.yaml", "a: b: c\n");
    own = b.source(r, "apps/web");
    BOOST_TEST(said(b, own).find("apps/web/charts/db/values.yaml:") == 0U, said(b, own));
}

BOOST_AUTO_TEST_CASE(what_helm_says_of_files_from_elsewhere) {
    helm_bench b;
    const repository r;
    r.file("apps/repo/Chart.yaml", "apiVersion: v2\nname: repo\nversion: 1.2.3\n");
    r.file("apps/repo/templates/a.yaml", "{{ fail \"never\" }}");
    auto s = b.source(r, "apps/repo");
    BOOST_TEST(said(b, s) == "apps/repo/templates/a.yaml:1:3: never\n");
    const repository env;
    env.file("prod/a.yaml", "a: b: c\n");
    s.refs["env"] = {.repo_url = "https://git.example/env", .at = env.commit()};
    s.spec.helm->value_files = {"$env/prod/a.yaml"};
    BOOST_TEST(said(b, s) == "$env/prod/a.yaml: mapping values are not allowed in this context\n");
    s.spec.helm->value_files = {"https://user:secret@files.example/a@b.yaml"};
    b.supplied[{.what = need::kind::file, .url = s.spec.helm->value_files[0]}] = {
        .file = (env.path() / "prod/a.yaml").string(), .identity = "sha256:1"
    };
    BOOST_TEST(
        said(b, s) == "https://files.example/a@b.yaml: mapping values are not allowed in this context\n"
    );
}

BOOST_AUTO_TEST_CASE(what_helm_says_of_charts) {
    helm_bench b;
    const repository r;
    chart(r, "kubeVersion: \">=1.99\"\n");
    BOOST_TEST(
        said(b, b.source(r, "apps/web")) == "apps/web/Chart.yaml: chart requires kubeVersion: >=1.99 which "
                                            "is incompatible with Kubernetes v1.30.2\n"
    );
    r.file("apps/web/Chart.yaml", "apiVersion: v2\nname: web\n");
    const auto text = said(b, b.source(r, "apps/web"));
    BOOST_TEST(text.find("apps/web/Chart.yaml: validation: chart.metadata.version is required") == 0U, text);
}

BOOST_AUTO_TEST_CASE(odd_error_outputs) {
    const std::map<std::string, std::string> places{{"web", "apps/web"}, {"repo/env/a.yaml", "env/a.yaml"}};
    const auto all = [&](std::string_view text) {
        std::string lines;
        const auto read = render::read_helm_error(text, places);
        BOOST_TEST(!read.all.empty());
        for (const auto& e : read.all) {
            lines += to_string(e) + "\n";
        }
        return lines;
    };
    BOOST_TEST(all("") == "it failed without a word\n");
    BOOST_TEST(all("panic: runtime error\ngoroutine 1") == "panic: runtime error\ngoroutine 1\n");
    BOOST_TEST(
        all("walk.go:74: found symbolic link in path\nError: template: web/templates/x.yaml:12:4: executing "
            "\"web/templates/x.yaml\" at <.Values>: oops\n\nUse --debug flag to render out invalid YAML\n"
        ) == "apps/web/templates/x.yaml:12:4: at <.Values>: oops\n"
    );
    BOOST_TEST(all("Error: template: no location here") == "template: no location here\n");
    BOOST_TEST(all("Error: parse error at (broken") == "parse error at (broken\n");
    BOOST_TEST(all("Error: YAML parse error on x") == "YAML parse error on x\n");
    BOOST_TEST(
        all("Error: values don't meet the specifications of the schema(s)") ==
        "values don't meet the specifications of the schema(s)\n"
    );
    BOOST_TEST(all("Error: " + std::string(100'000, 'x')).size() < 3000U);
    std::string chain = "Error: ";
    for (int i = 0; i < 2000; ++i) {
        chain += "template: web/templates/x.yaml:1:1: executing \"x\" at <include>: error calling include: ";
    }
    BOOST_TEST(all(chain + "end").size() < 3000U);
    BOOST_TEST(place_of("repo/env/a.yaml", places) == "env/a.yaml");
    BOOST_TEST(place_of("website/a.yaml", places) == "website/a.yaml");
    BOOST_TEST(place_of("web", places) == "apps/web");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
