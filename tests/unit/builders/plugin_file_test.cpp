#include "builders/path_glob.hpp"
#include "builders/plugin.hpp"

#include "unit/render/memory_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace holdfast;
using builders::plugin_declaration;
using test::memory_tree;

namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string errors_of(std::string_view text) {
    const auto read = builders::read_plugins(text);
    return read ? std::string{} : read.error().message();
}

crds::application_source source_with(std::optional<std::string> plugin) {
    crds::application_source source;
    source.path = "apps/web";
    if (plugin) source.plugin = crds::plugin_options{.name = *plugin};
    return source;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plugin_file)

BOOST_AUTO_TEST_CASE(everything_that_can_be_said_is_read) {
    const auto read = builders::read_plugins(R"(
plugins:
- name: tanka
  init: {command: [sh, -c], args: ['jb install']}
  generate:
    command: [tk]
    args: [show, --dangerous-allow-redirect]
  discover: {find: {glob: '**/jsonnetfile.json'}}
  environment: {JB: '1', A: ''}
  readOnly: [/opt/tanka]
  network: true
  passwordStore: true
  files: Path
  ignoresRevision: true
  timeout: 1m30s
- name: plain
  generate: {command: [cat, all.yaml]}
  discover: {fileName: ./all.yaml}
  files: Repository
)");
    BOOST_REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().message()));
    BOOST_REQUIRE_EQUAL(read->size(), 2U);
    const plugin_declaration tanka{
        .name = "tanka",
        .init = {"sh", "-c", "jb install"},
        .generate = {"tk", "show", "--dangerous-allow-redirect"},
        .discover = {"**/jsonnetfile.json"},
        .environment = {"A=", "JB=1"},
        .read_only = {"/opt/tanka"},
        .network = true,
        .password_store = true,
        .only_path = true,
        .ignores_revision = true,
        .deadline = std::chrono::seconds{90},
    };
    BOOST_TEST(((*read)[0] == tanka));
    const plugin_declaration plain{
        .name = "plain", .generate = {"cat", "all.yaml"}, .discover = {"./all.yaml"}
    };
    BOOST_TEST(((*read)[1] == plain));
}

BOOST_AUTO_TEST_CASE(nothing_is_no_plugins) {
    for (const char* const text : {"", "# none\n", "{}", "plugins: []"}) {
        const auto read = builders::read_plugins(text);
        BOOST_REQUIRE(read.has_value());
        BOOST_TEST(read->empty());
    }
}

BOOST_AUTO_TEST_CASE(all_that_is_wrong_is_said_with_line_and_field) {
    const auto said = errors_of(R"(plugins:
- name: a b
  genrate: {command: [x]}
  generate: {command: []}
  network: 'yes'
- name: ok
  generate: {command: [x], arg: [y]}
  files: path
  timeout: 90
  readOnly: [relative, /]
  environment: {1A: x, B: 5}
- name: ok
  generate: {command: [x]}
  discover: {fileName: a, find: {glob: b}}
- name: bad
  generate: {command: [x]}
  discover: {find: {glob: '../x/[a'}}
- generate: x
plugin: 1
)");
    for (const char* const part : {
             "line 2: plugins[0].name: must be a name of letters, digits, '-', '_' and '.', is \"a b\"",
             "line 3: plugins[0].genrate: unknown field, did you mean \"generate\"?",
             "line 4: plugins[0].generate.command: must have at least 1 items, has 0",
             "line 5: plugins[0].network: must be true or false, is \"yes\"",
             "line 7: plugins[1].generate.arg: unknown field, did you mean \"args\"?",
             "line 8: plugins[1].files: must be Repository or Path, is \"path\"",
             "line 9: plugins[1].timeout: must be a duration such as 30s, 5m or 1h30m, is 90",
             "line 10: plugins[1].readOnly[0]: must be the absolute path of a directory",
             "line 10: plugins[1].readOnly[1]: must be the absolute path of a directory",
             "line 11: plugins[1].environment[B]: must be a string, is 5",
             "line 11: plugins[1].environment[1A]: must be called by letters",
             "line 12: plugins[2]: is there twice: \"ok\"",
             "line 14: plugins[2].discover: exactly one of fileName and find must be set",
             "line 17: plugins[3].discover.find.glob: glob \"../x/[a\" must not contain \"..\"",
             "line 18: plugins[4].name: is required",
             "line 18: plugins[4].generate: must be an object, is \"x\"",
             "line 19: plugin: unknown field, did you mean \"plugins\"?",
         }) {
        BOOST_TEST(has(said, part), "no \"" << part << "\" in " << said);
    }
    BOOST_TEST(has(errors_of("plugins: [\n"), "line "));
    BOOST_TEST(has(errors_of("plugins: []\n---\nplugins: []\n"), "line 3: there is a second document"));
    BOOST_TEST(has(errors_of("- a"), "must be an object, is a list"));
}

