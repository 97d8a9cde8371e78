// Go templates that loop, print without end, take memory or look around: errors of their set that say so.
#include "go_bench.hpp"

namespace holdfast::sets {
namespace {

using namespace test;

constexpr std::string_view one = "- list: {elements: [{a: b}]}";

BOOST_FIXTURE_TEST_SUITE(hostile_go_templates, go_bench)

BOOST_AUTO_TEST_CASE(one_that_loops_ends) {
    const auto said = names(one, "{{range 1000000000000000}}{{end}}x");
    BOOST_TEST(said == "spec.generators[0]: the templates of the set do not end within 10s");
    BOOST_TEST(names(one, "x{{.a}}") == "xb"); // and the next one is rendered
}

BOOST_AUTO_TEST_CASE(one_that_prints_megabytes_or_takes_memory_is_refused) {
    const auto printed = names(one, "{{range until 100000}}0123456789abcdef{{end}}");
    BOOST_TEST(printed.find("it prints more than 1048576 bytes") != std::string::npos, printed);
    const auto taken = names(one, "{{repeat 1000000000 \"x\" | len}}");
    BOOST_TEST(taken.starts_with("spec.generators[0]: holdfast-builder template"), taken);
    BOOST_TEST(taken.find("memory") != std::string::npos, taken);
    const auto deep = names(one, "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}");
    BOOST_TEST(deep.find("exceeded maximum template depth") != std::string::npos, deep);
}

BOOST_AUTO_TEST_CASE(one_that_names_a_missing_key_or_is_none_is_told) {
    const auto missing = names(one, "{{.nope}}", "goTemplateOptions: [missingkey=error]");
    BOOST_TEST(missing.find("map has no entry for key \"nope\"") != std::string::npos, missing);
    const auto broken = names(one, "{{.a");
    BOOST_TEST(broken.starts_with("spec.generators[0]: failed to parse template {{.a: "), broken);
    // The others of the set are not touched.
    BOOST_TEST(
        names(
            "- list: {elements: [{a: b}], template: {metadata: {name: '{{.a'}, spec: {}}}\n- list: {elements: [{a: c}]}",
            "{{.a}}"
        )
            .starts_with("c; spec.generators[0]: failed to parse")
    );
}

BOOST_AUTO_TEST_CASE(ten_thousand_results_with_long_parameters_are_rendered) {
    auto set = set_of(
        "goTemplate: true\ngenerators: [{matrix: {generators: [{list: {elements: []}}, {list: {elements: []}}]}}]\n"
        "template: {metadata: {name: '{{.a}}-{{.b}}'}, spec: {project: default}}\n"
    );
    json::array elements;
    json::array second;
    for (int i = 0; i < 100; ++i) {
        elements.push_back(json::object{{"a", i}, {"long", std::string(2000, 'x')}});
        second.push_back(json::object{{"b", std::to_string(i)}});
    }
    auto& inner = set.spec.generators[0].matrix->generators;
    inner[0] = json::object{{"list", {{"elements", std::move(elements)}}}};
    inner[1] = json::object{{"list", {{"elements", std::move(second)}}}};
    const auto made = generate(set);
    BOOST_TEST(made.failures.empty(), names_of(made).substr(0, 300));
    BOOST_TEST(made.applications.size() == 10'000U);
    BOOST_TEST(runs == 1U);
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_or_prints_nonsense_is_told) {
    program.clear();
    BOOST_TEST(
        names(one, "{{.a}}") ==
        "spec.generators[0]: holdfast-builder, which renders Go templates, is not installed"
    );
    for (const auto* text :
         {"", "[]", "{}", R"({"results":[],"rest":""})", R"({"results":[5]})", R"({"results":[{},{}]})",
          R"({"results":[{"error":""}]})"})
        BOOST_TEST(read_template_answer(text, {"key"}).has_error(), text);
    BOOST_TEST(read_template_answer(R"({"results":[{"value":"x"}]})", {"key"}).has_value());
    const auto early = read_template_answer(R"({"results":[{"value":"x"}],"rest":"no"})", {"a", "b"});
    BOOST_TEST_REQUIRE(early.has_value());
    BOOST_TEST(early->at("a").error.empty());
    BOOST_TEST(early->at("b").error == "no");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sets
