// Which objects of a namespace are told as orphaned.
#include "policy/orphans.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::policy {
namespace {

BOOST_AUTO_TEST_SUITE(orphans)

BOOST_AUTO_TEST_CASE(what_a_project_ignores_does_not_count) {
    using keys = std::vector<crds::orphaned_resource_key>;
    const sync::object_id web{"apps", "Deployment", "shop", "web"};
    const sync::object_id map{"", "ConfigMap", "shop", "old"};
    struct {
        keys ignore;
        sync::object_id id;
        bool covered;
    } const table[] = {
        {{}, web, false},
        {{{"apps", "", ""}}, web, true},
        {{{"apps", "Deployment", "web"}}, web, true},
        {{{"apps", "Deployment", "w*"}}, web, true},
        {{{"apps", "Deployment", "x*"}}, web, false},
        {{{"apps", "ReplicaSet", ""}}, web, false},
        {{{"*", "", "web"}}, web, true},
        {{{"", "", ""}}, web, false}, // the core group
        {{{"", "", ""}}, map, true},
        {{{"", "Config*", ""}}, map, true},
        {{{"x", "", ""}, {"", "ConfigMap", "old"}}, map, true},
        {{{"", "[", ""}}, map, false}, // what cannot be read fits nothing
    };
    for (const auto& [ignore, id, covered] : table) {
        const orphans_ignored rules{{.warn = true, .ignore = ignore}};
        BOOST_TEST(
            rules.covers(id) == covered, (ignore.empty() ? "-" : ignore.front().kind) << " " << id.kind
        );
    }
}

BOOST_AUTO_TEST_CASE(what_every_namespace_has_does_not_count) {
    const orphans_ignored rules{{}};
    BOOST_TEST(rules.covers({"", "ServiceAccount", "shop", "default"}));
    BOOST_TEST(rules.covers({"", "ConfigMap", "shop", "kube-root-ca.crt"}));
    BOOST_TEST(rules.covers({"", "Service", "default", "kubernetes"}));
    BOOST_TEST(!rules.covers({"", "Service", "shop", "kubernetes"}));
    BOOST_TEST(!rules.covers({"", "ServiceAccount", "shop", "deployer"}));
    BOOST_TEST(!rules.covers({"x", "ServiceAccount", "shop", "default"}));
}

BOOST_AUTO_TEST_CASE(they_are_counted_and_the_first_are_named) {
    BOOST_TEST(orphans_sentence({}, false) == "");
    const sync::object_id map{"", "ConfigMap", "shop", "old"};
    BOOST_TEST(
        orphans_sentence({map}, false) == "Application has 1 orphaned resource: ConfigMap \"shop/old\""
    );
    const std::vector<sync::object_id> many(12, map);
    const auto said = orphans_sentence(many, true);
    BOOST_TEST(said.starts_with("Application has at least 12 orphaned resources: "));
    BOOST_TEST(said.ends_with("and 2 more"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::policy
