#include "policy/foundation.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::policy {
namespace {

bool stands_on(std::string group, std::string kind, std::string ns, std::string name) {
    return is_foundation({std::move(group), std::move(kind), std::move(ns), std::move(name)}, "home");
}

BOOST_AUTO_TEST_SUITE(foundation)

BOOST_AUTO_TEST_CASE(its_namespace_its_kinds_and_what_it_runs_as) {
    BOOST_TEST(stands_on("", "Namespace", "", "home"));
    BOOST_TEST(stands_on("apiextensions.k8s.io", "CustomResourceDefinition", "", "applications.holdfast.dev")
    );
    BOOST_TEST(stands_on("apps", "Deployment", "home", "holdfast"));
    BOOST_TEST(stands_on("", "ServiceAccount", "home", "holdfast"));
    BOOST_TEST(stands_on("", "Secret", "home", "holdfast-admission"));
    BOOST_TEST(stands_on("", "Secret", "home", "holdfast-state-key"));
    BOOST_TEST(stands_on("coordination.k8s.io", "Lease", "home", "holdfast"));
    BOOST_TEST(stands_on("rbac.authorization.k8s.io", "ClusterRole", "", "holdfast"));
    BOOST_TEST(stands_on("rbac.authorization.k8s.io", "RoleBinding", "home", "holdfast-webhook"));
}

BOOST_AUTO_TEST_CASE(nothing_of_others) {
    BOOST_TEST(!stands_on("", "Namespace", "", "shop"));
    BOOST_TEST(!stands_on("apiextensions.k8s.io", "CustomResourceDefinition", "", "things.example.com"));
    BOOST_TEST(!stands_on("apiextensions.k8s.io", "CustomResourceDefinition", "", "things.notholdfast.dev"));
    BOOST_TEST(!stands_on("apps", "Deployment", "shop", "holdfast"));
    BOOST_TEST(!stands_on("apps", "Deployment", "home", "web"));
    BOOST_TEST(!stands_on("policy", "PodDisruptionBudget", "home", "holdfast"));
    BOOST_TEST(!stands_on("rbac.authorization.k8s.io", "ClusterRole", "", "holdfast-deploy-certificates"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::policy
