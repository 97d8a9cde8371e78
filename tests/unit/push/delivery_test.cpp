// Whose delivery it is, and what it says.

#include "deliveries.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <set>

namespace holdfast::push {
namespace {

using kind = claim::kind;
using texts = std::vector<std::string>;

struct expected {
    const char* file;
    provider from;
    kind what;
    const char* event;
    const char* id;
    texts urls;
    texts refs;
};

const std::vector<expected>& table() {
    static const texts hello_world{
        "git://github.com/Codertocat/Hello-World.git", "git@github.com:Codertocat/Hello-World.git",
        "https://github.com/Codertocat/Hello-World", "https://github.com/Codertocat/Hello-World.git"
    };
    static const texts diaspora{
        "git@gitlab.example.com:mike/diaspora.git", "http://gitlab.example.com/mike/diaspora",
        "http://gitlab.example.com/mike/diaspora.git"
    };
    static const texts webhooks{
        "http://localhost:3000/gitea/webhooks", "http://localhost:3000/gitea/webhooks.git",
        "ssh://gitea@localhost:2222/gitea/webhooks.git"
    };
    static const texts repo_name{"https://bitbucket.org/team_name/repo_name"};
    static const texts project_1{
        "https://bitbucket.example.com/projects/PROJECT_1/repos/repository/browse",
        "https://bitbucket.example.com/scm/project_1/repository.git",
        "ssh://git@bitbucket.example.com:7999/project_1/repository.git"
    };
    static const std::vector<expected> all{
        {"github_push",
         provider::github,
         kind::push,
         "push",
         "72d3162e-cc78-11e3-81ab-4c9367dc0958",
         hello_world,
         {"refs/heads/simple-branch"}},
        {"github_push_form",
         provider::github,
         kind::push,
         "push",
         "72d3162e-cc78-11e3-81ab-4c9367dc0960",
         hello_world,
         {"refs/heads/simple-branch"}},
        {"github_tag_deleted",
         provider::github,
         kind::push,
         "push",
         "72d3162e-cc78-11e3-81ab-4c9367dc0959",
         hello_world,
         {"refs/tags/simple-tag"}},
        {"github_ping",
         provider::github,
         kind::ping,
         "ping",
         "72d3162e-cc78-11e3-81ab-4c9367dc0961",
         hello_world,
         {}},
        {"github_ping_organization",
         provider::github,
         kind::ping,
         "ping",
         "72d3162e-cc78-11e3-81ab-4c9367dc0962",
         {},
         {}},
        {"github_star",
         provider::github,
         kind::other,
         "star",
         "72d3162e-cc78-11e3-81ab-4c9367dc0963",
         hello_world,
         {}},
        {"github_package",
         provider::github,
         kind::push,
         "package",
         "72d3162e-cc78-11e3-81ab-4c9367dc0977",
         {"oci://ghcr.io/codertocat/charts/web"},
         {}},
        {"gitlab_push",
         provider::gitlab,
         kind::push,
         "Push Hook",
         "bb7e0a2e-5b3c-4d12-9a6a-1f2c3d4e5f60",
         diaspora,
         {"refs/heads/master"}},
        {"gitlab_tag_push",
         provider::gitlab,
         kind::push,
         "Tag Push Hook",
         "bb7e0a2e-5b3c-4d12-9a6a-1f2c3d4e5f61",
         diaspora,
         {"refs/tags/v1.0.0"}},
        {"gitlab_system_hook",
         provider::gitlab,
         kind::push,
         "System Hook",
         "bb7e0a2e-5b3c-4d12-9a6a-1f2c3d4e5f62",
         {"git@gitlab.example.com:jsmith/example.git", "http://gitlab.example.com/jsmith/example",
          "http://gitlab.example.com/jsmith/example.git"},
         {"refs/heads/master", "refs/heads/next"}},
        {"gitlab_issue",
         provider::gitlab,
         kind::other,
         "Issue Hook",
         "bb7e0a2e-5b3c-4d12-9a6a-1f2c3d4e5f63",
         diaspora,
         {}},
        {"gitea_push",
         provider::gitea,
         kind::push,
         "push",
         "f6266f16-1bf3-46a5-9ea4-602e06ead473",
         webhooks,
         {"refs/heads/develop"}},
        {"gitea_create",
         provider::gitea,
         kind::push,
         "create",
         "f6266f16-1bf3-46a5-9ea4-602e06ead474",
         webhooks,
         {}},
        {"forgejo_push",
         provider::forgejo,
         kind::push,
         "push",
         "f6266f16-1bf3-46a5-9ea4-602e06ead473",
         webhooks,
         {"refs/heads/develop"}},
        {"forgejo_create",
         provider::forgejo,
         kind::push,
         "create",
         "f6266f16-1bf3-46a5-9ea4-602e06ead474",
         webhooks,
         {}},
        {"forgejo_issues",
         provider::forgejo,
         kind::other,
         "issues",
         "f6266f16-1bf3-46a5-9ea4-602e06ead475",
         webhooks,
         {}},
        {"gogs_push",
         provider::gogs,
         kind::push,
         "push",
         "f6266f16-1bf3-46a5-9ea4-602e06ead473",
         webhooks,
         {"refs/heads/develop"}},
        {"gogs_create",
         provider::gogs,
         kind::push,
         "create",
         "f6266f16-1bf3-46a5-9ea4-602e06ead474",
         webhooks,
         {}},
        {"bitbucket_cloud_push",
         provider::bitbucket_cloud,
         kind::push,
         "repo:push",
         "a5b4a25d-8cd2-4a6a-9e8a-7d9d3bb6c7cc",
         repo_name,
         {"main", "v2.0"}},
        {"bitbucket_cloud_issue",
         provider::bitbucket_cloud,
         kind::other,
         "issue:created",
         "a5b4a25d-8cd2-4a6a-9e8a-7d9d3bb6c7cc",
         repo_name,
         {}},
        {"bitbucket_data_center_push",
         provider::bitbucket_data_center,
         kind::push,
         "repo:refs_changed",
         "b1e6b5ad-7f37-4e2f-9d2b-5a6c7d8e9f00",
         project_1,
         {"refs/heads/master"}},
        {"bitbucket_data_center_mirror",
         provider::bitbucket_data_center,
         kind::push,
         "mirror:repo_synchronized",
         "b1e6b5ad-7f37-4e2f-9d2b-5a6c7d8e9f00",
         project_1,
         {"refs/heads/master"}},
        {"bitbucket_data_center_ping",
         provider::bitbucket_data_center,
         kind::ping,
         "diagnostics:ping",
         "b1e6b5ad-7f37-4e2f-9d2b-5a6c7d8e9f00",
         {},
         {}},
        {"azure_devops_push",
         provider::azure_devops,
         kind::push,
         "git.push",
         "03c164c2-8912-4d5e-8009-3707d5f83734",
         {"https://fabrikam@dev.azure.com/fabrikam/Fabrikam-Fiber-Git/_git/Fabrikam-Fiber-Git"},
         {"refs/heads/master"}},
        {"azure_devops_build",
         provider::azure_devops,
         kind::other,
         "build.complete",
         "4a5d99d6-1c75-4e53-91b9-ee80057d4ce3",
         {},
         {}},
        {"generic_push",
         provider::generic,
         kind::push,
         "push",
         "nightly-17",
         {"https://git.example.com/team/deploy.git"},
         {"refs/heads/main"}},
    };
    return all;
}

std::string message_of(const result<claim>& read) {
    return read ? "no error" : read.error().message();
}

std::string generic_says(const std::string& body) {
    auto request = test::recorded("generic_push");
    request.what.body = body;
    return message_of(read_claim(provider::generic, request));
}

} // namespace

BOOST_AUTO_TEST_SUITE(push_delivery)

BOOST_AUTO_TEST_CASE(each_providers_delivery_is_recognised_and_read) {
    std::set<std::string> tried;
    for (const auto& e : table()) {
        BOOST_TEST_CONTEXT(e.file) {
            tried.insert(e.file);
            // A generic sender is known by its signature alone.
            const auto request = test::signed_with(test::recorded(e.file), e.from, "secret");
            const auto from = recognise(request);
            BOOST_TEST_REQUIRE(from.has_value());
            BOOST_TEST(to_string(*from) == to_string(e.from));
            const auto read = read_claim(*from, request);
            BOOST_TEST_REQUIRE(read.has_value(), message_of(read));
            BOOST_TEST((read->from == e.from));
            BOOST_TEST((read->what == e.what));
            BOOST_TEST(read->event == e.event);
            BOOST_TEST(read->delivery_id == e.id);
            BOOST_TEST(read->urls == e.urls, boost::test_tools::per_element());
            BOOST_TEST(read->refs == e.refs, boost::test_tools::per_element());
        }
    }
    for (const auto& file : std::filesystem::directory_iterator{HOLDFAST_TEST_DATA}) {
        BOOST_TEST(tried.contains(file.path().stem().string()), file.path());
    }
}

BOOST_AUTO_TEST_CASE(what_nobody_sends_is_recognised_as_nobodys) {
    http::request_info request;
    BOOST_TEST(!recognise(request).has_value());
    request.what.headers = {{"User-Agent", "curl/8"}, {"Content-Type", "application/json"}};
    BOOST_TEST(!recognise(request).has_value());
}

BOOST_AUTO_TEST_CASE(a_body_that_says_nothing_useful_is_an_error_that_names_what_is_missing) {
    BOOST_TEST(generic_says("") == "the body must be JSON, which it is not from byte 0 on");
    BOOST_TEST(generic_says("{\"repository\"") == "the body must be JSON, which it is not from byte 13 on");
    BOOST_TEST(generic_says("[]") == "the body must be a JSON object");
    BOOST_TEST(generic_says("{}") == "the body's repository must be the repository's URL");
    BOOST_TEST(generic_says("{} {}") == "the body must be one JSON object");
    BOOST_TEST(generic_says(R"({"repository": 5})") == "the body's repository must be a text, is a number");
    BOOST_TEST(
        generic_says(R"({"repository": {"url": "x"}})") ==
        "the body's repository must be a text, is an object"
    );
    BOOST_TEST(generic_says(R"({"repository": ["x"]})") == "the body's repository must be a text, is a list");
    BOOST_TEST(generic_says(std::string(100'000, '[')) == "the body is nested deeper than 64");

    auto nameless = test::recorded("github_push");
    nameless.what.body = R"({"ref": "refs/heads/main"})";
    BOOST_TEST(
        message_of(read_claim(provider::github, nameless)) ==
        "the body names no address of the repository that was pushed to"
    );
    auto form = test::recorded("github_push_form");
    form.what.body = "other=1";
    BOOST_TEST(message_of(read_claim(provider::github, form)) == "the form has no field payload");
    form.what.body = "payload=%zz";
    BOOST_TEST(
        message_of(read_claim(provider::github, form)) ==
        "the body must be a form with the field payload, or JSON"
    );
}

BOOST_AUTO_TEST_CASE(a_package_that_is_no_chart_or_only_changed_its_name_is_of_no_interest) {
    auto request = test::recorded("github_package");
    test::set_header(request, "X-GitHub-Event", "registry_package");
    const auto said = [&](const std::string& body) {
        request.what.body = body;
        const auto read = read_claim(provider::github, request);
        BOOST_TEST_REQUIRE(read.has_value(), message_of(read));
        return std::pair{read->what == claim::kind::push, read->urls.empty() ? "" : read->urls.front()};
    };
    const auto package = [](const std::string& action, const std::string& type, const std::string& url) {
        return R"({"action": ")" + action + R"(", "registry_package": {"package_type": ")" + type +
               R"(", "package_version": {"package_url": ")" + url + R"("}}})";
    };
    using what = std::pair<bool, std::string>;
    BOOST_TEST(
        (said(package("updated", "container", "containers.ghe.example:8443/a/b@sha256:00")) ==
         what{true, "oci://containers.ghe.example:8443/a/b"})
    );
    BOOST_TEST((said(package("deleted", "container", "ghcr.io/a/b:1")) == what{false, "oci://ghcr.io/a/b"}));
    BOOST_TEST((said(package("published", "npm", "ghcr.io/a/b:1")) == what{false, ""}));
    BOOST_TEST((said(package("published", "container", "")) == what{false, ""}));
}

// What curl -d sends when nobody names a content type.
BOOST_AUTO_TEST_CASE(json_that_is_called_a_form_is_read_as_json) {
    auto request = test::recorded("generic_push");
    test::set_header(request, "Content-Type", "application/x-www-form-urlencoded");
    request.what.body =
        " \n{\"repository\": \"https://git.example/a+b%20.git\", \"ref\": \"refs/heads/main\"}";
    const auto read = read_claim(provider::generic, request);
    BOOST_TEST_REQUIRE(read.has_value(), message_of(read));
    BOOST_TEST(read->urls.at(0) == "https://git.example/a+b%20.git");

    // In whatever pieces it comes.
    claim_reader reader{provider::generic, request};
    for (const char& c : request.what.body) {
        BOOST_TEST_REQUIRE(reader.add({&c, 1}).has_value());
    }
    const auto in_pieces = reader.finish();
    BOOST_TEST_REQUIRE(in_pieces.has_value(), message_of(in_pieces));
    BOOST_TEST(in_pieces->urls == read->urls);
}

// Gitea and its kin offer forms too.
BOOST_AUTO_TEST_CASE(a_form_holds_the_same_whoever_sends_it) {
    auto form = test::recorded("gitea_push");
    test::set_header(form, "Content-Type", "application/x-www-form-urlencoded");
    form.what.body = "payload=%7B%22ref%22%3A+%22refs/heads/main%22,%22repository%22:%7B%22clone_url%22:"
                     "%22https://git.example/a/b.git%22%7D%7D&payload=%5B";
    const auto read = read_claim(provider::gitea, form);
    BOOST_TEST_REQUIRE(read.has_value(), message_of(read));
    BOOST_TEST(read->urls.at(0) == "https://git.example/a/b.git");
    BOOST_TEST(read->refs.at(0) == "refs/heads/main");
    form.what.body = "payload=%7B%7D%2";
    BOOST_TEST(
        message_of(read_claim(provider::gitea, form)) ==
        "the body must be a form with the field payload, or JSON"
    );
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_bounded) {
    auto request = test::recorded("gitlab_system_hook");
    std::string refs;
    for (int i = 0; i < 5000; ++i) {
        refs += "\"refs/heads/b" + std::to_string(i) + "\",";
    }
    refs.pop_back();
    request.what.body =
        R"({"event_name": "repository_update", "project": {"git_http_url": "https://a.example/b"}, "refs": [)" +
        refs + "]}";
    const auto read = read_claim(provider::gitlab, request);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST(read->refs.empty()); // any may have moved
    BOOST_TEST(read->urls.size() == 1U);

    auto odd = test::recorded("github_push");
    test::set_header(odd, "X-GitHub-Delivery", std::string(5000, 'a'));
    BOOST_TEST(read_claim(provider::github, odd)->delivery_id.empty());
    test::set_header(odd, "X-GitHub-Delivery", "two words");
    BOOST_TEST(read_claim(provider::github, odd)->delivery_id.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::push
