#include "builders/environment.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::builders;

namespace {

build_environment environment() {
    build_source source;
    source.spec.path = "apps/web";
    source.spec.repo_url = "https://git.example.com/shop.git";
    source.spec.target_revision = "main";
    source.revision = "0123456789abcdef0123456789abcdef01234567";
    build_facts facts;
    facts.application = "web";
    facts.destination_namespace = "shop";
    facts.project = "default";
    facts.kube_version = "1.37.2";
    facts.api_versions =
        std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"v1", "apps/v1"});
    return build_environment{source, facts};
}

} // namespace

BOOST_AUTO_TEST_SUITE(environment_)

BOOST_AUTO_TEST_CASE(variables_are_replaced_as_go_does_it) {
    const auto env = environment();
    const std::vector<std::pair<std::string, std::string>> cases{
        {"plain", "plain"},
        {"$ARGOCD_APP_NAME", "web"},
        {"${ARGOCD_APP_NAME}-${ARGOCD_APP_NAMESPACE}", "web-shop"},
        {"$ARGOCD_APP_REVISION_SHORT/$ARGOCD_APP_REVISION_SHORT_8", "0123456/01234567"},
        {"$ARGOCD_APP_SOURCE_PATH@$ARGOCD_APP_SOURCE_TARGET_REVISION", "apps/web@main"},
        {"$KUBE_VERSION $KUBE_API_VERSIONS", "1.37.2 v1,apps/v1"},
        {"a$$b", "a$b"},
        {"${$}", "$"},
        {"$nothing.", "."},
        {"${no such name}x", "x"},
        {"${}x", "x"},
        {"${unclosed", "unclosed"},
        {"cost: 5$", "cost: 5$"},
        {"$ alone", "$ alone"},
        {"$1.50", ".50"},
        {"", ""},
    };
    for (const auto& [text, expected] : cases) {
        BOOST_TEST(env.substitute(text) == expected, text << " gives " << env.substitute(text));
    }
}

BOOST_AUTO_TEST_CASE(names_that_there_are_not_are_told) {
    std::vector<std::string> unknown;
    (void)environment().substitute("$ARGOCD_APP_NAME $TAG ${HOME}", &unknown);
    BOOST_TEST((unknown == std::vector<std::string>{"TAG", "HOME"}));
}

BOOST_AUTO_TEST_SUITE_END()
