// What a source's identity costs, when it need not be found out again, and that nobody's files keep us busy.

#include "../builders/source_repository.hpp"
#include "sources/source_identity.hpp"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <map>

namespace holdfast::sources {
namespace {

using test::source_repository;

struct with_repository {
    source_repository repository;
    builders::build_settings settings;
    std::shared_ptr<const builders::build_facts> facts = [] {
        builders::build_facts made;
        made.application = "shop";
        made.kube_version = "1.37.2";
        return std::make_shared<const builders::build_facts>(std::move(made));
    }();

    static crds::application_source source(const std::string& path) {
        crds::application_source made;
        made.repo_url = "https://git.example/shop";
        made.path = path;
        return made;
    }

    [[nodiscard]] build_input input(const crds::application_source& spec, const git::snapshot& at) const {
        build_input made;
        made.source.spec = spec;
        made.source.at = at;
        made.source.revision = at.commit().hex();
        made.facts = facts;
        return made;
    }

    [[nodiscard]] result<source_identity> identify(
        const crds::application_source& spec, const git::snapshot& at,
        std::shared_ptr<const work_stop> stop = {}
    ) const {
        auto made = identify_source(input(spec, at), settings, std::move(stop));
        if (!made) {
            return made.error();
        }
        return std::move(made->identity);
    }

