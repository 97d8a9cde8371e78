// What builds read from elsewhere has to be within the Project, as the sources are.

#include "e2e/projects.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(project_sources)

BOOST_AUTO_TEST_CASE(a_remote_base_that_the_project_does_not_permit_is_not_read) {
    scene bases{"fenced-bases"};
    bases.repository.write("common/kustomization.yaml", "resources: [map.yaml]\n")
        .write("common/map.yaml", config_map("based", "k", "v"));
    bases.repository.push("A base");
    scene s{"fenced"};
    s.repository.write(
        "kustomization.yaml", "resources:\n- git::" + bases.repository.url() + "//common?ref=main\n"
    );
    s.repository.push("Out of the fence");
    project p{s.w, "fenced", permitting(s)};
    s.follow({.spec = {{"project", "fenced"}}});
    const std::string words =
        "builds may not read it: spec.sourceRepos of project 'fenced' does not permit " +
        bases.repository.url();
    await_condition(s.name, "ComparisonError", {words});
    BOOST_TEST(!s.has("based"));

    p.apply(with(permitting(s), "sourceRepos", json::array{s.repository.url(), bases.repository.url()}));
    s.until(is_ready, "both are permitted");
    BOOST_TEST(s.has("based"));

    p.apply(permitting(s));
    await_condition(s.name, "ComparisonError", {words});
    BOOST_TEST(s.has("based")); // what is there stays
}

BOOST_AUTO_TEST_SUITE_END()
