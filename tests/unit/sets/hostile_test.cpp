// Sets that ask for too much, or for nothing that there is.
#include "fixtures.hpp"

#include "sets/fast_template.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <random>

namespace holdfast::sets {
namespace {

using namespace test;

std::string list_of(int count, std::string_view name, std::size_t length = 0) {
    std::string elements;
    for (int i = 0; i < count; ++i)
        elements += fmt::format("{{{}: '{}{}'}},", name, std::string(length, 'x'), i);
    return fmt::format("{{list: {{elements: [{}]}}}}", elements);
}

crds::application_set set_with(std::string_view generators, std::string_view name = "{{a}}-{{b}}") {
    return set_of(fmt::format(
        "generators: [{}]\ntemplate: {{metadata: {{name: '{}'}}, spec: {{}}}}\n", generators, name
    ));
}

BOOST_AUTO_TEST_SUITE(hostile_sets)

BOOST_AUTO_TEST_CASE(ten_thousand_results_are_made_and_one_more_is_an_error) {
    world w;
    const auto matrix = [](int a, int b) {
        return fmt::format("{{matrix: {{generators: [{}, {}]}}}}", list_of(a, "a"), list_of(b, "b"));
    };
    BOOST_TEST(w.generate(set_with(matrix(100, 100))).applications.size() == 10'000U);
    BOOST_TEST(
        names_of(w.generate(set_with(matrix(73, 137)))) ==
        "spec.generators[0].matrix: it has more than 10000 results"
    );
    // And together.
    const auto made = w.generate(set_with(matrix(100, 60) + ", " + matrix(100, 60)));
    BOOST_TEST(made.applications.size() == 6000U);
    BOOST_TEST_REQUIRE(made.failures.size() == 1U);
    BOOST_TEST(
        made.failures[0].message == "spec.generators[1]: the set would have more than 10000 Applications"
    );
}

BOOST_AUTO_TEST_CASE(results_that_grow_are_cut_where_they_are_made) {
    world w;
    w.limits.bytes = std::size_t{1} << 20U;
    const auto nested = fmt::format(
        "{{matrix: {{generators: [{{matrix: {{generators: [{}, {}]}}}}, {{matrix: {{generators: [{}, {}]}}}}]}}}}",
        list_of(60, "a", 1000), list_of(60, "b", 1000), list_of(60, "c", 1000), list_of(60, "d", 1000)
    );
    const auto said = names_of(w.generate(set_with(nested)));
    BOOST_TEST(
        said ==
        "spec.generators[0].matrix.generators[0].matrix: the parameters of its results take more than 1 MiB"
    );
    // A template that repeats a long parameter.
    auto set = set_with(list_of(1, "a", 60'000), "x");
    std::string tags;
    for (int i = 0; i < 1000; ++i)
        tags += "{{a}}";
    set.spec.template_.spec["x"] = tags;
    const auto failed = names_of(w.generate(set));
    BOOST_TEST(
        failed.starts_with("spec.generators[0]: a text becomes longer than 1 MiB with its parameters: {{a}}")
    );
    // Many texts, each of which is short enough.
    set = set_with(list_of(1000, "a", 2000), "x{{a}}");
    BOOST_TEST(names_of(w.generate(set)).starts_with("spec.generators[0].list: the parameters of its results")
    );
    set = set_with(list_of(100, "a", 2000), "x");
    json::array many;
    for (int i = 0; i < 100; ++i)
        many.emplace_back("{{a}}");
    set.spec.template_.spec["x"] = std::move(many);
    BOOST_TEST(
        names_of(w.generate(set)) == "spec.generators[0]: the Applications of the set take too many bytes"
    );
}

BOOST_AUTO_TEST_CASE(a_merge_of_many_keys_is_no_product) {
    world w;
    const auto made = w.generate(set_with(
        fmt::format(
            "{{merge: {{mergeKeys: [a, b, c, d, e, f], generators: [{}, {}, {}]}}}}", list_of(5000, "a"),
            list_of(5000, "a"), list_of(4000, "a")
        ),
        "{{a}}"
    ));
    BOOST_TEST(made.applications.size() == 5000U);
    BOOST_TEST(made.applications[4999].name == "4999");
}

BOOST_AUTO_TEST_CASE(yaml_that_explodes_is_an_error_of_its_file) {
    world w;
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 9; ++i)
        bomb += fmt::format(
            "a{0}: &a{0} [*a{1},*a{1},*a{1},*a{1},*a{1},*a{1},*a{1},*a{1},*a{1},*a{1}]\n", i, i - 1
        );
    w.trees["r"] = {{"bomb.yaml", bomb}, {"deep.yaml", std::string(5000, '[')}};
    for (const auto* file : {"bomb.yaml", "deep.yaml"}) {
        const auto said =
            names_of(w.generate(set_with(fmt::format("{{git: {{repoURL: r, files: [{{path: {}}}]}}}}", file)))
            );
        BOOST_TEST(
            said.starts_with(fmt::format("spec.generators[0].git: unable to process file '{}': line ", file)),
            said
        );
    }
}

BOOST_AUTO_TEST_CASE(files_are_counted_before_they_are_read) {
    world w;
    w.limits.files = 10;
    for (int i = 0; i < 11; ++i)
        w.trees["r"].emplace(fmt::format("d/{}.yaml", i), "a: b");
    BOOST_TEST(
        names_of(w.generate(set_with("{git: {repoURL: r, files: [{path: d}]}}"))) ==
        "spec.generators[0].git: the set reads more than 10 files"
    );
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_or_is_not_there_is_the_generator_s_error) {
    world w;
    BOOST_TEST(
        names_of(w.generate(
            set_with("{git: {repoURL: gone, files: [{path: d}]}}, {list: {elements: [{a: b}]}}", "{{a}}")
        )) == "b; spec.generators[0].git: there is no repository gone"
    );
    BOOST_TEST(
        names_of(w.generate(set_with("{git: {repoURL: 'https://x/{{a}}', files: [{path: d}]}}"))) ==
        "spec.generators[0].git: there is no parameter for repoURL https://x/{{a}}"
    );
    BOOST_TEST(
        names_of(w.generate(set_with("{list: {elements: [{a: ''}]}}", "{{a}}"))) ==
        "spec.generators[0]: template.metadata.name is empty with the parameters of a result"
    );
    w.trees["r"] = directories({"a"});
    BOOST_TEST(
        names_of(
            w.generate(set_with("{matrix: {generators: [{list: {elements: [{p: '[a'}]}}, {git: {repoURL: r, "
                                "directories: [{path: '{{p}}'}]}}]}}"))
        ) ==
        "spec.generators[0].matrix.generators[1].git.directories[0].path: is not a pattern: '[' without ']', is "
        "\"[a\""
    );
}

BOOST_AUTO_TEST_CASE(work_that_comes_to_nothing_is_bounded) {
    // Each of 1000 results looks at 1000 directories, and a selector throws away what it finds.
    world w;
    w.limits.work = 2'000'000;
    std::vector<std::string> names;
    for (int i = 0; i < 1000; ++i)
        names.push_back(fmt::format("apps/d{}", i));
    w.trees["r"] = directories(names);
    const auto matrix = [](std::string_view pattern) {
        return fmt::format(
            "{{matrix: {{generators: [{}, {{git: {{repoURL: r, directories: [{{path: '{}'}}]}}, selector: "
            "{{matchLabels: {{path.basename: none}}}}}}]}}}}",
            list_of(1000, "a"), pattern
        );
    };
    const auto said = names_of(w.generate(set_with(matrix("apps/[^{{a}}]*"))));
    BOOST_TEST(
        said.starts_with(
            "spec.generators[0].matrix.generators[1].git: the generators of the set take too much work"
        ),
        said
    );
    BOOST_TEST(names_of(w.generate(set_with(matrix("apps/none")))).empty()); // looked at once
    w.limits.work = 10'000'000;
    BOOST_TEST(names_of(w.generate(set_with(matrix("apps/none{{a}}")))).empty());
}

BOOST_AUTO_TEST_CASE(what_counts_for_nothing_is_said_once) {
    world w;
    w.trees["r"] = directories({"d1", "d2"});
    auto made = w.generate(set_with(
        "{matrix: {generators: [" + list_of(2, "a") +
        ", {git: {repoURL: r, directories: [{path: 'd{{a}}'}]}}]}}, {list: {elements: [{}]}}"
    ));
    BOOST_TEST_REQUIRE(made.warnings.size() == 1U);
    BOOST_TEST(made.warnings[0].starts_with("1 of the results of spec.generators[1] has no parameters"));
}

BOOST_AUTO_TEST_CASE(paths_that_are_no_utf_8_are_texts_all_the_same) {
    world w;
    w.trees["r"] = directories({"a\xff"
                                "b"});
    const auto made = w.generate(set_with("{git: {repoURL: r, directories: [{path: 'a*'}]}}", "{{path}}"));
    BOOST_TEST(
        names_of(made) == "a\xEF\xBF\xBD"
                          "b"
    );
}

// Whatever texts are put together, it ends, and the same again is the same.
BOOST_AUTO_TEST_CASE(texts_by_chance_are_filled_or_refused) {
    std::mt19937 random{7}; // NOLINT(cert-msc51-cpp): the same each time
    const std::string_view pieces[] = {"{{", "}}",    "a",       " ", "\n",     "{",
                                       "}",  "{{a}}", "{{ b }}", "x", "{{c.d}}"};
    const parameters with{{"a", "{{b}}"}, {"b", "B"}, {"c.d", 5}, {"", "empty"}};
    std::size_t refused = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (std::uint32_t k = 0, count = random() % 12; k < count; ++k)
            text += pieces[random() % std::size(pieces)];
        const auto once = fill(text, with);
        refused += once.has_error() ? 1 : 0;
        BOOST_TEST_REQUIRE(once.has_error() == fill(text, with).has_error());
        if (once) BOOST_TEST_REQUIRE(once->find("empty") == std::string::npos);
    }
    BOOST_TEST(refused > 100U);
    BOOST_TEST(refused < 19'000U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sets
