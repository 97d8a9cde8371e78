// Every way a repository says it: kustomize, helm, jsonnet and plugins, from the push to the objects.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// The operator with a plugin of the administrator's.
world& with_plugins() {
    static bool started = false;
    auto& w = world::get();
    if (!started) {
        started = true;
        static const auto file =
            fs::temp_directory_path() / ("plugins-" + std::to_string(::getpid()) + ".yaml");
        std::ofstream{file} << R"yaml(plugins:
- name: shell
  generate:
    command: [/bin/sh, -c]
    args:
    - |
      printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {value: "%s %s %s"}\n' \
        "$ARGOCD_APP_NAME" "$ARGOCD_ENV_COLOUR" "$(cat text)"
- name: guarded
  discover: {fileName: guarded.conf}
  allow: [{namespaces: [holdfast], applications: ['trusted*']}]
  generate:
    command: [/bin/sh, -c]
    args: ['printf "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {value: guarded}\n"']
- name: hostile
  generate:
    command: [/bin/sh, -c]
    args: ['cat /proc/1/environ /root/.kube/config; : > /tmp/planted; echo "kind: Nothing"']
)yaml";
        w.shared_operator().start({"--plugins", file.string()});
    }
    return w;
}

struct built : scene {
    explicit built(const std::string& called) : scene{(with_plugins(), called)} {}

    void follow_path(const std::string& path, json::object source = {}) {
        source["path"] = path;
        source["repoURL"] = repository.url();
        source["targetRevision"] = "main";
        follow({.path = path, .spec = {{"source", std::move(source)}}});
    }
};

constexpr const char* map_in_base = R"(apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {value: "1"}
)";

} // namespace

BOOST_AUTO_TEST_SUITE(sources)

BOOST_AUTO_TEST_CASE(an_overlay_follows_its_base_and_nothing_else_of_a_monorepo) {
    built s{"overlay"};
    s.repository.write("base/kustomization.yaml", "resources: [map.yaml]\n")
        .write("base/map.yaml", map_in_base)
        .write("overlays/prod/kustomization.yaml", "namePrefix: prod-\nresources: [../../base]\n")
        .write("elsewhere/file.yaml", "nothing of interest\n");
    const auto first = s.repository.push("One");
    s.follow_path("overlays/prod", {{"kustomize", {{"nameSuffix", "-x"}, {"commonLabels", {{"by", "us"}}}}}});
    await_synced(s.name, first);
    BOOST_TEST(s.value("prod-a-x") == "1");
    BOOST_TEST(s.w.field("configmap", s.name, "prod-a-x", ".metadata.labels.by") == "us");

    s.repository.write("elsewhere/file.yaml", "still nothing\n");
    const auto elsewhere = s.repository.push("Elsewhere");
    eventually(
        [&] {
            return s.w.field("repository.holdfast.dev", home, s.name, ".status.heads[0].sha") == elsewhere;
        },
        "the push is seen"
    );
    throughout(1s, [&] { return s.look().revision == first; }, "a commit elsewhere is no news");

    s.repository.write(
        "base/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {value: '2'}\n"
    );
    await_synced(s.name, s.repository.push("The base"));
    BOOST_TEST(s.value("prod-a-x") == "2");
}

BOOST_AUTO_TEST_CASE(a_remote_base_is_followed_like_a_source) {
    built s{"remote-base"};
    scene bases{"bases"};
    bases.repository.write("common/kustomization.yaml", "resources: [map.yaml]\n")
        .write("common/map.yaml", map_in_base);
    bases.repository.push("A base");
    s.repository.write(
        "kustomization.yaml", "resources:\n- git::" + bases.repository.url() + "//common?ref=main\n"
    );
    s.repository.push("One");
    s.follow_path(".");
    await_synced(s.name);
    BOOST_TEST(s.value("a") == "1");
    bases.repository.write(
        "common/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {value: '2'}\n"
    );
    bases.repository.push("The base moved");
    eventually([&] { return s.value("a") == "2"; }, "the base's push arrives");
}

BOOST_AUTO_TEST_CASE(an_error_names_the_directory_of_the_application_that_has_it) {
    built s{"own-words"};
    constexpr int many = 10;
    const auto directory = [](int i) { return "apps/number-" + std::to_string(i) + "-end"; };
    for (int i = 0; i < many; ++i) {
        s.repository
            .write(
                directory(i) + "/kustomization.yaml", "resources: [map.yaml]\npatches:\n- path: patch.yaml\n"
            )
            .write(directory(i) + "/map.yaml", map_in_base)
            .write(
                directory(i) + "/patch.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nowhere}\ndata: {value: x}\n"
            );
    }
    s.repository.push("The same in many directories");
    std::string all;
    for (int i = 0; i < many; ++i) {
        all += "---\n" +
               application(
                   s.name + "-" + std::to_string(i),
                   {.url = s.repository.url(), .path = directory(i), .into = s.name, .finalizer = false}
               ) +
               "\n";
    }
    s.w.apply(all);
    for (int i = 0; i < many; ++i) {
        const auto called = s.name + "-" + std::to_string(i);
        const auto seen = await_condition(called, "ComparisonError", {directory(i)});
        for (int other = 0; other < many; ++other) {
            const bool names_it =
                seen.get("ComparisonError").message.find(directory(other)) != std::string::npos;
            BOOST_TEST(names_it == (other == i), seen.describe());
        }
        s.w.kubectl({"delete", "application.holdfast.dev", called, "-n", home, "--wait=false"});
    }
}

