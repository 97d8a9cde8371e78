#include "options.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <string>
#include <vector>

namespace holdfast {
namespace {

const std::string file = "/etc/holdfast/options.yaml";

option_source with(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), {"operator", "--options", file});
    return {std::move(arguments), file};
}

void is_refused(std::string_view text, std::initializer_list<std::string_view> said) {
    const auto read = read_options(with(), text);
    BOOST_REQUIRE_MESSAGE(!read.has_value(), text);
    for (const auto part : said) {
        BOOST_TEST(
            read.error().message().find(part) != std::string::npos, read.error().message()
                                                                        << " does not say " << part
        );
    }
}

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(a_file_says_them_by_their_long_names) {
    const auto read = read_options(with(), R"(
# a comment
log-level: debug
leader-elect: true
concurrency: 8
listen: ":9000"
remote-inputs: declared
kustomize-charts: true
)");
    BOOST_REQUIRE_MESSAGE(read.has_value(), read.error().message());
    BOOST_TEST((read->log_level == log::level::debug));
    BOOST_TEST(read->leader_elect);
    BOOST_TEST(read->kustomize_charts);
    BOOST_TEST(read->concurrency == 8U);
    BOOST_TEST(read->listen == ":9000");
    BOOST_TEST((read->remote_inputs == sources::remote_inputs::declared));
    BOOST_TEST(read->metrics_listen == ":8080");
}

BOOST_AUTO_TEST_CASE(an_empty_file_says_nothing) {
    for (const std::string_view text : {"", "# nothing\n", "{}"}) {
        const auto read = read_options(with(), text);
        BOOST_REQUIRE(read.has_value());
        BOOST_TEST(!read->leader_elect);
    }
}

BOOST_AUTO_TEST_CASE(the_command_line_wins_over_the_file_and_that_over_the_environment) {
    ::setenv("HOLDFAST_CONCURRENCY", "3", 1);  // NOLINT: one thread
    ::setenv("HOLDFAST_INSTALLATION", "e", 1); // NOLINT
    const auto read = read_options(with({"--log-level", "warn"}), "log-level: debug\nconcurrency: 8\n");
    ::unsetenv("HOLDFAST_CONCURRENCY");  // NOLINT
    ::unsetenv("HOLDFAST_INSTALLATION"); // NOLINT
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((read->log_level == log::level::warn));
    BOOST_TEST(read->concurrency == 8U);
    BOOST_TEST(read->installation == "e");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_line) {
    is_refused("log-level: info\nconcurency: 8\n", {file + ", line 2", "did you mean \"concurrency\"?"});
    is_refused("a: b", {"line 1", "there is no option \"a\""});
    is_refused("log-level: noisy", {"line 1", "noisy", "debug"});
    is_refused("\nconcurrency: many", {"line 2", "concurrency"});
    is_refused("concurrency: 0", {"line 1", "concurrency"});
    is_refused("require-sandbox: maybe", {"line 1", "require-sandbox"});
    is_refused("listen: [a]", {"line 1", "listen: must be a single value"});
    is_refused("listen: a\nlisten: b\n", {"line 2", "listen: is there twice"});
    is_refused("admission-client-ca: /ca.pem", {"admission-client-ca", "admission-listen"});
    is_refused("- listen", {"must be a YAML mapping"});
    is_refused("listen: 'a", {"line 1", "is not valid YAML"});
    is_refused("installation: '-a'", {"installation: must be a label value"});
    is_refused("former-managers: 'ci-*,*'", {"former-managers: must be names", "one is \"*\""});
    is_refused("former-managers: 'a*b'", {"one is \"a*b\""});
    is_refused("former-managers: 'a,,b'", {"one is \"\""});
    is_refused("private-addresses: '10.0.0.0/33'", {"private-addresses: \"10.0.0.0/33\" is not a range"});
    is_refused("private-addresses: 'a b'", {"private-addresses: \"a b\" is not a host name"});
    is_refused("cluster-addresses: 'git.example'", {"cluster-addresses: \"git.example\" is not an address"});
    is_refused("admission-url: https://a:1", {"admission-listen"});
    is_refused("page-listen: ':8443'", {"page-listen: needs a certificate", "admission-listen"});
    is_refused("page-certificate: c", {"page-certificate and page-key: both"});
    is_refused("page-certificate: c\npage-key: k", {"page-certificate: needs page-listen"});
    is_refused("listen-key: k", {"listen-certificate and listen-key"});
}

BOOST_AUTO_TEST_CASE(former_managers_are_a_list) {
    const auto read = read_options(with(), "former-managers: 'deployer, ci-*'\n");
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(
        read->former_managers == (std::vector<std::string>{"deployer", "ci-*"}),
        boost::test_tools::per_element()
    );
    BOOST_TEST(read_options(with(), "")->former_managers.empty());
}

BOOST_AUTO_TEST_CASE(addresses_are_lists) {
    const auto read =
        read_options(with(), "private-addresses: '127.0.0.0/8, git.corp'\ncluster-addresses: 11.0.0.0/8\n");
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(
        read->private_addresses == (std::vector<std::string>{"127.0.0.0/8", "git.corp"}),
        boost::test_tools::per_element()
    );
    BOOST_TEST(
        read->cluster_addresses == std::vector<std::string>{"11.0.0.0/8"}, boost::test_tools::per_element()
    );
}

BOOST_AUTO_TEST_CASE(a_file_does_not_lead_to_another_file) {
    is_refused("options: /etc/other.yaml", {"there is no option \"options\""});
    is_refused("help: true", {"there is no option \"help\""});
}

BOOST_AUTO_TEST_CASE(a_file_has_a_bound) {
    is_refused("# " + std::string(max_option_file, 'x'), {"is longer than"});
}

BOOST_AUTO_TEST_CASE(what_is_to_be_known_of_argo_cd_is_a_command_of_its_own) {
    const auto looked = read_command_line({"takeover", "check", "--argocd-namespace", "cd"});
    BOOST_REQUIRE(looked.checked.has_value());
    BOOST_TEST(looked.checked->argocd_namespace == "cd");
    BOOST_TEST(!looked.converted.has_value());
    BOOST_TEST(!looked.exit_code.has_value());
    const auto converted = read_command_line({"convert", "--namespace", "apps"});
    BOOST_REQUIRE(converted.converted.has_value());
    BOOST_TEST(converted.converted->argocd_namespace == "argocd");
    BOOST_TEST(converted.converted->own_namespace == "apps");
    BOOST_TEST(read_command_line({"takeover"}).exit_code.value_or(0) == 2);
}

BOOST_AUTO_TEST_CASE(a_value_is_no_further_option) {
    const auto read = read_options(with(), "installation: \"a --leader-elect\"\n");
    BOOST_TEST(!read.has_value()); // no label value, and no flag
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
