// One source, once as a commit and once as the directory that the commit was made of: the same plan, key and
// objects, for each builder, by the real tools. The keys are those that released versions made of the same
// commits: another one would have everything built anew after an upgrade.

#include "builders/jsonnet.hpp"
#include "builders/plan_source.hpp"
#include "builders/run.hpp"
#include "files/directory.hpp"
#include "plan_bench.hpp"
#include "render/directory.hpp"
#include "render/file_tree.hpp"
#include "source_repository.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

/// What a source came to, in words that can be compared.
struct made {
    std::string type;
    std::string key;
    /// What is copied, written and started.
    std::string plan;
    std::vector<std::string> warnings;
    /// One JSON text for each.
    std::vector<std::string> objects;
};

struct with_sources {
    source_repository repository;
    plan_bench bench;
    builders::build_settings settings;
    builders::build_facts facts;
    builders::supplies supplied;

    with_sources() {
        const char* const given = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT(concurrency-mt-unsafe)
        BOOST_REQUIRE_MESSAGE(
            given != nullptr, "HOLDFAST_PROGRAMS has to name a directory; ./dev test does that"
        );
        auto& with = settings.programs;
        with.helm = fs::canonical(fs::path{given} / "helm").string();
        with.kustomize = fs::canonical(fs::path{given} / "kustomize").string();
        with.functions = FUNCTIONS_DIRECTORY;
        with.jsonnet = JSONNET_PROGRAM;
        with.helm_identity = "v3";
        with.kustomize_identity = "v5";
        builders::plugin_declaration plugin;
        plugin.name = "cat";
        plugin.generate = {"/bin/sh", "-c", "cat *.yaml ../common/c.yaml; echo '---'; cat run.sh"};
        plugin.discover = {"**/*.cat"};
        plugin.ignores_revision = true;
        settings.plugins = {plugin};
        facts.application = "web";
        facts.namespace_ = "argocd";
        facts.project = "default";
        facts.destination_namespace = "shop";
        facts.kube_version = "1.30.2";
    }

    static std::string config_map(std::string_view name, std::string_view value = "v") {
        return fmt::format(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\ndata: {{k: {}}}\n", name, value
        );
    }

    [[nodiscard]] builders::build_source source(const std::string& path, files::file_source at) const {
        builders::build_source s;
        s.spec.repo_url = "https://git.example/shop";
        s.spec.path = path;
        s.spec.target_revision = "main";
        s.at = std::move(at);
        s.revision = "0123456789012345678901234567890123456789";
        return s;
    }

    static std::unique_ptr<render::source_tree> tree_of(const builders::build_source& s) {
        auto reader = s.at.read();
        BOOST_REQUIRE_MESSAGE(reader.has_value(), (reader ? "" : reader.error().message()));
        return render::make_file_tree(std::move(*reader), s.spec.repo_url);
    }

    static std::string in_words(const builders::build_plan& plan) {
        std::string all;
        for (const auto& copy : plan.trees) {
            all += fmt::format("copy {} to {}\n", copy.path, copy.to);
        }
        for (const auto& copy : plan.archives) {
            all += fmt::format("archive {} to {}\n", copy.file, copy.to);
        }
        for (const auto& file : plan.files) {
            all += fmt::format("write {}: {}\n", file.to, file.text);
        }
        for (const auto& command : plan.commands) {
            all += fmt::format(
                "run {} in {} with {} {} {}\n", fmt::join(command.argv, " "), command.working_directory,
                fmt::join(command.environment, " "), fmt::join(command.read_only, " "), command.input
            );
        }
        for (const auto& [from, to] : plan.places) {
            all += fmt::format("{} is {}\n", from, to);
        }
        for (const auto& need : plan.needs) {
            all += fmt::format("needs {} {} {}\n", need.url, need.name, need.revision);
        }
        return all + plan.name;
    }

