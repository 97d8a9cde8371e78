#include "render/directory.hpp"

#include "memory_tree.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast;
using test::config_map;
using test::memory_tree;

namespace {

/// The names of the objects, divided by blanks; the errors, one a line, when it failed.
std::string build(
    memory_tree& tree, const render::directory_options& options, const render::directory_limits& limits = {}
) {
    const auto output = render::render_directory(tree, options, limits);
    std::string all;
    if (!output) {
        for (const auto& e : output.error().all) {
            all += render::to_string(e) + "\n";
        }
        return all;
    }
    for (const auto& m : output->objects) {
        if (!all.empty()) all += ' ';
        all += render::names_of(m.object).name;
    }
    return all;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_CASE(manifests_of_a_directory_come_in_the_order_of_paths_and_documents) {
    memory_tree tree;
    tree.file("apps/b.yaml", config_map("b1") + "---\n" + config_map("b2"));
    tree.file("apps/a.json", R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}})");
    tree.file("apps/c.yml", config_map("c"));
    tree.file("apps/README.md", "not a manifest");
    tree.file("apps/sub/d.yaml", config_map("d"));
    tree.file("other/e.yaml", config_map("e"));
    BOOST_TEST(build(tree, {.path = "apps"}) == "a b1 b2 c");
    BOOST_TEST(build(tree, {.path = "./apps/"}) == "a b1 b2 c");
    BOOST_TEST(build(tree, {.path = "apps", .recurse = true}) == "a b1 b2 c d");
    BOOST_TEST(build(tree, {.path = "", .recurse = true}) == "a b1 b2 c d e");
    BOOST_TEST(build(tree, {.path = ".", .recurse = true}) == "a b1 b2 c d e");
}

BOOST_AUTO_TEST_CASE(every_object_knows_where_it_is_from) {
    memory_tree tree;
    tree.file("a/x.yaml", "# first\n" + config_map("one") + "---\n\n" + config_map("two"));
    const auto output = render::render_directory(tree, {.path = "a"});
    BOOST_REQUIRE(output.has_value());
    BOOST_TEST(render::to_string(output->objects.at(0).from) == "a/x.yaml:2");
    BOOST_TEST(render::to_string(output->objects.at(1).from) == "a/x.yaml:8 (document 2)");
}

BOOST_AUTO_TEST_CASE(include_and_exclude_are_globs_over_the_relative_path_and_exclude_wins) {
    memory_tree tree;
    for (const char* const name : {"a", "b", "sub/c", "sub/d"}) {
        tree.file(
            std::string{"apps/"} + name + ".yaml",
            config_map(std::string{name}.substr(std::string{name}.size() - 1))
        );
    }
    BOOST_TEST(build(tree, {.path = "apps", .recurse = true, .include = "{a,sub/*}.yaml"}) == "a c d");
    BOOST_TEST(
        build(tree, {.path = "apps", .recurse = true, .include = "*", .exclude = "*{b,d}.yaml"}) == "a c"
    );
    BOOST_TEST(
        build(tree, {.path = "apps", .recurse = true, .include = "a.yaml", .exclude = "a.yaml"}).empty()
    );
    BOOST_TEST(
        has(build(tree, {.path = "apps", .include = "{a", .exclude = "[b"}), "directory.exclude: glob \"[b\"")
    );
    BOOST_TEST(
        has(build(tree, {.path = "apps", .include = "{a", .exclude = "[b"}), "directory.include: glob \"{a\"")
    );
}

BOOST_AUTO_TEST_CASE(without_the_extension_filter_every_file_is_read) {
    memory_tree tree;
    tree.file("a/manifest", config_map("bare"))
        .file("a/b.yaml", config_map("b"))
        .file("a/c.YAML", config_map("c"));
    BOOST_TEST(build(tree, {.path = "a"}) == "b");
    BOOST_TEST(build(tree, {.path = "a", .disable_extension_filter = true}) == "b c bare");
}

