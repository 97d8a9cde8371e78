// What admission takes, those who use it take; what it refuses, they refuse. Each rule with the values over
// which the two once differed.

#include "builders/doublestar.hpp"
#include "charts/versions.hpp"
#include "crds/application.hpp"
#include "crds/repository.hpp"
#include "engine/request.hpp"
#include "git/revision.hpp"
#include "render/directory.hpp"
#include "secrets/access.hpp"
#include "sync/annotations.hpp"
#include "unit/crds/examples.hpp"
#include "unit/render/memory_tree.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include <string>
#include <vector>

namespace holdfast {
namespace {

struct judged {
    std::string text;
    bool is_taken;
};

std::string json_text(const std::string& text) {
    return boost::json::serialize(boost::json::string{text});
}

/// Without what the schema says: these values pass it.
crds::application application(const std::string& spec) {
    auto read = crds::examine_application(crds::test::application_with(spec));
    BOOST_REQUIRE_MESSAGE(read.problems.empty(), spec << ": " << crds::join(read.problems));
    return std::move(read.value);
}

bool is_admitted(const std::string& spec) {
    return crds::check(application(spec)).empty();
}

const std::vector<judged> globs{
    {"*.yaml", true}, {"{a,{b,c}}", true}, {"a}", true},
    {"}", true},      {"[!a-c]", true},    {"[a-c0-9]", true},
    {"[a-]", true},   {"\\{", true},       {"", true},
    {"**", true},     {"[z-a]", false},    {"[^a]", false},
    {"{a", false},    {"{a,{b}", false},   {"[", false},
    {"[]", false},    {"[]a]", false},     {"[!]", false},
    {"a\\", false},   {"[a\\", false},     {"{{{{{{{{{{{{{{{{{a}}}}}}}}}}}}}}}}}", false},
};

BOOST_AUTO_TEST_SUITE(agreement)

BOOST_AUTO_TEST_CASE(of_globs_of_directories) {
    for (const auto& [glob, is_taken] : globs) {
        for (const std::string field : {"include", "exclude"}) {
            test::memory_tree tree;
            tree.file("a.yaml", test::config_map("a"));
            render::directory_options options;
            (field == "include" ? options.include : options.exclude) = glob;
            BOOST_TEST(render::render_directory(tree, options).has_value() == is_taken, glob);
            BOOST_TEST(
                is_admitted(fmt::format(
                    R"({{"source": {{"repoURL": "https://h/x", "path": "a", "directory": {{"{}": {}}}}}}})",
                    field, json_text(glob)
                )) == is_taken,
                glob
            );
        }
    }
}

BOOST_AUTO_TEST_CASE(of_globs_of_ignored_differences) {
    for (const auto& [glob, is_taken] : globs) {
        if (glob.empty()) continue; // the schema wants a kind
        const auto value = application(fmt::format(
            R"({{"ignoreDifferences": [{{"kind": {}, "jsonPointers": ["/spec/replicas"]}}]}})",
            json_text(glob)
        ));
        BOOST_TEST(crds::check(value).empty() == is_taken, glob);
        BOOST_TEST((engine::ignore_rules(value.spec).size() == 1U) == is_taken, glob);
    }
}

BOOST_AUTO_TEST_CASE(of_globs_of_password_stores) {
    for (const auto& [glob, is_taken] : globs) {
        if (glob.empty()) continue; // neither
        const auto read = crds::examine_repository(crds::test::repository_with(fmt::format(
            R"({{"passwordStore": {{"keySecretRef": {{"name": "k"}}, "allow": [{{"entries": [{}]}}]}}}})",
            json_text(glob)
        )));
        BOOST_TEST(crds::join(read.problems) == "");
        BOOST_TEST(crds::check(read.value).empty() == is_taken, glob);
        const auto rules =
            secrets::access_rules::compile("holdfast", std::vector{secrets::access_rule{.entries = {glob}}});
        BOOST_TEST(rules.has_value() == is_taken, glob);
    }
}

BOOST_AUTO_TEST_CASE(of_patterns_of_value_files) {
    const std::vector<judged> patterns{
        {"*.yaml", true}, {"env/**/*.yaml", true}, {"{a,b/c}*.yaml", true}, {"[!a]*", true},
        {"[^a]*", true},  {"[z-a]*", true},        {"{a,{b,c}}*", true},    {"{a*", false},
        {"a}*", false},   {"[a*", false},          {"[]*", false},          {"*\\", false},
    };
    for (const auto& [pattern, is_taken] : patterns) {
        const auto spec = fmt::format(
            R"({{"source": {{"repoURL": "https://h/x", "path": "a", "helm": {{"valueFiles": [{}]}}}}}})",
            json_text(pattern)
        );
        BOOST_TEST(is_admitted(spec) == is_taken, pattern);
        BOOST_TEST(
            builders::expand_pattern(std::vector<std::string>{"a.yaml"}, pattern).has_value() == is_taken,
            pattern
        );
    }
}

BOOST_AUTO_TEST_CASE(of_revisions) {
    const std::string sha(40, 'a');
    const std::vector<judged> revisions{
        {"main", true},    {"feature/x", true},   {"refs/heads/main", true},
        {sha, true},       {"HEAD", true},        {"v1.2.3", true},
        {"1.x", true},     {">=1.2 <2", true},    {"^1 || ~2", true},
        {"1.0 - 2", true}, {"@", false},          {".a", false},
        {"a/.b", false},   {"a.lock/b", false},   {sha + std::string(24, 'a'), false},
        {"a..b", false},   {"-x", false},         {"a b", false},
        {" main", false},  {"main ", false},      {"a.lock", false},
        {"a@{1}", false},  {">=1.2 <two", false}, {"1.2 ||", false},
        {"a^", false},
    };
    for (const auto& [text, is_taken] : revisions) {
        const auto source = fmt::format(
            R"({{"source": {{"repoURL": "https://h/x", "path": "a", "targetRevision": {}}}}})",
            json_text(text)
        );
        BOOST_TEST(is_admitted(source) == is_taken, text);
        const auto read = match::revision::parse(text);
        BOOST_TEST(read.has_value() == is_taken, text);
        // A listing that has it, and what it may be a range over.
        const auto refs = git::ref_list::parse(
            fmt::format("{0}\tHEAD\n{0}\trefs/heads/{1}\n{0}\t{1}\n{0}\trefs/tags/1.5.0\n", sha, text)
        );
        BOOST_REQUIRE(refs.has_value());
        BOOST_TEST((read && git::resolve(*read, *refs).has_value()) == is_taken, text);
    }
    for (const auto& [text, is_taken] : std::vector<judged>{
             {"main", true},
             {sha, true},
             {"1.x", true},
             {"1.*", false},
             {"@", false},
             {".a", false},
             {"a.lock/b", false}
         }) {
        BOOST_TEST(is_admitted(fmt::format(R"({{"hold": {}}})", json_text(text))) == is_taken, text);
        BOOST_TEST(match::revision::parse_without_ranges(text).has_value() == is_taken, text);
    }
}

BOOST_AUTO_TEST_CASE(of_versions_of_charts) {
    const std::vector<judged> versions{
        {"*", true},
        {"1", true},
        {"1.2.3", true},
        {"v1.2.3", true},
        {"1.x", true},
        {"^1.2", true},
        {">= 1.2, < 2", true},
        {"1.2 - 2.0", true},
        {"^1.4 || ~2.0.1", true},
        {"1.2.3-rc.1", true},
        {"=1.2.3+build", true},
        {"1.2.3-0", true},
        // The expression that admission had took these, and nobody else did.
        {"01.2.3", false},
        {"1.2.3-01", false},
        {"1.2.3-a..b", false},
        {"99999999999999999999.1.1", false},
        {"main", false},
        {"1.2.3.4", false},
        {">=", false},
        {"v", false},
        {"1.2 ||", false},
        {"release-1.2", false},
        {"1..2", false},
    };
    for (const auto& [text, is_taken] : versions) {
        const auto source = fmt::format(
            R"({{"source": {{"repoURL": "https://h/x", "chart": "a", "targetRevision": {}}}}})",
            json_text(text)
        );
        BOOST_TEST(is_admitted(source) == is_taken, text);
        BOOST_TEST(charts::check_range(text).has_value() == is_taken, text);
    }
}

BOOST_AUTO_TEST_CASE(of_sync_options) {
    const std::vector<judged> options{
        {"CreateNamespace=true", true},
        {"Prune=confirm", true},
        {" Delete = false", true},
        {"PrunePropagationPolicy=orphan", true},
        {"Validate=false", true},
        {"Replace=confirm", false},
        {"Prune", false},
        {"prune=false", false},
        {"Teleport=true", false},
        {"PrunePropagationPolicy=Foreground", false},
    };
    for (const auto& [text, is_taken] : options) {
        const auto spec = fmt::format(R"({{"syncPolicy": {{"syncOptions": [{}]}}}})", json_text(text));
        BOOST_TEST(is_admitted(spec) == is_taken, text);
        std::vector<std::string> warnings;
        const auto parsed = sync::parse_sync_options(std::vector{text}, warnings);
        BOOST_TEST(warnings.empty() == is_taken, text);
        BOOST_TEST((parsed == sync::sync_options{}) == !is_taken, text);
    }
    BOOST_TEST(is_admitted(
        R"({"syncPolicy": {"syncOptions": ["CreateNamespace = true"], "managedNamespaceMetadata": {}}})"
    ));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
