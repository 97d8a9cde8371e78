#include "match/glob.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

using namespace holdfast;
using match::glob;
using enum match::glob_dialect;

namespace {

bool matches(std::string_view pattern, std::string_view path, match::glob_dialect dialect = gobwas) {
    auto compiled = glob::compile(dialect, pattern);
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
         {"{a", "[a", "[", "a\\", "[z-a]", "[]", "[]a]", "[!]", "[^a]",
          "{{{{{{{{{{{{{{{{{{a}}}}}}}}}}}}}}}}}}"}) {
        const auto compiled = glob::compile(gobwas, pattern);
        BOOST_TEST(compiled.has_error(), pattern);
        if (compiled.has_error()) {
            BOOST_TEST(compiled.error().message().find(pattern) != std::string::npos);
            BOOST_TEST((compiled.error().kind() == error_kind::user));
        }
    }
    BOOST_TEST(glob::compile(gobwas, std::string(5000, 'a')).has_error());
}

BOOST_AUTO_TEST_CASE(matching_takes_linear_time_whatever_the_pattern) {
    std::string pattern;
    for (int i = 0; i < 60; ++i) {
        pattern += "*a";
    }
    BOOST_TEST(!matches(pattern + "b", std::string(100'000, 'a')));
}

BOOST_AUTO_TEST_CASE(what_admission_and_the_renderer_once_judged_differently) {
    BOOST_TEST(matches("{a,{b,c}}", "c"));
    BOOST_TEST(!matches("{a,{b,c}}", "{b"));
    BOOST_TEST(matches("a}", "a}"));
    BOOST_TEST(match::glob_problem(gobwas, "{a,{b,c}}") == "");
    BOOST_TEST(match::glob_problem(gobwas, "a}") == "");
    BOOST_TEST(match::glob_problem(gobwas, "[z-a]") == "the range z-a is empty");
    BOOST_TEST(match::glob_problem(gobwas, "{a") == "'{' without '}'");
    BOOST_TEST(match::glob_problem(gobwas, "[a") == "'[' without ']'");
    BOOST_TEST(match::glob_problem(gobwas, "a\\") == "nothing comes after the last '\\'");
    BOOST_TEST(match::glob_problem(gobwas, std::string(5000, 'a')) == "it has 5000 bytes, more than 4096");
}

BOOST_AUTO_TEST_CASE(a_glob_without_a_pattern_matches_the_empty_text) {
    BOOST_TEST(glob{}.matches(""));
    BOOST_TEST(!glob{}.matches("a"));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf_8_are_characters_of_their_own) {
    for (const auto dialect : {gobwas, go_path, doublestar}) {
        BOOST_TEST(matches("*.yaml", "caf\xE9.yaml", dialect));
        BOOST_TEST(matches("caf?.yaml", "caf\xE9.yaml", dialect));
        BOOST_TEST(!matches("caf.yaml", "caf\xE9.yaml", dialect));
        BOOST_TEST(matches("caf\xE9", "caf\xE9", dialect));
    }
}

namespace {

/// What the three libraries of Go say to a pattern: gobwas/glob v0.2.3, filepath.Match, doublestar v4.7.1.
/// "-" stands for a pattern that is refused, else the texts that it matches, of `tried`.
struct answers {
    std::string_view pattern;
    std::string_view gobwas;
    std::string_view go_path;
    std::string_view doublestar;
};

constexpr std::string_view tried[] = {"",   "a", "b", "c", "d", "^", "0", "}", "a}b",
                                      "ab", "]", "[", "*", "!", "/", "ö", "{", "{a,b}"};

constexpr answers go[] = {
    {"{a,{b,c}}", "a b c", "", "a b c"},
    {"a}b", "a}b", "a}b", "-"},
    {"}", "}", "}", "-"},
    {"{a,b}", "a b", "{a,b}", "a b"},
    {"[z-a]", "-", "", ""},
    {"[!a-c]", "d ^ 0 } ] [ * ! / ö {", "a b c !", "d ^ 0 } ] [ * ! / ö {"},
    {"[a-c]", "a b c", "a b c", "a b c"},
    {"[]", "-", "-", "-"},
    {"[]a]", "-", "-", "-"},
    {"[!]", "-", "!", "-"},
    {"[a", "-", "-", "-"},
    {"[", "-", "-", "-"},
    {"[\\]]", "]", "]", "]"},
    {"[.*?]", "*", "*", "*"},
    {"[[]", "[", "[", "["},
    {"[ä-ü]", "ö", "ö", "ö"},
    {"?", "a b c d ^ 0 } ] [ * ! / ö {", "a b c d ^ 0 } ] [ * ! ö {", "a b c d ^ 0 } ] [ * ! ö {"},
    {"\\{", "{", "{", "{"},
    {"a{,b}", "a ab", "", "a ab"},
};

} // namespace

BOOST_AUTO_TEST_CASE(each_dialect_answers_as_the_library_that_it_is_named_after) {
    for (const auto& [pattern, by_gobwas, by_go_path, by_doublestar] : go) {
        for (const auto& [dialect, expected] :
             {std::pair{gobwas, by_gobwas}, {go_path, by_go_path}, {doublestar, by_doublestar}}) {
            const auto compiled = glob::compile(dialect, pattern);
            std::string found = compiled ? "" : "-";
            for (const auto text : tried) {
                if (!compiled || text.empty() || !compiled->matches(text)) continue;
                found += (found.empty() ? "" : " ") + std::string{text};
            }
            BOOST_TEST(found == expected, pattern << " in dialect " << static_cast<int>(dialect));
            BOOST_TEST(match::glob_problem(dialect, pattern).empty() == compiled.has_value(), pattern);
        }
    }
}

BOOST_AUTO_TEST_CASE(paths_of_go_do_not_cross_slashes) {
    // Most are of Go's own tests of filepath.Match.
    const std::vector<std::tuple<std::string, std::string, bool>> cases{
        {"abc", "abc", true},
        {"*", "abc", true},
        {"*c", "abc", true},
        {"a*", "a", true},
        {"a*", "abc", true},
        {"a*", "ab/c", false},
        {"a*/b", "abc/b", true},
        {"a*/b", "a/c/b", false},
        {"a*b*c*d*e*/f", "axbxcxdxe/f", true},
        {"a*b*c*d*e*/f", "axbxcxdxexxx/f", true},
        {"a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false},
        {"a*b*c*d*e*/f", "axbxcxdxexxx/fff", false},
        {"a*b?c*x", "abxbbxdbxebxczzx", true},
        {"a*b?c*x", "abxbbxdbxebxczzy", false},
        {"ab[c]", "abc", true},
        {"ab[b-d]", "abc", true},
        {"ab[e-g]", "abc", false},
        {"ab[^c]", "abc", false},
        {"ab[^b-d]", "abc", false},
        {"ab[^e-g]", "abc", true},
        {"a\\*b", "a*b", true},
        {"a\\*b", "ab", false},
        {"a?b",
         "a\xe2\x98\xba"
         "b",
         true},
        {"a[^a]b",
         "a\xe2\x98\xba"
         "b",
         true},
        {"a???b",
         "a\xe2\x98\xba"
         "b",
         false},
        {"[a-\xce\xb6]*", "\xce\xb1", true},
        {"*[a-\xce\xb6]", "A", false},
        {"a?b", "a/b", false},
        {"a*b", "a/b", false},
        {"[\\]a]", "]", true},
        {"[\\-]", "-", true},
        {"[x\\-]", "z", false},
        {"[\\-x]", "-", true},
        {"[]a]", "]", false},
        {"[-]", "-", false},
        {"[x-]", "x", false},
        {"*x", "xxx", true},
        {"", "", true},
        {"", "a", false},
    };
    for (const auto& [pattern, text, matches] : cases) {
        const auto compiled = glob::compile(go_path, pattern);
        BOOST_TEST((compiled && compiled->matches(text)) == matches, pattern << " and " << text);
    }
    for (const char* wrong : {"[", "[^", "[^bc", "a[", "[]a]", "[-]", "[x-]", "[a-b-c]", "\\"}) {
        BOOST_TEST(glob::compile(go_path, wrong).has_error(), wrong);
    }
}

BOOST_AUTO_TEST_CASE(with_a_separator_one_star_stays_within_a_step_and_two_do_not) {
    const auto path = gobwas_path;
    BOOST_TEST(matches("https://h/a/*", "https://h/a/b", path));
    BOOST_TEST(!matches("https://h/*", "https://h/a/b", path));
    BOOST_TEST(matches("https://h/**", "https://h/a/b", path));
    BOOST_TEST(matches("**", "https://h/a/b", path));
    BOOST_TEST(matches("https://h/***", "https://h/a/b", path));
    BOOST_TEST(!matches("*", "a/b", path));
    BOOST_TEST(!matches("a?b", "a/b", path));
    BOOST_TEST(matches("{a,b}/*", "b/c", path));
    BOOST_TEST(!glob::compile(path, "[b").has_value());
    BOOST_TEST(!glob::compile(path, "[^b]").has_value());
}
