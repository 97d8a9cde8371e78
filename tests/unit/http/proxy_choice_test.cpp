#include "http/proxy.hpp"
#include "http/url.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>

namespace holdfast::http {

namespace {

proxied_place at(std::string_view text) {
    const auto u = parse_url(text).value();
    return {u.tls, u.host, u.port};
}

} // namespace

BOOST_AUTO_TEST_SUITE(which_proxy_is_used)

BOOST_AUTO_TEST_CASE(ones_own_proxy_goes_before_that_of_the_environment) {
    const std::map<std::string, std::string> environment{
        {"HTTPS_PROXY", "http://outer:1"},
        {"http_proxy", "http://plain:1"},
        {"NO_PROXY", "inside.example.com"}
    };
    const auto get = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string{} : found->second;
    };
    BOOST_TEST(proxy_for(at("https://h"), {}, {}, get) == "http://outer:1");
    BOOST_TEST(proxy_for(at("http://h"), {}, {}, get) == "http://plain:1");
    BOOST_TEST(proxy_for(at("https://a.inside.example.com"), {}, {}, get).empty());
    BOOST_TEST(proxy_for(at("https://h"), "http://own:1", {}, get) == "http://own:1");
    BOOST_TEST(proxy_for(at("https://h"), "http://own:1", "h", get).empty());
    BOOST_TEST(proxy_for(at("https://inside.example.com"), "http://own:1", "h", get) == "http://own:1");
}

BOOST_AUTO_TEST_CASE(exceptions_from_the_proxy_are_names_addresses_and_networks) {
    const auto excepted = [](std::string_view list, std::string_view url) {
        return is_excepted(list, at(url));
    };
    BOOST_TEST(excepted("*", "https://h"));
    BOOST_TEST(excepted(" a , Example.COM", "https://x.example.com"));
    BOOST_TEST(excepted(".example.com", "https://x.example.com"));
    BOOST_TEST(excepted("*.example.com", "https://x.example.com"));
    BOOST_TEST(!excepted(".example.com", "https://example.com"));
    BOOST_TEST(!excepted("example.com", "https://badexample.com"));
    BOOST_TEST(excepted("h:8443", "https://h:8443"));
    BOOST_TEST(!excepted("h:8443", "https://h"));
    BOOST_TEST(excepted("10.0.0.0/8", "https://10.1.2.3"));
    BOOST_TEST(!excepted("10.0.0.0/8", "https://11.1.2.3"));
    BOOST_TEST(excepted("fd00::/8", "https://[fd00::1]"));
    BOOST_TEST(excepted("[::1]:443", "https://[::1]"));
    BOOST_TEST(excepted("127.0.0.1", "https://127.0.0.1:1"));
    BOOST_TEST(!excepted("", "https://h"));
    BOOST_TEST(!excepted("10.0.0.0/8", "https://h"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