    builders::planned_source plan(const builders::build_source& s) {
        const auto tree = tree_of(s);
        auto planned = builders::plan_source(s, tree.get(), facts, supplied, settings);
        BOOST_REQUIRE_MESSAGE(planned.has_value(), (planned ? "" : planned.error().summary().message()));
        return std::move(*planned);
    }

    /// The error of planning.
    std::string refusal(const builders::build_source& s) {
        const auto tree = tree_of(s);
        const auto planned = builders::plan_source(s, tree.get(), facts, supplied, settings);
        return planned ? "(planned)" : planned.error().summary().message();
    }

    /// Planned and built, as the operator does it.
    made build(const builders::build_source& s) {
        auto planned = plan(s);
        made m{
            .type = std::string{crds::to_string(planned.type)},
            .key = to_hex(planned.key),
            .plan = {},
            .warnings = {},
            .objects = {}
        };
        std::string printed;
        if (planned.by_program) {
            m.plan = in_words(*planned.by_program);
            BOOST_REQUIRE(planned.by_program->missing.empty());
            printed = bench.built(*planned.by_program);
        }
        render::render_result<render::render_output> output{render::render_output{}};
        if (planned.directory) {
            if (planned.by_program) {
                planned.directory->evaluated = builders::read_evaluated(printed).value();
            }
            output = render::render_directory(*tree_of(s), *planned.directory);
        } else {
            output = builders::read_output(*planned.by_program, printed);
        }
        BOOST_REQUIRE_MESSAGE(output.has_value(), (output ? "" : output.error().summary().message()));
        m.warnings = output->warnings;
        for (const auto& manifest : output->objects) {
            m.objects.push_back(manifest.from.file + " " + boost::json::serialize(manifest.object));
        }
        return m;
    }

    files::file_source directory() {
        auto opened = files::open_directory(repository.path().string());
        BOOST_REQUIRE(opened.has_value());
        return *opened;
    }

    /// Both ways; the objects of the commit.
    made same(const std::string& path, const crds::application_source& options = {}) {
        const auto with_options = [&](files::file_source at) {
            auto s = source(path, std::move(at));
            s.spec.helm = options.helm;
            s.spec.kustomize = options.kustomize;
            s.spec.directory = options.directory;
            s.spec.plugin = options.plugin;
            return s;
        };
        const auto by_commit = build(with_options(repository.commit()));
        const auto by_directory = build(with_options(directory()));
        BOOST_TEST(by_commit.type == by_directory.type);
        BOOST_TEST(by_commit.key == by_directory.key);
        BOOST_TEST(by_commit.plan == by_directory.plan);
        BOOST_TEST(by_commit.warnings == by_directory.warnings, boost::test_tools::per_element());
        BOOST_TEST(by_commit.objects == by_directory.objects, boost::test_tools::per_element());
        return by_commit;
    }
};

BOOST_FIXTURE_TEST_SUITE(file_sources, with_sources)

