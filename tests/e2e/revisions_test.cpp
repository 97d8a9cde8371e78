// targetRevision: what it may be, and when news are seen.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <tuple>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

json::object target(const std::string& revision) {
    return {{"spec", {{"source", {{"targetRevision", revision}}}}}};
}

// Tags the newest commit and brings the tag to the server.
void push_tag(scene& s, const std::string& tag, std::vector<std::string> options = {}) {
    std::vector<std::string> args{"tag"};
    args.insert(args.end(), options.begin(), options.end());
    args.push_back(tag);
    s.repository.git(args);
    s.repository.push_ref("refs/tags/" + tag);
}

} // namespace

BOOST_AUTO_TEST_SUITE(revisions)

BOOST_AUTO_TEST_CASE(a_revision_is_a_branch_a_tag_a_commit_or_a_full_name) {
    scene s{"revisions"};
    s.config_map("a", "commit");
    const auto commit = s.repository.push("A commit that no ref names");
    s.config_map("a", "tag");
    const auto tagged = s.repository.push("A tag");
    push_tag(s, "light");
    s.config_map("a", "annotated");
    const auto annotated = s.repository.push("An annotated tag");
    push_tag(s, "heavy", {"-a", "-m", "Heavy"});
    s.config_map("a", "branch");
    const auto branch = s.repository.push("A branch", "team/release");
    s.config_map("a", "main");
    const auto main = s.repository.push("The default branch");

    s.follow({.revision = ""});
    await_synced(s.name, main);
    const std::vector<std::tuple<std::string, std::string, std::string>> cases{
        {"light", tagged, "tag"},
        {"heavy", annotated, "annotated"}, // the commit, not the tag's own id
        {commit, commit, "commit"},
        {"team/release", branch, "branch"},
        {"refs/tags/light", tagged, "tag"},
        {"HEAD", main, "main"},
        {"refs/heads/team/release", branch, "branch"},
    };
    for (const auto& [revision, id, value] : cases) {
        s.patch(target(revision));
        await_synced(s.name, id);
        BOOST_TEST(s.value("a") == value, revision << " is " << s.value("a"));
    }
}

BOOST_AUTO_TEST_CASE(a_range_moves_when_a_higher_tag_is_pushed) {
    scene s{"range"};
    s.config_map("a", "1.0.0");
    s.repository.push("1.0.0");
    push_tag(s, "v1.0.0");
    s.follow({.revision = "1.x"});
    await_synced(s.name);
    BOOST_TEST(s.value("a") == "1.0.0");

    s.config_map("a", "2.0.0");
    s.repository.push("2.0.0");
    push_tag(s, "v2.0.0");
    s.config_map("a", "1.3.0-rc.1");
    s.repository.push("1.3.0-rc.1");
    push_tag(s, "v1.3.0-rc.1");
    s.config_map("a", "1.2.0");
    const auto in_range = s.repository.push("1.2.0");
    push_tag(s, "v1.2.0", {"-a", "-m", "1.2.0"});
    await_synced(s.name, in_range);
    BOOST_TEST(s.value("a") == "1.2.0");
}

BOOST_AUTO_TEST_CASE(a_refresh_looks_at_the_repository_now) {
    scene s{"refresh", {{"interval", "1h"}}};
    s.config_map("a", "1");
    await_synced((s.repository.push("The first"), s.follow(), s.name));
    s.config_map("a", "2");
    const auto second = s.repository.push("The second");
    throughout(1500ms, [&] { return s.value("a") == "1"; }, "the next poll is in an hour");
    s.annotate("holdfast.dev/refresh=normal");
    await_synced(s.name, second);
    BOOST_TEST(
        s.w.field("application.holdfast.dev", home, s.name, ".metadata.annotations.holdfast\\.dev/refresh") ==
        ""
    );

    s.config_map("a", "3");
    const auto third = s.repository.push("The third");
    s.annotate("argocd.argoproj.io/refresh=hard");
    await_synced(s.name, third);
}

BOOST_AUTO_TEST_CASE(a_revision_that_is_not_there_yet_is_reported_and_followed_when_it_is) {
    scene s{"not-yet"};
    s.config_map("a", "1");
    s.repository.push("One");
    s.follow({.revision = "feature"});
    const auto seen = await_condition(s.name, "ComparisonError", {"feature"});
    BOOST_TEST(seen.get("Ready").status == "False");
    BOOST_TEST(seen.get("Stalled").status == "True");
    s.config_map("a", "2");
    const auto pushed = s.repository.push("The feature", "feature");
    await_synced(s.name, pushed);
    BOOST_TEST(s.look().get("ComparisonError").status.empty());
    BOOST_TEST(s.value("a") == "2");
}

BOOST_AUTO_TEST_SUITE_END()
