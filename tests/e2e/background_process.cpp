#include "e2e/background_process.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using clock = std::chrono::steady_clock;

background_process::background_process(
    const std::string& program, const std::vector<std::string>& args, const fs::path& log,
    const std::map<std::string, std::string>& environment
) {
    std::vector<std::string> words{program};
    words.insert(words.end(), args.begin(), args.end());
    std::vector<char*> argv;
    for (auto& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    std::vector<std::string> assignments;
    for (char** each = environ; *each != nullptr; ++each) {
        assignments.emplace_back(*each);
    }
    for (const auto& [name, value] : environment) {
        assignments.push_back(name + "=" + value);
    }
    std::vector<char*> envp;
    for (auto& assignment : assignments) {
        envp.push_back(assignment.data());
    }
    envp.push_back(nullptr);

    const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (in < 0 || out < 0) {
        throw std::system_error(errno, std::generic_category(), log.string());
    }
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) { // only what is safe after a fork of a program with threads
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) {
            ::_exit(127);
        }
        ::dup2(in, STDIN_FILENO);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(out, STDERR_FILENO);
        ::execvpe(argv.front(), argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(in);
    ::close(out);
    if (pid_ < 0) {
        throw std::system_error(errno, std::generic_category(), "fork");
    }
}

background_process::background_process(background_process&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)}, status_{std::exchange(other.status_, std::nullopt)} {}

background_process& background_process::operator=(background_process&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(status_, other.status_);
    return *this;
}

background_process::~background_process() {
    kill();
}

bool background_process::running() {
    return pid_ > 0 && !wait(0ms);
}

void background_process::signal(int number) const {
    if (pid_ > 0 && !status_) {
        ::kill(pid_, number);
    }
}

std::optional<int> background_process::wait(std::chrono::milliseconds limit) {
    const auto deadline = clock::now() + limit;
    while (pid_ > 0 && !status_) {
        int raw = 0;
        const pid_t done = ::waitpid(pid_, &raw, WNOHANG);
        if (done == pid_) {
            status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
        } else if (clock::now() >= deadline) {
            return {};
        } else {
            std::this_thread::sleep_for(5ms);
        }
    }
    return status_;
}

void background_process::kill() noexcept {
    if (pid_ <= 0 || status_) {
        return;
    }
    ::kill(-pid_, SIGKILL); // it and whatever it started
    ::kill(pid_, SIGKILL);
    int raw = 0;
    while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
    }
    status_ = 128 + SIGKILL;
}

} // namespace holdfast::test
