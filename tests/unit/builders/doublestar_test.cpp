#include "builders/doublestar.hpp"
#include "builders/helm/ignore.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace holdfast::builders {
namespace {

BOOST_AUTO_TEST_SUITE(doublestar)

BOOST_AUTO_TEST_CASE(hostile_patterns_end) {
    const std::vector<std::string> files{"a"};
    std::string braces;
    for (int i = 0; i < 30; ++i) {
        braces += "{a,b/c}";
    }
    const auto refused = expand_pattern(files, braces + "*");
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().message().find("more than 64 alternatives") != std::string::npos);
    BOOST_TEST(expand_pattern(files, std::string(5000, '*')).has_error());
    std::string pattern;
    for (int i = 0; i < 500; ++i) {
        pattern += "*a";
    }
    BOOST_TEST(expand_pattern({std::string(5000, 'a')}, pattern + "b").value().empty());
    BOOST_TEST(expand_pattern(files, "{a*").error().message() == "glob \"{a*\": '{' without '}'");
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
