#include "render/source_kind.hpp"

#include "memory_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast;
using render::source_kind;
using test::memory_tree;

BOOST_AUTO_TEST_CASE(the_files_of_a_directory_tell_what_builds_it) {
    memory_tree tree;
    tree.file("chart/Chart.yaml", "").file("chart/kustomization.yaml", "").file("k1/kustomization.yaml", "");
    tree.file("k2/kustomization.yml", "").file("k3/Kustomization", "").file("plain/a.yaml", "");
    tree.file("odd/Chart.yaml/x.yaml", "").file("odd/sub/Chart.yaml", "");
    BOOST_TEST((render::detect(tree, "chart", {}).value() == source_kind::helm));
    BOOST_TEST((render::detect(tree, "k1", {}).value() == source_kind::kustomize));
    BOOST_TEST((render::detect(tree, "./k2/", {}).value() == source_kind::kustomize));
    BOOST_TEST((render::detect(tree, "k3", {}).value() == source_kind::kustomize));
    BOOST_TEST((render::detect(tree, "plain", {}).value() == source_kind::directory));
    BOOST_TEST((render::detect(tree, "odd", {}).value() == source_kind::directory));
    BOOST_TEST((render::detect(tree, "", {}).value() == source_kind::directory));
}

BOOST_AUTO_TEST_CASE(a_block_in_the_specification_wins_over_the_files) {
    memory_tree tree;
    tree.file("chart/Chart.yaml", "");
    BOOST_TEST((render::detect(tree, "chart", {.directory = true}).value() == source_kind::directory));
    BOOST_TEST((render::detect(tree, "chart", {.kustomize = true}).value() == source_kind::kustomize));
    BOOST_TEST((render::detect(tree, "chart", {.plugin = true}).value() == source_kind::plugin));
    BOOST_TEST((render::detect(tree, "", {.chart = true}).value() == source_kind::helm));
    BOOST_TEST((render::detect(tree, "", {.helm = true, .chart = true}).value() == source_kind::helm));
    const auto both = render::detect(tree, "chart", {.directory = true, .helm = true});
    BOOST_TEST(both.error().message().find("directory and helm") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_path_that_is_no_directory_has_no_kind) {
    memory_tree tree;
    tree.file("a/b.yaml", "");
    BOOST_TEST((render::detect(tree, "nix", {}).error().kind() == error_kind::not_found));
    BOOST_TEST((render::detect(tree, "a/b.yaml", {}).error().kind() == error_kind::user));
    BOOST_TEST((render::detect(tree, "../a", {}).error().kind() == error_kind::user));
}
