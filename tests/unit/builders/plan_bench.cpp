#include "plan_bench.hpp"

#include "builders/run.hpp"
#include "files/export_tree.hpp"
#include "support/coroutine.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>

namespace holdfast::test {

namespace fs = std::filesystem;

namespace {

std::string at_workspace(std::string text, const std::string& path) {
    for (auto at = text.find(builders::workspace_mark); at != std::string::npos;
         at = text.find(builders::workspace_mark, at)) {
        text.replace(at, builders::workspace_mark.size(), path);
    }
    return text;
}

} // namespace

plan_bench::plan_bench() {
    sandbox::settings with;
    with.directory = directory_.path() / "jobs";
    with.supervisor = SANDBOX_PROGRAM;
    auto opened = sandbox::open(context_.get_executor(), pool_, std::move(with));
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message()));
    runner_ = std::move(*opened);
}

plan_bench::~plan_bench() {
    workspace_ = {};
    runner_.reset();
}

void plan_bench::copy(const builders::tree_copy& tree) {
    auto reader = tree.from.read();
    BOOST_REQUIRE(reader.has_value());
    const auto to = workspace() / tree.to;
    if (const auto id = (*reader)->tree_at(tree.path)) {
        fs::create_directories(to);
        const auto done = files::export_tree(**reader, *id, to);
        BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message()));
        return;
    }
    const auto entry = (*reader)->entry_at(tree.path);
    BOOST_REQUIRE_MESSAGE(entry.has_value(), tree.path << ": " << (entry ? "" : entry.error().message()));
    BOOST_REQUIRE(entry->mode == files::entry_mode::file || entry->mode == files::entry_mode::executable);
    fs::create_directories(to.parent_path());
    std::ofstream{to, std::ios::binary} << (*reader)->blob(entry->id).value();
    if (entry->mode == files::entry_mode::executable) {
        fs::permissions(to, fs::perms{0755});
    }
}

result<std::string> plan_bench::run(const builders::build_plan& plan) {
    BOOST_REQUIRE(plan.missing.empty());
    auto made = runner_->make_workspace();
    BOOST_REQUIRE(made.has_value());
    workspace_ = std::move(*made);
    for (const auto& tree : plan.trees) {
        copy(tree);
    }
    for (const auto& file : plan.files) {
        fs::create_directories((workspace() / file.to).parent_path());
        std::ofstream{workspace() / file.to, std::ios::binary} << file.text;
    }
    std::string output;
    for (const auto& command : plan.commands) {
        fs::create_directories(workspace() / command.working_directory);
        sandbox::job j;
        j.name = command.name;
        for (const auto& word : command.argv) {
            j.argv.push_back(at_workspace(word, workspace()));
        }
        for (const auto& variable : command.environment) {
            j.environment.push_back(at_workspace(variable, workspace()));
        }
        j.directory = &workspace_;
        j.working_directory = command.working_directory;
        j.input = command.input;
        j.read_only = command.read_only;
        j.network = command.network ? sandbox::network::allowed : sandbox::network::none;
        j.deadline = deadline.value_or(command.deadline);
        j.limits = limits;
        auto said = test::run(context_, runner_->run(j), std::chrono::seconds{100});
        if (!said) return said.error();
        if (said->status != 0) return sandbox::failed(j, *said);
        output = std::move(said->output);
    }
    return output;
}

std::string plan_bench::built(const builders::build_plan& plan) {
    auto said = test::run(context_, builders::run(*runner_, pool_, plan), std::chrono::seconds{100});
    BOOST_REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().summary().message()));
    return std::move(*said);
}

} // namespace holdfast::test
