#include "render/glob.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace holdfast;
using render::glob;

namespace {

bool matches(std::string_view pattern, std::string_view path) {
    auto compiled = glob::compile(pattern);
    BOOST_REQUIRE_MESSAGE(compiled.has_value(), pattern);
    return compiled->matches(path);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_star_crosses_directories) {
    BOOST_TEST(matches("*.yaml", "a.yaml"));
    BOOST_TEST(matches("*.yaml", "a/b/c.yaml"));
    BOOST_TEST(matches("**/c.yaml", "a/b/c.yaml"));
    BOOST_TEST(!matches("**/c.yaml", "c.yaml"));
    BOOST_TEST(matches("a/*", "a/b/c.yaml"));
    BOOST_TEST(matches("*", ""));
    BOOST_TEST(matches("*", "line\nbreak and \xFF"));
}

BOOST_AUTO_TEST_CASE(a_pattern_matches_the_whole_path) {
    BOOST_TEST(!matches("a.yaml", "a.yamlx"));
    BOOST_TEST(!matches("a.yaml", "xa.yaml"));
    BOOST_TEST(!matches("a.yaml", "aXyaml"));
    BOOST_TEST(matches("", ""));
    BOOST_TEST(!matches("", "a"));
}

BOOST_AUTO_TEST_CASE(alternatives_may_nest_and_be_empty) {
    BOOST_TEST(matches("{config.yaml,env-use2/*}", "config.yaml"));
    BOOST_TEST(matches("{config.yaml,env-use2/*}", "env-use2/a/b.json"));
    BOOST_TEST(!matches("{config.yaml,env-use2/*}", "env-usw2/a.json"));
    BOOST_TEST(matches("a{,.b{c,d}}e", "ae"));
    BOOST_TEST(matches("a{,.b{c,d}}e", "a.bde"));
    BOOST_TEST(!matches("a{,.b{c,d}}e", "a.be"));
    BOOST_TEST(matches("a,b", "a,b"));
    BOOST_TEST(matches("a}b]", "a}b]"));
}

BOOST_AUTO_TEST_CASE(sets_have_members_ranges_and_complements) {
    BOOST_TEST(matches("[abc].yaml", "b.yaml"));
    BOOST_TEST(!matches("[abc].yaml", "d.yaml"));
    BOOST_TEST(matches("[a-c0-9]", "7"));
    BOOST_TEST(matches("[!a-c]", "d"));
    BOOST_TEST(!matches("[!a-c]", "b"));
    BOOST_TEST(matches("[a-]", "-"));
    BOOST_TEST(matches("[.*?]", "*"));
    BOOST_TEST(!matches("[.*?]", "x"));
    BOOST_TEST(matches("[\\]]", "]"));
    BOOST_TEST(matches("[ä-ü]", "ö"));
    BOOST_TEST(matches("[[]", "["));
    BOOST_TEST(!matches("[[:alpha:]", "b:]"));
}

BOOST_AUTO_TEST_CASE(a_question_mark_is_one_character_and_a_backslash_takes_the_next_as_it_is) {
    BOOST_TEST(matches("a?c", "abc"));
    BOOST_TEST(matches("a?c", "aäc"));
    BOOST_TEST(matches("a?c", "a/c"));
    BOOST_TEST(!matches("a?c", "ac"));
    BOOST_TEST(matches("\\*.yaml", "*.yaml"));
    BOOST_TEST(!matches("\\*.yaml", "a.yaml"));
    BOOST_TEST(matches("\\{a\\}", "{a}"));
}

BOOST_AUTO_TEST_CASE(characters_of_regular_expressions_mean_nothing) {
    BOOST_TEST(matches("a.b+c(d)|e^$", "a.b+c(d)|e^$"));
    BOOST_TEST(!matches("a.b", "axb"));
    BOOST_TEST(!matches("(a|b)", "a"));
}

BOOST_AUTO_TEST_CASE(a_pattern_that_is_none_is_refused_with_the_reason) {
    for (const std::string pattern :
         {"{a", "[a", "[", "a\\", "[z-a]", "[]", "[]a]", "[!]", "{{{{{{{{{{{{{{{{{{a}}}}}}}}}}}}}}}}}}"}) {
        const auto compiled = glob::compile(pattern);
        BOOST_TEST(compiled.has_error(), pattern);
        if (compiled.has_error()) {
            BOOST_TEST(compiled.error().message().find(pattern) != std::string::npos);
            BOOST_TEST((compiled.error().kind() == error_kind::user));
        }
    }
    BOOST_TEST(glob::compile(std::string(5000, 'a')).has_error());
}

BOOST_AUTO_TEST_CASE(matching_takes_linear_time_whatever_the_pattern) {
    std::string pattern;
    for (int i = 0; i < 60; ++i) {
        pattern += "*a";
    }
    BOOST_TEST(!matches(pattern + "b", std::string(100'000, 'a')));
}