BOOST_AUTO_TEST_CASE(plain_yaml_with_links_and_an_override) {
    repository.file("apps/web/a.yaml", config_map("a"))
        .file("apps/web/sub/b.yaml", config_map("b"))
        .file("shared/s.yaml", config_map("s"))
        .link("apps/web/linked.yaml", "../../shared/s.yaml")
        .link("apps/web/sub/more", "../../../shared")
        .file("apps/web/.argocd-source.yaml", "directory: {recurse: true}\n");
    const auto m = same("apps/web");
    BOOST_TEST(m.type == "Directory");
    BOOST_TEST(m.objects.size() == 4U);
    BOOST_TEST(m.key == "d5d74d9c0a7b5fd8363362c303943e397dae915c0e97bce1657b494b01492bd7");
    // What a link leads to counts, for both.
    repository.file("shared/s.yaml", config_map("s", "w"));
    BOOST_TEST(same("apps/web").key != m.key);
    repository.file("elsewhere/x.yaml", config_map("x"));
    BOOST_TEST(same("apps/web").objects.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_kustomization_with_bases_and_links) {
    repository.file("base/kustomization.yaml", "resources: [cm.yaml]\n")
        .file("base/cm.yaml", config_map("base"))
        .file("overlays/prod/kustomization.yaml", "namePrefix: prod-\nresources: [../../base, linked.yaml]\n")
        .link("overlays/prod/linked.yaml", "deep/s.yaml")
        .file("overlays/prod/deep/s.yaml", config_map("s"))
        .link("overlays/prod/unused", "../../shared")
        .file("shared/x", "x")
        .file("overlays/prod/.argocd-source-web.yaml", "kustomize: {nameSuffix: -x}\n");
    const auto m = same("overlays/prod");
    BOOST_TEST(m.type == "Kustomize");
    BOOST_REQUIRE(m.objects.size() == 2U);
    BOOST_TEST(m.objects.front().find("prod-base-x") != std::string::npos);
    BOOST_TEST(m.key == "f1e1ffac36d7a1d957646f68c94a27e0d1d0c2b11b0bb3833769eda13c707845");
}

BOOST_AUTO_TEST_CASE(a_chart_with_dependencies) {
    const std::string shows =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}-{{ .Chart.Name }}}\n"
        "data: {env: {{ .Values.env | quote }}}\n";
    repository
        .file(
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
            "- {name: lib, version: 1.0.0, repository: file://../lib}\n"
            "- {name: vendored, version: 1.0.0, repository: \"https://charts.example\"}\n"
            "- {name: db, version: 1.0.0, repository: \"https://charts.example\"}\n"
        )
        .file("charts/web/values.yaml", "env: test\n")
        .file("charts/web/templates/cm.yaml", shows)
        .file("charts/web/.helmignore", "*.md\n")
        .file("charts/web/README.md", "words\n")
        .file("charts/web/charts/vendored/Chart.yaml", "apiVersion: v2\nname: vendored\nversion: 1.0.0\n")
        .file("charts/web/charts/vendored/values.yaml", "env: v\n")
        .file("charts/web/charts/vendored/templates/cm.yaml", shows)
        .file("charts/lib/Chart.yaml", "apiVersion: v2\nname: lib\nversion: 1.0.0\n")
        .file("charts/lib/values.yaml", "env: l\n")
        .link("charts/lib/templates/cm.yaml", "../../web/templates/cm.yaml")
        .file("env/prod.yaml", "env: prod\n");
    // What is in no repository is brought, once as well as the other time.
    source_repository elsewhere;
    elsewhere.file("db/Chart.yaml", "apiVersion: v2\nname: db\nversion: 1.0.0\n")
        .file("db/values.yaml", "env: d\n")
        .file("db/templates/cm.yaml", shows);
    const auto packed = shell(
        fmt::format("cd '{}' && HOME=$PWD '{}' package db", elsewhere.path().string(), settings.programs.helm)
    );
    BOOST_REQUIRE_MESSAGE(packed.status == 0, packed.output);
    const builders::need wanted{builders::need::kind::chart, "https://charts.example", "db", "1.0.0"};
    crds::application_source options;
    options.helm.emplace().value_files = {"../../env/prod.yaml"};
    for (const auto& at : {files::file_source{repository.commit()}, directory()}) {
        auto s = source("charts/web", at);
        s.spec.helm = options.helm;
        BOOST_TEST((plan(s).by_program->missing == std::set<builders::need>{wanted}));
    }
    builders::supply db;
    db.file = (elsewhere.path() / "db-1.0.0.tgz").string();
    db.identity = "sha256:0";
    db.version = "1.0.0";
    supplied.emplace(wanted, db);
    const auto m = same("charts/web", options);
    BOOST_TEST(m.type == "Helm");
    BOOST_TEST(m.objects.size() == 4U);
    BOOST_TEST(m.plan.find("README.md") == std::string::npos);
    BOOST_TEST(m.key == "e823d71101bc121506cf9c1333fcad5315becd47ec2c36a1e64c0da2ef77db4b");
}