BOOST_AUTO_TEST_CASE(files_about_the_source_are_no_manifests) {
    memory_tree tree;
    tree.file("apps/a.yaml", config_map("a"));
    tree.file("apps/.argocd-source.yaml", "directory: {recurse: true}\n");
    tree.file("apps/.argocd-source-web.yaml", "directory: {recurse: true}\n");
    BOOST_TEST(build(tree, {.path = "apps"}) == "a");
    BOOST_TEST(build(tree, {.path = "apps", .disable_extension_filter = true}) == "a");
}

BOOST_AUTO_TEST_CASE(a_marked_file_is_skipped) {
    memory_tree tree;
    tree.file("a/x.yaml", "# +argocd:skip-file-rendering\nhost: {{ x }}\n");
    tree.file("a/y.yaml", "{{ # +holdfast:skip-file-rendering\n");
    tree.file("a/z.yaml", config_map("z"));
    BOOST_TEST(build(tree, {.path = "a"}) == "z");
}

BOOST_AUTO_TEST_CASE(a_directory_without_manifests_is_a_warning_and_no_error) {
    memory_tree tree;
    tree.file("a/README.md", "");
    const auto output = render::render_directory(tree, {.path = "a"});
    BOOST_REQUIRE(output.has_value());
    BOOST_TEST(output->objects.empty());
    BOOST_REQUIRE_EQUAL(output->warnings.size(), 1U);
    BOOST_TEST(
        output->warnings[0] == "a: there are no manifests in revision 1234567 of https://git.example/shop"
    );
}

BOOST_AUTO_TEST_CASE(a_path_that_is_not_there_is_not_found_and_named_with_the_revision) {
    memory_tree tree;
    tree.file("a/b.yaml", config_map("b"));
    const auto output = render::render_directory(tree, {.path = "apps/web"});
    BOOST_REQUIRE(output.has_error());
    BOOST_TEST((output.error().summary().kind() == error_kind::not_found));
    BOOST_TEST(
        output.error().summary().message() ==
        "there is no apps/web in revision 1234567 of https://git.example/shop"
    );
    BOOST_TEST(
        has(build(tree, {.path = "a/b.yaml"}),
            "a/b.yaml in revision 1234567 of https://git.example/shop is a file, not a directory")
    );
}

BOOST_AUTO_TEST_CASE(a_path_that_leaves_the_repository_is_refused) {
    memory_tree tree;
    tree.file("a/b.yaml", config_map("b"));
    BOOST_TEST(has(build(tree, {.path = "../etc"}), "must not contain \"..\""));
    BOOST_TEST(has(build(tree, {.path = "a/../a"}), "must not contain \"..\""));
    BOOST_TEST(has(
        build(tree, {.path = "/a"}), "is absolute; it has to be relative to the root of the repository: \"a\""
    ));
    BOOST_TEST(has(build(tree, {.path = std::string{"a\0b", 3}}), "NUL"));
}

BOOST_AUTO_TEST_CASE(all_errors_are_collected_with_their_places) {
    memory_tree tree;
    tree.file("a/1.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n");
    tree.file(
        "a/2.yaml",
        config_map("ok") + "---\nkind: ConfigMap\nmetadata: {name: x}\n---\napiVersion: v1\nkind: Secret\n"
    );
    tree.file("a/3.yaml", "# the kind and apiVersion are missing, not the metadata\nmetadata: {name: x}\n");
    tree.file("a/4.yaml", config_map("x", "data:\n  a: 1\ndata:\n  b: 2\n"));
    tree.file("a/5.json", "{\"apiVersion\": \"v1\",\n]}");
    const auto output = render::render_directory(tree, {.path = "a"});
    BOOST_REQUIRE(output.has_error());
    const auto& all = output.error().all;
    BOOST_REQUIRE_EQUAL(all.size(), 6U);
    BOOST_TEST(has(render::to_string(all[0]), "a/1.yaml:4:1: "));
    BOOST_TEST(render::to_string(all[1]) == "a/2.yaml:6:1 (document 2): the object has no apiVersion");
    BOOST_TEST(render::to_string(all[2]) == "a/2.yaml:9:1 (document 3): the Secret has no metadata.name");
    BOOST_TEST(
        has(render::to_string(all[3]),
            "a/3.yaml:2:1: this is not a Kubernetes object: it has no apiVersion and no kind.")
    );
    BOOST_TEST(
        has(render::to_string(all[4]),
            "a/4.yaml:7:1: key \"data\" appears twice in one mapping; it was first in line 5")
    );
    BOOST_TEST(has(render::to_string(all[5]), "a/5.json:2:"));
    const auto summary = output.error().summary(2);
    BOOST_TEST((summary.kind() == error_kind::user));
    BOOST_TEST(has(summary.message(), "; and 4 more"));
}

