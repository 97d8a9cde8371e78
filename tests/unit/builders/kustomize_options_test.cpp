// The options of spec.source.kustomize, against `kustomize edit` and a build: the way in which Argo CD has
// it.

#include "kustomize_bench.hpp"

#include "builders/kustomize/options.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::builders {
namespace {

using files = std::map<std::string, std::string>;

const files shop{
    {"base/kustomization.yaml",
     "# a comment\nresources: [web.yaml, db.yaml]\ncommonLabels: {part-of: shop}\ncommonAnnotations: {owner: "
     "team}\n"
     "images:\n- name: redis\n  newTag: '7'\n- name: nginx\n  newName: mirror/nginx\n  newTag: '1.26'\n"
     "replicas:\n- {name: db, count: 2}\nlabels:\n- pairs: {tier: x}\nconfigMapGenerator:\n- name: settings\n"
     "  literals: [a=b]\n"},
    {"base/web.yaml", deployment("web")},
    {"base/db.yaml", deployment("db", "redis:6")},
    {"base/patch.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {paused: true}\n"
    },
    {"components/one/kustomization.yaml",
     "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [x.yaml]\n"},
    {"components/one/x.yaml", config_map("one")},
    {"components/two/kustomization.yaml",
     "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [x.yaml]\n"},
    {"components/two/x.yaml", config_map("two")},
    {"components/.hidden/x.yaml", config_map("hidden")},
};

build_source with_options(const repository& r, crds::kustomize_options options) {
    auto source = source_of(r, "base");
    source.spec.kustomize = std::move(options);
    return source;
}

build_facts the_facts() {
    build_facts facts;
    facts.application = "web";
    facts.destination_namespace = "shop";
    return facts;
}

// Builds with the options, and compares with a clone in which `kustomize` was run with these arguments.
void same_as_edit(
    crds::kustomize_options options, const std::vector<std::string>& edits, const std::string& more = {}
) {
    const repository r{shop};
    bench b;
    const auto plan =
        planned(plan_kustomize(with_options(r, std::move(options)), the_facts(), {}, the_programs()));
    const auto built = b.run(plan);
    BOOST_REQUIRE_MESSAGE(built.status == 0, built.error_output);

    const auto base = (r.path() / "base").string();
    for (const auto& edit : edits) {
        const auto ran = shell("cd '" + base + "' && '" + the_programs().kustomize + "' edit " + edit);
        BOOST_REQUIRE_MESSAGE(ran.status == 0, edit << ": " << ran.error_output);
    }
    if (!more.empty()) {
        const auto ran = shell("cd '" + base + "' && cat >>kustomization.yaml <<'E'\n" + more + "E");
        BOOST_REQUIRE(ran.status == 0);
    }
    const auto expected = plain_build(base);
    BOOST_REQUIRE_MESSAGE(expected.status == 0, expected.error_output);
    BOOST_TEST(built.output == expected.output);
}

std::string wrong(crds::kustomize_options options) {
    const repository r{shop};
    return errors_of(plan_kustomize(with_options(r, std::move(options)), the_facts(), {}, the_programs()));
}

BOOST_AUTO_TEST_SUITE(kustomize_options)

BOOST_AUTO_TEST_CASE(names_and_namespace) {
    same_as_edit({.name_prefix = "p-"}, {"set nameprefix -- p-"});
    same_as_edit({.name_suffix = "-s"}, {"set namesuffix -- -s"});
    same_as_edit({.namespace_ = "prod"}, {"set namespace -- prod"});
    same_as_edit(
        {.name_prefix = "p-", .name_suffix = "-s", .namespace_ = "prod"},
        {"set nameprefix -- p-", "set namesuffix -- -s", "set namespace -- prod"}
    );
}

BOOST_AUTO_TEST_CASE(images) {
    const std::string digest = "sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3";
    for (const std::vector<std::string>& images : std::vector<std::vector<std::string>>{
             {"nginx:1.28"},
             {"nginx=registry.example:5000/nginx:1.28"},
             {"nginx=registry.example:5000/nginx"},
             {"nginx@" + digest},
             {"nginx=other@" + digest},
             {"nginx=other:1@" + digest},
             {"nginx=*:1.28"},
             {"nginx=*:*"},
             {"nginx:*"},
             {"redis=valkey:8", "nginx:2", "nginx:3"},
             {"unknown=x:1"},
         }) {
        std::string words;
        for (const auto& image : images) {
            words += " '" + image + "'";
        }
        crds::kustomize_options options;
        options.images = images;
        same_as_edit(std::move(options), {"set image" + words});
    }
}

BOOST_AUTO_TEST_CASE(images_under_the_fields_old_name) {
    const repository r{
        {{"kustomization.yaml",
          "resources: [web.yaml]\nimageTags: [{name: nginx, newTag: '1'}, {name: nginx, newTag: '2'}]\n"},
         {"web.yaml", deployment("web")}}
    };
    auto source = source_of(r, "");
    source.spec.kustomize = crds::kustomize_options{.images = {"nginx=mirror/nginx:*"}};
    bench b;
    const auto built = b.run(planned(plan_kustomize(source, {}, {}, the_programs())));
    BOOST_TEST(built.output.find("image: mirror/nginx:1\n") != std::string::npos, built.output);
}

BOOST_AUTO_TEST_CASE(replicas) {
    crds::kustomize_options options;
    options.replicas = {{"web", std::int64_t{4}}, {"db", std::string{"3"}}};
    same_as_edit(std::move(options), {"set replicas web=4 db=3"});
}

BOOST_AUTO_TEST_CASE(labels) {
    same_as_edit({.common_labels = {{"a", "b"}, {"c", "d"}}}, {"add label a:b c:d"});
    same_as_edit({.common_labels = {{"quoted", "\"x\""}}}, {"add label 'quoted:\"x\"'"});
    same_as_edit(
        {.common_labels = {{"part-of", "other"}}, .force_common_labels = true},
        {"add label --force part-of:other"}
    );
    same_as_edit(
        {.common_labels = {{"a", "b"}}, .label_without_selector = true}, {"add label --without-selector a:b"}
    );
    same_as_edit(
        {.common_labels = {{"a", "b"}}, .label_without_selector = true, .label_include_templates = true},
        {"add label --without-selector --include-templates a:b"}
    );
    // kustomize 5.7.1 refuses several of them without --force where there is no such entry yet.
    same_as_edit(
        {.common_labels = {{"a", "b"}, {"c", "d"}},
         .label_without_selector = true,
         .label_include_templates = true},
        {"add label --force --without-selector --include-templates a:b c:d"}
    );
    same_as_edit({.common_labels = {{"app-name", "$ARGOCD_APP_NAME"}}}, {"add label app-name:web"});
}

BOOST_AUTO_TEST_CASE(annotations) {
    same_as_edit(
        {.common_annotations = {{"a", "b: c"}, {"url", "https://x/y"}}},
        {"add annotation 'a:b: c' url:https://x/y"}
    );
    same_as_edit(
        {.common_annotations = {{"owner", "me"}}, .force_common_annotations = true},
        {"add annotation --force owner:me"}
    );
    same_as_edit(
        {.common_annotations = {{"app", "$ARGOCD_APP_NAME"}}}, {"add annotation 'app:$ARGOCD_APP_NAME'"}
    );
    same_as_edit(
        {.common_annotations = {{"app", "${ARGOCD_APP_NAME}/$ARGOCD_APP_NAMESPACE"}},
         .common_annotations_envsubst = true},
        {"add annotation app:web/shop"}
    );
}

BOOST_AUTO_TEST_CASE(patches) {
    crds::kustomize_options options;
    options.patches.push_back({.path = "patch.yaml"});
    options.patches.push_back(
        {.patch = "- op: add\n  path: /spec/paused\n  value: true\n",
         .target =
             crds::kustomize_selector{.group = "apps", .version = "v1", .kind = "Deployment", .name = "db"}}
    );
    options.patches.push_back(
        {.patch = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: database}\n",
         .target = crds::kustomize_selector{.name = "db", .label_selector = "part-of=shop"},
         .options = {{"allowNameChange", true}, {"allowKindChange", true}}}
    );
    same_as_edit(
        options, {},
        "patches:\n- path: patch.yaml\n- patch: |\n    - op: add\n      path: /spec/paused\n      value: "
        "true\n"
        "  target: {group: apps, version: v1, kind: Deployment, name: db}\n"
        "- patch: |\n    apiVersion: apps/v1\n    kind: StatefulSet\n    metadata: {name: database}\n"
        "  target: {name: db, labelSelector: part-of=shop}\n  options: {allowNameChange: true, "
        "allowKindChange: true}\n"
    );
}

