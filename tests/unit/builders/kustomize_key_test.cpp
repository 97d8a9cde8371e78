// Which change is another build, and which is not.

#include "kustomize_bench.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>

namespace holdfast::builders {
namespace {

using files = std::map<std::string, std::string>;

const files monorepo{
    {"apps/web/kustomization.yaml", "resources: [../../lib/base, own]\ncomponents: [../../lib/component]\n"},
    {"apps/web/unused.txt", "x"},
    {"apps/web/own/kustomization.yaml", "resources: [x.yaml]\n"},
    {"apps/web/own/x.yaml", config_map("x")},
    {"apps/other/kustomization.yaml", "resources: [../../lib/base]\n"},
    {"lib/base/kustomization.yaml", "resources: [../deep]\nnamePrefix: a-\n"},
    {"lib/deep/kustomization.yaml", "resources: [y.yaml]\n"},
    {"lib/deep/y.yaml", config_map("y")},
    {"lib/component/kustomization.yaml",
     "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [z.yaml]\n"},
    {"lib/component/z.yaml", config_map("z")},
    {"lib/unrelated/kustomization.yaml", "resources: [u.yaml]\n"},
    {"README.md", "x"},
};

render::build_key
key_of(const repository& r, const crds::kustomize_options& options = {}, const build_facts& facts = {}) {
    auto source = source_of(r, "apps/web");
    source.spec.kustomize = options;
    return planned(plan_kustomize(source, facts, {}, the_programs())).key;
}

BOOST_AUTO_TEST_SUITE(kustomize_key)

BOOST_AUTO_TEST_CASE(commits) {
    struct change {
        const char* what;
        std::function<void(const repository&)> make;
        bool another;
    };
    const std::vector<change> changes{
        {"nothing", [](const repository&) {}, false},
        {"a file at the root", [](const repository& r) { r.file("README.md", "y"); }, false},
        {"another application", [](const repository& r) { r.file("apps/other/new.yaml", "a: b\n"); }, false},
        {"a directory between", [](const repository& r) { r.file("lib/new/kustomization.yaml", "x"); }, false
        },
        {"an unrelated base", [](const repository& r) { r.file("lib/unrelated/u.yaml", "x"); }, false},
        {"a link elsewhere", [](const repository& r) { r.link("lib/unrelated/link", "../../../etc"); }, false
        },
        {"its own kustomization",
         [](const repository& r) { r.file("apps/web/kustomization.yaml", "resources: [own]\n"); }, true},
        {"a file beside", [](const repository& r) { r.file("apps/web/unused.txt", "y"); }, true},
        {"a directory below", [](const repository& r) { r.file("apps/web/own/x.yaml", config_map("n")); },
         true},
        {"the base", [](const repository& r) { r.file("lib/base/new.txt", "x"); }, true},
        {"the base's base", [](const repository& r) { r.file("lib/deep/y.yaml", config_map("n")); }, true},
        {"the component", [](const repository& r) { r.file("lib/component/z.yaml", config_map("n")); }, true},
        {"a mode",
         [](const repository& r) {
             std::filesystem::permissions(r.path() / "lib/deep/y.yaml", std::filesystem::perms{0755});
         },
         true},
    };
    for (const auto& each : changes) {
        repository r{monorepo};
        const auto before = key_of(r);
        each.make(r);
        r.commit();
        BOOST_TEST((key_of(r) != before) == each.another, each.what);
    }
}

BOOST_AUTO_TEST_CASE(what_is_copied_is_what_is_read) {
    const repository r{monorepo};
    const auto plan = planned(plan_kustomize(source_of(r, "apps/web"), {}, {}, the_programs()));
    std::vector<std::string> copied;
    for (const auto& tree : plan.trees) {
        BOOST_TEST(tree.to == "repo/" + tree.path);
        copied.push_back(tree.path);
    }
    BOOST_TEST((copied == std::vector<std::string>{"apps/web", "lib/base", "lib/component", "lib/deep"}));
    BOOST_TEST(plan.name == "apps/web");
    BOOST_TEST(plan.commands.at(0).working_directory == "repo/apps/web");
    BOOST_TEST(!plan.commands.at(0).network);
    BOOST_TEST(plan.commands.at(0).only_given_programs);
    BOOST_TEST(plan.files.empty());
    BOOST_TEST(plan.warnings.empty());
}

BOOST_AUTO_TEST_CASE(the_application_counts_only_where_it_is_named) {
    const repository r{monorepo};
    build_facts facts;
    facts.application = "web";
    facts.namespace_ = "argocd";
    facts.project = "default";
    facts.destination_namespace = "shop";
    facts.kube_version = "1.37.2";
    facts.api_versions = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"v1"});
    facts.secrets_key = "stores";
    facts.secrets_index = "{}";
    BOOST_TEST((key_of(r, {}, facts) == key_of(r)));
    const crds::kustomize_options plain{.common_annotations = {{"app", "$ARGOCD_APP_NAME"}}};
    BOOST_TEST((key_of(r, plain, facts) == key_of(r, plain)));
    BOOST_TEST((key_of(r, plain) != key_of(r)));
    auto named = plain;
    named.common_annotations_envsubst = true;
    BOOST_TEST((key_of(r, named, facts) != key_of(r, named)));
    auto other = facts;
    other.project = "another";
    other.kube_version = "1.38.0";
    BOOST_TEST((key_of(r, named, facts) == key_of(r, named, other)));
    // Options that kustomize sees nothing of.
    const crds::kustomize_options unseen{
        .version = "kustomize5", .kube_version = "1.30", .api_versions = {"x/v1"}
    };
    BOOST_TEST((key_of(r, unseen) == key_of(r)));
}

