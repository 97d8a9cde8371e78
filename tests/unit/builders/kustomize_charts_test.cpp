// Charts in kustomizations: what a plan gives is what kustomize gives where the charts are there already.

#include "kustomize_bench.hpp"

#include "base/hash.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>

namespace holdfast::builders {
namespace {

programs with_charts() {
    auto with = the_programs();
    with.charts_in_kustomizations = true;
    with.helm = std::filesystem::canonical(std::string{std::getenv("HOLDFAST_PROGRAMS")} + "/helm"); // NOLINT
    with.helm_identity = "v3";
    return with;
}

const std::map<std::string, std::string> web_chart{
    {"Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n"},
    {"values.yaml", "image: {tag: one, name: web}\n"},
    {"templates/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, "
                           "namespace: {{ .Release.Namespace }}}\n"
                           "data: {image: \"{{ .Values.image.name }}:{{ .Values.image.tag }}\"}\n"},
    {"crds/crd.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
                      "metadata: {name: things.example.com}\n"}
};

std::map<std::string, std::string> chart_at(const std::string& directory) {
    std::map<std::string, std::string> files;
    for (const auto& [path, text] : web_chart) {
        files[directory + "/" + path] = text;
    }
    return files;
}

// As a chart repository has it: `helm package`.
supply packed(const temporary_directory& to) {
    const repository chart{chart_at("web")};
    const auto done = shell(
        "tar -C '" + chart.path().string() + "' -czf '" + (to.path() / "web-1.2.3.tgz").string() + "' web"
    );
    BOOST_REQUIRE(done.status == 0);
    supply made;
    made.file = (to.path() / "web-1.2.3.tgz").string();
    made.identity = "sha256:chart";
    made.version = "1.2.3";
    return made;
}

const std::string remote = "repo: https://charts.example/stable/\n  version: ^1.0.0\n";
const need wanted{
    .what = need::kind::chart, .url = "https://charts.example/stable", .name = "web", .revision = "^1.0.0"
};

std::string kustomization(const std::string& more) {
    return "namePrefix: a-\nhelmCharts:\n- name: web\n  releaseName: shop\n  namespace: team\n  " + more;
}

BOOST_AUTO_TEST_SUITE(kustomize_charts)

BOOST_AUTO_TEST_CASE(a_chart_is_a_need_and_then_what_kustomize_makes_of_it) {
    const temporary_directory kept;
    const std::string more = remote + "  includeCRDs: true\n  valuesFile: own.yaml\n"
                                      "  valuesInline: {image: {tag: three}}\n";
    const std::map<std::string, std::string> own{{"own.yaml", "image: {tag: two, name: shop}\n"}};
    auto files = own;
    files["kustomization.yaml"] = kustomization(more);
    const repository r{files};
    const auto asked = planned(plan_kustomize(source_of(r, ""), {}, {}, with_charts()));
    BOOST_TEST((asked.missing == std::set<need>{wanted}));
    const auto plan = planned(plan_kustomize(source_of(r, ""), {}, {{wanted, packed(kept)}}, with_charts()));
    BOOST_TEST(plan.missing.empty());
    BOOST_TEST((plan.needs == std::set<need>{wanted}));
    bench b;
    const auto built = b.run(plan);
    BOOST_TEST(built.status == 0, built.error_output);

    auto vendored = chart_at("charts/web-^1.0.0/web");
    vendored.insert(files.begin(), files.end());
    const repository clone{vendored};
    const auto expected = shell(
        "'" + with_charts().kustomize + "' build --enable-helm --helm-command '" + with_charts().helm +
        "' '" + clone.path().string() + "'"
    );
    BOOST_REQUIRE_MESSAGE(expected.status == 0, expected.error_output);
    BOOST_TEST(built.output == expected.output);
    BOOST_TEST(built.output.find("image: shop:three") != std::string::npos, built.output);
    BOOST_TEST(built.output.find("name: a-shop") != std::string::npos, built.output);

    // A chart that lies in the repository is no need.
    const auto here = planned(plan_kustomize(source_of(clone, ""), {}, {}, with_charts()));
    BOOST_TEST(here.needs.empty());
    BOOST_TEST(b.run(here).output == expected.output);
}

BOOST_AUTO_TEST_CASE(a_chart_of_the_repository_is_found_where_chart_home_says) {
    auto files = chart_at("app/parts/charts/web");
    files["app/kustomization.yaml"] =
        kustomization("valuesInline: {image: {tag: x}}\n") + "helmGlobals: {chartHome: parts/charts}\n";
    const repository r{files};
    bench b;
    const auto built = b.run(planned(plan_kustomize(source_of(r, "app"), {}, {}, with_charts())));
    BOOST_TEST(built.status == 0, built.error_output);
    BOOST_TEST(built.output.find("image: web:x") != std::string::npos, built.output);
}

BOOST_AUTO_TEST_CASE(another_chart_or_another_helm_is_another_build) {
    const temporary_directory kept;
    const repository r{{{"kustomization.yaml", kustomization(remote)}}};
    const auto key = [&](const supply& chart, const std::string& helm) {
        auto with = with_charts();
        with.helm_identity = helm;
        return to_hex(planned(plan_kustomize(source_of(r, ""), {}, {{wanted, chart}}, with)).key);
    };
    const auto one = packed(kept);
    BOOST_TEST(key(one, "v3") == key(one, "v3"));
    BOOST_TEST(key(one, "v3") != key(one, "v4"));
    const temporary_directory elsewhere;
    const repository other{{{"web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.4\n"}}};
    auto newer = one;
    newer.file = (elsewhere.path() / "web.tgz").string();
    BOOST_REQUIRE(shell("tar -C '" + other.path().string() + "' -czf '" + newer.file + "' web").status == 0);
    BOOST_TEST(key(newer, "v3") != key(one, "v3"));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_place) {
    const auto said = [](const std::string& more, const supplies& supplied = {}) {
        const repository r{{{"kustomization.yaml", kustomization(more)}}};
        return errors_of(plan_kustomize(source_of(r, ""), {}, supplied, with_charts()));
    };
    const auto has = [](const std::string& text, const std::string& part) {
        return text.find(part) != std::string::npos;
    };
    BOOST_TEST(has(said("version: 1.0.0\n"), "kustomization.yaml:3:"));
    BOOST_TEST(has(said("version: 1.0.0\n"), "charts/web"));
    BOOST_TEST(has(said("repo: https://ada:s3cret@charts.example\n"), "do not belong into a URL"));
    BOOST_TEST(!has(said("repo: https://ada:s3cret@charts.example\n"), "s3cret"));
    const repository up{
        {{"kustomization.yaml", kustomization(remote) + "helmGlobals: {chartHome: ../../up}\n"}}
    };
    BOOST_TEST(
        has(errors_of(plan_kustomize(source_of(up, ""), {}, {}, with_charts())), "leaves the repository")
    );
    const repository old{{{"kustomization.yaml", "helmChartInflationGenerator: [{chartName: web}]\n"}}};
    BOOST_TEST(has(errors_of(plan_kustomize(source_of(old, ""), {}, {}, with_charts())), "write helmCharts"));
    const temporary_directory kept;
    supply broken{.file = (kept.path() / "x").string(), .identity = "sha256:x", .version = "1.0.0"};
    BOOST_TEST(has(said(remote, {{wanted, broken}}), "cannot read"));
    BOOST_REQUIRE(shell("echo no > '" + broken.file + "'").status == 0);
    BOOST_TEST(has(said(remote, {{wanted, broken}}), "not a gzip file"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
