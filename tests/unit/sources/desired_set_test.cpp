// Objects of finished builds: which of them are wanted, and what of them has to be known.

#include "sources/desired_set.hpp"

#include "../render/memory_tree.hpp"
#include "render/directory.hpp"
#include "render/manifest_cache.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sources {
namespace {

kube::api_catalog with_config_maps_and_pods() {
    kube::api_catalog catalog;
    for (const std::string kind : {"ConfigMap", "Pod"}) {
        catalog.add(
            {{.group = "",
              .version = "v1",
              .plural = kind == "Pod" ? "pods" : "configmaps",
              .kind = kind,
              .namespaced = true,
              .verbs = {"get", "list", "patch"},
              .subresources = {}}}
        );
    }
    return catalog;
}

std::string hook(const std::string& annotation, const std::string& type) {
    return "---\n" + type + "\nmetadata:\n  name: h\n  annotations: {" + annotation + "}\n";
}

result<placed_objects> placed(const std::string& more) {
    test::memory_tree tree;
    tree.file("a/x.yaml", test::config_map("x") + more);
    const auto built = render::render_directory(tree, {.path = "a"});
    BOOST_REQUIRE(built.has_value());
    const build_target target{
        .who =
            {.application = {"holdfast", "shop"}, .installation = "holdfast", .names = sync::holdfast_dev()},
        .namespace_ = "n",
        .confined_to = {}
    };
    return place_objects({render::pack(*built)}, target, with_config_maps_and_pods());
}

const std::string unknown = "apiVersion: x.example/v1\nkind: Unknown";

BOOST_AUTO_TEST_SUITE(sources_desired_set)

BOOST_AUTO_TEST_CASE(a_test_of_helms_is_not_wanted_whatever_kind_it_is_of) {
    for (const auto& type : {unknown, std::string{"apiVersion: v1\nkind: Pod"}}) {
        for (const std::string annotation :
             {"helm.sh/hook: test", "helm.sh/hook: 'test-success,test-failure'"}) {
            const auto made = placed(hook(annotation, type));
            BOOST_REQUIRE_MESSAGE(made.has_value(), annotation << ": " << made.error().message());
            BOOST_TEST(made->objects.size() == 1U);
            BOOST_TEST(made->warnings.empty()); // every second chart has one
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_never_applied_may_be_of_any_kind) {
    for (const std::string annotation : {"helm.sh/hook: pre-rollback", "argocd.argoproj.io/hook: Skip"}) {
        const auto made = placed(hook(annotation, unknown));
        BOOST_REQUIRE_MESSAGE(made.has_value(), annotation << ": " << made.error().message());
        BOOST_TEST(made->objects.size() == 1U);
        BOOST_TEST_REQUIRE(made->warnings.size() == 1U);
        BOOST_TEST(
            made->warnings[0].find("Unknown.x.example h is of a kind") != std::string::npos, made->warnings[0]
        );
    }
    BOOST_TEST(
        placed(hook("argocd.argoproj.io/hook: Skip", "apiVersion: v1\nkind: Pod"))->objects.size() == 2U
    );
    const auto wanted = placed(hook("helm.sh/hook: post-install", unknown));
    BOOST_TEST_REQUIRE(wanted.has_error());
    BOOST_TEST(wanted.error().message().find("the cluster has no kind Unknown") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
