#include "kube/connect.hpp"

#include "support/certificates.hpp"
#include "support/coroutine.hpp"
#include "support/imposter.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::kube {

using namespace std::chrono_literals;
using test::answer_json;
namespace asio = boost::asio;

namespace {

struct connections {
    test::temporary_directory dir;
    asio::io_context context;
    std::chrono::steady_clock::time_point steady = std::chrono::steady_clock::now();

    std::unique_ptr<http::client> make(connection_config config) {
        credential_clock clock;
        clock.steady = [this] { return steady; };
        return connect(context.get_executor(), std::move(config), std::move(clock)).value();
    }
    result<http::response> get(http::client& c, std::vector<http::header> headers = {}) {
        http::request what;
        what.target = "/version";
        what.headers = std::move(headers);
        return test::run(context, c.send(std::move(what)));
    }
};

// 200 for this token, 401 for all others.
auto wants(std::string token) {
    return [token = "Bearer " + token](const test::seen_request& r) {
        return r.header("Authorization") == token ? answer_json(200, "{}") : answer_json(401, "{}");
    };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(connecting, connections)

BOOST_AUTO_TEST_CASE(every_request_bears_the_credentials_and_the_impersonation) {
    test::imposter server;
    server.when("GET", "/").always(wants("abc"));
    connection_config config;
    config.http.url = server.url();
    config.credentials = token_credentials{"abc"};
    config.impersonation = {{"Impersonate-User", "jane"}};
    const auto c = make(config);
    BOOST_TEST(get(*c).value().status == 200u);
    BOOST_TEST(server.requests().at(0).header("Impersonate-User") == "jane");
    // A caller with credentials of its own keeps them.
    BOOST_TEST(get(*c, {{"authorization", "Bearer other"}}).value().status == 401u);
    BOOST_TEST(server.requests().at(1).header("Authorization") == "Bearer other");
}

BOOST_AUTO_TEST_CASE(a_refused_token_is_reread_and_the_request_sent_once_more) {
    test::imposter server;
    server.when("", "/").always(wants("new"));
    static_cast<void>(dir.write("token", "old"));
    connection_config config;
    config.http.url = server.url();
    config.credentials = token_file_credentials{dir / "token"};
    const auto c = make(config);
    BOOST_TEST(get(*c).value().status == 401u);
    BOOST_TEST(server.requests().size() == 1u); // the file had no other
    static_cast<void>(dir.write("token", "new"));
    http::request what;
    what.method = "POST";
    what.target = "/x";
    what.body = "the body";
    BOOST_TEST(test::run(context, c->send(what)).value().status == 200u);
    BOOST_TEST(server.requests().size() == 3u);
    BOOST_TEST(server.requests().at(2).body == "the body");
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_refused_is_opened_once_more) {
    test::imposter server;
    server.when("GET", "/").always(wants("new"));
    static_cast<void>(dir.write("token", "old"));
    connection_config config;
    config.http.url = server.url();
    config.credentials = token_file_credentials{dir / "token"};
    const auto c = make(config);
    const auto open = [&] {
        http::request what;
        what.target = "/watch";
        return test::run(context, c->open(std::move(what), 10s)).value()->head().status;
    };
    BOOST_TEST(open() == 401u);
    static_cast<void>(dir.write("token", "new"));
    BOOST_TEST(open() == 200u);
}

BOOST_AUTO_TEST_CASE(a_token_that_stays_refused_is_answered_401_and_not_asked_for_ever) {
    test::imposter server;
    server.when("GET", "/").always(wants("never"));
    connection_config config;
    config.http.url = server.url();
    config.credentials = token_credentials{"abc"};
    BOOST_TEST(get(*make(config)).value().status == 401u);
    BOOST_TEST(server.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_missing_token_file_is_an_error_that_says_whose) {
    connection_config config;
    config.http.url = "http://127.0.0.1:1";
    config.origin = "context c of x";
    config.credentials = token_file_credentials{dir / "gone"};
    const auto r = get(*make(config));
    BOOST_TEST_REQUIRE(!r.has_value());
    BOOST_TEST(r.error().message().find("context c of x") != std::string::npos, r.error().message());
    BOOST_TEST(r.error().message().find("gone") != std::string::npos, r.error().message());
}

BOOST_AUTO_TEST_CASE(an_authority_that_is_replaced_is_reread_after_five_minutes) {
    const test::authority old_ca{"old"};
    const test::authority new_ca{"new"};
    const auto pair = new_ca.server({"IP:127.0.0.1"});
    test::imposter server{{pair.certificate, pair.key, {}}};
    server.when("GET", "/").always(answer_json(200, "{}"));
    connection_config config;
    config.http.url = server.url();
    config.http.tls.ca = old_ca.certificate();
    config.ca_file = dir.write("ca.crt", new_ca.certificate());
    const auto c = make(config);
    BOOST_TEST(!get(*c).has_value());
    steady += 4min;
    BOOST_TEST(!get(*c).has_value());
    steady += 1min;
    BOOST_TEST(get(*c).has_value());
    // A broken file changes nothing.
    static_cast<void>(dir.write("ca.crt", "half a certif"));
    steady += 10min;
    BOOST_TEST(get(*c).has_value());
}

BOOST_AUTO_TEST_CASE(a_plugin_may_give_a_client_certificate) {
    const test::authority clients{"clients"};
    const auto me = clients.client("me");
    const test::authority ca;
    const auto pair = ca.server({"IP:127.0.0.1"});
    test::imposter server{{pair.certificate, pair.key, clients.certificate()}};
    server.when("GET", "/").always(answer_json(200, "{}"));
    const auto escaped = [](std::string text) {
        for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) {
            text.replace(at, 1, "\\n");
        }
        return text;
    };
    const auto answer = dir.write(
        "answer.json", R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":)"
                       R"({"clientCertificateData":")" +
                           escaped(me.certificate) + R"(","clientKeyData":")" + escaped(me.key) + "\"}}"
    );
    exec_credentials exec;
    exec.api_version = "client.authentication.k8s.io/v1";
    exec.command = "cat";
    exec.args = {answer};
    connection_config config;
    config.http.url = server.url();
    config.http.tls.ca = ca.certificate();
    config.credentials = exec;
    const auto c = make(config);
    const auto r = get(*c);
    BOOST_TEST(r.has_value(), (r ? "" : r.error().message()));
    BOOST_TEST(get(*c).has_value());
    BOOST_TEST(server.connections() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::kube
