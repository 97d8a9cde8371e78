#include "jsonnet_bench.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <string>
#include <vector>

using namespace holdfast;
using test::jsonnet_bench;

namespace {

/// A helper like kube-libsonnet's.
const std::string kube = R"(
{
  _Object(apiVersion, kind, name):: {
    local this = self,
    apiVersion: apiVersion, kind: kind,
    metadata: { name: name, labels: { name: std.join('-', std.split(this.metadata.name, ':')) }, annotations: {} },
  },
  Service(name): $._Object('v1', 'Service', name) {
    local service = self,
    target_pod:: error 'service target_pod required',
    port:: self.target_pod.spec.containers[0].ports[0].containerPort,
    spec: { selector: service.target_pod.metadata.labels, ports: [{ port: service.port, targetPort: service.port }] },
  },
  Container(name): {
    local container = self,
    name: name, image: error 'container image value required',
    envList(map):: [{ name: x, value: map[x] } for x in std.objectFields(map)],
    env_:: {}, env: self.envList(self.env_), ports_:: {},
    ports: [{ name: p, containerPort: container.ports_[p] } for p in std.objectFields(self.ports_)],
  },
  Deployment(name): $._Object('apps/v1', 'Deployment', name) {
    local deployment = self,
    spec: { replicas: 1, selector: { matchLabels: deployment.spec.template.metadata.labels }, template: {
      metadata: { labels: deployment.metadata.labels },
      spec: { containers_:: {}, containers: [{ name: n } + self.containers_[n] for n in std.objectFields(self.containers_)] },
    } },
  },
}
)";

/// The same files, evaluated by the program `jsonnet` of the machine in the work tree.
struct shape {
    std::string name;
    std::map<std::string, std::string> files;
    crds::jsonnet_options options;
    /// Words for the program.
    std::string words;
    std::vector<std::string> evaluated{"apps/web/main.jsonnet"};
};

