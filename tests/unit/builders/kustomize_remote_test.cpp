// Bases and files behind URLs: named as needs, and local once they are supplied.

#include "kustomize_bench.hpp"

#include "base/hash.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

namespace holdfast::builders {
namespace {

using files = std::map<std::string, std::string>;

need repository_need(const std::string& url, const std::string& revision = "") {
    return {.what = need::kind::repository, .url = url, .revision = revision};
}

supply supply_of(const repository& r) {
    supply s;
    s.at = r.at();
    s.identity = r.at().commit().hex();
    return s;
}

supply file_of(const temporary_directory& in, const std::string& name, const std::string& text) {
    supply s;
    s.file = (in.path() / name).string();
    std::ofstream{s.file, std::ios::binary} << text;
    s.identity = "sha256:" + to_hex(sha256(text));
    return s;
}

BOOST_AUTO_TEST_SUITE(kustomize_remote)

BOOST_AUTO_TEST_CASE(needs_are_named_each_once) {
    const repository r{
        {{"kustomization.yaml",
          "resources:\n- https://github.com/acme/base//deploy?ref=v1.2\n- "
          "github.com/acme/base/other?ref=v1.2\n"
          "- git::https://git.example/team/lib.git//x\n- git@git.example:team/private//y?ref=main\n"
          "- https://dev.azure.com/org/project/_git/repo/path?version=v2\n- https://example.com/all.yaml\n"
          "components: [\"ssh://git@git.example/team/components//tls\"]\n"
          "patches: [{path: https://example.com/patch.yaml}]\n"
          "configMapGenerator: [{name: c, files: [https://example.com/app.conf]}]\n"
          "crds: [https://example.com/all.yaml]\n"}}
    };
    const auto plan = planned(plan_kustomize(source_of(r, ""), {}, {}, the_programs()));
    const std::set<need> expected{
        repository_need("https://github.com/acme/base", "v1.2"),
        repository_need("https://git.example/team/lib.git"),
        repository_need("git@git.example:team/private", "main"),
        repository_need("https://dev.azure.com/org/project/_git/repo", "v2"),
        repository_need("ssh://git@git.example/team/components"),
        {.what = need::kind::file, .url = "https://example.com/all.yaml"},
        {.what = need::kind::file, .url = "https://example.com/patch.yaml"},
        {.what = need::kind::file, .url = "https://example.com/app.conf"},
    };
    BOOST_TEST((plan.needs == expected));
    BOOST_TEST((plan.missing == expected));
}

BOOST_AUTO_TEST_CASE(a_remote_base_gives_what_a_local_one_gives) {
    const files base{
        {"deploy/kustomization.yaml", "resources: [../common, web.yaml]\n"},
        {"deploy/web.yaml", deployment("web")},
        {"common/kustomization.yaml",
         "resources: [x.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [a=b]\n"},
        {"common/x.yaml", config_map("x")},
        {"unused/x.yaml", "x"},
    };
    const repository remote{base};
    const std::string overlay = "namePrefix: prod-\nreplicas: [{name: web, count: 3}]\nconfigMapGenerator:\n"
                                "- name: settings\n  behavior: merge\n  literals: [c=d]\n";
    const repository r{
        {{"apps/prod/kustomization.yaml",
          "resources:\n- first.yaml\n- https://git.example/acme/base//deploy/?ref=v1\n- last.yaml\n" + overlay
         },
         {"apps/prod/first.yaml", config_map("first")},
         {"apps/prod/last.yaml", config_map("last")}}
    };
    auto local = base;
    local["apps/prod/kustomization.yaml"] =
        "resources:\n- first.yaml\n- ../../deploy\n- last.yaml\n" + overlay;
    local["apps/prod/first.yaml"] = config_map("first");
    local["apps/prod/last.yaml"] = config_map("last");
    const repository clone{local};

    supplies supplied{{repository_need("https://git.example/acme/base", "v1"), supply_of(remote)}};
    const auto plan = planned(plan_kustomize(source_of(r, "apps/prod"), {}, supplied, the_programs()));
    BOOST_TEST(plan.missing.empty());
    BOOST_TEST(plan.needs.size() == 1U);
    std::vector<std::string> copied;
    for (const auto& tree : plan.trees) {
        copied.push_back(tree.to);
    }
    BOOST_TEST((copied == std::vector<std::string>{"repo/apps/prod", "remote/0/common", "remote/0/deploy"}));
    BOOST_TEST((plan.elsewhere == decltype(plan.elsewhere){{"remote/0", "https://git.example/acme/base"}}));
    bench b;
    const auto built = b.run(plan);
    BOOST_TEST(built.status == 0, built.error_output);
    BOOST_TEST(built.output == plain_build(clone.path() / "apps/prod").output);
}

BOOST_AUTO_TEST_CASE(bases_of_bases_and_the_same_one_twice) {
    repository innermost{
        {{"kustomization.yaml", "resources: [i.yaml]\n"},
         {"i.yaml", config_map("i")},
         {"x/kustomization.yaml", "namePrefix: x-\nresources: [k.yaml]\n"},
         {"x/k.yaml", config_map("k")}}
    };
    repository inner{
        {{"a/kustomization.yaml", "resources: [git@git.example:acme/innermost.git, a.yaml]\nnameSuffix: -a\n"
         },
         {"a/a.yaml", config_map("a")},
         {"b/kustomization.yaml", "resources: [../a]\n"}}
    };
    const repository r{
        {{"kustomization.yaml", "resources: [\"https://git.example/acme/inner//b\", "
                                "\"git@git.example:acme/innermost.git//x\", sub]\n"},
         {"sub/kustomization.yaml", "namePrefix: s-\nresources: [\"https://git.example/acme/inner//a\"]\n"}}
    };
    supplies supplied{{repository_need("https://git.example/acme/inner"), supply_of(inner)}};
    const auto first = planned(plan_kustomize(source_of(r, ""), {}, supplied, the_programs()));
    BOOST_TEST((first.missing == std::set{repository_need("git@git.example:acme/innermost.git")}));
    supplied[repository_need("git@git.example:acme/innermost.git")] = supply_of(innermost);
    const auto plan = planned(plan_kustomize(source_of(r, ""), {}, supplied, the_programs()));
    BOOST_TEST(plan.needs.size() == 2U);
    bench b;
    const auto built = b.run(plan);
    BOOST_REQUIRE_MESSAGE(built.status == 0, built.error_output);

    const repository clone{
        {{"kustomization.yaml", "resources: [inner/b, innermost/x, sub]\n"},
         {"sub/kustomization.yaml", "namePrefix: s-\nresources: [../inner/a]\n"},
         {"inner/a/kustomization.yaml", "resources: [../../innermost, a.yaml]\nnameSuffix: -a\n"},
         {"inner/a/a.yaml", config_map("a")},
         {"inner/b/kustomization.yaml", "resources: [../a]\n"},
         {"innermost/kustomization.yaml", "resources: [i.yaml]\n"},
         {"innermost/i.yaml", config_map("i")},
         {"innermost/x/kustomization.yaml", "namePrefix: x-\nresources: [k.yaml]\n"},
         {"innermost/x/k.yaml", config_map("k")}}
    };
    BOOST_TEST(built.output == plain_build(clone.path()).output);

    // The key follows what is read of them, not their commits.
    const auto again = [&] {
        return planned(plan_kustomize(source_of(r, ""), {}, supplied, the_programs())).key;
    };
    inner.file("unused", "x");
    inner.commit();
    supplied[repository_need("https://git.example/acme/inner")] = supply_of(inner);
    BOOST_TEST((again() == plan.key));
    innermost.file("i.yaml", config_map("j"));
    innermost.commit();
    supplied[repository_need("git@git.example:acme/innermost.git")] = supply_of(innermost);
    BOOST_TEST((again() != plan.key));
}

BOOST_AUTO_TEST_CASE(files_behind_urls_are_beside_the_kustomization) {
    const temporary_directory there;
    const repository r{
        {{"a/kustomization.yaml",
          "resources: [../b, https://example.com/all.yaml]\nconfigMapGenerator:\n- name: c\n"
          "  files: [https://example.com/conf/app.conf, named=https://example.com/conf/app.conf]\n"
          "  envs: [https://example.com/settings.env]\npatches: [{path: https://example.com/patch.yaml}]\n"},
         {"b/kustomization.yaml",
          "configMapGenerator: [{name: b, files: [https://example.com/conf/app.conf]}]\n"}}
    };
    const auto patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 7}\n";
    const auto file_need = [](const std::string& url) { return need{.what = need::kind::file, .url = url}; };
    supplies supplied{
        {file_need("https://example.com/all.yaml"), file_of(there, "0", deployment("web"))},
        {file_need("https://example.com/conf/app.conf"), file_of(there, "1", "listen 80;\n")},
        {file_need("https://example.com/settings.env"), file_of(there, "2", "A=1\n")},
        {file_need("https://example.com/patch.yaml"), file_of(there, "3", patch)},
    };
    const auto plan = planned(plan_kustomize(source_of(r, "a"), {}, supplied, the_programs()));
    bench b;
    const auto built = b.run(plan);
    BOOST_REQUIRE_MESSAGE(built.status == 0, built.error_output);
    const repository clone{
        {{"a/kustomization.yaml",
          "resources: [../b, all.yaml]\nconfigMapGenerator:\n- name: c\n  files: [app.conf, named=app.conf]\n"
          "  envs: [settings.env]\npatches: [{path: patch.yaml}]\n"},
         {"a/all.yaml", deployment("web")},
         {"a/app.conf", "listen 80;\n"},
         {"a/settings.env", "A=1\n"},
         {"a/patch.yaml", patch},
         {"b/kustomization.yaml", "configMapGenerator: [{name: b, files: [app.conf]}]\n"},
         {"b/app.conf", "listen 80;\n"}}
    };
    const auto expected = plain_build(clone.path() / "a");
    BOOST_TEST(expected.status == 0, expected.error_output);
    BOOST_TEST(built.output == expected.output);
    supplied[file_need("https://example.com/settings.env")] = file_of(there, "4", "A=2\n");
    BOOST_TEST((planned(plan_kustomize(source_of(r, "a"), {}, supplied, the_programs())).key != plan.key));
}

BOOST_AUTO_TEST_CASE(options_and_remote_bases_together) {
    const repository remote{{{"kustomization.yaml", "resources: [x.yaml]\n"}, {"x.yaml", deployment("web")}}};
    const repository r{{{"kustomization.yaml", "resources: [\"https://git.example/acme/base?ref=v1\"]\n"}}};
    auto source = source_of(r, "");
    source.spec.kustomize = crds::kustomize_options{
        .name_prefix = "p-", .images = {"nginx:2"}, .components = {"https://git.example/acme/components//c"}
    };
    const repository components{
        {{"c/kustomization.yaml",
          "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -c\n"}}
    };
    supplies supplied{
        {repository_need("https://git.example/acme/base", "v1"), supply_of(remote)},
        {repository_need("https://git.example/acme/components"), supply_of(components)}
    };
    bench b;
    const auto built = b.run(planned(plan_kustomize(source, {}, supplied, the_programs())));
    BOOST_REQUIRE_MESSAGE(built.status == 0, built.error_output);
    BOOST_TEST(built.output.find("name: p-web-c\n") != std::string::npos, built.output);
    BOOST_TEST(built.output.find("image: nginx:2\n") != std::string::npos, built.output);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_a_remote_base_names_it) {
    repository remote{
        {{"deploy/kustomization.yaml", "resources: [../../outside, nothing-of-that-name]\n"},
         {"deploy/file.yaml", "x"},
         {"empty/x", "x"}}
    };
    remote.link("away", "../../../etc");
    remote.commit();
    const supplies supplied{{repository_need("https://git.example/acme/base"), supply_of(remote)}};
    const auto errors = [&](const std::string& entry) {
        const repository r{{{"kustomization.yaml", "resources:\n- " + entry + "\n"}}};
        return errors_of(plan_kustomize(source_of(r, ""), {}, supplied, the_programs()));
    };
    const auto revision =
        "revision " + remote.at().commit().hex().substr(0, 10) + " of https://git.example/acme/base";
    BOOST_TEST(
        errors("https://git.example/acme/base//deploy") ==
        "https://git.example/acme/base//deploy/kustomization.yaml:1:13: resources[0]: ../../outside leaves "
        "the "
        "repository\nhttps://git.example/acme/base//deploy/kustomization.yaml:1:28: resources[1]: "
        "nothing-of-that-name: "
        "there is "
        "no such file or directory in " +
            revision
    );
    BOOST_TEST(
        errors("https://git.example/acme/base//deplyo") ==
        "kustomization.yaml:2:3: resources[0]: https://git.example/acme/base//deplyo: there is no such "
        "directory in " +
            revision + "; did you mean deploy?"
    );
    BOOST_TEST(
        errors("https://git.example/acme/base//deploy/file.yaml") ==
        "kustomization.yaml:2:3: resources[0]: https://git.example/acme/base//deploy/file.yaml is not a "
        "directory with a kustomization"
    );
    BOOST_TEST(
        errors("https://git.example/acme/base//empty")
            .find(
                "https://git.example/acme/base//empty: there is no kustomization in this directory in " +
                revision
            ) == 0U
    );
    BOOST_TEST(
        errors("https://git.example/acme/base//away").find("leaves the repository") != std::string::npos
    );
    BOOST_TEST(
        errors("https://git.example/acme/base//..")
            .find(
                "resources[0]: https://git.example/acme/base//.. is not a valid repository address: its path "
                "leaves the repository"
            ) != std::string::npos
    );
    for (const auto* entry :
         {"https://user:geheim@git.example/acme/base", "https://user:geheim@git.example/acme/base//..",
          "https://user:geheim@git.example/all.yaml", "ssh://user:geheim@git.example/acme/base"}) {
        const auto said = errors(entry);
        BOOST_TEST(said.find("geheim") == std::string::npos, said);
        BOOST_TEST(said.find("user:***@git.example") != std::string::npos, said);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
