#include "charts/index.hpp"
#include "charts/versions.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::charts {
namespace {

BOOST_AUTO_TEST_SUITE(charts_index)

BOOST_AUTO_TEST_CASE(an_index_is_read_as_helm_writes_it) {
    const auto index = chart_index::parse(R"(apiVersion: v1
entries:
  web:
  - annotations:
      a: [1, {b: c}]
    apiVersion: v2
    created: "2026-01-01T00:00:00Z"
    dependencies:
    - name: other
      version: 9.9.9
    digest: SHA256:ABCDEF
    name: web
    urls:
    - https://h/web-1.1.0.tgz
    - https://mirror/web-1.1.0.tgz
    version: 1.1.0
  - version: 1.0.0
    urls: [web-1.0.0.tgz]
  - name: nothing
  - null
  empty: []
generated: "2026-01-01T00:00:00Z"
)");
    BOOST_REQUIRE_MESSAGE(index.has_value(), index.error().message());
    const auto* web = index->find("web");
    BOOST_REQUIRE(web != nullptr);
    BOOST_REQUIRE(web->size() == 2U);
    BOOST_TEST((*web)[0].version == "1.1.0");
    BOOST_TEST((*web)[0].digest == "sha256:abcdef"); // no digest, said so when it is wanted
    BOOST_TEST((*web)[0].urls.size() == 2U);
    BOOST_TEST((*web)[1].urls.front() == "web-1.0.0.tgz");
    BOOST_TEST((*web)[1].digest.empty());
    BOOST_TEST(index->find("empty")->empty());
    BOOST_TEST(index->find("other") == nullptr);
}

BOOST_AUTO_TEST_CASE(an_index_may_be_json_and_may_be_empty) {
    const auto json = chart_index::parse(
        R"({"apiVersion":"v1","entries":{"web":[{"version":"1.0.0","digest":"sha256:00","urls":["a.tgz"]}]}})"
    );
    BOOST_REQUIRE_MESSAGE(json.has_value(), json.error().message());
    BOOST_TEST(json->find("web")->front().digest == "00");
    BOOST_TEST(chart_index::parse("entries: {}\n").has_value());
    BOOST_TEST(chart_index::parse("entries:\n").has_value());
}

BOOST_AUTO_TEST_CASE(ruby_writes_aliases_of_texts) {
    const auto index =
        chart_index::parse("entries:\n  web:\n  - version: &1 1.0.0\n    appVersion: *1\n    urls: [a]\n"
                           "  - version: *1\n    urls: [b]\n");
    BOOST_REQUIRE_MESSAGE(index.has_value(), index.error().message());
    BOOST_TEST(index->find("web")->at(1).version == "1.0.0");
}

BOOST_AUTO_TEST_CASE(what_is_no_index_is_said_with_its_line) {
    const auto refused = [](std::string_view text, std::string_view words) {
        const auto index = chart_index::parse(text);
        BOOST_REQUIRE_MESSAGE(index.has_error(), text);
        BOOST_TEST((index.error().kind() == error_kind::user));
        BOOST_TEST(index.error().message().find(words) != std::string::npos, index.error().message());
    };
    refused("", "empty");
    refused("<!DOCTYPE html>\n<html><body>not found: x</body></html>", "not an index");
    refused("- a\n", "no mapping");
    refused("apiVersion: v1\n", "no \"entries\"");
    refused("entries: []\n", "line 1");
    refused("entries:\n  web: {a: b}\n", "line 2");
    refused("entries:\n  web:\n  - version: 'x\n", "line");
    refused("entries:\n  web:\n  - x: " + std::string(200, '[') + std::string(200, ']') + "\n", "deeply");
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_bounded) {
    std::string text = "entries:\n  web:\n";
    for (int i = 0; i < 2000; ++i) {
        text += "  - version: 1.0." + std::to_string(i) + "\n    urls: [web-" + std::to_string(i) + ".tgz]\n";
    }
    BOOST_TEST(chart_index::parse(text).has_value());
    index_limits limits;
    limits.max_bytes = 100'000;
    const auto refused = chart_index::parse(text, limits);
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().message().find("memory") != std::string::npos, refused.error().message());
    // Aliases of one long text, many times.
    std::string bomb = "x: &a " + std::string(4000, 'a') + "\nentries:\n  web:\n";
    for (int i = 0; i < 1000; ++i) {
        bomb += "  - version: 1.0.0\n    urls: [*a, *a, *a, *a]\n";
    }
    BOOST_TEST(chart_index::parse(bomb, limits).has_error());
    // Names and versions that nobody could say.
    const auto odd = chart_index::parse(
        "entries:\n  \"a\\nb\":\n  - version: 1.0.0\n  web:\n  - version: \"1\\n2\"\n  - version: " +
        std::string(300, '1') + "\n"
    );
    BOOST_REQUIRE(odd.has_value());
    BOOST_TEST(odd->names().size() == 1U);
    BOOST_TEST(odd->find("web")->empty());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(charts_versions)

const std::vector<std::string_view> have{"1.3.9",  "1.4.0",     "2.0.0-rc.1", "v1.2.0",
                                         "latest", "1.4.0+b.1", "0.9.0"};

std::string chosen(std::string_view wanted) {
    const auto at = choose_version(have, wanted, "the chart \"web\" of https://h");
    return at ? std::string{have[*at]} : at.error().message();
}

BOOST_AUTO_TEST_CASE(a_version_is_chosen_as_helm_does) {
    BOOST_TEST(chosen("") == "1.4.0");
    BOOST_TEST(chosen("*") == "1.4.0");
    BOOST_TEST(chosen("1.4.0+b.1") == "1.4.0+b.1");
    BOOST_TEST(chosen("1.2.0") == "v1.2.0");
    BOOST_TEST(chosen("latest") == "latest");
    BOOST_TEST(chosen("~1.3") == "1.3.9");
    BOOST_TEST(chosen("<1") == "0.9.0");
    BOOST_TEST(chosen(">=2.0.0-0") == "2.0.0-rc.1");
    BOOST_TEST(chosen("2.0.0-rc.1") == "2.0.0-rc.1");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_said_with_what_is_near) {
    BOOST_TEST(
        chosen("1.5.0") == "the chart \"web\" of https://h has no version 1.5.0; nearest versions are 1.4.0, "
                           "2.0.0-rc.1, 1.4.0+b.1"
    );
    BOOST_TEST(
        chosen("^3") ==
        "the chart \"web\" of https://h has no version in the range ^3; the highest versions are "
        "1.4.0, 1.4.0+b.1, 1.3.9"
    );
    BOOST_TEST(
        choose_version({"1.0.0-rc.1"}, "", "it").error().message() ==
        "it has no release, only prereleases: 1.0.0-rc.1; name one, or write a range like \">=0.0.0-0\""
    );
    BOOST_TEST(
        choose_version({"0.1.0"}, "0.2.0", "it").error().message() ==
        "it has no version 0.2.0; nearest is 0.1.0"
    );
    BOOST_TEST(choose_version({}, "1.0.0", "it").error().message() == "it has no versions");
    BOOST_TEST((choose_version({}, "1.0.0", "it").error().kind() == error_kind::not_found));
    BOOST_TEST((choose_version(have, ">>", "it").error().kind() == error_kind::user));
    BOOST_TEST(check_range("nonsense").has_error());
    BOOST_TEST(check_range("").has_value());
    BOOST_TEST(is_exact("1.2.3-rc.1+b"));
    BOOST_TEST(!is_exact("1.2"));
    BOOST_TEST(!is_exact("1.2.x"));
}

BOOST_AUTO_TEST_CASE(a_wrong_name_is_said_with_those_that_it_may_have_been) {
    const std::vector<std::string_view> names{"nginx", "nginx-ingress", "redis", "a", "b", "c", "d"};
    const auto said = [&](std::string_view wanted) {
        const auto e = no_such_chart(names, wanted, "https://h");
        BOOST_TEST((e.kind() == error_kind::not_found));
        return e.message();
    };
    BOOST_TEST(said("ngnix") == "there is no chart \"ngnix\" in https://h; nearest is nginx");
    BOOST_TEST(said("redi") == "there is no chart \"redi\" in https://h; nearest is redis");
    BOOST_TEST(
        said("postgresql") ==
        "there is no chart \"postgresql\" in https://h; it has nginx, nginx-ingress, redis, a, b and 2 more"
    );
    BOOST_TEST(
        no_such_chart({}, "x", "https://h").message() ==
        "there is no chart \"x\" in https://h, which has none"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::charts
