// Repositories that want out, or too much.

#include "helm_bench.hpp"

#include "builders/helm/chart_archive.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <fstream>

namespace holdfast::builders {
namespace {

void chart(const repository& r) {
    r.file("c/Chart.yaml", chart_yaml);
    r.file("c/templates/a.yaml", shows("a", ".Release.Name"));
}

BOOST_AUTO_TEST_SUITE(helm_hostile)

BOOST_AUTO_TEST_CASE(paths_that_leave_the_repository) {
    helm_bench b;
    const repository r;
    chart(r);
    r.link("c/passwd.yaml", "/etc/passwd");
    r.link("c/up.yaml", "../../outside.yaml");
    r.link("loop.yaml", "loop.yaml");
    const repository env;
    env.file("a.yaml", "a: 1\n");
    env.link("passwd.yaml", "/etc/passwd");
    auto s = b.source(r, "c");
    s.refs["env"] = {.repo_url = "https://git.example/env", .at = env.commit()};
    s.spec.helm->value_files = {
        "../../../etc/passwd", "passwd.yaml",      "up.yaml", "/loop.yaml", "/../x",
        "$env/../../a.yaml",   "$env/passwd.yaml", "$env",    "",           "templates"
    };
    s.spec.helm->file_parameters = {
        {.name = "a", .path = "../../../../etc/shadow"}, {.name = "b", .path = "passwd.yaml"}
    };
    s.spec.helm->ignore_missing_value_files = true;
    const auto said = b.errors(s);
    for (const char* expected :
         {"valueFiles[0]: ../../../etc/passwd leads out of the repository", "valueFiles[1]: ",
          "valueFiles[2]: ", "valueFiles[3]: ", "valueFiles[4]: /../x leads out of the repository",
          "valueFiles[5]: /../../a.yaml leads out of the repository",
          "valueFiles[6]: ", "valueFiles[7]: \"$env\" names no file", "valueFiles[9]: c/templates in ",
          "fileParameters[0]: ../../../../etc/shadow leads out of the repository", "fileParameters[1]: "}) {
        BOOST_TEST(
            said.find(std::string{"spec.source.helm."} + expected) != std::string::npos, expected << "\nin\n"
                                                                                                  << said
        );
    }
    BOOST_TEST(said.find("root:") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(symlinks_of_a_chart_that_leave_the_repository) {
    for (const char* target : {"/etc/passwd", "../../../../etc/passwd", "nowhere", "a.yaml/x"}) {
        helm_bench b;
        const repository r;
        chart(r);
        r.link("c/templates/evil.yaml", target);
        const auto said = b.errors(b.source(r, "c"));
        BOOST_TEST(said.find("c/templates/evil.yaml") != std::string::npos, said);
    }
}

BOOST_AUTO_TEST_CASE(symlinks_that_copy_without_an_end) {
    helm_bench b;
    const repository r;
    chart(r);
    r.link("c/templates/again", "../../d");
    r.file("d/x.yaml", shows("x", ".Release.Name"));
    r.link("d/more", "../c");
    const auto said = b.errors(b.source(r, "c"));
    BOOST_TEST(said.find("symlinks") != std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(large_files) {
    helm_bench b;
    const repository r;
    chart(r);
    r.file("c/video.mp4", std::string(std::size_t{100} << 20U, 'x'));
    BOOST_TEST(
        b.errors(b.source(r, "c")) ==
        "c/video.mp4: has 100 MiB, and helm reads no file of a chart that has more than 5: move "
        "it, or name it in .helmignore\n"
    );
    r.file("c/.helmignore", "*.mp4\n");
    const auto s = b.source(r, "c");
    const auto plan = b.good_plan(s);
    // It takes no disk.
    for (const auto& copy : plan.trees) {
        BOOST_TEST(copy.path != "c/video.mp4");
        BOOST_TEST(copy.path != "c");
    }
    BOOST_TEST(b.built(s) == expected(b, r, "c"));
    auto large = s;
    large.spec.helm->value_files = {"video.mp4"};
    BOOST_TEST(b.errors(large).find("spec.source.helm.valueFiles[0]: c/video.mp4 in ") == 0U);
    BOOST_TEST(b.errors(large).find("has more than 10 MiB") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(pointers_into_lfs) {
    helm_bench b;
    const repository r;
    chart(r);
    const auto pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, 'a') + "\nsize 5\n";
    r.file("c/docs/logo.png", pointer);
    r.file("c/templates/big.yaml", pointer);
    r.file("c/charts/redis-1.0.0.tgz", pointer);
    r.file("values.yaml", pointer);
    auto s = b.source(r, "c");
    s.spec.helm->value_files = {"/values.yaml"};
    const auto said = b.errors(s);
    BOOST_TEST(
        said.find("c/templates/big.yaml:1: is a pointer to a file in Git LFS") != std::string::npos, said
    );
    BOOST_TEST(
        said.find("c/charts/redis-1.0.0.tgz:1: is a pointer to a file in Git LFS") != std::string::npos, said
    );
    BOOST_TEST(said.find("spec.source.helm.valueFiles[0]: values.yaml in ") != std::string::npos, said);
    BOOST_TEST(said.find("logo.png") == std::string::npos);
    r.remove("c/templates/big.yaml");
    r.remove("c/charts");
    const auto plan = b.good_plan(b.source(r, "c"));
    BOOST_REQUIRE(plan.warnings.size() == 1U);
    BOOST_TEST(plan.warnings[0].find("c/docs/logo.png is a pointer") == 0U);
}

BOOST_AUTO_TEST_CASE(wide_and_deep_dependencies) {
    helm_bench b;
    const repository r;
    // Each level depends twice on the next: 2^20 copies, if nobody counted.
    for (int i = 0; i < 20; ++i) {
        r.file(
            fmt::format("l{}/Chart.yaml", i),
            fmt::format(
                "apiVersion: v2\nname: l{0}\nversion: 1.0.0\ndependencies:\n"
                "  - {{name: l{1}, version: 1.x, repository: \"file://../l{1}\"}}\n"
                "  - {{name: l{1}, version: 1.x, repository: \"file://../l{1}/\", alias: b}}\n",
                i, i + 1
            )
        );
    }
    r.file("l20/Chart.yaml", "apiVersion: v2\nname: l20\nversion: 1.0.0\n");
    const auto said = b.errors(b.source(r, "l0"));
    BOOST_TEST(said.find("too many charts depend on each other") != std::string::npos, said.substr(0, 2000));
    BOOST_TEST(said.size() < 20'000U);
}

BOOST_AUTO_TEST_CASE(archives_that_are_none) {
    const auto wrong = [](std::string_view bytes) {
        const auto read = chart_archive::read(bytes);
        BOOST_TEST(read.has_error());
        return read ? std::string{} : read.error().message();
    };
    BOOST_TEST(wrong("") == "the chart's archive is not a gzip file, or is damaged");
    BOOST_TEST(wrong("PK\x03\x04") == "the chart's archive is not a gzip file, or is damaged");
    const test::temporary_directory d;
    const auto packed = [&](const std::string& script) {
        shell(fmt::format("cd '{}' && rm -rf * && {}", d.path().string(), script));
        std::ifstream in{d.path() / "x.tgz", std::ios::binary};
        return std::string{std::istreambuf_iterator<char>{in}, {}};
    };
    BOOST_TEST(
        wrong(packed("head -c 200000000 /dev/zero | gzip -1 > x.tgz")).find("more than 100 MiB") !=
        std::string::npos
    );
    BOOST_TEST(wrong(packed("echo text | gzip > x.tgz")) == "the chart's archive has no Chart.yaml");
    BOOST_TEST(
        wrong(packed("head -c 4096 /dev/urandom | tr '\\0' 'x' | gzip > x.tgz")).find("not a tar file") !=
        std::string::npos
    );
    BOOST_TEST(
        wrong(packed("mkdir c && head -c 6000000 /dev/zero > c/a && echo 'name: c' > c/Chart.yaml && tar czf "
                     "x.tgz c"))
            .find("the file c/a in the chart's archive has more than the 5 MiB") != std::string::npos
    );
    const auto good = packed("mkdir -p c/$(printf 'd%.0s' $(seq 120))/e && echo 'name: c' > c/Chart.yaml && "
                             "echo deep > $(echo c/d*/e)/f && "
                             "ln -s /etc/passwd c/link && tar czf x.tgz c");
    BOOST_TEST(
        wrong(std::string_view{good}.substr(0, good.size() / 2)) ==
        "the chart's archive is not a gzip file, or is damaged"
    );
    for (const char* format : {"gnu", "pax"}) {
        const auto bytes = packed(fmt::format(
            "mkdir -p c/$(printf 'd%.0s' $(seq 120))/e && echo 'name: c' > c/Chart.yaml && echo deep > "
            "$(echo c/d*/e)/f && "
            "ln -s /etc/passwd c/link && tar --format={} -czf x.tgz c",
            format
        ));
        const auto deep = std::string(120, 'd') + "/e/f";
        const auto read = chart_archive::read(bytes, deep);
        BOOST_REQUIRE_MESSAGE(read.has_value(), (read ? "" : read.error().message()));
        BOOST_TEST((read->paths() == std::vector<std::string>{"Chart.yaml", deep}));
        BOOST_TEST(read->text().value_or("") == "deep\n");
        BOOST_TEST(!read->has("link"));
        const auto opened = chart_archive::open((d.path() / "x.tgz").string());
        BOOST_REQUIRE(opened.has_value());
        BOOST_TEST(opened->text().value_or("") == "name: c\n");
        BOOST_TEST(opened->content(deep).value() == "deep\n");
        BOOST_TEST(opened->content("link").has_error());
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::builders