    static bool holds(const source_identity& of, const git::snapshot& at) {
        const std::vector<reads_check> checks{{.reads = of.reads, .at = at, .refs = {}}};
        return still_hold(checks, {}).front();
    }
};

BOOST_FIXTURE_TEST_SUITE(source_identities, with_repository)

BOOST_AUTO_TEST_CASE(a_push_costs_one_comparison_for_an_application_that_did_not_change) {
    constexpr int applications = 1000;
    for (int i = 0; i < applications; ++i) {
        repository.file(fmt::format("apps/a{:04}/cm.yaml", i), fmt::format("n: {}\n", i));
    }
    const auto before = repository.commit();
    std::vector<reads_check> checks;
    auto parsed = repository.trees().parsed();
    for (int i = 0; i < applications; ++i) {
        const auto made = identify(source(fmt::format("apps/a{:04}", i)), before);
        BOOST_REQUIRE_MESSAGE(made.has_value(), made.error().message());
        BOOST_REQUIRE(made->reads != nullptr);
        BOOST_TEST_REQUIRE(made->reads->own.size() == 1U);
        checks.push_back({.reads = made->reads, .at = {}, .refs = {}});
    }
    BOOST_TEST(
        repository.trees().parsed() - parsed <= applications + 2U
    ); // each directory, apps and the root

    const auto after = repository.file("apps/a0007/cm.yaml", "n: other\n").commit();
    for (auto& check : checks) {
        check.at = after;
    }
    parsed = repository.trees().parsed();
    const auto same = still_hold(checks, {});
    BOOST_TEST(repository.trees().parsed() - parsed <= 2U); // apps and the root
    for (std::size_t i = 0; i < same.size(); ++i) {
        BOOST_TEST(same[i] == (i != 7));
    }
}

// A comparison may not tell that what changed is the same; it must never tell that what changed did not.
BOOST_AUTO_TEST_CASE(a_comparison_never_misses_what_a_new_look_finds) {
    constexpr std::string_view object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    const std::string text{object};
    repository.file("plain/a.yaml", text)
        .file("deep/x/y/a.yaml", text)
        .file("js/a.jsonnet", "import 'lib/x.libsonnet'")
        .file("js/lib/x.libsonnet", "{}")
        .file("base/kustomization.yaml", "resources: [a.yaml]\n")
        .file("base/a.yaml", text)
        .file("base/unused.yaml", text)
        .file("overlays/prod/kustomization.yaml", "resources: [../../base]\n")
        .file("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
        .file("charts/web/templates/a.yaml", text)
        .file("values/prod.yaml", "a: 1\n")
        .file("shared/a.yaml", text)
        .file("shared/kustomization.yaml", "resources: [a.yaml]\n")
        .file("links/kustomization.yaml", "resources: [sub]\n")
        .link("links/sub", "../shared")
        .link("current", "plain")
        .link("outside/a.yaml", "../shared/a.yaml")
        .file("tool/marker", "x")
        .file("other/readme", "x");
    std::map<std::string, crds::application_source> all;
    for (const auto* const path :
         {"plain", "js", "base", "overlays/prod", "current", "tool", "links", "outside", ""}) {
        all[path] = source(path);
    }
    all["deep"] = source("deep");
    all["deep"].directory.emplace().recurse = true;
    all["js"].directory.emplace().jsonnet.emplace().libs = {"js/lib"};
    all["web"] = source("charts/web");
    all["web"].helm.emplace().value_files = {"../../values/prod.yaml"};
    all["revision"] = source("charts/web");
    all["revision"].helm.emplace().parameters.push_back({.name = "tag", .value = "$ARGOCD_APP_REVISION"});
    builders::plugin_declaration plugin;
    plugin.name = "tool";
    plugin.generate = {"/bin/true"};
    plugin.discover = {"marker"};
    plugin.only_path = true;
    plugin.ignores_revision = true;
    settings.plugins = {plugin};

    auto at = repository.commit();
    std::map<std::string, source_identity> before;
    for (const auto& [name, spec] : all) {
        const auto made = identify(spec, at);
        BOOST_REQUIRE_MESSAGE(made.has_value(), name << ": " << made.error().message());
        before[name] = *made;
    }
    const std::vector<std::pair<const char*, std::function<void()>>> changes{
        {"elsewhere", [&] { repository.file("other/readme", "y"); }},
        {"a file", [&] { repository.file("plain/a.yaml", text + "data: {a: b}\n"); }},
        {"a new file", [&] { repository.file("plain/b.yaml", text); }},
        {"deep down", [&] { repository.file("deep/x/y/a.yaml", text + "data: {a: b}\n"); }},
        {"an import", [&] { repository.file("js/lib/x.libsonnet", "{a: 1}"); }},
        {"a base", [&] { repository.file("base/a.yaml", text + "data: {a: b}\n"); }},
        {"an override",
         [&] { repository.file("overlays/prod/.argocd-source-shop.yaml", "kustomize: {namePrefix: x-}\n"); }},
        {"a chart where plain files were",
         [&] { repository.file("plain/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"); }},
        {"values", [&] { repository.file("values/prod.yaml", "a: 2\n"); }},
        {"what a symlink leads to", [&] { repository.file("shared/a.yaml", text + "data: {a: b}\n"); }},
        {"a symlink", [&] { repository.link("current", "base"); }},
        {"a plugin's mark", [&] { repository.file("base/marker", "x"); }},
        {"an argument", [&] { repository.file("tool/marker", "y"); }},
    };
    int held = 0;
    int another = 0;
    for (const auto& [what, change] : changes) {
        change();
        at = repository.commit();
        for (const auto& [name, spec] : all) {
            const bool same = holds(before[name], at);
            const auto now = identify(spec, at);
            if (!now || now->key != before[name].key) {
                BOOST_TEST(!same, name << " is another since there is " << what << " and that was not seen");
                ++another;
            }
            held += same ? 1 : 0;
            if (now) {
                before[name] = *now;
            }
        }
    }
    BOOST_TEST(another >= 20);
    BOOST_TEST(held > 90); // of 156: all but what changed, and what names its revision
    BOOST_TEST(before["revision"].reads == nullptr);
}

BOOST_AUTO_TEST_CASE(references_and_charts_of_repositories_are_compared_too) {
    repository.file("charts/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
        .file("charts/web/templates/a.yaml", "a: b\n");
    const auto at = repository.commit();
    source_repository values;
    values.file("prod/values.yaml", "a: 1\n").file("test/values.yaml", "a: 1\n");
    auto spec = source("charts/web");
    spec.helm.emplace().value_files = {"$values/prod/values.yaml"};
    auto in = input(spec, at);
    in.source.refs["values"] = {"https://git.example/values", values.commit()};
    const auto found = identify_source(in, settings, {});
    BOOST_REQUIRE_MESSAGE(found.has_value(), found.error().message());
    const auto& made = found->identity;
    BOOST_REQUIRE(made.reads != nullptr);
    const auto holds_with = [&](const git::snapshot& ref) -> bool {
        const std::vector<reads_check> checks{{.reads = made.reads, .at = at, .refs = {{"values", ref}}}};
        return still_hold(checks, {}).front();
    };
    BOOST_TEST(holds_with(values.file("test/values.yaml", "a: 2\n").commit()));
    BOOST_TEST(!holds_with(values.file("prod/values.yaml", "a: 2\n").commit()));
    BOOST_TEST(!holds(made, at)); // without the reference there is nothing to compare with
}

BOOST_AUTO_TEST_CASE(the_plan_that_told_the_key_is_the_one_that_is_run) {
    repository.file("web/kustomization.yaml", "resources: [a.yaml]\n")
        .file("web/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
        .file("elsewhere/kustomization.yaml", "resources: ['https://git.example/base?ref=v1']\n");
    const auto at = repository.commit();
    const auto web = identify_source(input(source("web"), at), settings, {});
    BOOST_REQUIRE_MESSAGE(web.has_value(), web.error().message());
    BOOST_REQUIRE(web->plan != nullptr);
    BOOST_TEST(to_hex(web->plan->key) == web->identity.key);
    BOOST_REQUIRE(web->plan->by_program.has_value());
    BOOST_TEST(!web->plan->by_program->trees.empty());

    // Without the base nobody can run it.
    const auto elsewhere = identify_source(input(source("elsewhere"), at), settings, {});
    BOOST_REQUIRE_MESSAGE(elsewhere.has_value(), elsewhere.error().message());
    BOOST_TEST(elsewhere->identity.missing.size() == 1U);
    BOOST_TEST(elsewhere->plan == nullptr);
}

// The directory's own id is the same, and it was taken for unchanged.
BOOST_AUTO_TEST_CASE(what_symlinks_of_a_directory_lead_to_names_it_too) {
    const std::string text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    repository.file("shared/a.yaml", text).file("shared/b.yaml", text).link("app/a.yaml", "../shared/a.yaml");
    const auto before = identify(source("app"), repository.commit());
    BOOST_REQUIRE(before.has_value());
    const auto beside = repository.file("shared/b.yaml", text + "data: {a: b}\n").commit();
    BOOST_TEST(identify(source("app"), beside)->key == before->key);
    const auto after = repository.file("shared/a.yaml", text + "data: {a: b}\n").commit();
    BOOST_TEST(identify(source("app"), after)->key != before->key);
    BOOST_TEST(!holds(*before, after));
}

// Mazes: what follows took hours, all of it on a thread of the pool.
struct with_maze : with_repository {
    // Symlinks that each name many steps in a large folder and then the next symlink.
    void maze_in(const std::string& directory, int links) {
        std::string there_and_back;
        for (int i = 0; i < 800; ++i) {
            there_and_back += "d/../";
        }
        for (int i = 0; i < links; ++i) {
            repository.link(
                fmt::format("{}/l{:03}.yaml", directory, i),
                there_and_back + fmt::format("l{:03}.yaml", (i + 1) % links)
            );
        }
        for (int i = 0; i < 2000; ++i) {
            repository.file(fmt::format("{}/d{:04}", directory, i), "x");
        }
        repository.file(directory + "/d/x", "x");
    }

    void expect_refused(const crds::application_source& spec, std::string_view word) {
        const auto at = repository.commit();
        const auto parsed = repository.trees().parsed();
        const auto made = identify(spec, at);
        BOOST_REQUIRE(made.has_error());
        BOOST_TEST((made.error().kind() == error_kind::user), made.error().message());
        BOOST_TEST(made.error().message().find(word) != std::string::npos, made.error().message());
        BOOST_TEST(repository.trees().parsed() - parsed < 100U);
    }
};

BOOST_FIXTURE_TEST_CASE(a_maze_of_symlinks_on_the_way_is_refused, with_maze) {
    maze_in("maze", 60);
    expect_refused(source("maze/l000.yaml"), "l000.yaml");
}

BOOST_FIXTURE_TEST_CASE(a_maze_of_resources_is_refused, with_maze) {
    maze_in("maze", 60);
    std::string resources = "resources:\n";
    for (int i = 0; i < 60; ++i) {
        resources += fmt::format("- l{:03}.yaml\n", i);
    }
    repository.file("maze/kustomization.yaml", resources);
    expect_refused(source("maze"), "l0");
}

BOOST_FIXTURE_TEST_CASE(a_maze_of_imports_is_refused, with_maze) {
    maze_in("maze", 60);
    std::string imports = "[";
    for (int i = 0; i < 60; ++i) {
        imports += fmt::format("importstr '../maze/l{:03}.yaml', ", i);
    }
    repository.file("js/a.jsonnet", imports + "]");
    const auto made = identify(source("js"), repository.commit());
    // Imports that cannot be resolved are said when the file is evaluated; the plan is made at once.
    BOOST_TEST(repository.trees().parsed() < 100U);
    BOOST_TEST(made.has_value());
}

BOOST_FIXTURE_TEST_CASE(a_glob_through_everything_is_refused, with_repository) {
    std::string path = "deep";
    for (int i = 0; i < 40; ++i) {
        path += "/d";
        for (int j = 0; j < 60; ++j) {
            repository.file(fmt::format("{}/f{}", path, j), "x");
        }
    }
    builders::plugin_declaration plugin;
    plugin.name = "tool";
    plugin.generate = {"/bin/true"};
    std::string glob;
    for (int i = 0; i < 31; ++i) {
        glob += "**/d/";
    }
    plugin.discover = {glob + "**/none"};
    settings.plugins = {plugin};
    const auto at = repository.commit();
    const auto made = identify(source("deep"), at);
    BOOST_TEST((made.has_value() || made.error().kind() == error_kind::user));
    BOOST_TEST(repository.trees().parsed() < 100U);
}

BOOST_FIXTURE_TEST_CASE(work_that_is_no_longer_wanted_is_not_done, with_repository) {
    const auto at = repository.file("plain/a.yaml", "a: b\n").commit();
    const auto stop = std::make_shared<work_stop>();
    BOOST_TEST(identify(source("plain"), at, stop).has_value());
    stop->request();
    const auto parsed = repository.trees().parsed();
    const auto made = identify(source("plain"), at, stop);
    BOOST_REQUIRE(made.has_error());
    BOOST_TEST((made.error().kind() == error_kind::cancelled));
    BOOST_TEST(repository.trees().parsed() == parsed);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