BOOST_AUTO_TEST_CASE(a_plugin_is_found_by_name_or_by_its_files) {
    memory_tree tree;
    tree.file("apps/web/sub/deep/jsonnetfile.json", "{}")
        .file("apps/web/all.yaml", "")
        .file("other/x.cue", "");
    const std::vector<plugin_declaration> declared{
        {.name = "cue", .generate = {"cue"}, .discover = {"*.cue", "sub/*.cue"}},
        {.name = "tanka", .generate = {"tk"}, .discover = {"**/jsonnetfile.json"}},
        {.name = "plain", .generate = {"cat"}, .discover = {"all.yaml"}},
        {.name = "by-name", .generate = {"x"}},
    };
    const auto found = [&](const crds::application_source& source) -> std::string {
        const auto plugin = builders::find_plugin(declared, source, {}, tree);
        if (!plugin) return plugin.error().message();
        return *plugin == nullptr ? "none" : (*plugin)->name;
    };
    BOOST_TEST(found(source_with("by-name")) == "by-name");
    BOOST_TEST(found(source_with("plain")) == "plain");
    BOOST_TEST(found(source_with("")) == "tanka");
    BOOST_TEST(found(source_with(std::nullopt)) == "tanka");
    BOOST_TEST(
        found(source_with("tnaka")) ==
        "there is no plugin \"tnaka\", did you mean \"tanka\"?; there are tanka, cue, plain and by-name"
    );
    auto elsewhere = source_with("");
    elsewhere.path = "other";
    BOOST_TEST(found(elsewhere) == "cue");
    elsewhere.path = "apps";
    BOOST_TEST(found(elsewhere) == "tanka");
    elsewhere.path = "apps/web/sub/deep";
    BOOST_TEST(found(elsewhere) == "tanka");
    tree.file("empty/x", "");
    elsewhere.path = "empty";
    BOOST_TEST(has(found(elsewhere), "none of the plugins takes empty by the files in it; name one in"));
    elsewhere.plugin.reset();
    BOOST_TEST(found(elsewhere) == "none");
    auto helm = source_with(std::nullopt);
    helm.helm.emplace();
    BOOST_TEST(found(helm) == "none");
    const auto no_plugins = builders::find_plugin({}, source_with("x"), {}, tree);
    BOOST_REQUIRE(no_plugins.has_error());
    BOOST_TEST(has(no_plugins.error().message(), "there are no plugins, \"x\" among them"));
}

