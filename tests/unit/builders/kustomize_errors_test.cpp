// What is wrong with a kustomization is said before anything runs, all of it, with file and line.

#include "kustomize_bench.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::builders {
namespace {

using files = std::map<std::string, std::string>;

std::string wrong(const repository& r, const std::string& path = "") {
    return errors_of(plan_kustomize(source_of(r, path), {}, {}, the_programs()));
}

std::string wrong(const files& all, const std::string& path = "") {
    return wrong(repository{all}, path);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string revision_of(const repository& r) {
    return "revision " + r.at().commit().hex().substr(0, 10) + " of https://git.example/shop";
}

BOOST_AUTO_TEST_SUITE(kustomize_errors)

BOOST_AUTO_TEST_CASE(no_kustomization_or_several) {
    const repository r{
        {{"a/x.yaml", "x"},
         {"b/kustomization.yaml", "namePrefix: a\n"},
         {"b/Kustomization", "namePrefix: a\n"},
         {"c/kustomization.yaml/x", "x"},
         {"d/kustomization.yaml", "resources: [../a]\n"},
         {"file", "x"}}
    };
    const auto none = "there is no kustomization in this directory in " + revision_of(r) +
                      ": a file kustomization.yaml, kustomization.yml or Kustomization";
    BOOST_TEST(wrong(r, "a") == "a: " + none);
    BOOST_TEST(wrong(r) == "the repository's root: " + none);
    BOOST_TEST(
        wrong(r, "b") == "b: there are kustomization.yaml and Kustomization in this directory; kustomize "
                         "takes a directory with one of them"
    );
    BOOST_TEST(wrong(r, "c") == "c: " + none);
    BOOST_TEST(wrong(r, "d") == "a: " + none);
    BOOST_TEST(wrong(r, "file") == "file is not a directory in " + revision_of(r));
    BOOST_TEST(wrong(r, "gone") == "there is no gone in " + revision_of(r));
    BOOST_TEST(has(wrong(r, "../x"), "must not contain \"..\""));
    BOOST_TEST(has(wrong(r, "/x"), "is absolute"));
}

BOOST_AUTO_TEST_CASE(what_is_no_kustomization) {
    BOOST_TEST(
        has(wrong({{"k/kustomization.yaml", "resources:\n- a\n b: [\n"}}, "k"), "k/kustomization.yaml:3:")
    );
    BOOST_TEST(wrong({{"kustomization.yaml", ""}}) == "kustomization.yaml: the kustomization is empty");
    BOOST_TEST(
        wrong({{"kustomization.yaml", "---\n---\nresources: []\n"}}) ==
        "kustomization.yaml: the kustomization is empty"
    );
    BOOST_TEST(
        wrong({{"kustomization.yaml", "- a\n"}}) ==
        "kustomization.yaml:1:1: a kustomization is a mapping, this is a list"
    );
    BOOST_TEST(
        wrong({{"kustomization.yaml", "namePrefix: a\nresource: [x]\nfoo: 1\n"}}) ==
        "kustomization.yaml:2:1: kustomize knows no field \"resource\"; did you mean resources?\n"
        "kustomization.yaml:3:1: kustomize knows no field \"foo\""
    );
    BOOST_TEST(
        wrong(
            {{"kustomization.yaml",
              "resources: x\nbases: [5]\ncomponents: ['']\nconfigMapGenerator:\n- {name: a, files: {}}\n"}}
        ) == "kustomization.yaml:1:1: resources: has to be a list, is a text\n"
             "kustomization.yaml:2:9: bases[0]: has to be a text, is 5\n"
             "kustomization.yaml:5:13: configMapGenerator[0].files: has to be a list, is an object\n"
             "kustomization.yaml:3:14: components[0]: is empty"
    );
    BOOST_TEST(
        has(wrong({{"kustomization.yaml", "resources: [a]\nResources: [b]\n"}}),
            "kustomization.yaml:2:1: resources is there twice")
    );
}

BOOST_AUTO_TEST_CASE(entries_that_lead_to_nothing) {
    const repository r{
        {{"apps/web/kustomization.yaml",
          "resources:\n- ../../base\n- depoyment.yaml\n- ../../base2\n- ../../lib/bose/x\n"
          "components:\n- ../../component\npatches:\n- path: gone/patch.yaml\n- patch: '[]'\n"
          "configMapGenerator:\n- name: a\n  files: [x=gone.conf]\n  envs: [settings.evn]\n"
          "patchesStrategicMerge: [no-patch-at-all.yaml, \"a: b\"]\ngenerators: [nothing]\n"},
         {"apps/web/deployment.yaml", "x"},
         {"apps/web/settings.env", "x"},
         {"base/kustomization.yaml", "namePrefix: a\n"},
         {"lib/base/x/kustomization.yaml", "namePrefix: a\n"},
         {"components/kustomization.yaml", "namePrefix: a\n"}}
    };
    const auto in = " in " + revision_of(r);
    const std::string at = "apps/web/kustomization.yaml:";
    BOOST_TEST(
        wrong(r, "apps/web") ==
        at + "3:3: resources[1]: depoyment.yaml: there is no such file or directory" + in +
            "; did you mean deployment.yaml?\n" + at +
            "4:3: resources[2]: ../../base2: there is no such file or directory" + in +
            "; did you mean ../../base?\n" + at +
            "5:3: resources[3]: ../../lib/bose/x: there is no such file or directory" + in +
            "; did you mean ../../lib/base/x?\n" + at +
            "13:11: configMapGenerator[0].files[0]: gone.conf: there is no such file" + in + "\n" + at +
            "14:10: configMapGenerator[0].envs[0]: settings.evn: there is no such file" + in +
            "; did you mean settings.env?\n" + at +
            "16:14: generators[0]: nothing: there is no such file or directory" + in + "\n" + at +
            "7:3: components[0]: ../../component: there is no such directory" + in +
            "; did you mean ../../components?\n" + at +
            "15:25: patchesStrategicMerge[0]: no-patch-at-all.yaml: there is no such file" + in + "\n" + at +
            "9:3: patches[0].path: gone/patch.yaml: there is no such file" + in
    );
}

BOOST_AUTO_TEST_CASE(entries_that_kustomize_does_not_read) {
    repository r{
        {{"app/kustomization.yaml", "resources: [../shared/x.yaml, ../lib/y.yaml, /etc/passwd, "
                                    "../../outside, leak.yaml, away.yaml, loop.yaml]\n"
                                    "components: [x.yaml]\ncrds: [../shared/x.yaml, "
                                    "sub]\nconfigMapGenerator: [{name: a, files: [../shared/x.yaml]}]\n"},
         {"app/x.yaml", "x"},
         {"app/sub/x", "x"},
         {"shared/x.yaml", "x"},
         {"lib/y.yaml", "x"},
         {"lib/kustomization.yaml", "resources: [y.yaml]\n"}}
    };
    r.link("app/leak.yaml", "../shared/x.yaml");
    r.link("app/away.yaml", "../../../etc/passwd");
    r.link("app/loop.yaml", "loop.yaml");
    r.commit();
    const auto said = wrong(r, "app");
    const std::string only =
        "is a file outside of app; kustomize reads only files in or below the directory of the kustomization";
    for (const auto& sentence :
         {"resources[0]: ../shared/x.yaml " + only +
              ": give ../shared a kustomization.yaml of its own and name the directory",
          "resources[1]: ../lib/y.yaml " + only + ": ../lib is one that can be named",
          std::string{
              "resources[2]: /etc/passwd is absolute; it has to be relative to the kustomization's directory"
          },
          std::string{"resources[3]: ../../outside leaves the repository"}, "resources[4]: leak.yaml " + only,
          std::string{"resources[5]: symlink app/away.yaml leaves the repository"},
          std::string{"resources[6]: symlink app/loop.yaml runs in circles"},
          std::string{"components[0]: x.yaml is a file; it has to be a directory with a kustomization"},
          "crds[0]: ../shared/x.yaml " + only,
          std::string{"crds[1]: sub is a directory; it has to be a file"},
          "configMapGenerator[0].files[0]: ../shared/x.yaml " + only}) {
        BOOST_TEST(has(said, sentence), sentence << " is not in\n" << said);
    }
}

BOOST_AUTO_TEST_CASE(links_out_of_the_repository_are_not_followed) {
    repository r{{{"app/kustomization.yaml", "resources: [x.yaml]\n"}, {"app/x.yaml", config_map("x")}}};
    r.link("app/unused", "/etc");
    r.commit();
    BOOST_TEST(has(wrong(r, "app"), "unused"));
    r.remove("app/unused");
    r.link("app/deep/unused", "../../../outside");
    r.commit();
    BOOST_TEST(has(wrong(r, "app"), "unused"));
    // Elsewhere they are nobody's business.
    r.remove("app/deep");
    r.link("elsewhere", "/etc");
    r.commit();
    bench b;
    BOOST_TEST(b.run(planned(plan_kustomize(source_of(r, "app"), {}, {}, the_programs()))).status == 0);
    // A kustomization that is a link to outside of its directory is none, as for kustomize.
    r.link("linked/kustomization.yaml", "../app/kustomization.yaml");
    r.commit();
    BOOST_TEST(has(wrong(r, "linked"), "there is no kustomization in this directory"));
}

BOOST_AUTO_TEST_CASE(circles_end) {
    const repository r{
        {{"a/kustomization.yaml", "resources: [../b]\n"},
         {"b/kustomization.yaml", "resources: [../a]\n"},
         {"self/kustomization.yaml", "resources: [.]\n"},
         {"up/kustomization.yaml", "resources: [..]\n"},
         {"kustomization.yaml", "resources: [up]\n"}}
    };
    bench b;
    for (const auto* path : {"a", "self", "up"}) {
        const auto said = b.run(planned(plan_kustomize(source_of(r, path), {}, {}, the_programs())));
        BOOST_TEST(said.status != 0, path);
        BOOST_TEST(has(said.error_output, "cycle detected"), said.error_output);
    }
    // A repository that names itself as its remote base.
    const repository own{{{"kustomization.yaml", "resources: [\"https://git.example/acme/shop\"]\n"}}};
    supply itself;
    itself.at = own.at();
    const supplies supplied{
        {need{.what = need::kind::repository, .url = "https://git.example/acme/shop"}, itself}
    };
    const auto said = b.run(planned(plan_kustomize(source_of(own, ""), {}, supplied, the_programs())));
    BOOST_TEST(has(said.error_output, "cycle detected"), said.error_output);
}

BOOST_AUTO_TEST_CASE(there_is_an_end_to_everything) {
    files deep;
    for (int i = 0; i < 80; ++i) {
        deep[std::to_string(i) + "/kustomization.yaml"] = "resources: [../" + std::to_string(i + 1) + "]\n";
    }
    BOOST_TEST(has(wrong(deep, "0"), "more than 64 kustomizations lead one to the other here"));
    files wide;
    std::string all = "resources:\n";
    std::string remote = "resources:\n";
    for (int i = 0; i < 1100; ++i) {
        wide["d" + std::to_string(i) + "/kustomization.yaml"] = "namePrefix: a\n";
        all += "- d" + std::to_string(i) + "\n";
        remote += "- https://git.example/a/" + std::to_string(i) + "\n";
    }
    wide["kustomization.yaml"] = all;
    BOOST_TEST(has(wrong(wide), "there are more than 1000 kustomizations"));
    BOOST_TEST(has(wrong({{"kustomization.yaml", remote}}), "there are more than 100 remote bases and files")
    );
    std::string gone = "resources:\n";
    for (int i = 0; i < 5000; ++i) {
        gone += "- gone" + std::to_string(i) + "\n";
    }
    BOOST_TEST(has(wrong({{"kustomization.yaml", gone}}), "gone99:"));
    std::string many = "resources: [x";
    for (int i = 0; i < 30'000; ++i) {
        many += ",x";
    }
    BOOST_TEST(
        has(wrong({{"kustomization.yaml", many + "]\n"}, {"x", "x"}}), "more than 20000 things are named")
    );
    const auto long_one =
        wrong({{"kustomization.yaml", "namePrefix: " + std::string(5'000'000, 'x') + "\n"}});
    BOOST_TEST(has(long_one, "kustomization.yaml: the blob"), long_one);
    BOOST_TEST(has(wrong({{"kustomization.yaml", std::string(2000, '[')}}), "kustomization.yaml:1:"));
    BOOST_TEST(has(
        wrong({{"kustomization.yaml", "a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]\n"}}
        ),
        "kustomization.yaml"
    ));
}

BOOST_AUTO_TEST_CASE(submodules_are_told) {
    repository r{{{"kustomization.yaml", "resources: [module]\n"}}};
    const auto added = shell(
        "cd '" + r.path().string() + "' && git update-index --add --cacheinfo 160000," +
        r.at().commit().hex() + ",module && mkdir module"
    );
    BOOST_REQUIRE(added.status == 0);
    const auto committed = shell(
        "cd '" + r.path().string() +
        "' && git -c user.name=n -c user.email=n@e commit -qm x && git rev-parse HEAD"
    );
    BOOST_REQUIRE(committed.status == 0);
    auto source = source_of(r, "");
    source.at =
        git::snapshot::open(
            (r.path() / ".git").string(), git::object_id::from_hex(committed.output.substr(0, 40)).value()
        )
            .value();
    BOOST_TEST(
        has(errors_of(plan_kustomize(source, {}, {}, the_programs())),
            "resources[0]: module is in a Git submodule, of which nothing is read")
    );
}

BOOST_AUTO_TEST_CASE(what_kustomize_passes_over_is_a_warning) {
    const repository r{
        {{"kustomization.yaml", "resources: [x.yaml]\n---\nresources: [y.yaml]\n"},
         {"x.yaml", config_map("x")}}
    };
    const auto plan = planned(plan_kustomize(source_of(r, ""), {}, {}, the_programs()));
    BOOST_TEST(
        (plan.warnings ==
         std::vector<std::string>{"kustomization.yaml has 2 documents; kustomize reads only the first"})
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