const std::vector<shape> shapes{
    {"an object", {{"apps/web/main.jsonnet", "local x = 'web'; { apiVersion: 'v1', [x]: std.length(x) / 3 }"}}
    },
    {"a library beside the file",
     {{"apps/web/main.jsonnet", "(import 'lib/app.libsonnet').new('web', replicas=3)"},
      {"apps/web/lib/app.libsonnet",
       "local p = import 'params.libsonnet'; { new(name, replicas):: { name: name, n: replicas * p.factor } }"
      },
      {"apps/web/lib/params.libsonnet", "{ factor: 2 }"},
      {"apps/web/unrelated.libsonnet", "{"}}},
    {"vendored libraries, the last directory first",
     {{"apps/web/main.jsonnet",
       "{ a: import 'github.com/x/a.libsonnet', b: import 'b.libsonnet', c: import 'c.libsonnet' }"},
      {"vendor/github.com/x/a.libsonnet", "{ from: 'vendor', other: import '../y/main.libsonnet' }"},
      {"vendor/github.com/y/main.libsonnet", "{ y: import 'b.libsonnet' }"},
      {"vendor/b.libsonnet", "'vendor'"},
      {"lib/b.libsonnet", "'lib'"},
      {"apps/web/c.libsonnet", "'beside'"},
      {"lib/c.libsonnet", "'lib'"}},
     {.libs = {"vendor", "lib"}},
     "-J apps/web -J vendor -J lib"},
    {"top-level arguments",
     {{"apps/web/main.jsonnet",
       "function(name, replicas, extra={}) { name: name, replicas: replicas + 1 } + extra"}},
     {.tlas = {{"name", "we'b", false}, {"replicas", "2", true}, {"extra", "{ x: [1, 2] }", true}}},
     R"(--tla-str name="we'b" --tla-code replicas=2 --tla-code 'extra={ x: [1, 2] }')"},
    {"external variables, as text and as code that imports",
     {{"apps/web/main.jsonnet", "{ env: std.extVar('env'), sizes: std.extVar('sizes').web }"},
      {"apps/web/sizes.libsonnet", "{ web: { cpu: '1' } }"}},
     {.ext_vars = {{"env", "prod", false}, {"sizes", "import 'sizes.libsonnet'", true}}},
     "-J apps/web --ext-str env=prod --ext-code \"sizes=import 'sizes.libsonnet'\""},
    {"JSON and text",
     {{"apps/web/main.jsonnet", "{ data: import 'values.json', text: importstr \"notes.txt\", parsed: "
                                "std.parseJson(importstr 'values.json') }"},
      {"apps/web/values.json", R"({"a": [1, 2.5, 1e3], "b": null, "c": "é\n\"ü\""})"},
      {"apps/web/notes.txt", "first\n\tsecond 'quoted' \\ back\nimport 'nothing'\n"}}},
    {"an array",
     {{"apps/web/main.jsonnet", "[{ n: n, sq: n * n } for n in std.range(1, 5) if n % 2 == 1] + [null]"}}},
    {"several files",
     {{"apps/web/main.jsonnet", "import '../shared/x.libsonnet'"},
      {"apps/web/b.jsonnet", "(import '../shared/x.libsonnet') + { b: 2, here: std.thisFile }"},
      {"apps/shared/x.libsonnet", "{ x: 1 }"}},
     {},
     "",
     {"apps/web/b.jsonnet", "apps/web/main.jsonnet"}},
    {"functions and values together, with arguments that import",
     {{"apps/web/main.jsonnet", "function(name='none', lib) { name: name, lib: lib, e: std.extVar('name') }"},
      {"apps/web/b.jsonnet", "{ name: 'no function', file: std.thisFile }"},
      {"apps/web/a 'b' \"c\".jsonnet", "function(lib, name) [lib, name]"},
      {"apps/web/lib.libsonnet", "{ l: 1 }"}},
     {.ext_vars = {{"name", "external", false}},
      .tlas = {{"lib", "import 'lib.libsonnet'", true}, {"name", "it's", false}}},
     R"(-J apps/web --ext-str name=external --tla-code "lib=import 'lib.libsonnet'" --tla-str "name=it's")",
     {"apps/web/b.jsonnet", "apps/web/main.jsonnet"}},
    {"a helper like kube-libsonnet",
     {{"apps/web/main.jsonnet", R"(
local kube = import '../../lib/kube.libsonnet';
local app = {
  deployment: kube.Deployment('web:1') {
    spec+: { replicas: 3, template+: { spec+: { containers_+: {
      web: kube.Container('web') { image: 'web:1', env_: { A: '1', B: 'two' }, ports_: { http: 8080 } } } } } },
  },
  service: kube.Service('web') { target_pod: app.deployment.spec.template, spec+: { type: 'ClusterIP' } },
};
std.objectValues(app)
)"},
      {"lib/kube.libsonnet", kube}}},
    {"functions of std",
     {{"apps/web/main.jsonnet", R"({
  yaml: std.manifestYamlDoc({ a: [1, { b: 'x: y' }] }), json: std.manifestJsonEx({ a: [true, null] }, '  '),
  sort: std.sort([3, 1, 2]), set: std.setUnion(['a', 'c'], ['b']), fmt: '%05.2f %s %d' % [3.14159, { a: 1 }, 42],
  b64: std.base64('ü'), md5: std.md5('x'), merge: std.mergePatch({ a: 1, b: { c: 2 } }, { b: { d: 3 }, a: null }),
  flat: std.flattenArrays([[1], [2, 3]]), ini: std.manifestIni({ main: { a: 1 }, sections: { s: { b: [1, 2] } } }),
  parse: std.parseYaml("a: 1\nb: [x, y]"), str: std.escapeStringBash("it's"), fold: std.foldl(function(a, b) a + b, [1, 2], 0),
  find: std.find(2, [1, 2, 2]), strip: std.stripChars(' a ', ' '), up: std.asciiUpper('abc'), mod: -5 % 3, big: 1e18 })"
     }}},
    {"every form of string",
     {{"apps/web/main.jsonnet",
       "{\n  # import 'no.libsonnet'\n  // import \"no.libsonnet\"\n  /* importstr 'no' */\n"
       "  block: |||\n    import 'no.libsonnet'\n\n      indented\n  |||,\n"
       "  a: import 'l\\u0069b.libsonnet', b: import @'it''s.libsonnet', c: importstr\n  @\"q\"\"q.txt\",\n"
       "  'import': 1, x: 'import \"no\"', y: \"importstr 'no'\", z: @'import \"no\"' + '\\' import "
       "\"no\"',\n}"},
      {"apps/web/lib.libsonnet", "{ lib: 'a' }"},
      {"apps/web/it's.libsonnet", "{ lib: 'b' }"},
      {"apps/web/q\"q.txt", "quoted"}}},
    {"files that import each other, lazily",
     {{"apps/web/main.jsonnet",
       "(import 'a.libsonnet') + { c: if false then import 'missing.libsonnet' else 1 }"},
      {"apps/web/a.libsonnet",
       "{ one: 1, two: (import 'b.libsonnet').two, doc:: import 'docsonnet/main.libsonnet' }"},
      {"apps/web/b.libsonnet", "{ two: 1 + (import 'a.libsonnet').one, x: [(import 'a.libsonnet').one] }"}}},
    {"names that need quotes",
     {{"apps/web/main.jsonnet", "(import 'my lib/über.libsonnet') + { 'a b': 1, 'c\\nd': 'e\\u0001f' }"},
      {"apps/web/my lib/über.libsonnet", "{ 'ü': 'ß𝄞' }"}}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(jsonnet)

BOOST_AUTO_TEST_CASE(results_are_those_of_the_program_jsonnet) {
    BOOST_REQUIRE_MESSAGE(
        test::shell("command -v jsonnet").status == 0,
        "the program jsonnet is needed to compare with: install the Debian package (tools/install-packages)"
    );
    for (const auto& s : shapes) {
        BOOST_TEST_CONTEXT(s.name) {
            jsonnet_bench b;
            for (const auto& [path, text] : s.files) {
                b.repository.file(path, text);
            }
            b.options() = s.options;
            const auto evaluated = b.evaluate();
            BOOST_REQUIRE_MESSAGE(
                evaluated.has_value(), (evaluated ? "" : evaluated.error().summary().message())
            );
            BOOST_TEST(evaluated->size() >= s.evaluated.size());
            for (const auto& file : s.evaluated) {
                const auto said = test::shell(
                    "cd '" + b.repository.path().string() + "' && jsonnet " + s.words + " '" + file + "'"
                );
                BOOST_REQUIRE_MESSAGE(said.status == 0, said.output);
                BOOST_REQUIRE(evaluated->contains(file));
                BOOST_TEST(evaluated->at(file) == said.output);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(only_files_that_may_be_read_are_given) {
    for (const auto& [name, expected] : std::map<std::string, std::set<std::string>>{
             {"a library beside the file",
              {"apps/web/main.jsonnet", "apps/web/lib/app.libsonnet", "apps/web/lib/params.libsonnet"}},
             {"vendored libraries, the last directory first",
              {"apps/web/main.jsonnet", "vendor/github.com/x/a.libsonnet",
               "vendor/github.com/y/main.libsonnet", "lib/b.libsonnet", "apps/web/c.libsonnet"}},
             {"external variables, as text and as code that imports",
              {"apps/web/main.jsonnet", "apps/web/sizes.libsonnet"}},
             {"JSON and text", {"apps/web/main.jsonnet", "apps/web/values.json", "apps/web/notes.txt"}},
             {"every form of string",
              {"apps/web/main.jsonnet", "apps/web/lib.libsonnet", "apps/web/it's.libsonnet",
               "apps/web/q\"q.txt"}},
         }) {
        BOOST_TEST_CONTEXT(name) {
            const auto s = std::ranges::find(shapes, name, &shape::name);
            BOOST_REQUIRE(s != shapes.end());
            jsonnet_bench b;
            for (const auto& [path, text] : s->files) {
                b.repository.file(path, text);
            }
            b.options() = s->options;
            const auto planned = b.plan();
            BOOST_REQUIRE(planned.has_value());
            std::set<std::string> given;
            for (const auto& tree : (*planned)->trees) {
                BOOST_TEST(tree.path == tree.to);
                given.insert(tree.to);
            }
            BOOST_TEST(given == expected, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(symlinks_are_followed_and_paths_are_as_written) {
    jsonnet_bench b;
    b.repository.file("shared/lib/a.libsonnet", "{ a: import '../b.libsonnet' }")
        .file("apps/web/b.libsonnet", "'by the names alone'")
        .file("shared/b.libsonnet", "'behind the link'")
        .file("shared/main.jsonnet", "{ l: import 'lib/a.libsonnet', here: import 'b.libsonnet' }")
        .link("apps/web/lib", "../../shared/lib")
        .link("apps/web/main.jsonnet", "../../shared/main.jsonnet");
    const auto evaluated = b.evaluate();
    BOOST_REQUIRE_MESSAGE(evaluated.has_value(), (evaluated ? "" : evaluated.error().summary().message()));
    BOOST_TEST(
        evaluated->at("apps/web/main.jsonnet") ==
        "{\n   \"here\": \"by the names alone\",\n   \"l\": {\n      \"a\": \"by the names alone\"\n   }\n}\n"
    );
}

BOOST_AUTO_TEST_CASE(files_are_those_that_the_directory_takes) {
    jsonnet_bench b;
    b.repository.file("apps/web/a.jsonnet", "1")
        .file("apps/web/skip.jsonnet", "# +argocd:skip-file-rendering\n{")
        .file("apps/web/sub/b.jsonnet", "2")
        .file("apps/web/sub/not.jsonnet", "3")
        .file("apps/web/c.libsonnet", "{")
        .file("apps/web/d.yaml", "a: 1")
        .file("apps/other/e.jsonnet", "4");
    const auto names = [&] {
        const auto evaluated = b.evaluate();
        BOOST_REQUIRE(evaluated.has_value());
        std::string all;
        for (const auto& [path, text] : *evaluated) {
            all += path + " ";
        }
        return all;
    };
    BOOST_TEST(names() == "apps/web/a.jsonnet ");
    b.source.spec.directory = crds::directory_options{.recurse = true, .exclude = "*not*"};
    BOOST_TEST(names() == "apps/web/a.jsonnet apps/web/sub/b.jsonnet ");
    b.source.spec.directory->include = "sub/*";
    BOOST_TEST(names() == "apps/web/sub/b.jsonnet ");
    b.source.spec.path = "";
    b.source.spec.directory = crds::directory_options{.recurse = true, .exclude = "apps/web/*"};
    BOOST_TEST(names() == "apps/other/e.jsonnet ");
    b.repository.file("root.jsonnet", "(import 'x.libsonnet') + (import 'apps/y.libsonnet')")
        .file("x.libsonnet", "{ x: 1 }")
        .file("apps/y.libsonnet", "{ y: import '../z.libsonnet' }")
        .file("z.libsonnet", "import 'x.libsonnet'");
    BOOST_TEST(names() == "apps/other/e.jsonnet root.jsonnet ");
}

BOOST_AUTO_TEST_CASE(a_directory_without_jsonnet_is_no_business_of_it) {
    jsonnet_bench b;
    b.repository.file("apps/web/a.yaml", "a: 1")
        .link("apps/web/b.yaml", "nowhere")
        .file("apps/web/c.libsonnet", "{");
    const auto planned = b.plan();
    BOOST_REQUIRE(planned.has_value());
    BOOST_TEST(!planned->has_value());
}

BOOST_AUTO_TEST_CASE(variables_of_the_build_are_put_into_values) {
    jsonnet_bench b;
    b.repository.file(
        "apps/web/main.jsonnet",
        "function(a) { a: a, e: std.extVar('e'), c: std.extVar('c'), d: std.extVar('d') }"
    );
    b.options().tlas = {{"a", "$ARGOCD_APP_NAME in ${ARGOCD_APP_NAMESPACE}", false}};
    b.options().ext_vars = {
        {"e", "$ARGOCD_APP_SOURCE_TARGET_REVISION", false},
        {"c", "{ name: '${ARGOCD_APP_NAME}' }.name", true},
        {"d", "$$HOME and $NOTHING", false}
    };
    const auto evaluated = b.evaluate();
    BOOST_REQUIRE(evaluated.has_value());
    BOOST_TEST(
        evaluated->at("apps/web/main.jsonnet") == "{\n   \"a\": \"web in shop\",\n   \"c\": \"web\",\n   "
                                                  "\"d\": \"$HOME and \",\n   \"e\": \"main\"\n}\n"
    );
    const auto planned = b.plan();
    BOOST_REQUIRE_EQUAL((*planned)->warnings.size(), 1U);
    BOOST_TEST(
        (*planned)->warnings[0].starts_with("directory.jsonnet.extVars[2]: there is no variable NOTHING")
    );
}

BOOST_AUTO_TEST_SUITE_END()
