// Patterns of files, beside what git itself lists.
#include "sets/pathspec.hpp"

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace holdfast::sets {
namespace {

namespace fs = std::filesystem;

std::set<std::string> lines_of(const std::string& command) {
    std::set<std::string> lines;
    auto* pipe = popen(command.c_str(), "r"); // NOLINT(cert-env33-c): fixed texts of this file
    BOOST_REQUIRE(pipe != nullptr);
    std::string line;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
        if (c == 0) {
            lines.insert(line);
            line.clear();
        } else {
            line += static_cast<char>(c);
        }
    }
    BOOST_REQUIRE(pclose(pipe) == 0);
    return lines;
}

BOOST_AUTO_TEST_SUITE(pathspecs)

BOOST_AUTO_TEST_CASE(match_what_git_lists) {
    const test::temporary_directory directory{"holdfast-pathspec"};
    const auto root = directory.path().string();
    const std::vector<std::string> files{
        "a.yaml",
        "cfg/a.yaml",
        "cfg/a/config.json",
        "cfg/a/config.yaml",
        "cfg/b/c/config.yaml",
        "cfg.yaml",
        "x[1].yaml",
        "x1.yaml",
        ".hidden/a.yaml",
        "b-c/d.yaml",
        "A.yaml",
        "back\\slash",
        "star*name",
        "d1/e.json",
        "d2/e.json",
        "deep/a/b/c/d",
        "cfgs/a.yaml",
        "sp ace/a.yaml",
        "u_1/a",
        "]x",
    };
    for (const auto& file : files) {
        const fs::path path = directory.path() / file;
        fs::create_directories(path.parent_path());
        std::ofstream{path} << "x";
    }
    BOOST_REQUIRE(std::system(("git -C " + root + " init -q && git -C " + root + " add -A").c_str()) == 0);
    const std::vector<std::string> patterns{
        "*.yaml",
        "cfg",
        "cfg/",
        "cfg/*",
        "cfg/**/config.*",
        "**/config.yaml",
        "a.yaml",
        "./a.yaml",
        "cfg//a",
        "x[1].yaml",
        "x\\[1\\].yaml",
        "[!a]*.yaml",
        "[^a]*.yaml",
        "d[1-2]/e.json",
        "d?/e.json",
        "*",
        "c*g/a.yaml",
        "cf?",
        "*/",
        "star\\*name",
        "back\\\\slash",
        "[[:upper:]]*",
        "[[:nope:]]*",
        "[a",
        "cfg/?/config.*",
        "*a*b*c*d",
        "deep/*/d",
        "sp ace",
        "u[[:punct:]]1",
        "[]]x",
        "[a-",
        "cfg.",
        "CFG",
        "?.yaml",
    };
    for (const auto& pattern : patterns) {
        const auto listed = lines_of("git -C " + root + " ls-files -z -- '" + pattern + "'");
        const auto spec = pathspec::parse(pattern);
        BOOST_TEST_REQUIRE(spec.has_value(), pattern);
        std::set<std::string> matched;
        for (const auto& file : files) {
            if (spec->matches(file)) matched.insert(file);
        }
        BOOST_TEST_CONTEXT(pattern) {
            BOOST_TEST(matched == listed, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_path_in_the_tree_is_refused) {
    for (const std::string_view pattern : {":(glob)a", ":!a", "/a", "../a", "a/../../b"}) {
        const auto spec = pathspec::parse(pattern);
        BOOST_TEST_REQUIRE(spec.has_error(), pattern);
        BOOST_TEST(spec.error().message().find(pattern) != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(many_stars_are_no_long_search) {
    std::string pattern;
    for (int i = 0; i < 300; ++i)
        pattern += "*a";
    BOOST_TEST(!pathspec::parse(pattern + "b")->matches(std::string(4000, 'a')));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sets
