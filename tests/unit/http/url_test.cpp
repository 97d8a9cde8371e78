#include "http/url.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::http {

BOOST_AUTO_TEST_SUITE(url_of_a_server)

BOOST_AUTO_TEST_CASE(parts_are_taken_apart) {
    const auto u = parse_url("https://me:p%40ss@example.test:6443/base/").value();
    BOOST_TEST(u.tls);
    BOOST_TEST(u.user == "me");
    BOOST_TEST(u.password == "p@ss");
    BOOST_TEST(u.host == "example.test");
    BOOST_TEST(u.port == 6443);
    BOOST_TEST(u.path == "/base");
    BOOST_TEST(u.origin() == "https://example.test:6443");
}

BOOST_AUTO_TEST_CASE(a_port_of_the_scheme_is_left_out_of_the_host_header_but_not_of_connect) {
    const auto u = parse_url("https://example.test").value();
    BOOST_TEST(u.authority() == "example.test");
    BOOST_TEST(u.endpoint() == "example.test:443");
    BOOST_TEST(parse_url("http://example.test:443").value().authority() == "example.test:443");
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_keeps_its_brackets_only_in_text) {
    const auto u = parse_url("https://[::1]:6443").value();
    BOOST_TEST(u.host == "::1");
    BOOST_TEST(u.authority() == "[::1]:6443");
}

BOOST_AUTO_TEST_CASE(what_is_no_url_is_refused_with_a_reason) {
    for (const auto* text :
         {"", "example.test", "ftp://example.test", "https://", "https://:443", "https://a:0",
          "https://a:65536", "https://a:x", "https://[::1", "https://::1", "https://a?b=c", "https://a#b",
          "https://a b", "https://u:%zz@a", "https://a\r\nX: y", "https://a/\x7f"}) {
        const auto u = parse_url(text);
        BOOST_TEST_REQUIRE(!u, text);
        BOOST_TEST((u.error().kind() == error_kind::user), text);
    }
}

BOOST_AUTO_TEST_CASE(an_error_does_not_repeat_the_password) {
    const auto u = parse_url("https://me:hunter2@example.test:99999");
    BOOST_TEST_REQUIRE(!u);
    BOOST_TEST(u.error().message().find("hunter2") == std::string::npos);
    BOOST_TEST(u.error().message().find("example.test") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
