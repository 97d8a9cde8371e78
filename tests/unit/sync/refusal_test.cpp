#include "sync/refusal.hpp"

#include "support.hpp"

namespace holdfast::sync {
namespace {

BOOST_AUTO_TEST_SUITE(refusals)

const object_id web{"apps", "Deployment", "shop", "web"};

BOOST_AUTO_TEST_CASE(immutable_fields_are_recognised) {
    for (const auto* message : {
             "Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {\"matchLabels\":{}}: field "
             "is immutable",
             "StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields "
             "other than "
             "'replicas', 'ordinals', 'template' are forbidden",
             "Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields other than "
             "`spec.image`",
             "RoleBinding \"x\" is invalid: roleRef: Invalid value: {}: cannot change roleRef",
             "Secret \"s\" is invalid: data: Forbidden: field is immutable when `immutable` is set",
         }) {
        BOOST_TEST(is_immutable_refusal(message), message);
    }
    BOOST_TEST(!is_immutable_refusal("Deployment \"web\" is invalid: spec.replicas: must be non-negative"));
}

BOOST_AUTO_TEST_CASE(an_object_is_not_named_again_by_what_the_server_says_of_it) {
    const object_id role{"rbac.authorization.k8s.io", "ClusterRole", "", "all"};
    struct row {
        object_id id;
        std::string message;
        std::string expected;
    };
    const std::vector<row> rows{
        {web,
         "apply apps/Deployment shop/web: Deployment.apps \"web\" is invalid: spec.replicas: must be more",
         "invalid: spec.replicas: must be more"},
        {web,
         "delete apps/Deployment shop/web: deployments.apps \"web\" is forbidden: User \"u\" cannot delete",
         "forbidden: User \"u\" cannot delete"},
        {role,
         "apply rbac.authorization.k8s.io/ClusterRole all: clusterroles.rbac.authorization.k8s.io \"all\" is "
         "forbidden: user \"u\" is attempting to grant",
         "forbidden: user \"u\" is attempting to grant"},
        {web, "apply apps/Deployment shop/web: no route to host", "no route to host"},
        // Another object, and other words, stay.
        {web, "apply apps/Deployment shop/other: failed", "apply apps/Deployment shop/other: failed"},
        {web, "namespaces \"shop\" not found", "namespaces \"shop\" not found"},
        {web, "admission webhook \"web\" denied the request", "admission webhook \"web\" denied the request"},
        {web, "", ""},
    };
    for (const auto& one : rows) {
        BOOST_TEST(without_its_name(one.id, one.message) == one.expected);
    }
}

BOOST_AUTO_TEST_CASE(a_role_that_gives_more_than_its_deployer_has_is_told_how_to_get_it) {
    const auto advice = explain_refusal(
        {"rbac.authorization.k8s.io", "ClusterRole", "", "all"},
        "forbidden: user \"u\" (groups=[]) is attempting to grant RBAC permissions not currently held:\n{}",
        holdfast_dev()
    );
    BOOST_TEST(advice.value().find("config/components/argocd-rights") != std::string::npos);
    BOOST_TEST(advice.value().find("holdfast.dev/aggregate-to-deploy") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_advice_is_what_can_be_done) {
    const auto advice =
        explain_refusal(web, "spec.selector: Invalid value: field is immutable", holdfast_dev()).value();
    BOOST_TEST(advice.find("Force=true") != std::string::npos);
    BOOST_TEST(advice.find("shop/web") == std::string::npos, "the sentence before names it");
    const auto crd = explain_refusal(
        {"apiextensions.k8s.io", "CustomResourceDefinition", "", "x"}, "spec.scope: field is immutable",
        holdfast_dev()
    );
    BOOST_TEST(crd.value().find("Force=true") == std::string::npos);
    BOOST_TEST(
        explain_refusal(web, "namespaces \"shop\" not found", holdfast_dev())
            .value()
            .find("CreateNamespace=true") != std::string::npos
    );
    BOOST_TEST(
        explain_refusal(
            {"example.com", "Widget", "a", "b"},
            "no matches for kind \"Widget\" in version \"example.com/v1\"", holdfast_dev()
        )
            .value()
            .find("CustomResourceDefinition") != std::string::npos
    );
    BOOST_TEST(explain_refusal(
                   web, "unable to create new content in namespace shop because it is being terminated",
                   holdfast_dev()
    )
                   .has_value());
    BOOST_TEST(!explain_refusal(web, "spec.replicas: must be non-negative", holdfast_dev()).has_value());
    BOOST_TEST(
        explain_refusal(
            web,
            "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): "
            ".spec.template.spec.containers[name=\"web\"].env: duplicate entries for key [name=\"A\"]",
            holdfast_dev()
        )
            .value()
            .find("remove one of the two") != std::string::npos
    );
    BOOST_TEST(
        explain_refusal(
            web,
            "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replcas: field "
            "not "
            "declared in schema",
            holdfast_dev()
        )
            .value()
            .find("Validate=false") != std::string::npos
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sync
