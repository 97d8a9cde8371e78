// What registries say: challenges, tokens, manifests, lists of tags.
#include "charts/challenge.hpp"
#include "charts/manifest.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::charts {
namespace {

BOOST_AUTO_TEST_SUITE(charts_registry_words)

const std::string digits(64, 'a');

std::string manifest(const std::string& config, const std::string& layers) {
    return R"({"schemaVersion":2,"config":{"mediaType":")" + config + R"("},"layers":[)" + layers + "]}";
}
const std::string chart_config = "application/vnd.cncf.helm.config.v1+json";
std::string layer(const std::string& type, const std::string& digest, const std::string& size) {
    return R"({"mediaType":")" + type + R"(","digest":")" + digest + R"(","size":)" + size + "}";
}
const std::string archive_type = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

BOOST_AUTO_TEST_CASE(challenges_are_read_from_one_header_or_several) {
    const auto all = challenges_of({
        {"WWW-Authenticate",
         R"(Negotiate, Bearer realm="https://auth/token",service="a \"quoted\" one", scope=x, Basic realm="r, s")"
        },
        {"www-authenticate", "Digest"},
    });
    BOOST_REQUIRE(all.size() == 4U);
    BOOST_TEST(all[0].scheme == "negotiate");
    BOOST_TEST(all[1].scheme == "bearer");
    BOOST_TEST(all[1].find("realm") == "https://auth/token");
    BOOST_TEST(all[1].find("service") == "a \"quoted\" one");
    BOOST_TEST(all[1].find("scope") == "x");
    BOOST_TEST(all[2].find("realm") == "r, s");
    BOOST_TEST(all[3].scheme == "digest");
    BOOST_TEST(
        challenges_of({{"WWW-Authenticate", "Bearer realm=\"never closed"}}).front().find("realm").empty()
    );
    BOOST_TEST(challenges_of({{"WWW-Authenticate", "\x01\x02"}}).empty());
}

BOOST_AUTO_TEST_CASE(a_token_is_asked_for_at_the_realm_and_never_in_the_clear) {
    const auto ask = [](const std::string& realm, const std::string& registry,
                        const std::string& scope = {}) {
        challenge c{.scheme = "bearer", .parameters = {{"realm", realm}, {"service", "reg & co"}}};
        if (!scope.empty()) {
            c.parameters["scope"] = scope;
        }
        return token_address(c, *web_address::parse(registry), "repository:x/y:pull");
    };
    BOOST_TEST(
        ask("https://auth/token", "https://r")->target() ==
        "/token?service=reg%20%26%20co&scope=repository%3Ax%2Fy%3Apull"
    );
    BOOST_TEST(
        ask("https://auth/token?a=b", "https://r", "s")->target() ==
        "/token?a=b&service=reg%20%26%20co&scope=s"
    );
    BOOST_TEST(ask("http://r:5001/token", "http://r:5000").has_value());
    for (const auto& [realm, registry] :
         {std::pair{"http://auth/token", "https://r"}, std::pair{"http://r/token", "https://r"},
          std::pair{"http://auth/token", "http://r"}, std::pair{"file:///x", "https://r"}}) {
        BOOST_TEST(ask(realm, registry).has_error(), realm);
    }
}

BOOST_AUTO_TEST_CASE(tokens_are_read_under_both_names_and_believed_within_bounds) {
    BOOST_TEST(read_token(R"({"token":"t"})")->token == "t");
    BOOST_TEST(read_token(R"({"access_token":"t","expires_in":300})")->lifetime.count() == 300);
    BOOST_TEST(read_token(R"({"token":"t","expires_in":1e300})")->lifetime.count() == 3600);
    BOOST_TEST(read_token(R"({"token":"t","expires_in":-5})")->lifetime.count() == 10);
    for (const auto* body : {"", "[]", "{}", R"({"token":""})", R"({"token":"a\nb"})", R"({"token":5})"}) {
        BOOST_TEST(read_token(body).has_error(), body);
    }
}

BOOST_AUTO_TEST_CASE(a_manifest_of_a_chart_has_one_archive) {
    const auto found = read_manifest(manifest(
        chart_config, layer("application/vnd.cncf.helm.chart.provenance.v1.prov", "sha256:" + digits, "1") +
                          "," + layer(archive_type, "sha256:" + digits, "123")
    ));
    BOOST_REQUIRE_MESSAGE(found.has_value(), found.error().message());
    BOOST_TEST(found->digest == digits);
    BOOST_TEST(found->size == 123U);
}

BOOST_AUTO_TEST_CASE(what_is_no_manifest_of_a_chart_is_refused) {
    const auto refused = [](const std::string& body, std::string_view words) {
        const auto found = read_manifest(body);
        BOOST_REQUIRE_MESSAGE(found.has_error(), body);
        BOOST_TEST(found.error().message().find(words) != std::string::npos, found.error().message());
    };
    const auto good = layer(archive_type, "sha256:" + digits, "1");
    refused("", "JSON");
    refused(std::string(100, '['), "JSON");
    refused(R"({"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})", "image.index");
    refused(manifest("application/vnd.oci.image.config.v1+json", good), "image.config");
    refused(manifest(chart_config, ""), "no archive");
    refused(manifest(chart_config, good + "," + good), "more than one");
    refused(manifest(chart_config, layer(archive_type, "sha512:" + digits, "1")), "sha256");
    refused(manifest(chart_config, layer(archive_type, "sha256:../../etc", "1")), "sha256");
    refused(manifest(chart_config, layer(archive_type, "sha256:" + digits, "-1")), "size");
    refused(manifest(chart_config, layer(archive_type, "sha256:" + digits, "1e400")), "");
}

BOOST_AUTO_TEST_CASE(tags_come_in_pages) {
    const auto page = read_tags(
        R"({"name":"x","tags":["1.0.0","-bad","1.0.0_b",5]})",
        R"(</v2/x/tags/list?last=a&n=2>; rel="next", </first>; rel="first")"
    );
    BOOST_REQUIRE(page.has_value());
    BOOST_TEST(page->tags.size() == 2U);
    BOOST_TEST(page->next == "/v2/x/tags/list?last=a&n=2");
    BOOST_TEST(read_tags(R"({"tags":null})", "")->tags.empty());
    BOOST_TEST(read_tags("{}", "<a>; rel=\"prev\"")->next.empty());
    BOOST_TEST(read_tags("{}", "<a").value().next.empty());
    BOOST_TEST(read_tags("x", "").has_error());
}

BOOST_AUTO_TEST_CASE(digests_are_sha256_in_either_case) {
    BOOST_TEST(*sha256_of("sha256:" + std::string(64, 'A')) == digits);
    BOOST_TEST(*sha256_of(digits) == digits);
    BOOST_TEST(!sha256_of("sha256:" + digits + "a"));
    BOOST_TEST(!sha256_of(std::string(64, 'g')));
    BOOST_TEST(!sha256_of(""));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::charts
