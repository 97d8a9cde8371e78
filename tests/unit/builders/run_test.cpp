// Plans that are run: what is put where, what comes out, what is refused.

#include "base/worker_pool.hpp"
#include "builders/run.hpp"
#include "builders/workspace_files.hpp"
#include "git/snapshot.hpp"
#include "sandbox/sandbox.hpp"
#include "support/coroutine.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace holdfast;
using namespace holdfast::builders;
namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

using directory = test::temporary_directory;

// A repository with a/x, a/deep/y, b/link -> ../a/x and a/inner -> deep.
git::snapshot repository(const directory& where) {
    const auto script =
        "cd '" + where.path().string() +
        "' && git init -q repo && cd repo && mkdir -p a/deep b && echo x > a/x && echo y > "
        "a/deep/y && ln -s deep a/inner && ln -s ../a/x b/link && git add -A && git -c "
        "user.name=t -c user.email=t@example.org commit -qm one && git rev-parse HEAD > ../id";
    BOOST_REQUIRE(std::system(script.c_str()) == 0); // NOLINT(concurrency-mt-unsafe)
    const auto id = read(where.path() / "id").substr(0, 40);
    return git::snapshot::open((where.path() / "repo/.git").string(), *git::object_id::from_hex(id)).value();
}

command shell(const std::string& script) {
    command made;
    made.name = "the tool";
    made.argv = {"/bin/sh", "-c", script};
    made.working_directory = "repo/a";
    return made;
}

render::render_result<std::string> run_plan(build_plan plan) {
    const directory work;
    boost::asio::io_context context;
    worker_pool pool{2};
    sandbox::settings settings;
    settings.directory = work.path() / "builds";
    settings.supervisor = SANDBOX_PROGRAM;
    const auto runner = sandbox::open(context.get_executor(), pool, settings).value();
    auto outcome = test::run(context, run(*runner, pool, std::move(plan)));
    for (const auto& entry : fs::directory_iterator{work.path() / "builds"}) {
        BOOST_TEST(!entry.is_directory(), "a workspace is left: " << entry.path());
    }
    pool.join();
    return outcome;
}

} // namespace

BOOST_AUTO_TEST_SUITE(running_plans)

BOOST_AUTO_TEST_CASE(files_are_where_the_plan_says) {
    const directory scratch;
    const auto at = repository(scratch);
    std::ofstream{scratch.path() / "chart.tgz"} << "an archive";
    build_plan plan;
    plan.trees = {{at, "a/deep", "repo/a/deep"}, {at, "a", "repo/a"}, {at, "a/x", "elsewhere/one"}};
    plan.archives = {{(scratch.path() / "chart.tgz").string(), "charts/c.tgz", {}}};
    plan.files = {{"repo/a/x", "written"}, {"new/file", "text"}};
    const directory to;
    BOOST_REQUIRE(place_files(plan, to.path(), {}).has_value());
    BOOST_TEST(read(to.path() / "repo/a/x") == "written");
    BOOST_TEST(read(to.path() / "repo/a/deep/y") == "y\n");
    BOOST_TEST(read(to.path() / "repo/a/inner/y") == "y\n");
    BOOST_TEST(read(to.path() / "elsewhere/one") == "x\n");
    BOOST_TEST(read(to.path() / "charts/c.tgz") == "an archive");
    BOOST_TEST(read(to.path() / "new/file") == "text");
}

BOOST_AUTO_TEST_CASE(nothing_is_written_outside_or_through_links) {
    const directory scratch;
    const auto at = repository(scratch);
    const directory to;
    for (const auto* path : {"../out", "/etc/out", "a/../../out"}) {
        build_plan plan;
        plan.files = {{path, "text"}};
        BOOST_TEST(place_files(plan, to.path(), {}).has_error(), path);
    }
    BOOST_TEST(!fs::exists(to.path().parent_path() / "out"));
    build_plan through;
    through.trees = {{at, "a", "repo/a"}};
    through.files = {{"repo/a/inner/z", "text"}}; // "inner" is a symlink
    BOOST_TEST(place_files(through, to.path(), {}).has_error());
    const directory other;
    build_plan leaving;
    leaving.trees = {{at, "b", "repo/b"}};
    const auto left = place_files(leaving, other.path(), {});
    BOOST_REQUIRE(left.has_error());
    BOOST_TEST(left.error().message().find("link") != std::string::npos, left.error().message());
}

BOOST_AUTO_TEST_CASE(limits_of_the_input_are_kept) {
    const directory scratch;
    const auto at = repository(scratch);
    build_plan plan;
    plan.trees = {{at, "", "repo"}};
    const directory to;
    BOOST_TEST(place_files(plan, to.path(), {.max_input_files = 2}).has_error());
    const directory another;
    BOOST_TEST(place_files(plan, another.path(), {.max_input_bytes = 1}).has_error());
}