BOOST_AUTO_TEST_CASE(jsonnet_with_imports_and_libraries) {
    repository
        .file(
            "apps/js/main.jsonnet",
            "local lib = import 'lib.libsonnet';\n[lib.map('a'), lib.map(importstr 'name.txt')]\n"
        )
        .file("apps/js/name.txt", "b")
        .link("apps/js/linked.yaml", "../plain.yaml")
        .file("apps/plain.yaml", config_map("plain"))
        .file(
            "vendor/lib.libsonnet", "{map(n):: {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: n}}}\n"
        );
    crds::application_source options;
    options.directory.emplace().jsonnet.emplace().libs = {"vendor"};
    const auto m = same("apps/js", options);
    BOOST_TEST(m.type == "Directory");
    BOOST_TEST(m.objects.size() == 3U);
    BOOST_TEST(m.key == "10317840f8d4f46e3e18a877784587af8e364f2eac080c80bb649bbbcd4b73ab");
}

BOOST_AUTO_TEST_CASE(a_plugin_by_its_files) {
    repository.file("apps/p/a.yaml", config_map("a"))
        .file("apps/p/x.cat", "")
        .file("apps/p/run.sh", config_map("script"))
        .file("apps/common/c.yaml", "---\n" + config_map("c"));
    fs::permissions(repository.path() / "apps/p/run.sh", fs::perms{0755});
    facts.generate_paths = ".;../common";
    const auto m = same("apps/p");
    BOOST_TEST(m.type == "Plugin");
    BOOST_TEST(m.objects.size() == 3U);
    BOOST_TEST(m.key == "866e65ab1338d390d9cad0e76753fd525fe8185ca9cb2972cb7e65ab5e45e3b3");
}

BOOST_AUTO_TEST_CASE(without_git_a_directory_is_built_as_well) {
    repository.file("apps/web/a.yaml", config_map("a"))
        .file("apps/k/kustomization.yaml", "resources: [a.yaml]\n")
        .file("apps/k/a.yaml", config_map("k"));
    const auto yaml = same("apps/web");
    const auto kustomize = same("apps/k");
    fs::remove_all(repository.path() / ".git");
    BOOST_TEST(build(source("apps/web", directory())).key == yaml.key);
    BOOST_TEST(
        build(source("apps/k", directory())).objects == kustomize.objects, boost::test_tools::per_element()
    );
}

// What somebody put into a directory is told with its path, by whichever builder comes to it.
BOOST_AUTO_TEST_CASE(what_no_build_may_read_is_named) {
    const auto says = [&](const std::string& path, std::string_view words) {
        const auto said = refusal(source(path, directory()));
        BOOST_TEST(said.find(words) != std::string::npos, path << ": " << said);
    };
    repository.file("yaml/a.yaml", config_map("a"))
        .file("k/kustomization.yaml", "resources: [out.yaml]\n")
        .link("k/out.yaml", "../../../../etc/passwd")
        .file("k2/kustomization.yaml", "resources: [loop.yaml]\n")
        .link("k2/loop.yaml", "loop.yaml")
        .file("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .link("chart/templates/out.yaml", "/etc/passwd")
        .file("chart2/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .file("js/main.jsonnet", "[]")
        .link("js/more.jsonnet", "../../secret.jsonnet")
        .file("big/x.yaml", "x");
    BOOST_REQUIRE(::mkfifo((repository.path() / "yaml/pipe.yaml").c_str(), 0644) == 0);
    fs::create_directory(repository.path() / "chart2/templates");
    BOOST_REQUIRE(::mkfifo((repository.path() / "chart2/templates/pipe").c_str(), 0644) == 0);
    fs::resize_file(repository.path() / "big/x.yaml", std::uintmax_t{1} << 40U);
    says("yaml", "\"yaml/pipe.yaml\" in directory");
    says("k", "k/out.yaml");
    says("k2", "k2/loop.yaml");
    says("chart", "chart/templates/out.yaml");
    says("chart2", "\"chart2/templates/pipe\" in directory");
    says("js", "js/more.jsonnet");
    says("big", "\"big/x.yaml\" in directory");
    says("none", "there is no none in directory " + repository.path().string());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::test