BOOST_AUTO_TEST_CASE(a_repeated_key_below_an_objects_own_fields_is_a_warning_with_its_place) {
    memory_tree tree;
    tree.file("a/1.yaml", config_map("x") + "---\n" + config_map("v", "data:\n  a: one\n  a: two\n"));
    tree.file(
        "a/2.json", "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"z\",\n"
                    "\"name\": \"w\"}}"
    );
    const auto output = render::render_directory(tree, {.path = "a"});
    BOOST_TEST_REQUIRE(output.has_value(), output.error().summary().message());
    BOOST_TEST_REQUIRE(output->objects.size() == 3U);
    BOOST_TEST(output->objects[1].object.at("data").at("a").as_string() == "two");
    BOOST_TEST(render::names_of(output->objects[2].object).name == "w");
    BOOST_TEST_REQUIRE(output->warnings.size() == 2U);
    BOOST_TEST(has(output->warnings[0], "a/1.yaml:"));
    BOOST_TEST(
        has(output->warnings[0], "(document 2): key \"a\" appears twice in one mapping, first in line ")
    );
    BOOST_TEST(has(output->warnings[1], "a/2.json:2: key \"name\" appears twice"));
}

BOOST_AUTO_TEST_CASE(symlinks_are_followed_inside_of_the_repository) {
    memory_tree tree;
    tree.file("shared/cm.yaml", config_map("shared")).file("shared/more/deep.yaml", config_map("deep"));
    tree.link("app/linked.yaml", "../shared/cm.yaml")
        .link("app/dir", "../shared/more")
        .link("app/twice.yaml", "linked.yaml");
    BOOST_TEST(build(tree, {.path = "app"}) == "shared shared");
    BOOST_TEST(build(tree, {.path = "app", .recurse = true}) == "deep shared shared");
    tree.link("way", "app");
    BOOST_TEST(build(tree, {.path = "way", .exclude = "twice.yaml"}) == "shared");
    BOOST_TEST(build(tree, {.path = "way/dir"}) == "deep");
    BOOST_TEST(build(tree, {.path = "app", .recurse = true, .exclude = "{dir/*,t*}"}) == "shared");
}

BOOST_AUTO_TEST_CASE(what_is_read_through_symlinks_outside_of_the_directory_is_recorded) {
    memory_tree tree;
    tree.file("shared/cm.yaml", config_map("shared")).file("app/own.yaml", config_map("own"));
    tree.link("shared/hop.yaml", "cm.yaml")
        .link("app/linked.yaml", "../shared/hop.yaml")
        .link("app/own2.yaml", "own.yaml");
    const auto output = render::render_directory(tree, {.path = "app"});
    BOOST_REQUIRE(output.has_value());
    BOOST_REQUIRE_EQUAL(output->outside_reads.size(), 2U);
    BOOST_TEST(output->outside_reads[0].path == "shared/hop.yaml");
    BOOST_TEST(output->outside_reads[1].path == "shared/cm.yaml");
    BOOST_TEST(output->outside_reads[1].id == tree.id("shared/cm.yaml"));
}