BOOST_AUTO_TEST_CASE(a_plugin_is_for_those_whom_it_allows) {
    memory_tree tree;
    tree.file("apps/web/all.yaml", "");
    const auto read = builders::read_plugins(
        "plugins:\n"
        "- {name: theirs, generate: {command: [a]}, discover: {fileName: all.yaml},\n"
        "   allow: [{namespaces: ['team-*'], applications: [web, 'shop-*']}, {namespaces: [ops]}]}\n"
        "- {name: nobodys, generate: {command: [a]}, allow: []}\n"
        "- {name: everybodys, generate: {command: [a]}, discover: {fileName: all.yaml}}\n"
    );
    BOOST_REQUIRE_MESSAGE(read.has_value(), read.error().message());
    const auto found = [&](const crds::application_source& source, const std::string& namespace_,
                           const std::string& application) -> std::string {
        builders::build_facts facts;
        facts.namespace_ = namespace_;
        facts.application = application;
        const auto plugin = builders::find_plugin(*read, source, facts, tree);
        if (!plugin) return plugin.error().message();
        return *plugin == nullptr ? "none" : (*plugin)->name;
    };
    for (const auto& source : {source_with("theirs"), source_with(""), source_with(std::nullopt)}) {
        BOOST_TEST(found(source, "team-a", "web") == "theirs");
        BOOST_TEST(found(source, "team-a", "shop-1") == "theirs");
        BOOST_TEST(found(source, "ops", "whatever") == "theirs");
    }
    const std::string refusal =
        "the plugin \"theirs\" is not for this Application: \"allow\" in the file of --plugins "
        "does not list ";
    BOOST_TEST(found(source_with("theirs"), "team-a", "api") == refusal + "team-a/api");
    BOOST_TEST(found(source_with("theirs"), "other", "web") == refusal + "other/web");
    // By a file in the repository it gets there no more than by its name.
    BOOST_TEST(found(source_with(""), "team-a", "api") == "everybodys");
    BOOST_TEST(found(source_with(std::nullopt), "other", "web") == "everybodys");
    BOOST_TEST(
        has(found(source_with("nobodys"), "ops", "x"), "the plugin \"nobodys\" is not for this Application")
    );
    // Nor is its name told.
    BOOST_TEST(
        found(source_with("their"), "other", "web") == "there is no plugin \"their\"; there are everybodys"
    );
    BOOST_TEST(
        has(errors_of("plugins: [{name: a, generate: {command: [a]}, allow: [{namespaces: ['[']}]}]"),
            "plugins[0].allow[0].namespaces[0]: is not a glob: ")
    );
}

BOOST_AUTO_TEST_CASE(globs_are_matched_step_by_step) {
    memory_tree tree;
    tree.file("a/b.yaml", "")
        .file("a/c/b.yaml", "")
        .file("a/c/d/b.yaml", "")
        .file("a/c/d/x.txt", "")
        .link("a/l", "c");
    const auto matches = [&](std::string_view pattern, std::size_t most = 100) {
        const auto glob = builders::path_glob::compile(pattern);
        BOOST_REQUIRE_MESSAGE(glob.has_value(), (glob ? "" : glob.error().message()));
        std::string all;
        for (const auto& path : builders::matches_of(tree, "a", *glob, most).value()) {
            all += (all.empty() ? "" : " ") + path;
        }
        return all;
    };
    BOOST_TEST(matches("*.yaml") == "a/b.yaml");
    BOOST_TEST(matches("./b.yaml") == "a/b.yaml");
    BOOST_TEST(matches("*") == "a/b.yaml a/c a/l");
    BOOST_TEST(matches("*/b.yaml") == "a/c/b.yaml");
    BOOST_TEST(matches("**/b.yaml") == "a/b.yaml a/c/b.yaml a/c/d/b.yaml");
    BOOST_TEST(matches("**/**/d/**/*.{txt,json}") == "a/c/d/x.txt");
    BOOST_TEST(matches("**") == "a a/b.yaml a/c a/c/b.yaml a/c/d a/c/d/b.yaml a/c/d/x.txt a/l");
    BOOST_TEST(matches("**", 3) == "a a/b.yaml a/c");
    BOOST_TEST(matches("l/b.yaml") == "");
    BOOST_TEST(matches("no/such") == "");
    BOOST_TEST(matches("c/[!b]*/x.???") == "a/c/d/x.txt");
    BOOST_TEST(builders::path_glob::compile("/a").has_error());
    BOOST_TEST(builders::path_glob::compile("a/../b").has_error());
    BOOST_TEST(builders::path_glob::compile("a/[b").has_error());
    std::string long_pattern;
    for (int i = 0; i < 100; ++i) {
        long_pattern += "**/a/";
    }
    BOOST_TEST(builders::path_glob::compile(long_pattern).has_error());
}

BOOST_AUTO_TEST_SUITE_END()
