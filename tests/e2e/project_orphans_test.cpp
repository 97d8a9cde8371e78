// Objects in the namespaces of a Project's applications that no application owns.

#include "e2e/projects.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
namespace json = boost::json;

BOOST_AUTO_TEST_SUITE(project_orphans)

BOOST_AUTO_TEST_CASE(what_no_application_owns_is_counted_and_named_where_the_project_asks_for_it) {
    scene s{"orphans"};
    s.config_map("a", "1");
    s.repository.push("One");
    s.w.kubectl({"create", "configmap", "stray", "-n", s.name});
    s.w.kubectl({"create", "secret", "generic", "spare", "-n", s.name});
    project p{s.w, "orphans", permitting(s)};
    s.follow({.spec = {{"project", "orphans"}}});
    auto seen = s.until(is_ready, "it is deployed");
    BOOST_TEST(seen.get("OrphanedResourceWarning").status == "");

    p.apply(with(permitting(s), "orphanedResources", json::object{}));
    seen = await_condition(
        s.name, "OrphanedResourceWarning",
        {"Application has 2 orphaned resources: ", "ConfigMap \"orphans/stray\"", "Secret \"orphans/spare\""}
    );
    BOOST_TEST(seen.get("Ready").status == "True"); // a warning
    const json::object key{{"group", ""}, {"kind", "Secret"}, {"name", "sp*"}};
    p.apply(with(permitting(s), "orphanedResources", json::object{{"ignore", json::array{key}}}));
    await_condition(
        s.name, "OrphanedResourceWarning",
        {"Application has 1 orphaned resource: ConfigMap \"orphans/stray\""}
    );
    // What is not permitted is nobody's to tell.
    p.apply(with(
        with(permitting(s), "orphanedResources", json::object{}), "namespaceResourceWhitelist",
        json::array{json::object{{"group", ""}, {"kind", "ConfigMap"}}}
    ));
    await_condition(
        s.name, "OrphanedResourceWarning",
        {"Application has 1 orphaned resource: ConfigMap \"orphans/stray\""}
    );
    p.apply(with(permitting(s), "orphanedResources", json::object{{"warn", false}}));
    s.until(
        [](const application_view& v) { return v.get("OrphanedResourceWarning").status.empty(); },
        "nothing is said any more"
    );
}

BOOST_AUTO_TEST_SUITE_END()
