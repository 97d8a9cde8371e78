#include "bench.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <fstream>
#include <unistd.h>

namespace holdfast::sandbox {

namespace fs = std::filesystem;

bench::bench(settings with) {
    static std::atomic<int> number{0};
    directory_ = fs::temp_directory_path() /
                 ("holdfast-sandbox-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
    fs::create_directories(directory_);
    if (with.directory.empty()) {
        with.directory = (directory_ / "jobs").string();
    }
    with.supervisor = SANDBOX_PROGRAM;
    auto opened = open(context.get_executor(), pool, std::move(with));
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message()));
    runner_ = std::move(*opened);
    auto made = runner_->make_workspace();
    BOOST_REQUIRE(made.has_value());
    workspace_ = std::move(*made);
}

bench::~bench() {
    workspace_ = {};
    runner_.reset();
    std::error_code ec;
    fs::remove_all(directory_, ec);
}

result<outcome> bench::run(job j) {
    return test::run(context, runner_->run(std::move(j)), std::chrono::seconds{60});
}

job bench::hostile_job(std::vector<std::string> words) {
    job j;
    j.argv = {HOSTILE_PROGRAM};
    j.argv.insert(j.argv.end(), words.begin(), words.end());
    j.name = "build";
    j.directory = &workspace_;
    return j;
}

job bench::shell(std::string script) {
    job j;
    j.argv = {"/bin/sh", "-c", std::move(script)};
    j.name = "build";
    j.directory = &workspace_;
    return j;
}

std::string bench::hostile(std::vector<std::string> words) {
    const auto said = run(hostile_job(std::move(words)));
    if (!said) {
        return said.error().message();
    }
    auto text = said->output;
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

fs::path make_secret(const fs::path& directory, const std::string& name) {
    const auto path = directory / name;
    std::ofstream{path} << "token\n";
    fs::permissions(path, fs::perms{0666});
    return path;
}

bool lives(int pid) {
    return ::kill(pid, 0) == 0;
}

std::size_t children() {
    std::ifstream file{"/proc/self/task/" + std::to_string(::getpid()) + "/children"};
    std::size_t count = 0;
    for (int pid = 0; file >> pid;) {
        ++count;
    }
    return count;
}

} // namespace holdfast::sandbox