BOOST_AUTO_TEST_CASE(commands_run_one_after_another_and_the_last_one_prints) {
    const directory scratch;
    build_plan plan;
    plan.name = "a";
    plan.trees = {{repository(scratch), "a", "repo/a"}};
    plan.commands = {
        shell("echo not this; echo made > made"),
        shell("echo \"$WHERE: $(cat made x)\"; test \"$PWD\" = \"$WHERE/repo/a\"")
    };
    plan.commands.back().environment = {"WHERE=" + std::string{workspace_mark}};
    const auto printed = run_plan(plan);
    BOOST_REQUIRE(printed.has_value());
    BOOST_TEST(printed->ends_with(": made\nx\n"), *printed);
}

BOOST_AUTO_TEST_CASE(a_tools_own_words_are_told_with_paths_of_the_repository) {
    const directory scratch;
    build_plan plan;
    plan.name = "overlays/prod";
    plan.trees = {{repository(scratch), "a", "repo/a"}};
    plan.commands = {shell("echo \"cannot read $PWD/deep/missing.yaml\" >&2; exit 3"), shell("echo never")};
    const auto refused = run_plan(plan);
    BOOST_REQUIRE(refused.has_error());
    const auto said = refused.error().summary();
    BOOST_TEST((said.kind() == error_kind::user));
    BOOST_TEST(said.message().starts_with("overlays/prod: "), said.message());
    BOOST_TEST(said.message().find("cannot read a/deep/missing.yaml") != std::string::npos, said.message());
}

BOOST_AUTO_TEST_CASE(what_is_from_elsewhere_is_called_by_where_it_is_from) {
    const std::map<std::string, std::string> elsewhere{
        {"remote/0", "https://git.example/base"}, {"remote/1", "https://git.example/other"}
    };
    const std::vector<std::pair<std::string, std::string>> cases{
        {"/ws/remote/0/deploy: no such file", "https://git.example/base/deploy: no such file"},
        {"accumulating '../../remote/1/web': bad", "accumulating 'https://git.example/other/web': bad"},
        {"in /ws/remote/0", "in https://git.example/base"},
        {"remote/01, my-remote/0 and apps/remote/0", "remote/01, my-remote/0 and apps/remote/0"},
        {"/ws/repo/apps/web: bad", "apps/web: bad"},
    };
    for (const auto& [said, expected] : cases) {
        BOOST_TEST(with_repository_paths(said, "/ws", elsewhere) == expected);
    }
    const directory scratch;
    build_plan plan;
    plan.name = "overlays/prod";
    plan.trees = {{repository(scratch), "a", "repo/a"}};
    plan.elsewhere = elsewhere;
    plan.commands = {shell("echo \"cannot read ../../remote/0/deploy/a.yaml\" >&2; exit 3")};
    const auto refused = run_plan(plan);
    BOOST_REQUIRE(refused.has_error());
    const auto said = refused.error().summary().message();
    BOOST_TEST(said.find("cannot read https://git.example/base/deploy/a.yaml") != std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(output_is_read_as_manifests_are) {
    build_plan plan;
    plan.name = "overlays/prod";
    plan.warnings = {"mind the gap"};
    const auto read = read_output(
        plan, "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n---\n"
              "kind: Secret\napiVersion: v1\nmetadata: {name: s}\n"
              "stringData: {k: v}\n"
    );
    BOOST_REQUIRE(read.has_value());
    BOOST_REQUIRE(read->objects.size() == 2U);
    BOOST_TEST(read->objects[1].object.at("data").at("k").as_string() == "dg==");
    BOOST_TEST(to_string(read->objects[1].from) == "overlays/prod, output of the build:5 (document 2)");
    BOOST_TEST((read->warnings == plan.warnings));
    const auto empty = read_output(plan, "# nothing\n");
    BOOST_REQUIRE(empty.has_value());
    BOOST_TEST(empty->warnings.size() == 2U);
    BOOST_TEST(read_output(plan, "a: [").has_error());
}

BOOST_AUTO_TEST_CASE(objects_of_a_chart_come_from_their_templates) {
    build_plan plan;
    plan.name = "chart";
    plan.places = {{"web", "chart"}, {"web/charts/common", "libs/common"}};
    const auto read = read_output(
        plan,
        "---\n# Source: web/templates/a.yaml\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n---\n"
        "# Source: web/charts/common/templates/b.yaml\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: b}\n"
    );
    BOOST_REQUIRE(read.has_value());
    BOOST_REQUIRE(read->objects.size() == 2U);
    BOOST_TEST(read->objects[0].from.file == "chart/templates/a.yaml");
    BOOST_TEST(read->objects[1].from.file == "libs/common/templates/b.yaml");
}

BOOST_AUTO_TEST_SUITE_END()