BOOST_AUTO_TEST_CASE(a_chart_takes_values_from_another_repository) {
    built s{"chart"};
    scene values{"values"};
    s.repository.write("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n")
        .write("chart/values.yaml", "greeting: from the chart\n")
        .write("chart/templates/map.yaml", R"(apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}-map"}
data:
  value: {{ .Values.greeting | quote }}
  apps: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}
  kube: {{ .Capabilities.KubeVersion.Version | quote }}
)");
    s.repository.push("A chart");
    values.repository.write("prod/values.yaml", "greeting: from the values\n");
    values.repository.push("Values");
    s.follow(
        {.spec =
             {{"source", nullptr},
              {"sources",
               json::array{
                   json::object{
                       {"repoURL", s.repository.url()},
                       {"path", "chart"},
                       {"targetRevision", "main"},
                       {"helm", {{"valueFiles", json::array{"$values/prod/values.yaml"}}}}
                   },
                   json::object{
                       {"repoURL", values.repository.url()}, {"targetRevision", "main"}, {"ref", "values"}
                   }
               }}}}
    );
    await_synced(s.name);
    BOOST_TEST(s.value("chart-map") == "from the values");
    BOOST_TEST(s.w.field("configmap", s.name, "chart-map", ".data.apps") == "true");
    BOOST_TEST(s.w.field("configmap", s.name, "chart-map", ".data.kube").starts_with("v1."));

    values.repository.write("prod/values.yaml", "greeting: changed\n");
    values.repository.push("Changed");
    eventually([&] { return s.value("chart-map") == "changed"; }, "the values' push arrives");
}

BOOST_AUTO_TEST_CASE(jsonnet_and_override_files_are_read) {
    built s{"jsonnet"};
    s.repository
        .write(
            "deploy/lib.libsonnet", "{ map(name, value): { apiVersion: 'v1', kind: 'ConfigMap', "
                                    "metadata: { name: name }, data: { value: value } } }\n"
        )
        .write(
            "deploy/main.jsonnet", "local l = import 'lib.libsonnet';\n"
                                   "[l.map('a', std.extVar('who')), l.map('b', 'fixed')]\n"
        )
        .write(
            "deploy/.argocd-source-jsonnet.yaml",
            "directory: {jsonnet: {extVars: [{name: who, value: $ARGOCD_APP_NAME}]}}\n"
        );
    await_synced((s.repository.push("One"), s.follow_path("deploy"), s.name));
    BOOST_TEST(s.value("a") == "jsonnet");
    BOOST_TEST(s.value("b") == "fixed");
}

BOOST_AUTO_TEST_CASE(a_plugin_of_the_administrator_builds_in_the_sandbox) {
    built s{"plugin"};
    s.repository.write("deploy/text", "hello");
    s.repository.push("One");
    s.follow_path(
        "deploy",
        {{"plugin",
          {{"name", "shell"}, {"env", json::array{json::object{{"name", "COLOUR"}, {"value", "red"}}}}}}}
    );
    await_synced(s.name);
    BOOST_TEST(s.value("made") == "plugin red hello");

    s.patch({{"spec", {{"source", {{"plugin", {{"name", "hostile"}, {"env", nullptr}}}}}}}});
    const auto seen = await_condition(s.name, "ComparisonError", {"deploy"});
    BOOST_TEST(seen.get("ComparisonError").message.find("HOLDFAST") == std::string::npos);
    BOOST_TEST(!fs::exists("/tmp/planted"));
    BOOST_TEST(s.value("made") == "plugin red hello"); // what was built last stays

    s.patch({{"spec", {{"source", {{"plugin", {{"name", "shel"}}}}}}}});
    await_condition(s.name, "ComparisonError", {"shel", "shell"});
}

