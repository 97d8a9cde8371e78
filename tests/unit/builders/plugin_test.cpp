#include "builders/plugin.hpp"

#include "plan_bench.hpp"
#include "source_repository.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>

using namespace holdfast;
using builders::plugin_declaration;

namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// A repository that a plugin builds, planned and run as an application would be.
class plugin_bench {
public:
    plugin_bench() {
        source.spec.path = "apps/web";
        source.spec.repo_url = "https://git.example/shop";
        source.spec.target_revision = "main";
        source.spec.plugin.emplace();
        facts.application = "web";
        facts.namespace_ = "holdfast";
        facts.project = "default";
        facts.destination_namespace = "shop";
        facts.kube_version = "1.37.2";
        facts.api_versions =
            std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"apps/v1", "v1"});
        facts.secrets_key = "s1";
        plugin.name = "test";
        plugin.generate = {"/bin/sh", "-c", "cat *.yaml"};
        repository.file("apps/web/a.yaml", "a: 1\n").file("apps/web/sub/b.yaml", "b: 1\n");
        repository.file("lib/x.txt", "x").file("lib/deep/y.txt", "y").file("other/z.txt", "z");
    }

    builders::plan_result plan() {
        const auto at = repository.commit();
        source.at = at;
        source.revision = at.commit().hex();
        return builders::plan_plugin(source, facts, plugin, paths);
    }

    std::string key() {
        const auto planned = plan();
        BOOST_REQUIRE_MESSAGE(planned.has_value(), (planned ? "" : planned.error().summary().message()));
        return to_hex(planned->key);
    }

    /// The directories and files that the build is given, divided by blanks.
    std::string given() {
        const auto planned = plan();
        BOOST_REQUIRE_MESSAGE(planned.has_value(), (planned ? "" : planned.error().summary().message()));
        std::string all;
        for (const auto& tree : planned->trees) {
            all += (all.empty() ? "" : " ") + (tree.to.empty() ? std::string{"."} : tree.to);
        }
        return all;
    }

    std::string output() {
        const auto planned = plan();
        if (!planned) return planned.error().summary().message();
        const auto said = bench.run(*planned);
        return said ? *said : said.error().message();
    }

    test::source_repository repository;
    builders::build_source source;
    builders::build_facts facts;
    plugin_declaration plugin;
    std::string paths;
    test::plan_bench bench;
};

const std::string environment_as_json =
    "import json, os; print(json.dumps({k: v for k, v in os.environ.items() "
    "if k.startswith(('ARGOCD_', 'KUBE_', 'PARAM_', 'MINE'))}))";

} // namespace

BOOST_AUTO_TEST_SUITE(plugin)

BOOST_AUTO_TEST_CASE(it_is_given_the_environment_that_argo_cd_gives) {
    plugin_bench b;
    b.plugin.generate = {"python3", "-c", environment_as_json};
    b.plugin.environment = {"MINE=1", "ARGOCD_ENV_FOO=the administrator's"};
    b.source.spec.plugin->env = {
        {"FOO", "bar"}, {"REV", "test-$ARGOCD_APP_REVISION_SHORT $$HOME"}, {"EMPTY", ""}, {"FOO", "last"}
    };
    b.source.spec.plugin->parameters = {
        {.name = "some-string.param", .string = "some \"value\""},
        {.name = "some-array", .array = std::vector<std::string>{"item1", "item2"}},
        {.name = "some-map", .map = crds::string_map{{"image.tag", "v1.2.3"}, {"größe", "x"}}},
        {.name = "nothing"},
    };
    const auto said = b.output();
    boost::json::error_code failed;
    const auto read = boost::json::parse(said, failed);
    BOOST_REQUIRE_MESSAGE(!failed, said);
    std::map<std::string, std::string> seen;
    for (const auto& [name, value] : read.as_object()) {
        seen[std::string{name}] = std::string{value.as_string()};
    }
    const auto revision = b.source.revision;
    const std::map<std::string, std::string> expected{
        {"MINE", "1"},
        {"ARGOCD_APP_NAME", "web"},
        {"ARGOCD_APP_NAMESPACE", "shop"},
        {"ARGOCD_APP_PROJECT_NAME", "default"},
        {"ARGOCD_APP_REVISION", revision},
        {"ARGOCD_APP_REVISION_SHORT", revision.substr(0, 7)},
        {"ARGOCD_APP_REVISION_SHORT_8", revision.substr(0, 8)},
        {"ARGOCD_APP_SOURCE_PATH", "apps/web"},
        {"ARGOCD_APP_SOURCE_REPO_URL", "https://git.example/shop"},
        {"ARGOCD_APP_SOURCE_TARGET_REVISION", "main"},
        {"KUBE_VERSION", "1.37.2"},
        {"KUBE_API_VERSIONS", "apps/v1,v1"},
        {"ARGOCD_ENV_FOO", "last"},
        {"ARGOCD_ENV_REV", "test-" + revision.substr(0, 7) + " $HOME"},
        {"ARGOCD_ENV_EMPTY", ""},
        {"ARGOCD_APP_PARAMETERS",
         R"([{"name":"some-string.param","string":"some \"value\""},)"
         R"({"array":["item1","item2"],"name":"some-array"},)"
         R"({"map":{"größe":"x","image.tag":"v1.2.3"},"name":"some-map"},{"name":"nothing"}])"},
        {"PARAM_SOME_STRING_PARAM", "some \"value\""},
        {"PARAM_SOME_ARRAY_0", "item1"},
        {"PARAM_SOME_ARRAY_1", "item2"},
        {"PARAM_SOME_MAP_IMAGE_TAG", "v1.2.3"},
        {"PARAM_SOME_MAP_GR__E", "x"},
    };
    for (const auto& [name, value] : expected) {
        BOOST_TEST(seen.contains(name), name);
        BOOST_TEST(seen[name] == value, name << " is " << seen[name]);
    }
    BOOST_TEST(seen.size() == expected.size());
}