BOOST_AUTO_TEST_CASE(components) {
    same_as_edit({.components = {"../components/one"}}, {"add component ../components/one"});
    same_as_edit({.components = {"../components/*"}}, {"add component '../components/*'"});
    same_as_edit(
        {.components = {"../components/one", "../components/gone"}, .ignore_missing_components = true},
        {"add component ../components/one"}
    );
    same_as_edit(
        {.components = {"../components/one", "../components/[o]ne"}}, {"add component ../components/one"}
    );
}

BOOST_AUTO_TEST_CASE(an_option_replaces_what_is_there_and_keeps_the_rest) {
    const repository r{shop};
    const auto plan = planned(plan_kustomize(
        with_options(r, {.name_prefix = "x\xC2\x85y\xE2\x80\xA8z\x7F"}), {}, {}, the_programs()
    ));
    BOOST_REQUIRE_EQUAL(plan.files.size(), 1U);
    BOOST_TEST(plan.files[0].to == "repo/base/kustomization.yaml");
    // What YAML would take for the end of a line, or refuse, is escaped.
    BOOST_TEST(plan.files[0].text.find("\"namePrefix\":\"x\\u0085y\\u2028z\\u007f\"") != std::string::npos);
    BOOST_TEST(planned(plan_kustomize(with_options(r, {}), {}, {}, the_programs())).files.empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_options) {
    crds::kustomize_options options;
    options.images = {"nginx", "a=b"};
    options.replicas = {{"web", std::string{"many"}}, {"", std::int64_t{1}}};
    options.common_labels = {{"part-of", "x"}};
    options.common_annotations = {{"owner", "x"}};
    options.patches = {{.path = "nothing.yaml"}};
    options.components = {"../components/three", "../gone/*", "../components/one/x.yaml"};
    const auto said = wrong(options);
    for (const auto* sentence :
         {"spec.source.kustomize.images[0]: \"nginx\" says nothing new: it has to be NAME=NEW",
          "spec.source.kustomize.replicas[0].count: has to be a number, is \"many\"",
          "spec.source.kustomize.replicas[1].name: is missing",
          "spec.source.kustomize.commonLabels.part-of: base/kustomization.yaml has it already; "
          "forceCommonLabels: true overwrites it",
          "spec.source.kustomize.commonAnnotations.owner: base/kustomization.yaml has it already; "
          "forceCommonAnnotations: true overwrites it",
          "spec.source.kustomize.patches[0].path: nothing.yaml: there is no such file in revision ",
          "spec.source.kustomize.components[0]: ../components/three: there is no such directory in revision ",
          "spec.source.kustomize.components[1]: ../gone/* matches no directory",
          "spec.source.kustomize.components[2]: ../components/one/x.yaml is a file; it has to be a directory"
         }) {
        BOOST_TEST(said.find(sentence) != std::string::npos, sentence << " is not in\n" << said);
    }
    BOOST_TEST(said.find("images[1]") == std::string::npos);
    BOOST_TEST(
        wrong({.common_labels = {{"a", "b"}}, .label_include_templates = true}) ==
        "spec.source.kustomize.labelIncludeTemplates: means something only with labelWithoutSelector: true"
    );
}

BOOST_AUTO_TEST_CASE(versions_that_are_not_there_are_told) {
    const repository r{shop};
    for (const auto* version : {"", "kustomize5", "v5", "5.7", "v5.7.1", "kustomize-5.7.1"}) {
        BOOST_TEST(version_warning(version, "v5.7.1") == "", version);
    }
    for (const auto* version : {"kustomize4", "v3.5.4", "v5.3.0", "special"}) {
        const auto plan =
            planned(plan_kustomize(with_options(r, {.version = version}), {}, {}, the_programs()));
        BOOST_REQUIRE_EQUAL(plan.warnings.size(), 1U);
        BOOST_TEST(
            plan.warnings[0] == "spec.source.kustomize.version is \"" + std::string{version} +
                                    "\"; there is one kustomize here, v5.7.1, and it builds this"
        );
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
