// The numbered cases of ApplicationSets with Go templates. Their names begin with their numbers.
#include "go_bench.hpp"

#include "render/yaml.hpp"

#include <fstream>
#include <iterator>

namespace holdfast::sets {
namespace {

using namespace test;

struct bench_a : go_bench {
    bench_a() {
        trees["r"] = directories({"apps/web", "apps/web/base", "apps/api_v2", "apps/old", "apps/.hidden"});
        clusters = {
            {.name = "prod_1",
             .server = "https://p1",
             .labels = {{"env", "prod"}},
             .annotations = {{"owner", "x"}}},
            {.name = "dev", .server = "https://d"},
        };
    }
};

BOOST_FIXTURE_TEST_SUITE(go_cases, bench_a)

BOOST_AUTO_TEST_CASE(cases_6_and_8_directories) {
    BOOST_TEST(
        names(
            "- git: {repoURL: r, directories: [{path: apps/*/*}, {path: apps/api_v2}]}",
            "{{.path.basenameNormalized}} ({{len .path.segments}})"
        ) == "api-v2 (2), base (3)"
    );
    BOOST_TEST(runs == 1U); // for all results
    BOOST_TEST(
        names(
            "- git: {repoURL: r, pathParamPrefix: my, directories: [{path: apps/web}]}",
            "{{.my.path.path}} {{.path}}"
        ) == "apps/web <no value>"
    );
}

BOOST_AUTO_TEST_CASE(cases_11_17_46_52_values_of_any_kind) {
    trees["r"] = {
        {"c.json",
         R"({"cluster": {"name": "eng", "owner": {"id": 12345678, "on": true}}, "tags": ["x", "y"], "n": null})"
        }
    };
    BOOST_TEST(
        names(
            "- git: {repoURL: r, files: [{path: c.json}]}",
            "{{.tags}} {{.n}} {{.cluster.owner.id}} {{.path.filename}}"
        ) == "[x y] <no value> 1.2345678e+07 c.json"
    );
    BOOST_TEST(names("- list: {elements: [{o: {l: [1, 2]}}]}", "{{index .o.l 1}}") == "2");
    BOOST_TEST(names("- list: {elements: [{a: b}]}", "{{.nope}}/{{.x.y}}") == "<no value>/<no value>");
    BOOST_TEST(
        names(
            "- list: {elements: [{id: 123456789012}]}", "{{.id}} {{.id | int64}} {{printf \"%.0f\" .id}}"
        ) == "1.23456789012e+11 123456789012 123456789012"
    );
}

BOOST_AUTO_TEST_CASE(cases_21_to_23_45_clusters) {
    BOOST_TEST(
        names("- clusters: {}", "{{.nameNormalized}}:{{.metadata.labels.env}}") ==
        "in-cluster:<no value>, dev:<no value>, prod-1:prod"
    );
    const auto missing =
        names("- clusters: {}", "{{.metadata.labels.env}}", "goTemplateOptions: [missingkey=error]"); // 22
    BOOST_TEST(
        missing.starts_with("spec.generators[0]: failed to execute go template {{.metadata.labels.env}}: "),
        missing
    );
    BOOST_TEST(missing.find("map has no entry for key") != std::string::npos, missing);
    BOOST_TEST(missing.ends_with("(and 1 more)"), missing);
    BOOST_TEST(
        names(
            "- clusters: {flatList: true, selector: {matchExpressions: [{key: none, operator: DoesNotExist}]}}",
            "{{range .clusters}}{{.name}};{{end}}"
        ) == "dev;prod_1;"
    ); // 23
    BOOST_TEST(
        names("- {clusters: {}, selector: {matchLabels: {metadata.labels.env: prod}}}", "{{.name}}") ==
        "prod_1"
    ); // 45
    BOOST_TEST(
        names(
            "- clusters: {selector: {matchLabels: {env: prod}}, values: {v: '{{.name}}', w: '{{.values.v}}'}}",
            "{{.values.v}} {{.values.w}} [{{index .metadata.labels \"gone\"}}]"
        ) == "prod_1 <no value> []"
    );
}

BOOST_AUTO_TEST_CASE(cases_27_28_44_53_matrices) {
    BOOST_TEST(
        names(
            "- matrix: {generators: [{list: {elements: [{k: a, m: {p: 1}, e: '', l: [a]}]}}, "
            "{list: {elements: [{k: b, m: {p: 2, q: 2}, e: b, l: [b, c]}]}}]}",
            "{{.k}} {{.m}} [{{.e}}] {{.l}}"
        ) == "a map[p:1 q:2] [] [a]"
    );
    trees["f"] = {{"x/b/c.yaml", "cluster: {name: prod}"}};
    trees["w"] = directories({"apps/web"});
    BOOST_TEST(
        names(
            "- matrix: {generators: [{git: {repoURL: w, pathParamPrefix: a, directories: [{path: apps/*}]}}, "
            "{git: {repoURL: f, pathParamPrefix: b, files: [{path: '*.yaml'}]}}]}",
            "{{.a.path.basename}}-{{.b.path.basename}}-{{.cluster.name}}"
        ) == "web-b-prod"
    );
    BOOST_TEST(
        names(
            "- matrix: {generators: [{list: {elements: [{team: t1}]}}, {git: {repoURL: w, directories: [{path: "
            "apps/web}], values: {full: '{{.team}}-{{.path.basename}}', of: '{{.team}}', own: '{{.path.basename}}'}}}]}",
            "{{.values.full}} {{.values.of}} {{.values.own}}"
        ) == "<no value>-web t1 web"
    ); // 44
    trees["c"] = {{"c.yaml", "{env: prod, clusters: [a, b]}"}};
    BOOST_TEST(
        names(
            "- matrix: {generators: [{git: {repoURL: c, files: [{path: c.yaml}]}}, {list: {elements: [], "
            "elementsYaml: '{{ range .clusters }}\n\n- {c: {{ . }}}{{ end }}'}}]}",
            "{{.c}}-{{.env}}"
        ) == "a-prod, b-prod"
    );
    // As it is usually written; the list of texts is no list of maps.
    BOOST_TEST(
        names(
            "- matrix: {generators: [{git: {repoURL: c, files: [{path: c.yaml}]}}, {list: {elements: [], "
            "elementsYaml: '{{ toJson .clusters }}'}}]}",
            "x"
        )
            .starts_with(
                "spec.generators[0].matrix.generators[1].list: error unmarshalling decoded ElementsYaml"
            )
    );
    trees["c"] = {{"c.yaml", "{env: prod, clusters: [{c: a}, {c: b}]}"}};
    BOOST_TEST(
        names(
            "- matrix: {generators: [{git: {repoURL: c, files: [{path: c.yaml}]}}, {list: {elements: [], "
            "elementsYaml: '{{ toJson .clusters }}'}}]}",
            "{{.c}}-{{.env}}"
        ) == "a-prod, b-prod"
    ); // 53
}

BOOST_AUTO_TEST_CASE(case_31_a_merge_key_within_another_is_not_found) {
    BOOST_TEST(
        names(
            "- merge: {mergeKeys: [values.s], generators: [{list: {elements: [{values: {s: a}}, {values: {s: b}}]}}, "
            "{list: {elements: []}}]}",
            "x"
        )
            .find(R"(Duplicate key was {"values.s":null})") != std::string::npos
    );
    BOOST_TEST(
        names(
            "- merge: {mergeKeys: [k], generators: [{list: {elements: [{k: a, m: {p: 1, q: 1}}]}}, "
            "{list: {elements: [{k: a, m: {q: 2}}]}}]}",
            "{{.m}}"
        ) == "map[p:1 q:2]"
    );
}

BOOST_AUTO_TEST_CASE(case_35_a_patch_may_have_conditions) {
    const auto made = of(R"(
generators: [{list: {elements: [{name: a, auto: true}, {name: b, auto: false}]}}]
template:
  metadata: {name: '{{.name}}'}
  spec: {project: good, source: {repoURL: r, helm: {valueFiles: [old.yaml]}}}
templatePatch: |
  spec:
    project: evil
    source: {helm: {valueFiles: ['{{.name}}.yaml']}}
    {{- if .auto }}
    syncPolicy: {automated: {prune: true}}
    {{- end }}
)");
    BOOST_TEST(names_of(made) == "a, b");
    for (std::size_t i = 0; i < 2; ++i)
        BOOST_TEST(at(made, i, "/spec/project") == "good");
    BOOST_TEST(at(made, 0, "/spec/source/helm/valueFiles") == R"(["a.yaml"])");
    BOOST_TEST(at(made, 0, "/spec/syncPolicy/automated/prune") == "true");
    BOOST_TEST(at(made, 1, "/spec/syncPolicy") == "-");
    BOOST_TEST(runs == 1U);
}

BOOST_AUTO_TEST_CASE(cases_37_38_finalizers) {
    const auto made = of(R"(
generators: [{list: {elements: [{c: a}]}}]
template: {metadata: {name: '{{.c}}', finalizers: ['x/{{.c}}']}, spec: {}}
)");
    BOOST_TEST(at(made, 0, "/metadata/finalizers") == R"(["x/a"])");
    BOOST_TEST(names("- list: {elements: [{}]}", "x-{{.c}}") == "x-{{.c}}");
}

BOOST_AUTO_TEST_CASE(cases_40_41_functions) {
    BOOST_TEST(
        names(
            "- list: {elements: [{n: Feat/A_b, m: Feat/A_b}]}",
            "{{normalize .m}} {{slugify .m}} {{slugify 5 .m}} {{slugify 5 false .m}}"
        ) == "feat-a-b feat-a-b feat feat"
    );
    const auto env = names("- list: {elements: [{a: b}]}", "{{env \"HOME\"}}");
    BOOST_TEST(env.starts_with("spec.generators[0]: failed to parse template {{env \"HOME\"}}: "), env);
    BOOST_TEST(env.ends_with("function \"env\" not defined"), env);
}

// The examples of docs/application-set-templates.md, in their order, with the files that they speak of.
BOOST_AUTO_TEST_CASE(the_examples_of_the_docs_make_what_they_say) {
    std::ifstream file{HOLDFAST_SOURCE_DIR "/docs/application-set-templates.md"};
    const std::string page{std::istreambuf_iterator<char>{file}, {}};
    trees["https://git.example.com/platform/apps.git"] = {
        {"apps/web/app.yaml", "{stages: [{name: test}, {name: live, auto: true}]}"},
        {"teams/s1/team.yaml", "{team: shop, owner: {mail: shop@example.com}}"}
    };
    std::vector<generation> made;
    constexpr std::string_view opening = "```yaml\n";
    for (auto begin = page.find(opening); begin != std::string::npos; begin = page.find(opening, begin)) {
        begin += opening.size();
        const auto read = render::read_yaml(page.substr(begin, page.find("```", begin) - begin));
        BOOST_TEST_REQUIRE(read.has_value());
        const auto set = crds::examine_application_set(read->front().value.as_object());
        BOOST_TEST(crds::join(set.problems) + crds::join(set.unknown_fields) == "");
        BOOST_TEST(crds::join(crds::check(set.value)) == "");
        made.push_back(generate(set.value));
    }
    BOOST_TEST_REQUIRE(made.size() == 2U);
    BOOST_TEST(names_of(made[0]) == "team-shop");
    BOOST_TEST(at(made[0], 0, "/spec/destination/namespace") == "s1-apps");
    BOOST_TEST(at(made[0], 0, "/metadata/annotations/example.com~1owner") == "shop@example.com");
    BOOST_TEST(names_of(made[1]) == "web-test, web-live");
    BOOST_TEST(at(made[1], 0, "/spec/syncPolicy") == "-");
    BOOST_TEST(at(made[1], 1, "/spec/syncPolicy/automated/prune") == "true");
}

BOOST_AUTO_TEST_CASE(a_thousand_results_are_one_run) {
    std::string elements;
    for (int i = 0; i < 1000; ++i)
        elements += "{a: x" + std::to_string(i) + "},";
    auto set = set_of(
        "goTemplate: true\ngenerators: [{list: {elements: [" + elements +
        "]}}]\ntemplate: {metadata: {name: '{{.a}}', labels: {b: '{{upper .a}}'}}, spec: {project: default}}\n"
    );
    const auto made = generate(set);
    BOOST_TEST(made.applications.size() == 1000U);
    BOOST_TEST(at(made, 999, "/metadata/labels/b") == "X999");
    BOOST_TEST(runs == 1U);
    // The same request stands for the same result: a set that has not changed asks again for the same keys.
    const auto first = sets::generate(set, {});
    const auto second = sets::generate(set, {});
    BOOST_TEST(first.missing.templates.size() == 1000U);
    BOOST_TEST((first.missing.templates.begin()->first == second.missing.templates.begin()->first));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sets
