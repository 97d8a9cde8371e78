// Exec functions: ours run, by name; nothing else does.

#include "kustomize_bench.hpp"

#include "render/yaml.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

namespace holdfast::builders {
namespace {

using files = std::map<std::string, std::string>;

std::string
function(const std::string& specification, const std::string& key = "config.kubernetes.io/function") {
    return "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: t\n  annotations:\n    " + key +
           ": |\n      " + specification + "\n";
}

std::string pass_secret(const std::string& name, const std::string& more = "") {
    return "apiVersion: ftsell.de/v1beta1\nkind: PassSecret\nmetadata:\n  name: " + name +
           "\n  annotations:\n    config.kubernetes.io/function: |\n      exec:\n        path: "
           "kustomize-pass\n"
           "data: {password: shop/db}\nplainData: {user: shop}\n" +
           more;
}

build_facts with_stores() {
    build_facts facts;
    facts.secrets_key = "first";
    facts.secrets_index =
        R"({"stores":[{"default":true,"urls":["https://git.example/store"],"entries":{"shop/db":"0123456789abcdef0123456789abcdef01234567"}}]})";
    return facts;
}

std::string wrong(const files& all) {
    const repository r{all};
    return errors_of(plan_kustomize(source_of(r, ""), {}, {}, the_programs()));
}

BOOST_AUTO_TEST_SUITE(kustomize_functions)

// kustomize reads what a function prints as YAML. Control characters it refuses itself, before a function
// gets to see them.
BOOST_AUTO_TEST_CASE(separators_of_lines_in_a_pass_secret_come_through_kustomize) {
    auto text = pass_secret("creds");
    const std::string plain = "user: shop";
    text.replace(text.find(plain), plain.size(), R"(user: "a\u2028b\u2029c")");
    const repository r{{{"kustomization.yaml", "generators: [secret.yaml]\n"}, {"secret.yaml", text}}};
    const auto facts = with_stores();
    const auto plan = planned(plan_kustomize(source_of(r, ""), facts, {}, the_programs()));
    bench b;
    const auto built = b.run(plan);
    BOOST_REQUIRE_MESSAGE(built.status == 0, built.error_output);
    const auto documents = render::read_yaml(built.output);
    BOOST_REQUIRE(documents.has_value() && documents->size() == 1U);
    BOOST_TEST(documents->front().value.at("stringData").at("user").as_string() == "a\u2028b\u2029c");
}

BOOST_AUTO_TEST_CASE(a_pass_secret_becomes_references) {
    const repository r{
        {{"kustomization.yaml", "generators: [secret.yaml]\nnamespace: shop\nnamePrefix: a-\n"},
         {"secret.yaml", pass_secret("creds")}}
    };
    const auto facts = with_stores();
    const auto plan = planned(plan_kustomize(source_of(r, ""), facts, {}, the_programs()));
    bench b;
    const auto built = b.run(plan);
    BOOST_REQUIRE_MESSAGE(built.status == 0, built.error_output);
    BOOST_TEST(built.output.find("kind: Secret\n") != std::string::npos, built.output);
    BOOST_TEST(built.output.find("name: a-creds") != std::string::npos);
    BOOST_TEST(built.output.find("namespace: shop\n") != std::string::npos);
    BOOST_TEST(built.output.find("password: ref+pass://shop/db") != std::string::npos);
    BOOST_TEST(built.output.find("0123456789abcdef0123456789abcdef01234567") != std::string::npos);
    BOOST_TEST(built.output.find("user: shop\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_store_that_changed_is_another_build_for_those_who_may_read_it) {
    const auto plan_of = [](const repository& r, const std::string& stores) {
        auto facts = with_stores();
        facts.secrets_key = stores;
        return planned(plan_kustomize(source_of(r, ""), facts, {}, the_programs()));
    };
    const files plain{{"kustomization.yaml", "resources: [x.yaml]\n"}, {"x.yaml", config_map("x")}};
    const files builtin{
        {"kustomization.yaml", "generators: [g.yaml]\n"},
        {"g.yaml", "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nliterals: [a=b]\n"}
    };
    for (const auto& all : {plain, builtin}) {
        const repository r{all};
        BOOST_TEST((plan_of(r, "first").key == plan_of(r, "second").key));
        BOOST_TEST(plan_of(r, "first").files.empty());
    }
    const files file{{"kustomization.yaml", "generators: [s.yaml]\n"}, {"s.yaml", pass_secret("s")}};
    std::string indented = pass_secret("s");
    for (auto at = indented.find('\n'); at != std::string::npos; at = indented.find('\n', at + 3)) {
        indented.insert(at + 1, "  ");
    }
    const files inlined{{"kustomization.yaml", "transformers:\n- |-\n  " + indented + "\n"}};
    const files directory{
        {"kustomization.yaml", "generators: [made]\n"},
        {"made/kustomization.yaml", "resources: [s.yaml]\nnameSuffix: -x\n"},
        {"made/s.yaml", pass_secret("s")}
    };
    const files below{
        {"kustomization.yaml", "resources: [base]\n"},
        {"base/kustomization.yaml", "generators: [s.yaml]\n"},
        {"base/s.yaml", "# first\n---\n" + pass_secret("s")}
    };
    for (const auto& all : {file, inlined, directory, below}) {
        const repository r{all};
        const auto plan = plan_of(r, "first");
        BOOST_TEST((plan.key != plan_of(r, "second").key));
        BOOST_REQUIRE_EQUAL(plan.files.size(), 1U);
        BOOST_TEST(plan.files[0].to == "pass-index.json");
        BOOST_TEST(
            (plan.commands.at(0).environment.back() ==
             "HOLDFAST_PASS_INDEX=" + std::string{workspace_mark} + "/pass-index.json")
        );
        bench b;
        const auto built = b.run(plan);
        BOOST_TEST(built.status == 0, built.error_output);
        BOOST_TEST(built.output.find("ref+pass://shop/db") != std::string::npos, built.output);
    }
    // Where there is no store there is no index, and the name alone is the reference.
    const repository r{file};
    const auto plan = planned(plan_kustomize(source_of(r, ""), {}, {}, the_programs()));
    BOOST_TEST(plan.files.empty());
    bench b;
    const auto built = b.run(plan);
    BOOST_TEST(
        built.output.find("password: ref+pass://shop/db#*\n") != std::string::npos,
        built.output + built.error_output
    );
}

BOOST_AUTO_TEST_CASE(the_name_follows_the_entry) {
    const auto output = [](const std::string& blob) {
        const repository r{
            {{"kustomization.yaml", "generators: [secret.yaml]\nresources: [pod.yaml]\n"},
             {"secret.yaml",
              "apiVersion: ftsell.de/v1beta1\nkind: PassSecret\nmetadata:\n  name: creds\n  annotations:\n"
              "    kustomize.config.k8s.io/needs-hash: \"true\"\n    config.kubernetes.io/function: |\n"
              "      exec: {path: kustomize-pass}\ndata: {password: shop/db}\n"},
             {"pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: "
                          "c\n    envFrom:\n"
                          "    - secretRef: {name: creds}\n"}}
        };
        auto facts = with_stores();
        facts.secrets_index.replace(facts.secrets_index.find("0123456789abcdef0123"), 20, blob);
        bench b;
        return b.run(planned(plan_kustomize(source_of(r, ""), facts, {}, the_programs()))).output;
    };
    const auto first = output("0123456789abcdef0123");
    BOOST_TEST(first.find("name: creds-") != std::string::npos, first);
    BOOST_TEST(
        first.substr(0, first.find("---")) != output("ffff456789abcdef0123").substr(0, first.find("---"))
    );
    BOOST_TEST(first == output("0123456789abcdef0123"));
}

BOOST_AUTO_TEST_CASE(other_programs_images_and_plugins_are_refused_with_their_place) {
    const std::string allowed = "; allowed are exec functions by their name: kustomize-pass";
    const auto file = [](const std::string& text) {
        return wrong({{"kustomization.yaml", "generators: [f.yaml]\n"}, {"f.yaml", text}});
    };
    for (const std::string program : {"./evil.sh", "/bin/sh", "../kustomize-pass", "sh", "sub/x", "."}) {
        BOOST_TEST(
            file(function("exec: {path: " + program + "}")) ==
            "f.yaml:1:1: Thing.example.com t would run \"" + program + "\"" + allowed
        );
    }
    BOOST_TEST(
        file("# one\n---\n" + function("container: {image: evil}")) ==
        "f.yaml:3:1: Thing.example.com t would run the container image \"evil\"" + allowed
    );
    BOOST_TEST(
        file("apiVersion: v1\nkind: Thing\nmetadata:\n  name: t\n  annotations: "
             "{config.kubernetes.io/container: x}\n")
            .find("container image \"x\"") != std::string::npos
    );
    BOOST_TEST(
        file("apiVersion: v1\nkind: Thing\nmetadata:\n  name: t\n  configFn: {exec: {path: ./x}}\n")
            .find("would run \"./x\"") != std::string::npos
    );
    BOOST_TEST(file(function("EXEC: {Path: ./x}")).find("would run \"./x\"") != std::string::npos);
    BOOST_TEST(
        file(function("exec: {path: ./x}", "config.k8s.io/function")).find("would run \"./x\"") !=
        std::string::npos
    );
    BOOST_TEST(
        file("apiVersion: v1\nkind: ThingList\nitems:\n- apiVersion: v1\n  kind: Thing\n  metadata:\n    "
             "name: t\n"
             "    annotations: {config.kubernetes.io/function: \"exec: {path: ./x}\"}\n"
        ) == "f.yaml:4:3: Thing t would run \"./x\"" + allowed
    );
    BOOST_TEST(
        file(function("exec: {path: kustomize-pass, envs: [LD_PRELOAD=./x.so]}"))
            .find("the variable \"LD_PRELOAD=./x.so\", which functions may not have") != std::string::npos
    );
    BOOST_TEST(
        file(function("exec: {}")).find("names no program (exec.path)" + allowed) != std::string::npos
    );
    BOOST_TEST(file(function("[]")).find("is not the YAML of a function") != std::string::npos);
    BOOST_TEST(
        file("apiVersion: someteam.example.com/v1\nkind: SedTransformer\nmetadata: {name: x}\n") ==
        "f.yaml:1:1: SedTransformer.someteam.example.com x is a plugin that would have to be installed "
        "beside "
        "kustomize" +
            allowed
    );
    BOOST_TEST(file("a: [\n").find("f.yaml:") == 0U);
}

BOOST_AUTO_TEST_CASE(they_are_found_wherever_they_are) {
    const auto evil = function("exec: {path: ./evil.sh}");
    const files files_of_it{{"f.yaml", evil}};
    for (const auto* field : {"generators", "transformers", "validators"}) {
        BOOST_TEST(
            wrong({{"kustomization.yaml", std::string{field} + ": [f.yaml]\n"}, {"f.yaml", evil}}
            ).find("f.yaml:1:1: ") == 0U
        );
        BOOST_TEST(
            wrong(
                {{"kustomization.yaml",
                  std::string{field} + ":\n- '{apiVersion: v1, kind: T, metadata: {name: t, annotations: "
                                       "{config.kubernetes.io/function: \"exec: {path: ./x}\"}}}'\n"}}
            ) == "kustomization.yaml: " + std::string{field} +
                     "[0]: T t would run \"./x\"; allowed are exec functions by their name: kustomize-pass"
        );
    }
    BOOST_TEST(
        wrong({{"kustomization.yaml", "generators: [made]\n"},
               {"made/kustomization.yaml", "resources: [deeper]\n"},
               {"made/deeper/kustomization.yaml", "resources: [f.yaml]\n"},
               {"made/deeper/f.yaml", evil}}
        ).find("made/deeper/f.yaml:1:1: ") == 0U
    );
    // Among plain resources it is an object like any other: nothing runs it.
    const repository r{{{"kustomization.yaml", "resources: [f.yaml]\n"}, {"f.yaml", evil}}};
    BOOST_TEST(planned(plan_kustomize(source_of(r, ""), {}, {}, the_programs())).missing.empty());
}

BOOST_AUTO_TEST_CASE(charts_are_not_enabled) {
    for (const auto* field :
         {"helmCharts: [{name: x}]", "helmChartInflationGenerator: [{chartName: x}]",
          "HelmCharts: [{name: x}]"}) {
        const auto said = wrong({{"kustomization.yaml", "namePrefix: a\n" + std::string{field} + "\n"}});
        BOOST_TEST(said.find("kustomization.yaml:2:") == 0U, said);
        BOOST_TEST(said.find("--enable-helm) are not enabled here") != std::string::npos, said);
    }
    BOOST_TEST(
        wrong({{"kustomization.yaml", "generators: [c.yaml]\n"},
               {"c.yaml",
                "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\nname: x\n"}})
            .find("c.yaml:1:1: charts in a kustomization") == 0U
    );
}

// What no plan can see is refused by the sandbox: functions that kustomize itself makes.
BOOST_AUTO_TEST_CASE(what_is_only_known_when_it_runs_does_not_run) {
    const auto made = [](const std::string& program) {
        repository r{
            {{"kustomization.yaml", "generators: [made]\n"},
             {"made/kustomization.yaml", "resources: [s.yaml]\npatches:\n- patch: |-\n    - op: replace\n"
                                         "      path: /metadata/annotations/config.kubernetes.io~1function\n"
                                         "      value: \"exec: {path: " +
                                             program + "}\"\n  target: {kind: PassSecret}\n"},
             {"made/s.yaml", pass_secret("s")},
             {"evil.sh", "#!/bin/sh\necho 'kind: ResourceList'; echo ran >&2\n"}}
        };
        std::filesystem::permissions(r.path() / "evil.sh", std::filesystem::perms{0755});
        r.commit();
        bench b;
        return b.run(planned(plan_kustomize(source_of(r, ""), {}, {}, the_programs())));
    };
    BOOST_TEST(made("kustomize-pass").status == 0);
    for (const std::string program : {"./evil.sh", "/bin/sh", "/usr/bin/env"}) {
        const auto said = made(program);
        BOOST_TEST(said.status != 0, program);
        BOOST_TEST(said.error_output.find("permission denied") != std::string::npos, said.error_output);
    }
    for (const std::string program : {"sh", "env", "git", "helm"}) {
        BOOST_TEST(
            made(program).error_output.find("executable file not found in $PATH") != std::string::npos,
            program
        );
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
