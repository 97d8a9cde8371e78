// The numbered cases of ApplicationSets without Go templates. Their names begin with their numbers.
#include "fixtures.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace holdfast::sets {
namespace {

using namespace test;

/// The tree that most cases have.
world world_a() {
    world w;
    w.trees["r"] = directories({"apps/web", "apps/web/base", "apps/api_v2", "apps/old", "apps/.hidden"});
    return w;
}

world with_clusters() {
    world w;
    w.clusters = {
        {.name = "prod_1",
         .server = "https://p1",
         .labels = {{"env", "prod"}},
         .annotations = {{"owner", "x"}}},
        {.name = "dev", .server = "https://d"},
    };
    return w;
}

std::string with_name(std::string_view generators, std::string_view name) {
    return fmt::format(
        "generators:\n{}\ntemplate: {{metadata: {{name: '{}'}}, spec: {{project: default}}}}\n", generators,
        name
    );
}

/// A generator of directories of the tree `r`.
std::string git_directories(std::string_view rules, std::string_view further = "") {
    return fmt::format("- git: {{repoURL: r, directories: [{}]{}}}", rules, further);
}

std::string names(world& w, std::string_view generators, std::string_view name) {
    return names_of(w.generate(set_of(with_name(generators, name))));
}

BOOST_AUTO_TEST_SUITE(fast_cases)

BOOST_AUTO_TEST_CASE(case_1_directories_and_the_parameters_of_their_paths) {
    auto w = world_a();
    const auto made = w.generate(set_of(R"(
generators: [{git: {repoURL: r, directories: [{path: apps/*}]}}]
template:
  metadata:
    name: '{{path.basename}}'
    annotations:
      a: '{{path[0]}}-{{path[1]}}-{{path[2]}}'
      normal: '{{path.basenameNormalized}}'
  spec: {project: default}
)"));
    BOOST_TEST(names_of(made) == "api_v2, old, web");
    BOOST_TEST(at(made, 2, "/metadata/annotations/a") == "apps-web-{{path[2]}}");
    BOOST_TEST(at(made, 0, "/metadata/annotations/normal") == "api-v2");
    BOOST_TEST(made.trees.size() == 1U);
    BOOST_TEST(w.rounds == 2U);
}

BOOST_AUTO_TEST_CASE(cases_2_to_5_patterns_of_directories) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"{path: apps/*}, {path: apps/old, exclude: true}", "api_v2, web"}, // 2
        {"{path: apps/*, exclude: true}, {path: apps/web}", ""},            // 3
        {"{path: '*'}", "apps"},                                            // 4
        {"{path: apps/**}", "api_v2, old, web"},                            // 5
        {"{path: 'apps/{web,old}'}", ""},                                   // no braces
        {"{path: 'apps/[a-c]*'}, {path: 'apps/[^a-v]*'}", "api_v2, web"},   // sets
        {"{path: 'apps/.hidden'}", ""},
    };
    for (const auto& [rules, expected] : table) {
        auto w = world_a();
        BOOST_TEST(names(w, git_directories(rules), "{{path.basename}}") == expected, rules);
    }
}

BOOST_AUTO_TEST_CASE(case_7_a_prefix_takes_the_place_of_path) {
    auto w = world_a();
    const auto made = w.generate(set_of(R"(
generators: [{git: {repoURL: r, pathParamPrefix: my, directories: [{path: apps/web}]}}]
template:
  metadata: {name: '{{my.path.basename}}', annotations: {a: '{{path}} {{my.path[1]}}'}}
  spec: {project: default}
)"));
    BOOST_TEST(names_of(made) == "web");
    BOOST_TEST(at(made, 0, "/metadata/annotations/a") == "{{path}} web");
}

BOOST_AUTO_TEST_CASE(case_9_a_value_does_not_see_another) {
    auto w = world_a();
    const auto made = w.generate(set_of(R"(
generators:
- git:
    repoURL: r
    directories: [{path: apps/web}]
    values: {env: '{{path.basename}}-prod', other: '{{values.env}}'}
template:
  metadata: {name: '{{values.env}}', annotations: {a: '{{values.other}}'}}
  spec: {project: default}
)"));
    BOOST_TEST(names_of(made) == "web-prod");
    BOOST_TEST(at(made, 0, "/metadata/annotations/a") == "{{values.env}}");
}

BOOST_AUTO_TEST_CASE(case_10_what_is_in_a_file_is_flattened_and_printed_as_go_does) {
    world w;
    w.trees["r"] = {
        {"c.json",
         R"({"cluster": {"name": "eng", "owner": {"id": 12345678, "on": true}}, "tags": ["x", "y"], "n": null})"
        }
    };
    const auto made = w.generate(set_of(R"(
generators: [{git: {repoURL: r, files: [{path: '*.json'}]}}]
template:
  metadata:
    name: '{{cluster.name}}'
    annotations: {id: '{{cluster.owner.id}}', on: '{{cluster.owner.on}}', t1: '{{tags.1}}', t: '{{tags}}', n: '{{n}}'}
  spec: {project: default}
)"));
    BOOST_TEST(names_of(made) == "eng");
    BOOST_TEST(at(made, 0, "/metadata/annotations/id") == "1.2345678e+07");
    // YAML 1.1: the name "on" of the annotation is "true".
    BOOST_TEST(at(made, 0, "/metadata/annotations/true") == "true");
    BOOST_TEST(at(made, 0, "/metadata/annotations/t1") == "y");
    BOOST_TEST(at(made, 0, "/metadata/annotations/t") == "{{tags}}");
    BOOST_TEST(at(made, 0, "/metadata/annotations/false") == "<nil>");
}

BOOST_AUTO_TEST_CASE(cases_12_to_14_57_what_files_give) {
    world w;
    w.trees["r"] = {
        {"list.yaml", "[{name: one, v: 1.50}, {name: two, v: 2}]"},
        {"cfg/a/config.yaml", "n: a"},
        {"cfg/b/config.json", "{\"n\": \"b\"}"},
        {"cfg/d/empty.yaml", ""},
        {"text.txt", "5"},
        {"broken.txt", "a: [\n"},
    };
    const std::pair<std::string_view, std::string_view> table[] = {
        {"{path: list.yaml}", "one-1.5, two-2"},                                                  // 12
        {"{path: cfg/**/config.*}, {path: cfg/b/**, exclude: true}", "{{name}}-{{v}}"},           // 14
        {"{path: '*.yaml'}, {path: list.yaml}, {path: 'cfg*', exclude: true}", "one-1.5, two-2"}, // 57
        {"{path: nothing}", ""},
        {"{path: text.txt}", "spec.generators[0].git: unable to process file 'text.txt': it must be a map of "
                             "parameters or a list of such maps"},
    };
    for (const auto& [rules, expected] : table) {
        BOOST_TEST(
            names(w, fmt::format("- git: {{repoURL: r, files: [{}]}}", rules), "{{name}}-{{v}}") == expected,
            rules
        );
    }
    BOOST_TEST(names(w, "- git: {repoURL: r, files: [{path: cfg/d}]}", "e-{{path.basename}}") == "e-d"); // 13
    const auto broken = names(w, "- git: {repoURL: r, files: [{path: broken.txt}]}", "x");
    BOOST_TEST(broken.starts_with("spec.generators[0].git: unable to process file 'broken.txt': line "));
}

BOOST_AUTO_TEST_CASE(cases_15_16_18_lists) {
    const std::tuple<std::string_view, std::string_view, std::string_view> table[] = {
        {"- list: {elements: [{cluster: a, values: {x: '1'}}, {cluster: b}]}", "{{cluster}}-{{values.x}}",
         "a-1, b-{{values.x}}"}, // 15
        {"- list: {elements: [{cluster: a, num: 1}]}", "x",
         "spec.generators[0].list: elements[0]: error parsing value as string: num must be a text"}, // 16
        {"- list: {elements: [{cluster: a, values: 5}]}", "x",
         "spec.generators[0].list: elements[0]: error parsing values map: values must be a map of texts"},
        {"- list: {elements: [], elementsYaml: '- {cluster: a, num: 5, str: q}'}", "p-{{num}}-{{str}}",
         "p-{{num}}-q"}, // 18
        {"- list: {elements: [{c: l}], elementsYaml: '- {c: m}'}", "{{c}}", "l, m"},
        {"- list: {elements: [], elementsYaml: 'a: ['}", "x", ""},
        {"- list: {elements: [], elementsYaml: 'a: b'}", "x",
         "spec.generators[0].list: error unmarshalling decoded ElementsYaml: it must be a list of maps of parameters"
        },
    };
    for (const auto& [generators, name, expected] : table) {
        world w;
        const auto said = names(w, generators, name);
        if (expected.empty()) {
            BOOST_TEST(said.starts_with("spec.generators[0].list: error unmarshalling decoded ElementsYaml"));
        } else {
            BOOST_TEST(said == expected, generators << ": " << said);
        }
    }
    world w;
    const auto made = w.generate(set_of(with_name("- list: {elements: [{cluster: a, num: 1}]}", "x")));
    BOOST_TEST_REQUIRE(made.failures.size() == 1U);
    BOOST_TEST((made.failures[0].step == failed_step::parameters));
}

BOOST_AUTO_TEST_CASE(cases_19_and_20_clusters) {
    auto w = with_clusters();
    auto made = w.generate(set_of(R"(
generators: [{clusters: {}}]
template:
  metadata:
    name: '{{nameNormalized}}'
    annotations: {env: '{{metadata.labels.env}}', owner: '{{metadata.annotations.owner}}', s: '{{server}}', p: '[{{project}}]'}
  spec: {project: default}
)"));
    BOOST_TEST(names_of(made) == "in-cluster, dev, prod-1");
    BOOST_TEST(at(made, 0, "/metadata/annotations/env") == "{{metadata.labels.env}}");
    BOOST_TEST(at(made, 0, "/metadata/annotations/s") == "https://kubernetes.default.svc");
    BOOST_TEST(at(made, 0, "/metadata/annotations/p") == "[]");
    BOOST_TEST(at(made, 1, "/metadata/annotations/env") == "{{metadata.labels.env}}");
    BOOST_TEST(at(made, 2, "/metadata/annotations/env") == "prod");
    BOOST_TEST(at(made, 2, "/metadata/annotations/owner") == "x");
    BOOST_TEST(made.depends_on_clusters);

    made = w.generate(set_of(with_name(
        "- clusters: {selector: {matchLabels: {env: prod}}, values: {rev: '{{metadata.labels.env}}'}}",
        "{{nameNormalized}}-{{values.rev}}"
    )));
    BOOST_TEST(names_of(made) == "prod-1-prod");
    // A Secret for the own cluster takes its place.
    w.clusters.push_back({.name = "here", .server = "https://kubernetes.default.svc"});
    BOOST_TEST(names(w, "- clusters: {}", "{{nameNormalized}}") == "dev, here, prod-1");
}

BOOST_AUTO_TEST_CASE(clusters_that_are_not_known_are_not_taken_for_none) {
    auto w = with_clusters();
    w.clusters_error = "the Secrets of clusters are being listed";
    const auto made = w.generate(set_of(R"(
generators: [{clusters: {}}, {list: {elements: [{name: a}]}}]
template: {metadata: {name: '{{name}}'}, spec: {project: default}}
)"));
    BOOST_TEST(names_of(made) == "a; spec.generators[0].clusters: the Secrets of clusters are being listed");
    BOOST_TEST(made.depends_on_clusters);
}

BOOST_AUTO_TEST_CASE(cases_24_to_26_43_50_55_matrices) {
    const std::string web_old = "{git: {repoURL: r, directories: [{path: apps/web}, {path: apps/old}]}}";
    const auto list = [](std::string_view name, std::string_view values) {
        std::string elements;
        for (const auto value : values)
            elements += fmt::format("{{{}: '{}'}},", name, value);
        return fmt::format("{{list: {{elements: [{}]}}}}", elements);
    };
    const auto matrix = [](const std::string& a, const std::string& b) {
        return fmt::format("{{matrix: {{generators: [{}, {}]}}}}", a, b);
    };
    const std::tuple<std::string, std::string_view, std::string_view> table[] = {
        {matrix(web_old, "{list: {elements: [{e: dev}, {e: prod}]}}"), "{{path.basename}}-{{e}}",
         "old-dev, old-prod, web-dev, web-prod"}, // 24
        {matrix(
             "{list: {elements: [{dir: web}, {dir: old}]}}",
             "{git: {repoURL: r, directories: [{path: 'apps/{{dir}}'}]}}"
         ),
         "{{path.basename}}", "web, old"}, // 25
        {matrix(list("k", "a"), list("k", "b")), "x",
         "spec.generators[0].matrix: failed to combine string maps with merging params for the matrix "
         "generator: found duplicate key k with different value, a: a ,b: b"}, // 26
        {matrix(list("k", "a"), list("k", "a")), "{{k}}", "a"},
        {matrix(matrix(list("a", "1"), list("b", "2")), list("c", "3")), "{{a}}{{b}}{{c}}", "123"}, // 43
        {"{matrix: {generators: [{list: {elements: [{a: '1'}, {a: '2'}]}, selector: {matchLabels: {a: '2'}}}, "
         "{list: {elements: [{b: x}]}}]}}",
         "{{a}}{{b}}", "2x"}, // 55
        {"{matrix: {generators: [{list: {elements: [], elementsYaml: '- a: 5'}}, {list: {elements: [{b: x}]}}]}}",
         "{{a}}{{b}}", "5x"}, // 54
    };
    for (const auto& [generator, name, expected] : table) {
        auto w = world_a();
        const auto said = names(w, "- " + generator, name);
        BOOST_TEST(said == expected, generator << ": " << said);
    }
    auto w = world_a();
    const auto three =
        names(w, fmt::format("- {{matrix: {{generators: [{0}, {0}, {0}]}}}}", list("a", "1")), "x"); // 50
    BOOST_TEST(
        three.find("found more than two generators, Matrix support only two") != std::string::npos, three
    );
    const auto two_types =
        names(w, "- matrix: {generators: [{list: {elements: [{a: b}]}, clusters: {}}, {clusters: {}}]}", "x");
    BOOST_TEST(
        two_types.find("found more than one generator in matrix.Generators") != std::string::npos, two_types
    );
}

BOOST_AUTO_TEST_CASE(cases_29_30_49_merges) {
    world w = with_clusters();
    w.clusters[0].name = "prod-1";
    w.clusters[0].server = "p1";
    BOOST_TEST(
        names(
            w, R"(
- merge:
    mergeKeys: [server]
    generators:
    - clusters: {values: {kafka: 'true', redis: 'false'}}
    - list: {elements: [{server: p1, values.redis: 'true'}, {server: nope}]}
)",
            "{{name}}-{{values.kafka}}-{{values.redis}}"
        ) == "in-cluster-true-false, dev-true-false, prod-1-true-true"
    ); // 29
    const auto twice = names(
        w,
        "- merge: {mergeKeys: [k], generators: [{list: {elements: [{k: a}, {k: a}]}}, {list: {elements: []}}]}",
        "x"
    ); // 30
    BOOST_TEST(
        twice == "spec.generators[0].merge: the parameters from a generator were not unique by the given "
                 "mergeKeys, Merge requires all param sets to be unique. Duplicate key was {\"k\":\"a\"} "
                 "(generators[0])"
    );
    BOOST_TEST(
        names(
            w, R"(
- merge:
    mergeKeys: [k]
    generators:
    - list: {elements: [{k: a, v: '1', w: '1'}, {k: b, v: '1', w: '1'}]}
    - list: {elements: [{k: a, v: '2'}]}
    - list: {elements: [{k: a, w: '3'}, {k: c, v: '9'}]}
)",
            "{{k}}-{{v}}-{{w}}"
        ) == "a-2-3, b-1-1"
    ); // 49
    // Absent in both is equal.
    BOOST_TEST(
        names(
            w,
            "- merge: {mergeKeys: [none], generators: [{list: {elements: [{k: a}]}}, {list: {elements: [{v: b}]}}]}",
            "{{k}}{{v}}"
        ) == "ab"
    );
}

BOOST_AUTO_TEST_CASE(cases_32_and_33_selectors) {
    world w;
    BOOST_TEST(
        names(
            w,
            "- {list: {elements: [{id: a, env: prod}, {id: b, env: dev}, {id: c}]}, selector: {matchExpressions: "
            "[{key: env, operator: In, values: [prod, x]}]}}",
            "{{id}}"
        ) == "a"
    );
    BOOST_TEST(
        names(
            w,
            "- {list: {elements: [{id: a, url: 'https://a'}, {id: b, url: 'https://b'}, {id: c}]}, selector: "
            "{matchExpressions: [{key: url, operator: NotIn, values: ['https://a']}]}}",
            "{{id}}"
        ) == "b, c"
    );
    BOOST_TEST(
        names(
            w,
            "- {list: {elements: [{id: a, e: x}, {id: b}]}, selector: {matchExpressions: [{key: e, operator: "
            "DoesNotExist}]}}",
            "{{id}}"
        ) == "b"
    );
}

BOOST_AUTO_TEST_CASE(case_34_the_template_of_a_generator_goes_before_that_of_the_set) {
    world w;
    const auto made = w.generate(set_of(R"(
generators:
- list:
    elements: [{c: a}]
    template:
      metadata: {name: 'ovr-{{c}}', labels: {x: '1'}}
      spec: {source: {repoURL: r2, path: ''}}
template:
  metadata: {name: 'base-{{c}}', labels: {z: '2'}}
  spec: {project: default, source: {repoURL: r1, path: p}}
)"));
    BOOST_TEST(names_of(made) == "ovr-a");
    BOOST_TEST(at(made, 0, "/metadata/labels") == R"({"x":"1","z":"2"})");
    BOOST_TEST(at(made, 0, "/spec/source/repoURL") == "r2");
    BOOST_TEST(at(made, 0, "/spec/source/path") == "p");
    BOOST_TEST(at(made, 0, "/spec/project") == "default");
}

BOOST_AUTO_TEST_CASE(cases_36_to_38_finalizers) {
    world w;
    const auto finalizers = [&](std::string_view elements, std::string_view metadata,
                                std::string_view policy) {
        const auto made = w.generate(set_of(fmt::format(
            "generators: [{{list: {{elements: [{}]}}}}]\nsyncPolicy: {{{}}}\n"
            "template: {{metadata: {{name: 'x-{{{{c}}}}'{}}}, spec: {{}}}}\n",
            elements, policy, metadata
        )));
        return names_of(made) + " " + at(made, 0, "/metadata/finalizers");
    };
    BOOST_TEST(finalizers("{c: a}", "", "") == R"(x-a ["holdfast.dev/resources-finalizer"])");
    BOOST_TEST(finalizers("{c: a}", "", "preserveResourcesOnDeletion: true") == "x-a -");  // 36
    BOOST_TEST(finalizers("{c: a}", ", finalizers: ['x/{{c}}']", "") == R"(x-a ["x/a"])"); // 37
    BOOST_TEST(finalizers("{}", "", "") == "x-{{c}} -");                                   // 38
}

BOOST_AUTO_TEST_CASE(cases_39_47_texts_with_tags) {
    world w;
    const auto filled = [&](std::string_view text) {
        auto set = set_of(with_name("- list: {elements: [{c: v}]}", "x"));
        set.spec.template_.metadata.annotations["a"] = text;
        const auto made = w.generate(set);
        return made.failures.empty() ? at(made, 0, "/metadata/annotations/a") : names_of(made);
    };
    BOOST_TEST(
        filled("a}} {{c}} {{") ==
        "spec.generators[0]: Cannot find end tag=\"}}\" in the template=\"a}} {{c}} {{\" "
        "starting from \"\""
    ); // 39
    BOOST_TEST(filled("a {{") == "a {{");
    BOOST_TEST(filled("{{ c }}{{d}}{{}}") == "v{{d}}{{}}");
    BOOST_TEST(filled("{{ {{c}} }}") == "{{ {{c}} }}");
    BOOST_TEST(filled("a: {{ `{{ raw }}` }} {{c}}\nb: {{\nc\n}}") == "a: {{ `{{ raw }}` }} v\nb: v"); // 47
    BOOST_TEST(filled("b: {{\nc\n}}") == "b: {{\nc\n}}");
    auto set = set_of(with_name("- list: {elements: [{c: v}]}", "x"));
    set.spec.template_.spec["{{c}}"] = json::object{{"helm", {{"valuesObject", {{"{{c}}", 5}}}}}};
    const auto made = w.generate(set);
    BOOST_TEST(at(made, 0, "/spec/v/helm/valuesObject/v") == "5"); // names of members too
    set.spec.template_.metadata.annotations["a"] = "{{c}} {{";
    const auto failed = w.generate(set);
    BOOST_TEST_REQUIRE(failed.failures.size() == 1U);
    BOOST_TEST((failed.failures[0].step == failed_step::rendering));
}

BOOST_AUTO_TEST_CASE(case_42_one_that_fails_does_not_touch_the_others) {
    // As there nothing may be done where the set is one of argoproj.io: `failures` says so.
    world w;
    const auto made = w.generate(set_of(with_name(
        "- list: {elements: [{c: a}]}\n- list: {elements: [{c: 5}]}\n- list: {elements: [{c: b}]}", "{{c}}"
    )));
    BOOST_TEST(
        names_of(made) ==
        "a, b; spec.generators[1].list: elements[0]: error parsing value as string: c must be "
        "a text"
    );
    BOOST_TEST(made.applications[1].generator == 2U);
}

BOOST_AUTO_TEST_CASE(case_48_values_in_the_second_generator_of_a_matrix) {
    world w;
    w.trees["r"] = directories({"apps/web"});
    BOOST_TEST(
        names(
            w,
            "- matrix: {generators: [{list: {elements: [{a: '1'}]}}, {git: {repoURL: r, directories: [{path: "
            "apps/web}], values: {v: '{{path}}{{zzz}}', w: '{{a}}-{{path.basename}}'}}}]}",
            "{{values.v}} {{values.w}}"
        ) == "apps/web{{zzz}} 1-web"
    );
}

BOOST_AUTO_TEST_CASE(case_51_a_name_twice_is_told) {
    world w;
    const auto made = w.generate(set_of(
        with_name("- list: {elements: [{c: a}, {c: b}, {c: a}]}\n- list: {elements: [{c: a}]}", "{{c}}")
    ));
    BOOST_TEST(made.applications.size() == 4U);
    BOOST_TEST_REQUIRE(made.repeated.size() == 1U);
    BOOST_TEST(made.repeated[0].name == "a");
    const std::vector<std::size_t> expected{0, 2, 3};
    BOOST_TEST(made.repeated[0].applications == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(case_56_two_generators_in_one_entry_follow_each_other) {
    world w;
    w.trees["r"] = directories({"d"});
    BOOST_TEST(
        names(
            w, "- {git: {repoURL: r, directories: [{path: d}]}, list: {elements: [{c: l}]}}",
            "x-{{c}}{{path}}"
        ) == "x-l{{path}}, x-{{c}}d"
    );
}

BOOST_AUTO_TEST_CASE(cases_58_and_59_paths_of_files) {
    world w;
    w.trees["r"] = {{"c.yaml", "a: b"}, {"d/c_D.yaml", "{path: mine, values: {v: fromfile}}"}};
    BOOST_TEST(
        names(
            w, "- git: {repoURL: r, files: [{path: c.yaml}]}",
            "{{path}} {{path.basename}} {{path[0]}} [{{path.basenameNormalized}}] {{path.filename}}"
        ) == ". . . [] c.yaml"
    );
    BOOST_TEST(
        names(
            w, "- git: {repoURL: r, files: [{path: d}]}",
            "{{path}} {{values.v}} {{path.filename}} {{path.filenameNormalized}}"
        ) == "d fromfile c_D.yaml c-d.yaml"
    );
}

BOOST_AUTO_TEST_CASE(case_61_applications_are_made_in_the_namespace_of_the_set) {
    world w;
    const auto made =
        w.generate(set_of("generators: [{list: {elements: [{c: a}]}}]\n"
                          "template: {metadata: {name: x, namespace: other}, spec: {project: default}}"));
    BOOST_TEST(at(made, 0, "/metadata/namespace") == "argo");
    BOOST_TEST(at(made, 0, "/apiVersion") == "holdfast.dev/v1alpha1");
    BOOST_TEST(at(made, 0, "/kind") == "Application");
}

BOOST_AUTO_TEST_CASE(cases_35_and_60_template_patches) {
    world w;
    const auto with_patch = [&](std::string_view patch) {
        auto set = set_of(R"(
generators: [{list: {elements: [{c: a}]}}]
template:
  metadata: {name: '{{c}}', labels: {x: '1', w: '2'}, finalizers: [a.b/c]}
  spec: {project: good, source: {repoURL: r, helm: {valueFiles: [one, two], releaseName: rel}}}
)");
        set.spec.template_patch = patch;
        return w.generate(set);
    };
    auto made = with_patch(R"(
metadata: {labels: {x: null, z: '{{c}}'}, finalizers: [d.e/f]}
spec:
  project: evil
  source: {helm: {valueFiles: ['{{c}}.yaml']}}
  syncPolicy: {$patch: replace, automated: {prune: true}}
)");
    BOOST_TEST(names_of(made) == "a");
    BOOST_TEST(at(made, 0, "/spec/project") == "good");
    BOOST_TEST(at(made, 0, "/spec/source/helm") == R"({"valueFiles":["a.yaml"],"releaseName":"rel"})");
    BOOST_TEST(at(made, 0, "/spec/syncPolicy") == R"({"automated":{"prune":true}})");
    BOOST_TEST(at(made, 0, "/metadata/labels") == R"({"w":"2","z":"a"})");
    BOOST_TEST(at(made, 0, "/metadata/finalizers") == R"(["a.b/c","d.e/f"])");

    made = with_patch("spec: [");
    BOOST_TEST_REQUIRE(made.failures.size() == 1U); // 60
    BOOST_TEST((made.failures[0].step == failed_step::rendering));
    BOOST_TEST(
        made.failures[0].message.starts_with("spec.generators[0]: templatePatch: line "), names_of(made)
    );
    BOOST_TEST(
        names_of(with_patch("spec: {source: {$setElementOrder: 1}}")) ==
        "spec.generators[0]: templatePatch: spec.source.$setElementOrder is not served"
    );
    BOOST_TEST(at(with_patch("spec: {source: {$patch: delete}}"), 0, "/spec") == R"({"project":"good"})");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sets
