#include "git/credentials.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::git {
namespace {

const std::string pem_key = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n";
const std::string pem_certificate = "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n";

credentials read(const secret_data& data) {
    auto c = read_credentials(data);
    BOOST_REQUIRE_MESSAGE(c.has_value(), c.error().message());
    return std::move(*c);
}

std::string refusal(const secret_data& data) {
    const auto c = read_credentials(data);
    BOOST_REQUIRE(c.has_error());
    BOOST_TEST((c.error().kind() == error_kind::user));
    return c.error().message();
}

std::string refusal(const credentials& c, const char* address) {
    const auto checked = check(c, *url::parse(address));
    return checked ? "" : checked.error().message();
}

BOOST_AUTO_TEST_SUITE(git_credentials)

BOOST_AUTO_TEST_CASE(the_keys_of_argo_cd_are_read) {
    const auto c = read({
        {"type", "git"},
        {"url", "https://x/y"},
        {"username", "ada\n"},
        {"password", " pass word \n"},
        {"sshPrivateKey", pem_key},
        {"tlsClientCertData", pem_certificate},
        {"tlsClientCertKey", pem_key},
        {"proxy", "http://proxy:3128"},
        {"noProxy", "a,b"},
        {"insecureIgnoreHostKey", "true"},
    });
    BOOST_TEST(c.basic->username == "ada");
    BOOST_TEST(c.basic->password == " pass word ");
    BOOST_TEST(c.ssh_key.value() == pem_key);
    BOOST_TEST(c.client_certificate == pem_certificate);
    BOOST_TEST(c.client_key == pem_key);
    BOOST_TEST(c.proxy == "http://proxy:3128");
    BOOST_TEST(c.no_proxy == "a,b");
    BOOST_TEST(c.insecure_ignore_host_key);
    BOOST_TEST(!c.insecure_skip_tls_verify);
}

BOOST_AUTO_TEST_CASE(the_keys_of_flux_are_read) {
    const auto c = read(
        {{"identity", pem_key},
         {"identity.pub", "ssh-ed25519 x"},
         {"known_hosts", "h ssh-ed25519 k"},
         {"bearerToken", "tok"},
         {"ca.crt", pem_certificate}}
    );
    BOOST_TEST(c.ssh_key.has_value());
    BOOST_TEST(c.known_hosts == "h ssh-ed25519 k\n");
    BOOST_TEST(c.bearer_token.value() == "tok");
    BOOST_TEST(c.ca == pem_certificate);
}

BOOST_AUTO_TEST_CASE(a_github_app_is_read) {
    const auto c = read(
        {{"githubAppID", "7"},
         {"githubAppInstallationID", "42"},
         {"githubAppPrivateKey", pem_key},
         {"githubAppEnterpriseBaseUrl", "https://ghe.example.com/api/v3/"}}
    );
    BOOST_TEST(c.app->app_id == 7U);
    BOOST_TEST(c.app->installation_id == 42U);
    BOOST_TEST(c.app->api_url == "https://ghe.example.com/api/v3");
    BOOST_TEST(
        read({{"githubAppID", "7"}, {"githubAppInstallationID", "42"}, {"githubAppPrivateKey", pem_key}}
        ).app->api_url == "https://api.github.com"
    );
}

BOOST_AUTO_TEST_CASE(an_app_shows_its_tokens_only_over_tls) {
    secret_data app{
        {"githubAppID", "7"},
        {"githubAppInstallationID", "42"},
        {"githubAppPrivateKey", pem_key},
        {"githubAppEnterpriseBaseUrl", "http://ghe.example.com/api/v3"}
    };
    BOOST_TEST(refusal(app).find("\"githubAppEnterpriseBaseUrl\" must be an https URL") != std::string::npos);
    app["insecure"] = "true";
    BOOST_TEST(read(app).app->api_url == "http://ghe.example.com/api/v3");
}

BOOST_AUTO_TEST_CASE(a_key_from_windows_or_without_its_last_line_end_is_mended) {
    BOOST_TEST(
        read({{"identity", "-----BEGIN X-----\r\nabc\r\n-----END X-----"}}).ssh_key.value() ==
        "-----BEGIN X-----\nabc\n-----END X-----\n"
    );
}

BOOST_AUTO_TEST_CASE(a_token_alone_is_a_password) {
    BOOST_TEST(read({{"password", "tok"}}).basic->username == "git");
}

BOOST_AUTO_TEST_CASE(errors_name_the_key_and_never_its_value) {
    BOOST_TEST(
        refusal(secret_data{{"username", "ada"}}) ==
        "the Secret's key \"password\" is missing: there is a \"username\" without it"
    );
    BOOST_TEST(refusal(secret_data{{"sshPrivateKey", "hunter2"}})
                   .starts_with("the Secret's key \"sshPrivateKey\" must hold"));
    BOOST_TEST(refusal(secret_data{{"sshPrivateKey", "hunter2"}}).find("hunter2") == std::string::npos);
    BOOST_TEST(
        refusal(secret_data{{"identity", "-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n-----END X-----"}})
            .find("passphrase") != std::string::npos
    );
    BOOST_TEST(
        refusal(secret_data{{"tlsClientCertData", pem_certificate}}
        ).find("\"tlsClientCertData\" needs its private key") != std::string::npos
    );
    BOOST_TEST(
        refusal(secret_data{{"tls.key", pem_key}}).find("\"tls.key\" needs its certificate") !=
        std::string::npos
    );
    BOOST_TEST(
        refusal(secret_data{{"githubAppID", "7"}}).find("\"githubAppInstallationID\" is missing") !=
        std::string::npos
    );
    BOOST_TEST(
        refusal(secret_data{
                    {"githubAppID", "x"}, {"githubAppInstallationID", "1"}, {"githubAppPrivateKey", pem_key}
                }
        ).find("\"githubAppID\" must be a number") != std::string::npos
    );
    BOOST_TEST(
        refusal(secret_data{{"insecure", "yes"}}).find("\"insecure\" must be \"true\" or \"false\"") !=
        std::string::npos
    );
    BOOST_TEST(
        refusal(secret_data{{"password", "a\r\nX-Evil: 1"}}).find("more than one line") != std::string::npos
    );
    BOOST_TEST(refusal(secret_data{{"username", "a:b"}, {"password", "x"}}).find("':'") != std::string::npos);
    BOOST_TEST(refusal(secret_data{{"proxy", "proxy:3128"}}).find("must be a URL") != std::string::npos);
    BOOST_TEST(refusal(secret_data{{"ca.crt", "x"}}).find("\"ca.crt\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_the_url_is_refused) {
    credentials none;
    credentials password;
    password.basic = basic_auth{.username = "a", .password = "b"};
    credentials key;
    key.ssh_key = pem_key;
    BOOST_TEST(refusal(none, "https://h/x").empty());
    BOOST_TEST(refusal(none, "http://h/x").empty());
    BOOST_TEST(refusal(none, "file:///x").empty());
    BOOST_TEST(refusal(password, "https://h/x").empty());
    BOOST_TEST(refusal(none, "git@h:x").find("sshPrivateKey") != std::string::npos);
    BOOST_TEST(refusal(password, "git@h:x").find("sshPrivateKey") != std::string::npos);
    BOOST_TEST(refusal(key, "ssh://git@h:2222/x").find("`ssh-keyscan -p 2222 h`") != std::string::npos);
    key.known_hosts = "h k";
    BOOST_TEST(refusal(key, "git@h:x").empty());
    BOOST_TEST(refusal(key, "https://h/x").find("git@host:path") != std::string::npos);
    BOOST_TEST(refusal(password, "http://h/x").find("in the clear") != std::string::npos);
    password.insecure_plain_http = true;
    BOOST_TEST(refusal(password, "http://h/x").empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git
