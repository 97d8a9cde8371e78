#include "charts/address.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace holdfast::charts {
namespace {

BOOST_AUTO_TEST_SUITE(charts_address)

web_address at(std::string_view text) {
    auto a = web_address::parse(text);
    BOOST_REQUIRE_MESSAGE(a.has_value(), a.error().message());
    return *a;
}

std::string said(const web_address& a) {
    return a.origin() + a.target();
}

BOOST_AUTO_TEST_CASE(a_url_is_taken_apart_and_its_query_is_never_said) {
    const auto a = at("HTTPS://Charts.Example.com:8443/a b/x.tgz?sig=abc&x#part");
    BOOST_TEST(a.tls);
    BOOST_TEST(a.host == "charts.example.com");
    BOOST_TEST(a.port == 8443);
    BOOST_TEST(a.target() == "/a%20b/x.tgz?sig=abc&x");
    BOOST_TEST(a.shown() == "https://charts.example.com:8443/a%20b/x.tgz");
    BOOST_TEST(at("http://[::1]").origin() == "http://[::1]");
    BOOST_TEST(at("http://h").target() == "/");
}

BOOST_AUTO_TEST_CASE(what_is_no_url_is_refused_without_repeating_its_secrets) {
    for (const auto* text :
         {"ftp://h/x", "h/x", "", "https://", "https://h:0/", "https://u:hush@h/", "https://u@h/?hush",
          "https://h:99999/?hush", "://x"}) {
        const auto a = web_address::parse(text);
        BOOST_REQUIRE_MESSAGE(a.has_error(), text);
        BOOST_TEST((a.error().kind() == error_kind::user));
        BOOST_TEST(a.error().message().find("hush") == std::string::npos, a.error().message());
    }
}

BOOST_AUTO_TEST_CASE(references_are_resolved_as_rfc_3986_says) {
    const auto base = at("http://a/b/c/d;p?q");
    const std::map<std::string, std::string> wanted{
        {"g", "http://a/b/c/g"},       {"./g", "http://a/b/c/g"},    {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},          {"//g", "http://g/"},         {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},   {"#s", "http://a/b/c/d;p?q"}, {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},        {"./", "http://a/b/c/"},      {"..", "http://a/b/"},
        {"../", "http://a/b/"},        {"../g", "http://a/b/g"},     {"../..", "http://a/"},
        {"../../../g", "http://a/g"},  {"/./g", "http://a/g"},       {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},     {"..g", "http://a/b/c/..g"},  {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"}, {"g/../h", "http://a/b/c/h"}, {"https://x:1/y?z", "https://x:1/y?z"},
    };
    for (const auto& [reference, whole] : wanted) {
        const auto to = base.resolve(reference);
        BOOST_REQUIRE_MESSAGE(to.has_value(), reference);
        BOOST_TEST(said(*to) == whole, reference << ": " << said(*to));
    }
    BOOST_TEST(base.resolve("javascript:alert(1)").has_error());
    BOOST_TEST(base.resolve("file:///etc/passwd").has_error());
}

BOOST_AUTO_TEST_CASE(an_index_is_below_its_repository_with_or_without_a_slash) {
    BOOST_TEST(
        said(*below_repository(at("https://h/charts"), "index.yaml")) == "https://h/charts/index.yaml"
    );
    BOOST_TEST(
        said(*below_repository(at("https://h/charts/"), "web-1.0.tgz")) == "https://h/charts/web-1.0.tgz"
    );
    BOOST_TEST(said(*below_repository(at("https://h/c?sig=x"), "a.tgz")) == "https://h/c/a.tgz?sig=x");
    BOOST_TEST(said(*below_repository(at("https://h/c?sig=x"), "a.tgz?own")) == "https://h/c/a.tgz?own");
    BOOST_TEST(said(*below_repository(at("https://h/c?sig=x"), "https://o/a.tgz")) == "https://o/a.tgz");
    BOOST_TEST(said(*below_repository(at("https://h/c?sig=x"), "//o/a.tgz")) == "https://o/a.tgz");
}

BOOST_AUTO_TEST_CASE(a_place_is_scheme_host_and_port) {
    BOOST_TEST(same_place(at("https://h/a"), at("https://H:443/b")));
    BOOST_TEST(same_place(at("http://h"), at("https://h")));
    BOOST_TEST(!same_place(at("https://h"), at("http://h")));
    BOOST_TEST(!same_place(at("https://h"), at("https://h:8443")));
    BOOST_TEST(!same_place(at("https://h"), at("https://h.evil")));
    BOOST_TEST(!same_place(at("http://h:8080"), at("https://h")));
}

BOOST_AUTO_TEST_CASE(charts_in_registries_are_written_with_and_without_a_scheme) {
    BOOST_TEST(is_oci("oci://h/x"));
    BOOST_TEST(is_oci("registry-1.docker.io/bitnamicharts"));
    BOOST_TEST(!is_oci("https://h/x"));
    const auto one = parse_oci("oci://Registry.example.com:5000/charts/", "team/web");
    BOOST_REQUIRE(one.has_value());
    BOOST_TEST(one->registry.origin() == "https://registry.example.com:5000");
    BOOST_TEST(one->repository == "charts/team/web");
    BOOST_TEST(one->shown() == "oci://registry.example.com:5000/charts/team/web");
    BOOST_TEST(parse_oci("docker.io/bitnamicharts", "nginx")->registry.host == "registry-1.docker.io");
    BOOST_TEST(parse_oci("oci://h", "web")->repository == "web");
    const auto link = parse_oci_reference("oci://registry-1.docker.io:443/bitnamicharts/nginx:15.0.0");
    BOOST_REQUIRE(link.has_value());
    BOOST_TEST(link->repository == "bitnamicharts/nginx");
    BOOST_TEST(link->tag == "15.0.0");
    BOOST_TEST(parse_oci_reference("oci://h:5000/x")->tag.empty());
    for (const auto* text :
         {"oci://", "oci://h/UPPER", "oci://h/../x", "oci://h//x", "oci://u:hush@h/x", "oci://h/x?y",
          "oci://h/x y", "oci://h/-x"}) {
        const auto wrong = parse_oci(text, "web");
        BOOST_REQUIRE_MESSAGE(wrong.has_error(), text);
        BOOST_TEST(wrong.error().message().find("hush") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(versions_become_tags_and_come_back) {
    BOOST_TEST(tag_of("1.2.3+build.4") == "1.2.3_build.4");
    BOOST_TEST(version_of("1.2.3_build.4") == "1.2.3+build.4");
    BOOST_TEST(is_tag("1.2.3_build.4"));
    BOOST_TEST(!is_tag("-x"));
    BOOST_TEST(!is_tag("a/b"));
    BOOST_TEST(!is_tag(std::string(129, 'a')));
}

BOOST_AUTO_TEST_CASE(names_of_charts_cannot_lead_elsewhere) {
    BOOST_TEST(check_chart_name("cert-manager.v1_x", false).has_value());
    BOOST_TEST(check_chart_name("team/web", true).has_value());
    for (const auto* name : {"", ".", "..", "a/b", "a b", "a\nb", "a?b", "\xc3\xa4"}) {
        BOOST_TEST(check_chart_name(name, false).has_error(), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::charts
