#include "charts/archive.hpp"
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::charts::test {
namespace {

BOOST_AUTO_TEST_SUITE(charts_archive)

const archived chart_yaml{.path = "web/Chart.yaml", .content = "name: web\nversion: 1.0.0\n", .link = {}};

archived file(std::string path, std::string content = "x") {
    return {.path = std::move(path), .content = std::move(content), .link = {}};
}
archived link(std::string path, char type, std::string target) {
    return {.path = std::move(path), .content = {}, .type = type, .link = std::move(target)};
}

void refused(const std::string& bytes, std::string_view words, const archive_limits& limits = {}) {
    const auto facts = inspect_archive(bytes, limits);
    BOOST_REQUIRE_MESSAGE(facts.has_error(), words);
    BOOST_TEST((facts.error().kind() == error_kind::user));
    BOOST_TEST(facts.error().message().find(words) != std::string::npos, facts.error().message());
}

BOOST_AUTO_TEST_CASE(a_chart_says_its_name_and_version) {
    const auto facts = inspect_archive(chart_tgz("web", "1.2.3"));
    BOOST_REQUIRE_MESSAGE(facts.has_value(), facts.error().message());
    BOOST_TEST(facts->name == "web");
    BOOST_TEST(facts->version == "1.2.3");
    BOOST_TEST(check_is(*facts, "web", "1.2.3").has_value());
    BOOST_TEST(check_is(*facts, "web", "v1.2.3").has_value());
    BOOST_TEST(check_is(*facts, "web", "1.2.4").has_error());
    BOOST_TEST(check_is(*facts, "web", "1.2.3+b").has_error());
    BOOST_TEST(check_is(*facts, "other", "1.2.3").has_error());
}

BOOST_AUTO_TEST_CASE(links_inside_are_left_alone) {
    const auto facts = inspect_archive(tgz({
        link("web/", '5', ""),
        chart_yaml,
        file("web/files/a"),
        link("web/files/b", '2', "../Chart.yaml"),
        link("web/c", '2', "files/a"),
        link("web/d", '1', "web/files/a"),
    }));
    BOOST_TEST(facts.has_value());
}

BOOST_AUTO_TEST_CASE(what_leads_out_is_refused) {
    for (const auto* path : {"/etc/passwd", "../x", "web/../../x", "web/..", "..", "web\\..\\..\\x"}) {
        refused(tgz({chart_yaml, file(path)}), "leads out");
    }
    for (const auto* target : {"/etc/passwd", "../../x", "../..", "..", "a/../../../x", ""}) {
        refused(tgz({chart_yaml, link("web/l", '2', target)}), "leads out");
    }
    for (const auto* target : {"/etc/passwd", "../x", "other/x"}) {
        refused(tgz({chart_yaml, link("web/l", '1', target)}), "leads out");
    }
    refused(tgz({chart_yaml, link("l", '2', "web/Chart.yaml")}), "not in the directory");
    refused(tgz({chart_yaml, link("web", '2', "/etc")}), "leads out");
}

BOOST_AUTO_TEST_CASE(what_is_beside_the_chart_or_no_file_is_refused) {
    refused(tgz({chart_yaml, file("other/Chart.yaml")}), "not in the directory");
    refused(tgz({chart_yaml, file("web")}), "beside");
    refused(tgz({chart_yaml, link("web/null", '3', "")}), "neither a file");
    refused(tgz({chart_yaml, link("web/pipe", '6', "")}), "neither a file");
    refused(tgz({chart_yaml, chart_yaml}), "twice");
    refused(tgz({file("web/templates/Chart.yaml")}), "no Chart.yaml");
    refused(tgz({}), "no Chart.yaml");
}

BOOST_AUTO_TEST_CASE(a_chart_yaml_that_says_nothing_is_refused) {
    refused(tgz({file("web/Chart.yaml", "name: web\n")}), "\"version\"");
    refused(tgz({file("web/Chart.yaml", "name: web\nversion: 1.0\n")}), "strings");
    refused(tgz({file("web/Chart.yaml", "- a\n")}), "\"name\"");
    refused(tgz({file("web/Chart.yaml", "a: [\n")}), "line");
    refused(tgz({file("web/Chart.yaml", "")}), "\"name\"");
    archive_limits limits;
    limits.max_chart_yaml = 10;
    refused(tgz({chart_yaml}), "too large", limits);
}

BOOST_AUTO_TEST_CASE(what_is_no_tgz_is_refused) {
    refused("", "not a .tgz");
    refused("<html>sign in</html>", "not a .tgz");
    refused(gzip("this is no archive at all"), "");
    const auto whole = chart_tgz("web", "1.0.0", std::string(5000, 'x'));
    refused(whole.substr(0, whole.size() / 2), "not a .tgz");
    refused("\x1f\x8b", "not a .tgz");
}

BOOST_AUTO_TEST_CASE(a_bomb_is_refused) {
    archive_limits limits;
    limits.max_inflated = 1U << 20U;
    refused(tgz({file("web/zeros", std::string(std::size_t{2} << 20U, '\0')), chart_yaml}), "MiB", limits);
    std::vector<archived> many{chart_yaml};
    for (int i = 0; i < 50; ++i) {
        many.push_back(file("web/" + std::to_string(i)));
    }
    limits.max_entries = 50;
    refused(tgz(many), "entries", limits);
    limits.max_entries = 51;
    BOOST_TEST(inspect_archive(tgz(many), limits).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::charts::test
