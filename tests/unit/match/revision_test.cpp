#include "match/revision.hpp"

#include <boost/test/unit_test.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

namespace holdfast::match {
namespace {

/// Whether `git check-ref-format` takes a branch of that name.
bool git_takes(const std::string& name) {
    std::string branch = "refs/heads/" + name;
    std::string program = "git";
    std::string command = "check-ref-format";
    const std::array<char*, 4> arguments{program.data(), command.data(), branch.data(), nullptr};
    pid_t child = 0;
    BOOST_REQUIRE_EQUAL(posix_spawnp(&child, "git", nullptr, nullptr, arguments.data(), environ), 0);
    int status = 0;
    BOOST_REQUIRE_EQUAL(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

BOOST_AUTO_TEST_SUITE(names_of_refs)

BOOST_AUTO_TEST_CASE(git_takes_the_same_names) {
    for (const std::string name :
         {"main", "feature/x", "a-b",     "ümlaut",   "v1.2.3",   "x'y", "$(x)",     "a{b}",  "a@b",   "@a",
          "a@",   "a.b",       "a.lockx", "lock",     "a=b",      "a|b", "a,b",      "a#b",   "",      "a b",
          "a..b", "a~1",       "a^",      "a:b",      "a?",       "a*",  "a[",       "a\\b",  "a/",    "a//b",
          ".a",   "a/.b",      "a.lock",  "a.lock/b", "a@{1}",    "a.",  "a./b",     "a\x01", "a\x7f", "..",
          ".",    "a\tb",      "@{",      "a/@",      "x.lock/y", "1.x", "1.2.3-rc", "refs/x"}) {
        BOOST_TEST(is_ref_name(name) == git_takes(name), "\"" << name << "\"");
    }
}

BOOST_AUTO_TEST_CASE(what_git_takes_and_cannot_be_named) {
    BOOST_TEST(!is_ref_name("-x")); // a command line would take it for an option
    BOOST_TEST(!is_ref_name("@"));  // stands for HEAD
    BOOST_TEST(!is_ref_name("/a"));
    BOOST_TEST(is_ref_name(std::string(1024, 'a')));
    BOOST_TEST(!is_ref_name(std::string(1025, 'a')));
}

BOOST_AUTO_TEST_CASE(revisions_are_told_apart) {
    using form = revision::form;
    const std::string sha(40, 'a');
    const auto kind = [](const std::string& text) { return revision::parse(text).value().kind; };
    BOOST_TEST((kind("") == form::head));
    BOOST_TEST((kind("HEAD") == form::head));
    BOOST_TEST((kind("refs/heads/main") == form::ref));
    BOOST_TEST((kind(sha) == form::commit));
    BOOST_TEST((kind("A" + sha.substr(1)) == form::commit));
    for (const std::string name :
         {"main", "abcdef1", "v1", "1.x", ">=1.2 <2", "1.0 - 2.0", "*", "^1.4 || ~2.0.1", "refs"}) {
        BOOST_TEST((kind(name) == form::name), name);
    }
    BOOST_TEST(!revision::parse(sha).value().moves());
    BOOST_TEST(revision::parse("main").value().moves());
}

BOOST_AUTO_TEST_CASE(what_can_be_no_revision_says_what_would_be_one) {
    const struct {
        std::string text;
        std::string_view whole;         // what revision::parse says
        std::string_view without_range; // what revision::parse_without_ranges says
    } table[] = {
        {"a..b", R"(must be a branch, a tag, a commit or a range of versions, is "a..b")",
         R"(must be a branch, a tag or a commit, is "a..b")"},
        {"--upload-pack=x", R"(must be a range of versions such as 1.4.* or >=1.2 <2, is "--upload-pack=x")",
         R"(must be a branch, a tag or a commit, is "--upload-pack=x")"},
        {"@", R"(must be a branch, a tag, a commit or a range of versions, is "@")",
         R"(must be a branch, a tag or a commit, is "@")"},
        {".a", R"(must be a branch, a tag, a commit or a range of versions, is ".a")",
         R"(must be a branch, a tag or a commit, is ".a")"},
        {"a/.b", R"(must be a branch, a tag, a commit or a range of versions, is "a/.b")",
         R"(must be a branch, a tag or a commit, is "a/.b")"},
        {"a.lock/b", R"(must be a branch, a tag, a commit or a range of versions, is "a.lock/b")",
         R"(must be a branch, a tag or a commit, is "a.lock/b")"},
        {" main", R"(must be a range of versions such as 1.4.* or >=1.2 <2, is " main")",
         R"(must be a branch, a tag or a commit, is " main")"},
        {">=1.2 <two", R"(must be a range of versions such as 1.4.* or >=1.2 <2, is ">=1.2 <two")",
         R"(must be a branch, a tag or a commit, is ">=1.2 <two")"},
        {"1.*", "", R"(must be a branch, a tag or a commit, is "1.*")"},
        {"1.x", "", ""},
        {"main", "", ""},
        {"", "", ""},
    };
    const auto said = [](const result<revision>& read) { return read ? "" : read.error().message(); };
    for (const auto& [text, whole, without_range] : table) {
        BOOST_TEST(said(revision::parse(text)) == whole);
        BOOST_TEST(said(revision::parse_without_ranges(text)) == without_range);
    }
    const std::string sha256(64, 'a');
    for (const auto& read : {revision::parse(sha256), revision::parse_without_ranges(sha256)}) {
        BOOST_TEST(said(read).starts_with("must not be a SHA-256: "));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::match
