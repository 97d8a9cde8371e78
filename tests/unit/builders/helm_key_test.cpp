// What a key covers, and what it does not.

#include "helm_bench.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <functional>

namespace holdfast::builders {
namespace {

/// A chart with a library, value files here and elsewhere, and two that it does not use.
struct shop {
    repository r;
    repository env;
    helm_bench b;

    shop() {
        r.file(
            "apps/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.2.3\ndependencies:\n"
            "  - {name: common, version: 1.x, repository: \"file://../../libs/common\"}\n"
            "  - {name: redis, version: 17.x, repository: \"https://charts.example\"}\n"
        );
        r.file("apps/web/templates/a.yaml", shows("a", ".Release.Name"));
        r.file("libs/common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 1.0.0\ntype: library\n");
        r.file("libs/other/Chart.yaml", "apiVersion: v2\nname: other\nversion: 1.0.0\n");
        r.file("env/prod.yaml", "a: 1\n");
        r.file("env/test.yaml", "a: 2\n");
        env.file("shared.yaml", "b: 1\n");
        env.file("unused.yaml", "b: 2\n");
        b.supplied[redis] = {.file = "/nothing/redis.tgz", .identity = "sha256:1", .version = "17.0.0"};
    }

    build_source source() {
        auto s = b.source(r, "apps/web");
        s.refs["env"] = {.repo_url = "https://git.example/env", .at = env.commit()};
        s.spec.helm->value_files = {"/env/prod.yaml", "$env/shared.yaml"};
        return s;
    }
    render::build_key key(const build_source& s) { return b.good_plan(s).key; }

    const need redis{
        .what = need::kind::chart, .url = "https://charts.example", .name = "redis", .revision = "17.x"
    };
};

BOOST_AUTO_TEST_SUITE(helm_key)

BOOST_AUTO_TEST_CASE(the_same_when_something_else_changes) {
    shop w;
    const auto key = w.key(w.source());
    const std::vector<std::pair<const char*, std::function<void(build_source&)>>> cases{
        {"nothing", [](build_source&) {}},
        {"a file elsewhere",
         [&](build_source& s) {
             w.r.file("README.md", "new");
             s = w.source();
         }},
        {"another chart",
         [&](build_source& s) {
             w.r.file("libs/other/values.yaml", "x: 1");
             s = w.source();
         }},
        {"an unused value file",
         [&](build_source& s) {
             w.r.file("env/test.yaml", "a: 3");
             s = w.source();
         }},
        {"an unused file of the ref",
         [&](build_source& s) {
             w.env.file("unused.yaml", "b: 3");
             s = w.source();
         }},
        {"the name of the branch", [](build_source& s) { s.spec.target_revision = "other"; }},
        {"the name of the Application's namespace", [&](build_source&) { w.b.facts.namespace_ = "other"; }},
        {"the project", [&](build_source&) { w.b.facts.project = "other"; }},
        {"where helm is", [&](build_source&) { w.b.with.helm = "/elsewhere/helm"; }},
        {"credentials", [](build_source& s) { s.spec.helm->pass_credentials = true; }},
        {"the version said", [](build_source& s) { s.spec.helm->version = "v3"; }},
        {"what a chart's repository is called by",
         [&](build_source&) { w.b.supplied[w.redis].file = "/other/place.tgz"; }},
    };
    for (const auto& [what, change] : cases) {
        auto s = w.source();
        change(s);
        BOOST_TEST((w.key(s) == key), what);
    }
}

BOOST_AUTO_TEST_CASE(another_when_something_of_it_changes) {
    const std::vector<std::pair<const char*, std::function<void(shop&, build_source&)>>> cases{
        {"a template",
         [](shop& w, build_source& s) {
             w.r.file("apps/web/templates/a.yaml", "x: 1");
             s = w.source();
         }},
        {"a library",
         [](shop& w, build_source& s) {
             w.r.file("libs/common/templates/_x.tpl", "x");
             s = w.source();
         }},
        {"a value file",
         [](shop& w, build_source& s) {
             w.r.file("env/prod.yaml", "a: 9");
             s = w.source();
         }},
        {"a value file of the ref",
         [](shop& w, build_source& s) {
             w.env.file("shared.yaml", "b: 9");
             s = w.source();
         }},
        {"the mode of a file",
         [](shop& w, build_source& s) {
             w.r.git("update-index --chmod=+x apps/web/Chart.yaml");
             shell("chmod +x " + (w.r.path() / "apps/web/Chart.yaml").string());
             s = w.source();
         }},
        {"an archive", [](shop& w, build_source&) { w.b.supplied[w.redis].identity = "sha256:2"; }},
        {"its version", [](shop& w, build_source&) { w.b.supplied[w.redis].version = "17.0.1"; }},
        {"helm", [](shop& w, build_source&) { w.b.with.helm_identity = "v3.23.0"; }},
        {"the application", [](shop& w, build_source&) { w.b.facts.application = "other"; }},
        {"its namespace", [](shop& w, build_source&) { w.b.facts.destination_namespace = "other"; }},
        {"Kubernetes", [](shop& w, build_source&) { w.b.facts.kube_version = "1.31.0"; }},
        {"an API",
         [](shop& w, build_source&) {
             auto more = *w.b.facts.api_versions;
             more.emplace_back("x/v1");
             w.b.facts.api_versions = std::make_shared<const std::vector<std::string>>(std::move(more));
         }},
        {"releaseName", [](shop&, build_source& s) { s.spec.helm->release_name = "x"; }},
        {"namespace", [](shop&, build_source& s) { s.spec.helm->namespace_ = "x"; }},
        {"values", [](shop&, build_source& s) { s.spec.helm->values = "x: 1"; }},
        {"valuesObject", [](shop&, build_source& s) { s.spec.helm->values_object = {{"x", 1}}; }},
        {"a parameter",
         [](shop&, build_source& s) { s.spec.helm->parameters = {{.name = "x", .value = "1"}}; }},
        {"the revision in a parameter",
         [](shop&, build_source& s) {
             s.spec.helm->parameters = {{.name = "x", .value = "$ARGOCD_APP_REVISION"}};
         }},
        {"a file parameter", [](shop&, build_source& s
                             ) { s.spec.helm->file_parameters = {{.name = "x", .path = "Chart.yaml"}}; }},
        {"the order of value files",
         [](shop&, build_source& s) { std::swap(s.spec.helm->value_files[0], s.spec.helm->value_files[1]); }},
        {"skipCrds", [](shop&, build_source& s) { s.spec.helm->skip_crds = true; }},
        {"skipTests", [](shop&, build_source& s) { s.spec.helm->skip_tests = true; }},
        {"skipSchemaValidation", [](shop&, build_source& s) { s.spec.helm->skip_schema_validation = true; }},
        {"kubeVersion", [](shop&, build_source& s) { s.spec.helm->kube_version = "1.20"; }},
        {"apiVersions", [](shop&, build_source& s) { s.spec.helm->api_versions = {"x/v1"}; }},
    };
    std::set<render::build_key> seen;
    shop first;
    seen.insert(first.key(first.source()));
    for (const auto& [what, change] : cases) {
        shop w;
        auto s = w.source();
        change(w, s);
        BOOST_TEST(seen.insert(w.key(s)).second, what);
    }
}

BOOST_AUTO_TEST_CASE(a_parameter_that_names_the_revision_is_another_each_commit) {
    shop w;
    auto s = w.source();
    s.spec.helm->parameters = {{.name = "x", .value = "$ARGOCD_APP_REVISION"}};
    const auto key = w.key(s);
    s.revision = std::string(40, '0');
    BOOST_TEST((w.key(s) != key));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
