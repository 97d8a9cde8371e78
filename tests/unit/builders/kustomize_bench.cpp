#include "kustomize_bench.hpp"

#include "files/export_tree.hpp"
#include "support/coroutine.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace holdfast::builders {

namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::string with_mark_replaced(std::string text, const std::string& workspace) {
    for (auto at = text.find(workspace_mark); at != std::string::npos; at = text.find(workspace_mark)) {
        text.replace(at, workspace_mark.size(), workspace);
    }
    return text;
}

} // namespace

said shell(const std::string& line) {
    const temporary_directory directory;
    const auto errors = directory.path() / "errors";
    FILE* const out = ::popen(("{ " + line + "\n} 2>'" + errors.string() + "'").c_str(), "r");
    BOOST_REQUIRE(out != nullptr);
    said ran;
    char buffer[4096];
    while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, out)) {
        ran.output.append(buffer, n);
    }
    const int status = ::pclose(out);
    ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
    ran.error_output = content(errors);
    return ran;
}

programs the_programs() {
    const char* const directory = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT(concurrency-mt-unsafe)
    BOOST_REQUIRE_MESSAGE(
        directory != nullptr && ::access((std::string{directory} + "/kustomize").c_str(), X_OK) == 0,
        "HOLDFAST_PROGRAMS has to name the directory with the pinned kustomize: tools/programs/build makes "
        "it, "
        "./dev test sets it"
    );
    programs with;
    with.kustomize = fs::canonical(std::string{directory} + "/kustomize");
    with.functions = FUNCTIONS_DIRECTORY;
    with.kustomize_identity = "v5.7.1";
    with.kustomize_version = "v5.7.1";
    return with;
}

said plain_build(const fs::path& directory) {
    return shell("'" + the_programs().kustomize + "' build '" + directory.string() + "'");
}

bench::bench() {
    auto opened = sandbox::open(
        context_.get_executor(), pool_,
        {.directory = (directory_.path() / "jobs").string(), .supervisor = SANDBOX_PROGRAM}
    );
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message()));
    runner_ = std::move(*opened);
}

bench::~bench() = default;

void bench::lay_out(const build_plan& plan, const std::string& workspace) {
    for (const auto& tree : plan.trees) {
        auto reader = tree.from.read().value();
        const auto id = reader->tree_at(tree.path).value();
        fs::create_directories(workspace + "/" + tree.to);
        const auto exported = files::export_tree(*reader, id, workspace + "/" + tree.to);
        BOOST_REQUIRE_MESSAGE(exported.has_value(), (exported ? "" : exported.error().message()));
    }
    for (const auto& archive : plan.archives) {
        BOOST_REQUIRE(!fs::exists(workspace + "/" + archive.to));
        fs::copy_file(archive.file, workspace + "/" + archive.to);
    }
    for (const auto& file : plan.files) {
        const auto to = workspace + "/" + file.to;
        fs::create_directories(fs::path{to}.parent_path());
        fs::remove(to);
        std::ofstream{to, std::ios::binary} << file.text;
    }
}

said bench::run(const build_plan& plan) {
    BOOST_REQUIRE(plan.missing.empty());
    BOOST_REQUIRE_EQUAL(plan.commands.size(), 1U);
    auto workspace = runner_->make_workspace().value();
    lay_out(plan, workspace.path());
    const auto& command = plan.commands.front();
    sandbox::job job;
    for (const auto& word : command.argv) {
        job.argv.push_back(with_mark_replaced(word, workspace.path()));
    }
    for (const auto& variable : command.environment) {
        job.environment.push_back(with_mark_replaced(variable, workspace.path()));
    }
    job.directory = &workspace;
    job.working_directory = command.working_directory;
    job.input = command.input;
    job.read_only = command.read_only;
    job.only_given_programs = command.only_given_programs;
    job.network = command.network ? sandbox::network::allowed : sandbox::network::none;
    job.deadline = command.deadline;
    job.name = command.name;
    auto ran = test::run(context_, runner_->run(std::move(job)), std::chrono::seconds{60});
    BOOST_REQUIRE_MESSAGE(ran.has_value(), (ran ? "" : ran.error().message()));
    return {ran->status, ran->output, ran->error_output};
}

build_source source_of(const repository& r, const std::string& path, const std::string& url) {
    build_source source;
    source.spec.repo_url = url;
    source.spec.path = path;
    source.at = r.at();
    source.revision = r.at().commit().hex();
    return source;
}

std::string errors_of(const plan_result& planned) {
    BOOST_TEST(planned.has_error());
    if (!planned.has_error()) return {};
    std::string all;
    for (const auto& e : planned.error().all) {
        all += (all.empty() ? "" : "\n") + render::to_string(e);
    }
    return all;
}

build_plan planned(const plan_result& result) {
    if (!result) BOOST_FAIL(errors_of(result));
    return *result;
}

std::string config_map(const std::string& name, const std::string& data) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  " + data + "\n";
}

std::string deployment(const std::string& name, const std::string& image) {
    return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name +
           "\nspec:\n  selector:\n    matchLabels: {app: " + name +
           "}\n  template:\n    metadata:\n      labels: {app: " + name +
           "}\n    spec:\n      containers:\n      - name: main\n        image: " + image +
           "\n        envFrom:\n        - configMapRef: {name: settings}\n";
}

} // namespace holdfast::builders