BOOST_AUTO_TEST_CASE(every_option_counts) {
    const repository r{monorepo};
    std::vector<crds::kustomize_options> all{
        {.name_prefix = "a"},
        {.name_suffix = "a"},
        {.images = {"a:1"}},
        {.images = {"a:2"}},
        {.replicas = {{"a", std::int64_t{1}}}},
        {.common_labels = {{"a", "b"}}},
        {.common_labels = {{"a", "b"}}, .label_without_selector = true},
        {.common_labels = {{"a", "b"}}, .label_without_selector = true, .label_include_templates = true},
        {.common_annotations = {{"a", "b"}}},
        {.namespace_ = "a"},
        {.patches = {{.patch = "x"}}},
        {.components = {"../../lib/base"}},
        {},
    };
    std::set<render::build_key> keys;
    for (const auto& options : all) {
        keys.insert(key_of(r, options));
    }
    BOOST_TEST(keys.size() == all.size());
}

BOOST_AUTO_TEST_CASE(the_tools_version_counts_and_the_place_in_the_repository_does_not) {
    repository r{monorepo};
    auto with = the_programs();
    const auto plan = [&](const std::string& path) {
        return planned(plan_kustomize(source_of(r, path), {}, {}, with)).key;
    };
    const auto before = plan("apps/web");
    with.kustomize_identity = "v5.8.0";
    BOOST_TEST((plan("apps/web") != before));
    for (const auto& [path, text] : monorepo) {
        r.file("moved/further/" + path, text);
    }
    r.commit();
    BOOST_TEST((plan("moved/further/apps/web") == plan("apps/web")));
    BOOST_TEST((plan("apps/other") != plan("apps/web")));
}

BOOST_AUTO_TEST_CASE(a_link_out_of_a_directory_makes_what_it_leads_to_count) {
    repository r{
        {{"apps/web/kustomization.yaml", "resources: [base]\n"},
         {"apps/shared/base/kustomization.yaml", "resources: [x.yaml]\n"},
         {"apps/shared/base/x.yaml", config_map("x")},
         {"other/x", "x"}}
    };
    r.link("apps/web/base", "../shared/base");
    r.commit();
    const auto plan = planned(plan_kustomize(source_of(r, "apps/web"), {}, {}, the_programs()));
    BOOST_REQUIRE_EQUAL(plan.trees.size(), 1U);
    BOOST_TEST(plan.trees[0].path == "apps");
    r.file("other/x", "y");
    r.commit();
    BOOST_TEST((key_of(r) == plan.key));
    r.file("apps/shared/base/x.yaml", config_map("y"));
    r.commit();
    BOOST_TEST((key_of(r) != plan.key));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
