#include "builders/overrides.hpp"

#include "crds/application.hpp"
#include "unit/render/memory_tree.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast;
using test::memory_tree;

namespace {

crds::application_source source(const std::string& block = "{}") {
    auto object = boost::json::parse(block).as_object();
    object["repoURL"] = "https://git.example/shop";
    object["path"] = "apps/web";
    object["targetRevision"] = "main";
    auto read = crds::examine_source(object);
    BOOST_REQUIRE(read.problems.empty());
    BOOST_REQUIRE(read.unknown_fields.empty());
    return read.value;
}

/// The source after the merge as JSON, without what says where it is; the error when there is one.
std::string merged(memory_tree& tree, const crds::application_source& from, const std::string& name = "web") {
    const auto made = builders::with_overrides(tree, from, name);
    if (!made) return made.error().message();
    BOOST_TEST(made->warnings.empty());
    BOOST_TEST(made->source.repo_url == from.repo_url);
    BOOST_TEST(made->source.path == from.path);
    BOOST_TEST(made->source.target_revision == from.target_revision);
    auto object = crds::write(made->source);
    for (const char* const key : {"repoURL", "path", "targetRevision"}) {
        object.erase(key);
    }
    return boost::json::serialize(object);
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(overrides)

BOOST_AUTO_TEST_CASE(without_files_the_source_is_what_it_was) {
    memory_tree tree;
    tree.file("apps/web/a.yaml", "").file(".argocd-source.yaml", "helm: {}");
    const auto from = source(R"({"kustomize":{"images":["web:1"]}})");
    const auto made = builders::with_overrides(tree, from, "web");
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST((made->source == from));
}

BOOST_AUTO_TEST_CASE(the_general_file_is_merged_before_that_of_the_application) {
    memory_tree tree;
    tree.file(
        "apps/web/.argocd-source.yaml",
        "kustomize:\n  namePrefix: all-\n  images: [web:2, db:1]\n  commonLabels: {a: all, b: all}\n"
    );
    tree.file(
        "apps/web/.argocd-source-web.yaml", "kustomize:\n  images: [web:3]\n  commonLabels: {b: web}\n"
    );
    tree.file("apps/web/.argocd-source-other.yaml", "kustomize: {namePrefix: other-}\n");
    BOOST_TEST(
        merged(tree, source(R"({"kustomize":{"nameSuffix":"-x","images":["web:1"]}})")) ==
        R"({"kustomize":{"namePrefix":"all-","nameSuffix":"-x","images":["web:3"],)"
        R"("commonLabels":{"a":"all","b":"web"}}})"
    );
    BOOST_TEST(
        merged(tree, source(), "elsewhere") ==
        R"({"kustomize":{"namePrefix":"all-","images":["web:2","db:1"],"commonLabels":{"a":"all","b":"all"}}})"
    );
}

BOOST_AUTO_TEST_CASE(null_takes_away_and_an_empty_block_is_one) {
    memory_tree tree;
    tree.file("apps/web/.argocd-source.yaml", "helm: null\nkustomize: {}\n");
    BOOST_TEST(merged(tree, source(R"({"helm":{"releaseName":"x"}})")) == R"({"kustomize":{}})");
    tree.file("apps/web/.argocd-source.yaml", "helm: {releaseName: null}\n");
    BOOST_TEST(
        merged(tree, source(R"({"helm":{"releaseName":"x","version":"v3"}})")) ==
        R"({"helm":{"version":"v3"}})"
    );
}

BOOST_AUTO_TEST_CASE(where_the_source_is_stays) {
    memory_tree tree;
    tree.file(
        "apps/web/.argocd-source.yaml", "repoURL: https://evil.example/x\npath: 5\ntargetRevision: v9\n"
                                        "chart: x\nref: y\nhelm: {skipCrds: true}\n"
    );
    BOOST_TEST(merged(tree, source()) == R"({"helm":{"skipCrds":true}})");
}

BOOST_AUTO_TEST_CASE(files_without_anything_in_them_change_nothing) {
    memory_tree tree;
    tree.file("apps/web/.argocd-source.yaml", "# nothing\n");
    tree.file("apps/web/.argocd-source-web.yaml/is-a-directory", "");
    BOOST_TEST(merged(tree, source()) == "{}");
}

BOOST_AUTO_TEST_CASE(links_are_followed_inside_of_the_repository) {
    memory_tree tree;
    tree.file("shared/source.yaml", "helm: {releaseName: shared}\n");
    tree.file("apps/web/a.yaml", "").link("apps/web/.argocd-source.yaml", "../../shared/source.yaml");
    BOOST_TEST(merged(tree, source()) == R"({"helm":{"releaseName":"shared"}})");
    tree.link("apps/web/.argocd-source.yaml", "../../../etc/passwd");
    BOOST_TEST(has(merged(tree, source()), "apps/web/.argocd-source.yaml: symlink"));
    BOOST_TEST(has(merged(tree, source()), "leaves the repository"));
}

BOOST_AUTO_TEST_CASE(errors_of_both_files_name_file_line_and_field) {
    memory_tree tree;
    tree.file("apps/web/.argocd-source.yaml", "helm:\n  releasename: x\n  valueFiles:\n  - a.yaml\n  - 5\n");
    tree.file("apps/web/.argocd-source-web.yaml", "kustomise: {}\ndirectory: yes\n");
    const auto said = merged(tree, source());
    BOOST_TEST(has(said, "apps/web/.argocd-source.yaml:5: helm.valueFiles[1]: must be a string, is 5"), said);
    BOOST_TEST(has(said, "apps/web/.argocd-source-web.yaml:2: directory: must be an object, is true"), said);
}

// Argo CD takes no notice of them: what is newer than we are, or is spelt wrongly.
BOOST_AUTO_TEST_CASE(unknown_fields_are_warnings_with_file_line_and_field) {
    memory_tree tree;
    tree.file("apps/web/.argocd-source.yaml", "helm:\n  releasename: x\n  skipCrds: true\n");
    tree.file("apps/web/.argocd-source-web.yaml", "kustomise: {}\nkustomize: {namePrefix: a-}\n");
    const auto made = builders::with_overrides(tree, source(), "web");
    BOOST_TEST_REQUIRE(made.has_value());
    BOOST_TEST(made->source.helm.value().skip_crds);
    BOOST_TEST(made->source.kustomize.value().name_prefix == "a-");
    BOOST_TEST_REQUIRE(made->warnings.size() == 2U);
    BOOST_TEST(
        made->warnings[0] == "apps/web/.argocd-source.yaml:2: helm.releasename: unknown field, did you mean "
                             "\"releaseName\"?; it has no effect"
    );
    BOOST_TEST(
        made->warnings[1] == "apps/web/.argocd-source-web.yaml:1: kustomise: unknown field, did you mean "
                             "\"kustomize\"?; it has no effect"
    );
}

BOOST_AUTO_TEST_CASE(what_is_no_mapping_is_refused) {
    memory_tree tree;
    const auto with = [&](const std::string& text) {
        tree.file("apps/web/.argocd-source.yaml", text);
        return merged(tree, source());
    };
    BOOST_TEST(has(with("- helm\n"), "apps/web/.argocd-source.yaml:1: this must be a mapping"));
    BOOST_TEST(has(with("a: [\n"), "apps/web/.argocd-source.yaml:"));
    BOOST_TEST(has(with("helm: {}\n---\nhelm: {}\n"), "apps/web/.argocd-source.yaml:3: there is a second"));
    BOOST_TEST(has(with(std::string(2'000'000, '#')), "more than 1048576"));
    const auto gone = builders::with_overrides(
        tree,
        [] {
            auto s = source();
            s.path = "apps/no";
            return s;
        }(),
        "web"
    );
    BOOST_REQUIRE(gone.has_error());
    BOOST_TEST((gone.error().kind() == error_kind::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
