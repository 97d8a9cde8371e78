#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::http {

namespace {

// A server at 127.0.0.1 with a certificate of `ca` for these names.
struct secure {
    test::authority ca;
    test::imposter server;

    explicit secure(const std::vector<std::string>& names = {"IP:127.0.0.1"}, std::string client_ca = {})
        : server{make_tls(ca, names, std::move(client_ca))} {
        server.when("", "/").always(answer(200, "ok"));
    }

    static test::imposter_tls
    make_tls(const test::authority& issuer, const std::vector<std::string>& names, std::string client_ca) {
        auto pair = issuer.server(names);
        return {std::move(pair.certificate), std::move(pair.key), std::move(client_ca)};
    }

    [[nodiscard]] client_options options() const {
        client_options o;
        o.url = server.url();
        o.tls.ca = ca.certificate();
        return o;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(http_tls, fixture)

BOOST_AUTO_TEST_CASE(an_address_in_the_certificate_is_matched_as_an_address) {
    const secure s;
    const auto c = make(s.options());
    const auto r = get(*c);
    BOOST_TEST_REQUIRE(r.has_value(), (r ? "" : r.error().message()));
    BOOST_TEST(r->body == "ok");
    BOOST_TEST(get(*c).has_value());
    BOOST_TEST(s.server.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_long_body_goes_both_ways_through_tls) {
    secure s;
    const std::string body(std::size_t{3} << 20U, 'x');
    s.server.when("POST", "").always([](const test::seen_request& r) { return answer(200, r.body); });
    test::imposter echo{secure::make_tls(s.ca, {"IP:127.0.0.1"}, {})};
    echo.when("POST", "/").always([](const test::seen_request& r) { return answer(200, r.body); });
    auto options = s.options();
    options.url = echo.url();
    const auto c = make(options);
    request what;
    what.method = "POST";
    what.body = body;
    const auto r = send(*c, what);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST((r->body == body));
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_authority_is_refused) {
    const secure s;
    const test::authority other;
    auto options = s.options();
    options.tls.ca = other.certificate();
    const auto r = get(*make(options));
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST((r.error().kind() == error_kind::forbidden));
    BOOST_TEST(r.error().message().find("does not verify") != std::string::npos, r.error().message());
    BOOST_TEST(s.server.requests().empty());
}

BOOST_AUTO_TEST_CASE(the_systems_authorities_do_not_know_ours) {
    const secure s;
    auto options = s.options();
    options.tls.ca.clear();
    const auto r = get(*make(options));
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST((r.error().kind() == error_kind::forbidden));
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_is_refused_and_both_names_are_said) {
    const secure s{{"DNS:other.test"}};
    auto options = s.options();
    options.tls.server_name = "wanted.test";
    const auto by_name = get(*make(options));
    BOOST_TEST_REQUIRE(!by_name);
    BOOST_TEST((by_name.error().kind() == error_kind::forbidden));
    BOOST_TEST(by_name.error().message().find("wanted.test") != std::string::npos, by_name.error().message());
    BOOST_TEST(by_name.error().message().find("other.test") != std::string::npos, by_name.error().message());

    const auto by_address = get(*make(s.options()));
    BOOST_TEST_REQUIRE(!by_address);
    BOOST_TEST((by_address.error().kind() == error_kind::forbidden));
}

BOOST_AUTO_TEST_CASE(a_name_that_looks_like_the_address_does_not_stand_for_it) {
    const secure s{{"DNS:127.0.0.1"}};
    BOOST_TEST(!get(*make(s.options())).has_value());
}

BOOST_AUTO_TEST_CASE(a_given_name_is_asked_for_and_matched_instead_of_the_host) {
    const secure s{{"DNS:wanted.test"}};
    auto options = s.options();
    options.tls.server_name = "wanted.test";
    BOOST_TEST(get(*make(options)).has_value());
}

BOOST_AUTO_TEST_CASE(a_wildcard_stands_for_one_label) {
    const secure s{{"DNS:*.example.test"}};
    auto options = s.options();
    options.tls.server_name = "a.example.test";
    BOOST_TEST(get(*make(options)).has_value());
    options.tls.server_name = "a.b.example.test";
    BOOST_TEST(!get(*make(options)).has_value());
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_is_refused) {
    const test::authority ca;
    const auto old = ca.expired({"IP:127.0.0.1"});
    const test::imposter server{{old.certificate, old.key, {}}};
    client_options options;
    options.url = server.url();
    options.tls.ca = ca.certificate();
    const auto r = get(*make(options));
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST((r.error().kind() == error_kind::forbidden));
    BOOST_TEST(r.error().message().find("expired") != std::string::npos, r.error().message());
}

BOOST_AUTO_TEST_CASE(verification_can_be_switched_off_by_name) {
    const secure s{{"DNS:other.test"}};
    client_options options;
    options.url = s.server.url();
    options.tls.insecure_skip_verify = true;
    BOOST_TEST(get(*make(options)).has_value());
}

BOOST_AUTO_TEST_CASE(a_server_that_asks_gets_our_certificate) {
    const test::authority clients{"client authority"};
    const secure s{{"IP:127.0.0.1"}, clients.certificate()};
    auto options = s.options();
    const auto me = clients.client("me");
    options.tls.certificate = me.certificate;
    options.tls.key = me.key;
    const auto r = get(*make(options));
    BOOST_TEST(r.has_value(), (r ? "" : r.error().message()));
}

BOOST_AUTO_TEST_CASE(a_server_that_asks_in_vain_refuses_and_we_say_so) {
    const test::authority clients{"client authority"};
    const secure s{{"IP:127.0.0.1"}, clients.certificate()};
    const auto without = get(*make(s.options()));
    BOOST_TEST_REQUIRE(!without);
    BOOST_TEST((without.error().kind() == error_kind::forbidden), without.error().message());

    auto options = s.options();
    const auto stranger = test::authority{"someone else"}.client("me");
    options.tls.certificate = stranger.certificate;
    options.tls.key = stranger.key;
    const auto wrong = get(*make(options));
    BOOST_TEST_REQUIRE(!wrong);
    BOOST_TEST((wrong.error().kind() == error_kind::forbidden), wrong.error().message());
}

BOOST_AUTO_TEST_CASE(certificates_that_cannot_be_read_are_user_errors) {
    const test::authority ca;
    const auto one = ca.client("one");
    const auto two = ca.client("two");
    const auto kind_of = [this](tls_options tls) {
        client_options options;
        options.url = "https://127.0.0.1:1";
        options.tls = std::move(tls);
        const auto made = make_client(context.get_executor(), std::move(options));
        return made ? error_kind::internal : made.error().kind();
    };
    BOOST_TEST((kind_of({.ca = "nonsense"}) == error_kind::user));
    BOOST_TEST((
        kind_of({.ca = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) == error_kind::user
    ));
    BOOST_TEST((kind_of({.certificate = one.certificate}) == error_kind::user));
    BOOST_TEST((kind_of({.certificate = one.certificate, .key = "nonsense"}) == error_kind::user));
    BOOST_TEST((kind_of({.certificate = one.certificate, .key = two.key}) == error_kind::user));
}

BOOST_AUTO_TEST_CASE(tls_can_be_replaced_while_running) {
    const test::authority old_clients{"old"};
    const test::authority new_clients{"new"};
    const secure s{{"IP:127.0.0.1"}, new_clients.certificate()};
    auto options = s.options();
    const auto before = old_clients.client("me");
    options.tls.certificate = before.certificate;
    options.tls.key = before.key;
    const auto c = make(options);
    BOOST_TEST(!get(*c).has_value());

    auto next = options.tls;
    next.key = "nonsense";
    BOOST_TEST((c->replace_tls(next).error().kind() == error_kind::user));

    const auto after = new_clients.client("me");
    next.certificate = after.certificate;
    next.key = after.key;
    BOOST_TEST_REQUIRE(c->replace_tls(next).has_value());
    BOOST_TEST(get(*c).has_value());
    const auto used = s.server.connections();
    BOOST_TEST_REQUIRE(c->replace_tls(next).has_value());
    BOOST_TEST(get(*c).has_value());
    BOOST_TEST(s.server.connections() == used + 1);
}

BOOST_AUTO_TEST_CASE(a_server_that_speaks_no_tls_is_named_as_such) {
    test::imposter server;
    server.on_connect(script{}.send("HTTP/1.1 400 Bad Request\r\n\r\n").close());
    client_options options;
    options.url = "https://127.0.0.1:" + std::to_string(server.port());
    const auto r = get(*make(options));
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
    BOOST_TEST(r.error().message().find("does not speak TLS") != std::string::npos, r.error().message());
}

BOOST_AUTO_TEST_CASE(a_handshake_that_does_not_come_ends_with_the_connect_timeout) {
    test::imposter server;
    server.on_connect(script{}.stall());
    client_options options;
    options.url = "https://127.0.0.1:" + std::to_string(server.port());
    options.connect_timeout = 50ms;
    const auto r = get(*make(options));
    BOOST_TEST_REQUIRE(!r);
    BOOST_TEST(r.error().is_transient());
}

BOOST_AUTO_TEST_CASE(a_body_without_length_that_is_cut_without_an_end_of_tls_is_truncated) {
    secure s;
    test::imposter server{secure::make_tls(s.ca, {"IP:127.0.0.1"}, {})};
    server.when("GET", "/cut").always(script{}.head(200).send("some").reset());
    server.when("GET", "/whole").always(script{}.head(200).send("all").close());
    auto options = s.options();
    options.url = server.url();
    const auto c = make(options);
    BOOST_TEST(!get(*c, "/cut").has_value());
    BOOST_TEST(get(*c, "/whole").value().body == "all");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