BOOST_AUTO_TEST_CASE(without_a_block_there_are_no_parameters) {
    plugin_bench b;
    b.source.spec.plugin.reset();
    for (const auto& [name, value] : builders::plugin_environment(b.source, b.facts)) {
        BOOST_TEST((!name.starts_with("PARAM_") && name != "ARGOCD_APP_PARAMETERS"), name);
    }
    b.source.spec.plugin.emplace();
    const auto all = builders::plugin_environment(b.source, b.facts);
    BOOST_TEST(all.back().first == "ARGOCD_APP_PARAMETERS");
    BOOST_TEST(all.back().second == "null");
}

BOOST_AUTO_TEST_CASE(init_runs_before_generate_in_the_directory_of_the_source) {
    plugin_bench b;
    b.plugin.init = {"/bin/sh", "-c", "echo \"not a manifest\"; echo \"made: $ARGOCD_APP_NAME\" > made.yaml"};
    BOOST_TEST(b.output() == "a: 1\nmade: web\n");
    b.plugin.init.clear();
    b.plugin.generate = {"/bin/sh", "-c", "cat ../../lib/x.txt sub/b.yaml; pwd | grep -o '/apps/web$'"};
    BOOST_TEST(b.output() == "xb: 1\n/apps/web\n");
}

BOOST_AUTO_TEST_CASE(what_it_says_when_it_fails_is_told) {
    plugin_bench b;
    b.plugin.generate = {"/bin/sh", "-c", "echo 'no such chart' >&2; exit 3"};
    BOOST_TEST(b.output() == "plugin test: generate failed with status 3: no such chart");
    b.plugin.init = {"/no/such/program"};

    BOOST_TEST(has(b.output(), "/no/such/program"));
    b.plugin.init = {"/bin/sh", "-c", "sleep 1000"};
    b.plugin.deadline = std::chrono::milliseconds{300};
    BOOST_TEST(has(b.output(), "plugin test: init did not finish within"));
}

BOOST_AUTO_TEST_CASE(there_is_no_network_unless_it_is_declared) {
    plugin_bench b;
    b.plugin.generate = {
        "python3", "-c",
        "import socket\ntry:\n  socket.socket(socket.AF_INET); print('socket')\nexcept OSError: print('none')"
    };
    BOOST_TEST(b.output() == "none\n");
    b.plugin.network = true;
    BOOST_TEST(b.output() == "socket\n");
}

BOOST_AUTO_TEST_CASE(it_is_given_what_the_paths_name) {
    plugin_bench b;
    BOOST_TEST(b.given() == ".");
    for (const auto& [paths, expected] : std::map<std::string, std::string>{
             {" ; ;", "."},
             {".", "apps/web"},
             {"/lib", "apps/web lib"},
             {".;/lib", "apps/web lib"},
             {"../../lib/deep;/lib/x.txt", "apps/web lib/deep lib/x.txt"},
             {"/lib/*.txt", "apps/web lib/x.txt"},
             {"/**/*.txt", "apps/web lib/deep/y.txt lib/x.txt other/z.txt"},
             {"/", "."},
             {"sub/*.yaml; /other ;/other/z.txt", "apps/web other"},
             {"/nothing", "apps/web"},
         }) {
        b.paths = paths;
        BOOST_TEST(b.given() == expected, "\"" << paths << "\" gives " << b.given());
    }
    b.paths = "/nothing";
    BOOST_TEST(has(b.plan()->warnings.at(0), "manifest-generate-paths: \"nothing\" is nothing in revision"));
    b.paths = "../../../x;/a/../../y;[z";
    const auto wrong = b.plan();
    BOOST_REQUIRE(wrong.has_error());
    BOOST_TEST(wrong.error().all.size() == 3U);
    BOOST_TEST(has(wrong.error().all[0].message, "manifest-generate-paths: \"../../../x\": this leads out of")
    );
}

BOOST_AUTO_TEST_CASE(one_that_reads_its_path_alone_is_given_that_alone) {
    plugin_bench b;
    b.plugin.only_path = true;
    BOOST_TEST(b.given() == "apps/web");
    b.paths = "/lib;sub";
    BOOST_TEST(b.given() == "apps/web");
    BOOST_TEST(has(b.plan()->warnings.at(0), "lib is not passed to plugin test"));
    b.plugin.generate = {"/bin/sh", "-c", "cat sub/b.yaml; cat ../../lib/x.txt 2>/dev/null || echo gone"};
    BOOST_TEST(b.output() == "b: 1\ngone\n");
}

