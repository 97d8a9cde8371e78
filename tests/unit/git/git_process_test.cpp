#include "git/git_process.hpp"

#include "servers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sys/stat.h>

namespace holdfast::git {
namespace {

struct with_call {
    url remote = *url::parse("https://git.example.com/acme/shop.git");
    git_call call;

    with_call() {
        credentials c;
        c.basic = basic_auth{.username = "ada", .password = "hunter2"};
        c.ca = "CA-PEM\n";
        c.client_certificate = "CERT-PEM\n";
        c.client_key = "KEY-PEM\n";
        c.proxy = "http://me:proxysecret@proxy:3128";
        c.no_proxy = "localhost";
        call.remote = &remote;
        call.with = std::make_shared<const credentials>(c);
        call.arguments = {"ls-remote", "--", remote.text()};
        call.path = "/usr/bin:/bin";
        call.home = "/";
    }
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

BOOST_FIXTURE_TEST_SUITE(git_process, with_call)

BOOST_AUTO_TEST_CASE(only_the_scheme_of_the_url_is_allowed) {
    for (const auto& [address, scheme] :
         {std::pair{"https://h/x", "https"}, std::pair{"http://h/x", "http"}, std::pair{"git@h:x", "ssh"},
          std::pair{"file:///x", "file"}}) {
        const auto u = *url::parse(address);
        call.remote = &u;
        const auto text = configuration_text(call, "", "", "");
        BOOST_TEST(has(text, "[protocol]\n\tallow = \"never\"\n"));
        BOOST_TEST(has(text, "[protocol \"" + std::string{scheme} + "\"]\n\tallow = \"always\"\n"));
        std::size_t allowed = 0;
        for (auto at = text.find("always"); at != std::string::npos; at = text.find("always", at + 1)) {
            ++allowed;
        }
        // Servers lead from http to https.
        BOOST_TEST(allowed == (u.kind() == transport::http ? 2U : 1U));
    }
}

BOOST_AUTO_TEST_CASE(with_credentials_git_follows_no_redirect) {
    BOOST_TEST(has(configuration_text(call, "", "", ""), "followRedirects = \"false\""));
    call.with = nullptr;
    BOOST_TEST(has(configuration_text(call, "", "", ""), "followRedirects = \"initial\""));
}

BOOST_AUTO_TEST_CASE(with_a_route_nothing_is_resolved_and_no_redirect_followed) {
    call.with = nullptr;
    const auto https = *url::parse("https://git.example.com/x");
    call.remote = &https;
    call.by = route{.proxy = {}, .addresses = {"192.0.2.1", "2001:db8::1"}, .port = 443};
    const auto text = configuration_text(call, "", "", "");
    BOOST_TEST(has(text, "followRedirects = \"false\""));
    BOOST_TEST(has(text, "curloptResolve = \"*:443:192.0.2.1,[2001:db8::1]\""));
    BOOST_TEST(has(text, "\tproxy = \"\"\n"));
    const auto prepared = configure_call(call);
    BOOST_REQUIRE(prepared.has_value());
    for (const auto& variable : prepared->environment) {
        BOOST_TEST(variable.find("proxy") == std::string::npos, variable);
    }
    call.by->proxy = "http://me:pw@proxy:3128";
    BOOST_TEST(has(configuration_text(call, "", "", ""), "\tproxy = \"http://me:pw@proxy:3128\"\n"));
    const auto secrets = secrets_of(call);
    BOOST_TEST(std::ranges::count(secrets, "http://me:pw@proxy:3128") == 1);

    const auto ssh = *url::parse("ssh://git@git.example.com:2222/x");
    call.remote = &ssh;
    BOOST_TEST(has(ssh_configuration_text(call, "", ""), "HostName 192.0.2.1\n"));
    BOOST_TEST(has(ssh_configuration_text(call, "", ""), "HostKeyAlias [git.example.com]:2222\n"));
}

BOOST_AUTO_TEST_CASE(the_app_token_goes_before_the_bearer_token_before_the_password) {
    auto c = *call.with;
    BOOST_TEST(has(configuration_text(call, "", "", ""), "Authorization: Basic YWRhOmh1bnRlcjI="));
    c.bearer_token = "tok";
    call.with = std::make_shared<const credentials>(c);
    BOOST_TEST(has(configuration_text(call, "", "", ""), "Authorization: Bearer tok"));
    call.app_token = "ghs";
    BOOST_TEST(has(configuration_text(call, "", "", ""), "Authorization: Basic eC1hY2Nlc3MtdG9rZW46Z2hz"));
}

BOOST_AUTO_TEST_CASE(values_cannot_break_out_of_their_line) {
    auto c = *call.with;
    c.proxy = "http://p\"\\x";
    call.with = std::make_shared<const credentials>(c);
    BOOST_TEST(has(configuration_text(call, "", "", ""), "proxy = \"http://p\\\"\\\\x\"\n"));
}

BOOST_AUTO_TEST_CASE(ssh_is_told_everything_and_asks_nobody) {
    const auto u = *url::parse("git.example.com:acme/shop");
    call.remote = &u;
    call.connect_timeout = std::chrono::seconds{7};
    const auto text = ssh_configuration_text(call, "/k", "/h");
    for (const auto* line :
         {"BatchMode yes\n", "StrictHostKeyChecking yes\n", "UserKnownHostsFile /h\n",
          "GlobalKnownHostsFile /dev/null\n", "IdentitiesOnly yes\n", "IdentityAgent none\n",
          "IdentityFile /k\n", "ConnectTimeout 7\n", "ForwardAgent no\n", "User ada\n"}) {
        BOOST_TEST(has(text, line), line);
    }
    const auto named = *url::parse("deploy@h:x");
    call.remote = &named;
    BOOST_TEST(!has(ssh_configuration_text(call, "/k", "/h"), "User "));
}

BOOST_AUTO_TEST_CASE(no_secret_is_in_the_environment_or_the_arguments) {
    const auto configured = configure_call(call);
    BOOST_REQUIRE(configured.has_value());
    for (const auto& variable : configured->environment) {
        for (const auto* secret : {"hunter2", "YWRhOmh1bnRlcjI=", "proxysecret", "PEM"}) {
            BOOST_TEST(!has(variable, secret), variable);
        }
    }
    BOOST_TEST(has(test::read_file(configured->config.path()), "YWRhOmh1bnRlcjI="));
}

BOOST_AUTO_TEST_CASE(git_sees_that_configuration_and_no_other) {
    test::temporary_directory home;
    test::write_file(home / ".gitconfig", "[evil]\n\tx = y\n[include]\n\tpath = /etc/passwd\n");
    call.home = home.path();
    call.arguments = {"config", "--list"};
    asio::io_context context;
    const auto said = holdfast::test::run(context, run_git(call));
    BOOST_REQUIRE(said.has_value());
    BOOST_TEST(said->status == 0, said->error_output);
    BOOST_TEST(has(said->output, "protocol.allow=never\n"));
    BOOST_TEST(has(said->output, "http.extraheader=Authorization: Basic YWRhOmh1bnRlcjI=\n"));
    BOOST_TEST(!has(said->output, "evil"));
    BOOST_TEST(has(said->output, "http.sslcainfo=/proc/"));
}

BOOST_AUTO_TEST_CASE(git_may_take_so_much_memory_and_no_more) {
    call.arguments = {"-c", "alias.limits=!ulimit -d", "limits"};
    call.max_memory = std::uint64_t{96} << 20U;
    test::temporary_directory home;
    call.home = home.path();
    asio::io_context context;
    const auto said = holdfast::test::run(context, run_git(call));
    BOOST_REQUIRE(said.has_value());
    BOOST_TEST(said->status == 0, said->error_output);
    BOOST_TEST(said->output == std::to_string(call.max_memory >> 10U) + "\n");
}

BOOST_AUTO_TEST_CASE(a_transport_that_is_not_the_urls_own_is_refused_by_git) {
    const auto u = *url::parse("https://localhost/x");
    call.remote = &u;
    call.arguments = {"ls-remote", "--", "ext::sh -c touch% /tmp/never"};
    asio::io_context context;
    const auto said = holdfast::test::run(context, run_git(call));
    BOOST_REQUIRE(said.has_value());
    BOOST_TEST(said->status != 0);
    BOOST_TEST(has(said->error_output, "transport 'ext' not allowed"), said->error_output);
}

BOOST_AUTO_TEST_CASE(what_is_secret_is_known_in_every_form) {
    call.app_token = "ghs-1";
    const auto all = secrets_of(call);
    for (const std::string secret :
         {"hunter2", "YWRhOmh1bnRlcjI=", "ghs-1", "http://me:proxysecret@proxy:3128"}) {
        BOOST_TEST((std::find(all.begin(), all.end(), secret) != all.end()), secret);
    }
}

BOOST_AUTO_TEST_CASE(a_secret_file_is_readable_by_us_alone_cannot_be_changed_and_goes_with_its_owner) {
    std::string path;
    {
        auto file = secret_file::make("hello");
        BOOST_REQUIRE(file.has_value());
        path = file->path();
        BOOST_TEST(test::read_file(path) == "hello");
        BOOST_TEST(test::read_file(path) == "hello"); // from its start, again
        struct stat s{};
        BOOST_REQUIRE(::stat(path.c_str(), &s) == 0);
        BOOST_TEST((s.st_mode & 0777U) == 0600U);
        test::write_file(path, "other");
        BOOST_TEST(test::read_file(path) == "hello");
        const auto moved = std::move(*file);
        BOOST_TEST(moved.path() == path);
    }
    BOOST_TEST(test::read_file(path).empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git