BOOST_AUTO_TEST_CASE(symlinks_that_leave_the_repository_or_run_in_circles_are_refused) {
    memory_tree tree;
    tree.file("app/a.yaml", config_map("a"));
    tree.link("app/b.yaml", "../../etc/passwd")
        .link("app/c.yaml", "/etc/passwd")
        .link("app/d.yaml", "e.yaml");
    tree.link("app/e.yaml", "d.yaml");
    const std::string errors = build(tree, {.path = "app"});
    BOOST_TEST(has(errors, "symlink app/b.yaml leaves the repository"));
    BOOST_TEST(has(errors, "symlink app/c.yaml leaves the repository: its target is absolute"));
    BOOST_TEST(has(errors, "symlink app/d.yaml runs in circles"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_contains_itself_by_a_symlink_is_refused) {
    memory_tree tree;
    tree.file("app/a.yaml", config_map("a")).link("app/sub/up", "../../app");
    BOOST_TEST(has(build(tree, {.path = "app", .recurse = true}), "symlink app/sub/up runs in circles"));
    BOOST_TEST(build(tree, {.path = "app"}) == "a");
}

BOOST_AUTO_TEST_CASE(a_symlink_that_leads_nowhere_is_a_warning) {
    memory_tree tree;
    tree.file("app/a.yaml", config_map("a")).link("app/docs", "../gone").link("app/f.yaml", "nowhere.yaml");
    const auto output = render::render_directory(tree, {.path = "app", .recurse = true});
    BOOST_REQUIRE(output.has_value());
    BOOST_REQUIRE_EQUAL(output->objects.size(), 1U);
    BOOST_REQUIRE_EQUAL(output->warnings.size(), 2U);
    BOOST_TEST(has(output->warnings[0], "symlink app/docs leads to gone, which does not exist"));
    BOOST_TEST(has(output->warnings[1], "symlink app/f.yaml leads to app/nowhere.yaml, which does not exist")
    );
}

// What lies beside manifests: values of a chart, a template, a list, a text with a tab in it.
BOOST_AUTO_TEST_CASE(a_yaml_file_that_is_no_object_is_passed_over_with_a_warning) {
    memory_tree tree;
    tree.file("a/cm.yaml", config_map("x"))
        .file("a/list.yaml", "- one\n- two\n")
        .file("a/mixed.yaml", "--- \n# nothing\n---\nimage: {tag: 1}\nreplicas: 3\n---\nmore: true\n")
        .file("a/text.yml", "just a sentence\n")
        .file("a/wrong.yaml", "a: [\n")
        .file("a/tagged.yaml", "kind: Config\nclusters: []\n");
    const auto output = render::render_directory(tree, {.path = "a"});
    BOOST_TEST_REQUIRE(output.has_value());
    BOOST_TEST(output->objects.size() == 1U);
    BOOST_TEST_REQUIRE(output->warnings.size() == 5U);
    const std::string passed_over = ": left out, since there is no Kubernetes object in it: ";
    BOOST_TEST(output->warnings[0] == "a/list.yaml:1" + passed_over + "this is a list");
    BOOST_TEST(output->warnings[1] == "a/mixed.yaml:4 (document 2)" + passed_over + "it has no apiVersion");
    BOOST_TEST(output->warnings[2] == "a/tagged.yaml:1" + passed_over + "it has no apiVersion");
    BOOST_TEST(output->warnings[3] == "a/text.yml:1" + passed_over + "this is a string");
    BOOST_TEST(has(output->warnings[4], "a/wrong.yaml:2" + passed_over));
    // Not so where somebody meant an object: it would be taken away from the cluster.
    for (const std::string text : {
             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\n",
             "apiVersion: v1\nmetadata: {name: x}\n",
             "kind: ConfigMap\nmetadata: {name: x}\n",
             "- {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n",
         }) {
        memory_tree meant;
        meant.file("a/cm.yaml", config_map("x")).file("a/meant.yaml", text);
        BOOST_TEST(render::render_directory(meant, {.path = "a"}).has_error(), text);
    }
    memory_tree beside;
    beside.file("a/both.yaml", config_map("x") + "---\nreplicas: 3\n").file("a/package.json", "{\"a\": 1}");
    const auto errors = render::render_directory(beside, {.path = "a"});
    BOOST_TEST_REQUIRE(errors.has_error());
    BOOST_TEST(errors.error().all.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_list_without_items_is_empty) {
    memory_tree tree;
    tree.file("a/1.yaml", "apiVersion: v1\nkind: ConfigMapList\nmetadata: {}\nitems: null\n");
    tree.file(
        "a/2.json",
        "{\"apiVersion\": \"apps/v1\", \"kind\": \"DeploymentList\", \"metadata\": {}, \"items\": null}"
    );
    tree.file(
        "a/3.yaml",
        "apiVersion: v1\nkind: ConfigMapList\nmetadata: {}\nitems: [null, {metadata: {name: x}}]\n"
    );
    tree.file("a/4.yaml", "apiVersion: v1\nkind: List\nmetadata: {}\nitems:\n");
    const auto output = render::render_directory(tree, {.path = "a"});
    BOOST_TEST_REQUIRE(output.has_value());
    BOOST_TEST_REQUIRE(output->objects.size() == 1U);
    BOOST_TEST(render::names_of(output->objects[0].object).name == "x");
}

BOOST_AUTO_TEST_CASE(submodules_are_skipped_with_a_warning) {
    memory_tree tree;
    tree.file("app/a.yaml", config_map("a")).submodule("app/vendor");
    const auto output = render::render_directory(tree, {.path = "app", .recurse = true});
    BOOST_REQUIRE(output.has_value());
    BOOST_REQUIRE_EQUAL(output->warnings.size(), 1U);
    BOOST_TEST(output->warnings[0] == "app/vendor is a submodule; submodules are not read");
    BOOST_TEST(
        has(build(tree, {.path = "app/vendor"}), "is a submodule, which is not fetched, not a directory")
    );
}

BOOST_AUTO_TEST_CASE(what_cannot_be_built_yet_is_said_and_not_guessed) {
    memory_tree tree;
    tree.file("app/b.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
    const std::string errors = build(tree, {.path = "app"});
    BOOST_TEST(has(errors, "app/b.yaml: the file is in Git LFS"));
}

BOOST_AUTO_TEST_CASE(the_objects_of_jsonnet_are_those_of_its_result) {
    memory_tree tree;
    const auto object = [](const std::string& name) {
        return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + name + R"("}})";
    };
    tree.file("app/a.jsonnet", "one").file("app/b.jsonnet", "several").file("app/c.yaml", config_map("c"));
    tree.file("app/lib.libsonnet", "no manifest").file("app/d.jsonnet", "// +argocd:skip-file-rendering");
    render::directory_options options{.path = "app"};
    options.evaluated["app/a.jsonnet"] = object("a");
    options.evaluated["app/b.jsonnet"] = "[" + object("b1") + ", null, " + object("b2") +
                                         R"(, {"apiVersion":"v1","kind":"List","items":[)" + object("b3") +
                                         "]}]\n";
    BOOST_TEST(build(tree, options) == "a b1 b2 b3 c");
    options.evaluated["app/a.jsonnet"] = "null\n";
    BOOST_TEST(build(tree, options) == "b1 b2 b3 c");
    const auto output = render::render_directory(tree, options);
    BOOST_REQUIRE(output.has_value());
    BOOST_TEST(render::to_string(output->objects.at(1).from) == "app/b.jsonnet:1 (document 3)");
}

BOOST_AUTO_TEST_CASE(what_jsonnet_gives_that_is_no_object_is_an_error_of_the_file) {
    memory_tree tree;
    tree.file("app/a.jsonnet", "")
        .file("app/b.jsonnet", "")
        .file("app/c.jsonnet", "")
        .file("app/d.jsonnet", "");
    render::directory_options options{.path = "app"};
    options.evaluated["app/a.jsonnet"] = "\"text\"";
    options.evaluated["app/b.jsonnet"] = R"([{"kind":"ConfigMap"}, [], 5])";
    options.evaluated["app/c.jsonnet"] = "{ no json";
    const auto errors = build(tree, options);
    BOOST_TEST(has(errors, "app/a.jsonnet: this is a string, not a Kubernetes object\n"), errors);
    BOOST_TEST(has(errors, "app/b.jsonnet: object 1 of the result: the object has no apiVersion\n"), errors);
    BOOST_TEST(has(errors, "app/b.jsonnet: object 2 of the result: this is a list"), errors);
    BOOST_TEST(has(errors, "app/b.jsonnet: object 3 of the result: this is a number"), errors);
    BOOST_TEST(has(errors, "app/c.jsonnet: the result cannot be read: this is not valid JSON"), errors);
    BOOST_TEST(has(errors, "app/d.jsonnet: the file was not evaluated"), errors);
    render::directory_limits limits;
    limits.max_total_bytes = 10;
    BOOST_TEST(
        has(build(tree, options, limits), "app/b.jsonnet: the manifests together have more than 10 bytes")
    );
}

BOOST_AUTO_TEST_CASE(limits_are_said_by_name) {
    memory_tree tree;
    tree.file("app/a.yaml", config_map("a", "data: {x: " + std::string(1000, 'x') + "}\n"))
        .file("app/b.yaml", config_map("b"));
    render::directory_limits limits;
    limits.max_file_bytes = 500;
    BOOST_TEST(has(build(tree, {.path = "app"}, limits), "bytes, more than 500"));
    limits = {};
    limits.max_total_bytes = 1100;
    BOOST_TEST(has(
        build(tree, {.path = "app"}, limits), "app/b.yaml: the manifests together have more than 1100 bytes"
    ));
    limits = {};
    limits.max_object_bytes = 800;
    BOOST_TEST(has(build(tree, {.path = "app"}, limits), "is larger than 800 bytes, the limit for one object")
    );
    limits = {};
    limits.max_objects = 1;
    BOOST_TEST(has(build(tree, {.path = "app"}, limits), "the source has more than 1 objects"));
    limits = {};
    limits.max_files = 1;
    BOOST_TEST(has(build(tree, {.path = "app"}, limits), "app has more than 1 files and directories"));
    limits = {};
    limits.max_errors = 2;
    tree.file("app/c.yaml", "# no kind, apiVersion or metadata\nx: 1\n---\ny: 1\n---\nz: 1\n");
    const auto many = render::render_directory(tree, {.path = "app"}, limits);
    BOOST_TEST(many.error().all.size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_hash_names_the_objects_and_not_their_files_or_their_formatting) {
    memory_tree one;
    one.file("app/a.yaml", config_map("a", "data:\n  k: v\n") + "---\n" + config_map("b"));
    memory_tree other;
    other.file("app/1.yaml", config_map("b"));
    other.file(
        "app/2.json", R"({"metadata":{"name":"a"},"data":{"k":"v"},"kind":"ConfigMap","apiVersion":"v1"})"
    );
    memory_tree different;
    different.file("app/a.yaml", config_map("a", "data:\n  k: w\n") + "---\n" + config_map("b"));
    const auto hash = [](memory_tree& tree) {
        return render::render_directory(tree, {.path = "app"}).value().hash;
    };
    BOOST_TEST((hash(one) == hash(other)));
    BOOST_TEST((hash(one) != hash(different)));
    const auto output = render::render_directory(one, {.path = "app"}).value();
    BOOST_TEST((render::hash_of(output.objects) == output.hash));
}