BOOST_AUTO_TEST_CASE(links_that_lead_to_what_is_given_are_followed) {
    plugin_bench b;
    b.repository.link("linked", "lib").link("one.txt", "other/z.txt");
    b.paths = "/linked;/one.txt";
    b.plugin.generate = {"/bin/sh", "-c", "cat ../../linked/x.txt ../../one.txt"};
    BOOST_TEST(b.output() == "xz");
    b.repository.link("out", "../../etc");
    b.paths = "/out";
    BOOST_TEST(has(b.output(), "symlink out leaves the repository"));
}

BOOST_AUTO_TEST_CASE(the_key_covers_what_it_is_given_and_sees) {
    struct change {
        const char* name;
        bool is_seen;
        std::function<void(plugin_bench&)> make;
    };
    const std::vector<change> changes{
        {"nothing but a commit", false, [](auto&) {}},
        {"a file of the directory", true, [](auto& b) { b.repository.file("apps/web/sub/b.yaml", "b: 2\n"); }
        },
        {"a file of a path", true, [](auto& b) { b.repository.file("lib/deep/y.txt", "z"); }},
        {"a file elsewhere", false, [](auto& b) { b.repository.file("other/z.txt", "zz"); }},
        {"the paths", true, [](auto& b) { b.paths = ".;/lib;/other"; }},
        {"other words for the paths", false, [](auto& b) { b.paths = "/lib/;/lib/x.txt"; }},
        {"a variable", true, [](auto& b) { b.source.spec.plugin->env = {{"A", "b"}}; }},
        {"a parameter", true,
         [](auto& b) { b.source.spec.plugin->parameters = {{.name = "a", .string = "b"}}; }},
        {"the cluster's version", true, [](auto& b) { b.facts.kube_version = "1.38.0"; }},
        {"the application's name", true, [](auto& b) { b.facts.application = "other"; }},
        {"the plugin's words", true, [](auto& b) { b.plugin.generate.emplace_back("x"); }},
        {"a word that is init's", true, [](auto& b) { b.plugin.init = {"x"}; }},
        {"the plugin's environment", true, [](auto& b) { b.plugin.environment = {"A=b"}; }},
        {"the network", true, [](auto& b) { b.plugin.network = true; }},
        {"the deadline", false, [](auto& b) { b.plugin.deadline = std::chrono::seconds{5}; }},
        {"secrets that it does not see", false, [](auto& b) { b.facts.secrets_key = "s2"; }},
        {"that it looks at the revision", true, [](auto& b) { b.plugin.ignores_revision = false; }},
        {"the revision in a variable", true,
         [](auto& b) { b.source.spec.plugin->env = {{"A", "$ARGOCD_APP_REVISION"}}; }},
    };
    for (const auto& one : changes) {
        BOOST_TEST_CONTEXT(one.name) {
            plugin_bench b;
            b.plugin.ignores_revision = true;
            b.paths = ".;/lib";
            const auto before = b.key();
            one.make(b);
            BOOST_TEST((b.key() != before) == one.is_seen);
        }
    }
}

BOOST_AUTO_TEST_CASE(another_revision_is_another_build_for_those_that_look_at_it) {
    plugin_bench b;
    b.paths = ".";
    const auto before = b.key();
    BOOST_TEST(b.key() != before); // another commit
    b.plugin.ignores_revision = true;
    const auto without = b.key();
    BOOST_TEST(b.key() == without);
}

BOOST_AUTO_TEST_CASE(a_password_store_is_asked_for_and_in_the_key) {
    plugin_bench b;
    b.plugin.ignores_revision = true;
    BOOST_TEST(!b.plan()->password_store);
    b.plugin.password_store = true;
    BOOST_TEST(b.plan()->password_store);
    const auto before = b.key();
    b.facts.secrets_key = "s2";
    BOOST_TEST(b.key() != before);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_given_to_a_program_is_refused) {
    plugin_bench b;
    b.source.spec.plugin->env = {
        {"A", std::string(200'000, 'x')}, {"B=C", "x"}, {"D", std::string{"a\0b", 3}}
    };
    b.source.spec.path = "apps/none";
    const auto wrong = b.plan();
    BOOST_REQUIRE(wrong.has_error());
    std::string said;
    for (const auto& e : wrong.error().all) {
        said += render::to_string(e) + "\n";
    }
    BOOST_TEST(has(said, "there is no apps/none in revision"), said);
    BOOST_TEST(has(said, "ARGOCD_ENV_A has 200000 bytes, more than the 131072"), said);
    BOOST_TEST(has(said, "\"ARGOCD_ENV_B=C\" cannot be an environment variable"), said);
    BOOST_TEST(has(said, "\"ARGOCD_ENV_D\" cannot be an environment variable"), said);
}

BOOST_AUTO_TEST_SUITE_END()