BOOST_AUTO_TEST_CASE(a_plugin_is_run_for_nobody_but_whom_the_administrator_allows) {
    built thief{"thief"};
    const auto fill = [](scene& s) {
        s.repository.write("deploy/guarded.conf", "x");
        s.repository.write("deploy/plain.yaml", config_map("plain", "value", "plain"));
        s.repository.push("What the plugin looks for");
    };
    fill(thief);
    // By the file that it looks for: the directory is built as if it were not there.
    thief.follow_path("deploy");
    await_synced(thief.name);
    BOOST_TEST(thief.value("plain") == "plain");
    BOOST_TEST(!thief.has("made"));
    // By its name.
    thief.patch({{"spec", {{"source", {{"plugin", {{"name", "guarded"}}}}}}}});
    await_condition(
        thief.name, "ComparisonError",
        {"the plugin \"guarded\" is not for this Application", "does not list holdfast/thief"}
    );
    thief.patch({{"spec", {{"source", {{"plugin", {{"name", "guardet"}}}}}}}});
    const auto seen = await_condition(thief.name, "ComparisonError", {"there is no plugin \"guardet\""});
    BOOST_TEST(seen.get("ComparisonError").message.find("guarded") == std::string::npos, seen.describe());
    BOOST_TEST(!thief.has("made"));

    built trusted{"trusted-one"};
    fill(trusted);
    trusted.follow_path("deploy");
    await_synced(trusted.name);
    BOOST_TEST(trusted.value("made") == "guarded");
    BOOST_TEST(!trusted.has("plain"));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_a_build_is_named_and_prunes_nothing) {
    built s{"broken"};
    s.repository.write("k/kustomization.yaml", "resources: [map.yaml]\n").write("k/map.yaml", map_in_base);
    s.repository.write("c/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n")
        .write(
            "c/templates/map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
            "data:\n  value: {{ required \"greeting must be set\" .Values.greeting }}\n"
        );
    s.repository.push("One");
    s.follow_path("k");
    await_synced(s.name);

    s.repository.write("k/kustomization.yaml", "resources: [map.yaml, ../no-such-base]\n");
    s.repository.push("A base that is not there");
    await_condition(s.name, "ComparisonError", {"../no-such-base"});
    BOOST_TEST(s.value("a") == "1");
    s.repository.write("k/kustomization.yaml", "resources: [map.yaml]\n");
    await_synced(s.name, s.repository.push("Mended"));

    s.patch({{"spec", {{"source", {{"path", "c"}, {"helm", {{"valueFiles", json::array{"nope.yaml"}}}}}}}}});
    await_condition(s.name, "ComparisonError", {"nope.yaml", "valueFiles"});
    s.patch({{"spec", {{"source", {{"helm", {{"valueFiles", nullptr}}}}}}}});
    await_condition(s.name, "ComparisonError", {"greeting must be set", "templates/map.yaml"});
    BOOST_TEST(s.value("a") == "1");
    s.patch({{"spec", {{"source", {{"helm", {{"values", "greeting: hi"}}}}}}}});
    eventually([&] { return s.value("c") == "hi"; }, "the chart is built with its value");
}

// The history repeats the sources, and etcd takes 1.5 MiB in one object.
BOOST_AUTO_TEST_CASE(large_sources_are_pushed_to_as_often_as_one_likes) {
    built s{"large-sources"};
    s.repository.write("c/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n");
    const auto push = [&](int number) {
        s.repository.write(
            "c/templates/map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  value: '" +
                std::to_string(number) + "'\n  text: {{ .Values.text }}\n"
        );
        return s.repository.push("Push " + std::to_string(number));
    };
    auto commit = push(0);
    s.follow_path("c", {{"helm", {{"values", "text: here\n# " + std::string(200'000, 'v') + "\n"}}}});
    await_synced(s.name, commit);
    for (int number = 1; number <= 10; ++number) {
        commit = push(number);
        await_synced(s.name, commit);
        BOOST_TEST(s.value("c") == std::to_string(number));
    }
    const auto seen = s.look();
    BOOST_TEST(history_of(seen).size() == 10U); // spec.revisionHistoryLimit
    BOOST_TEST(history_of(seen).back() == commit);
    const auto& history = seen.object.at("status").at("history").as_array();
    BOOST_TEST(history.front().at("sourcesOmitted").as_bool());
    BOOST_TEST(history.back().at("source").at("helm").as_object().contains("values"));
}

BOOST_AUTO_TEST_CASE(a_restart_renders_nothing_that_did_not_change) {
    built s{"restarted"};
    s.repository.write("kustomization.yaml", "resources: [map.yaml]\n").write("map.yaml", map_in_base);
    await_synced((s.repository.push("One"), s.follow_path("."), s.name));
    auto& running = s.w.shared_operator();
    running.restart();
    eventually([&] { return running.logged("started") > 1; }, "it started again");
    s.repository.write(
        "map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {value: '2'}\n"
    );
    await_synced(s.name, s.repository.push("Two"));
    BOOST_TEST(s.value("a") == "2");
}

BOOST_AUTO_TEST_SUITE_END()
