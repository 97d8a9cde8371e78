#include "builders/go_match.hpp"
#include "builders/helm/ignore.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <tuple>
#include <vector>

namespace holdfast::builders {
namespace {

BOOST_AUTO_TEST_SUITE(go_match_)

BOOST_AUTO_TEST_CASE(patterns_match_as_in_go) {
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
        BOOST_TEST(go_match(pattern, text) == matches, pattern << " and " << text);
    }
    for (const char* wrong : {"[", "[^", "[^bc", "a[", "[]a]", "[-]", "[x-]", "[a-b-c]", "\\"}) {
        BOOST_TEST(!is_go_pattern(wrong), wrong);
    }
}

BOOST_AUTO_TEST_CASE(hostile_patterns_end) {
    std::string pattern;
    for (int i = 0; i < 500; ++i) {
        pattern += "*a";
    }
    BOOST_TEST(!go_match(pattern + "b", std::string(5000, 'a')));
    const std::vector<std::string> files{"a"};
    std::string braces;
    for (int i = 0; i < 30; ++i) {
        braces += "{a,b}";
    }
    const auto refused = expand_pattern(files, braces + "*");
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().message().find("more than 64 alternatives") != std::string::npos);
    BOOST_TEST(expand_pattern(files, std::string(5000, '*')).has_error());
}

BOOST_AUTO_TEST_CASE(expands_in_the_order_of_directories) {
    const std::vector<std::string> files{"a-b/x.yaml", "a/b/x.yaml", "a/x.yaml", "b.yaml", "x.yaml"};
    const auto expanded = [&](std::string_view pattern) { return expand_pattern(files, pattern).value(); };
    using list = std::vector<std::string>;
    BOOST_TEST((expanded("**/x.yaml") == list{"x.yaml", "a/x.yaml", "a/b/x.yaml", "a-b/x.yaml"}));
    BOOST_TEST((expanded("*") == list{"b.yaml", "x.yaml"}));
    BOOST_TEST((expanded("a/**") == list{"a/b/x.yaml", "a/x.yaml"}));
    BOOST_TEST((expanded("{a,a-b}/*.yaml") == list{"a/x.yaml", "a-b/x.yaml"}));
    BOOST_TEST((expanded("{a-b,a}/**/x.yaml") == list{"a/x.yaml", "a/b/x.yaml", "a-b/x.yaml"}));
    BOOST_TEST((expanded("{a/b,a-b,a}/x.*") == list{"a/b/x.yaml", "a/x.yaml", "a-b/x.yaml"}));
    BOOST_TEST((expanded("{x,x.yaml,b.yaml}*") == list{"b.yaml", "x.yaml"}));
    BOOST_TEST((expanded("*/*/x.yaml") == list{"a/b/x.yaml"}));
    BOOST_TEST(expanded("no/*").empty());
}

BOOST_AUTO_TEST_CASE(helmignore_hides_what_helm_does_not_see) {
    const auto rules =
        helm_ignore::parse("\xEF\xBB\xBF# editors\n\n.git/\n*.swp\n/root.txt\nsub/*.md\n  ci/ \r\n").value();
    const std::vector<std::pair<std::string, bool>> cases{
        {"a.swp", true},
        {"x/y/a.swp", true},
        {"root.txt", true},
        {"x/root.txt", false},
        {"sub/a.md", true},
        {"sub/x/a.md", false},
        {"ci/values.yaml", true},
        {"x/ci/deep/a", true},
        {"ci", false},
        {".git/config", true},
        {"templates/.x.yaml", true},
        {"templates/a.yaml", false},
        {"templates/sub/.x", false},
        {"# editors", false},
    };
    for (const auto& [path, hidden] : cases) {
        BOOST_TEST(rules.covers(path, /*is_directory=*/false) == hidden, path);
    }
    BOOST_TEST(rules.covers("ci", /*is_directory=*/true));
    const auto negated = helm_ignore::parse("!*.yaml\n").value();
    BOOST_TEST(negated.covers("a.txt", false));
    BOOST_TEST(!negated.covers("a.yaml", false));
    BOOST_TEST(helm_ignore::parse("a\n**/b\n").error().message().starts_with(".helmignore:2: "));
    BOOST_TEST(helm_ignore::parse("[a").error().message().starts_with(".helmignore:1: "));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
