#include "sandbox/sandbox.hpp"

#include "base/async.hpp"
#include "base/async_semaphore.hpp"
#include "base/directory_lock.hpp"
#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/memory_directory.hpp"
#include "base/process.hpp"
#include "sandbox/description.hpp"
#include "sandbox/disk.hpp"
#include "sandbox/landlock.hpp"

#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace holdfast::sandbox {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// Where no package and no person has an account (systemd's range for dynamic users).
constexpr std::uint64_t first_uid = 61184;
constexpr std::uint64_t last_uid = 65519;

// How directories on tmpfs start.
constexpr std::string_view memory_prefix = "holdfast-builds-";

bool offers_action(std::uint32_t action) {
    return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

confinement look_at_kernel(const settings& with) {
    confinement found;
    found.landlock = landlock_version();
    if (with.landlock_version >= 0) {
        found.landlock = std::min(found.landlock, with.landlock_version);
    }
    found.seccomp = offers_action(SECCOMP_RET_ERRNO);
    if (found.landlock == 0) {
        found.missing.emplace_back(
            "no Landlock (Linux 5.13; security module \"landlock\" enabled): builds can read every file that "
            "the "
            "operator's user can, its service account's token and other builds' files among them"
        );
    } else if (found.landlock < 6) {
        if (found.landlock < 3) {
            found.missing.emplace_back("no Landlock rules for truncating (Linux 6.2): builds can empty files "
                                       "that the operator's user may write");
        }
        if (found.landlock < 4) {
            found.missing.emplace_back("no Landlock rules for TCP ports (Linux 6.7): builds that have the "
                                       "network may connect to every port");
        }
        found.missing.emplace_back(
            "no Landlock scopes (Linux 6.12): builds can send signals to other builds of the same user"
        );
    }
    if (!found.seccomp) {
        found.missing.emplace_back(
            "no seccomp: builds have the network, and reach system calls that they do not need"
        );
    }
    return found;
}

error system_failure(const std::string& what) {
    return transient_error(what + ": " + std::strerror(errno)); // NOLINT(concurrency-mt-unsafe)
}

result<std::string> find_supervisor(const std::string& given) {
    if (!given.empty()) {
        return given;
    }
    std::error_code ec;
    const auto here = fs::read_symlink("/proc/self/exe", ec).parent_path();
    for (const auto& candidate :
         {here / "holdfast-sandbox", here.parent_path() / "libexec/holdfast/holdfast-sandbox"}) {
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate.string();
        }
    }
    return user_error(
        "the program holdfast-sandbox, in which builds run, is not beside this one (" + here.string() + ")"
    );
}

std::string_view value_of(const std::vector<std::string>& environment, std::string_view name) {
    for (const auto& variable : environment) {
        if (variable.size() > name.size() && variable.starts_with(name) && variable[name.size()] == '=') {
            return std::string_view{variable}.substr(name.size() + 1);
        }
    }
    return {};
}

std::string find_program(const std::string& name, std::string_view path) {
    if (name.find('/') != std::string::npos) {
        return name;
    }
    while (!path.empty()) {
        const auto colon = path.find(':');
        auto candidate = std::string{path.substr(0, colon)} + "/" + name;
        if (!candidate.starts_with("./") && candidate.front() == '/' &&
            ::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
    }
    return {};
}

std::string name_of(const job& j) {
    return j.name.empty() && !j.argv.empty() ? fs::path{j.argv.front()}.filename().string() : j.name;
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::uint64_t mebi = std::uint64_t{1} << 20U;
    constexpr std::uint64_t gibi = std::uint64_t{1} << 30U;
    if (bytes >= gibi && bytes % gibi == 0) {
        return std::to_string(bytes / gibi) + " GiB";
    }
    if (bytes >= mebi) {
        return std::to_string(bytes / mebi) + " MiB";
    }
    return bytes >= 1024 ? std::to_string(bytes / 1024) + " KiB" : std::to_string(bytes) + " bytes";
}

std::string time_text(std::chrono::milliseconds time) {
    return time % 1s == 0ms ? std::to_string(time / 1s) + "s" : std::to_string(time.count()) + "ms";
}

// "… and was killed with its 3 children": it is one of those that were killed itself.
std::string killed_text(std::uint64_t killed) {
    return killed <= 1   ? std::string{}
           : killed == 2 ? std::string{" with the process that it started"}
                         : " with the " + std::to_string(killed - 1) + " processes that it started";
}

error cut_error(const job& j, const report& r) {
    const auto name = name_of(j);
    const auto stopped = name + " was stopped" + killed_text(r.killed) + ": it ";
    switch (r.end) {
    case ending::deadline:
        return transient_error(
            name + " did not finish within " + time_text(j.deadline) + " and was killed" +
            killed_text(r.killed)
        );
    case ending::memory:
        return user_error(stopped + "took more than " + bytes_text(j.limits.memory) + " of memory");
    case ending::cpu:
        return user_error(stopped + "took more than " + time_text(j.limits.cpu) + " of processor time");
    case ending::disk:
        return user_error(stopped + "filled more than " + bytes_text(j.limits.disk) + " of disk");
    case ending::files:
        return user_error(stopped + "made more than " + std::to_string(j.limits.files) + " files");
    case ending::processes:
        return user_error(
            stopped + "had more than " + std::to_string(j.limits.processes) + " processes and threads at once"
        );
    case ending::told: return user_error(stopped + "printed more than " + bytes_text(j.limits.output));
    case ending::failed: return internal_error("the sandbox for " + name + " could not be set up: " + r.text);
    case ending::finished: break;
    }
    return internal_error("the sandbox for " + name + " gave no answer");
}

report read_report(const std::string& root) {
    std::ifstream file{root + "/report"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    auto r = decode_report(text);
    return r ? std::move(*r) : report{.text = "its supervisor ended without a report"};
}

bool stays_inside(const std::string& relative) {
    const fs::path path{relative};
    return path.is_relative() &&
           std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

} // namespace

workspace::workspace(std::string root) : root_{std::move(root)}, path_{root_ + "/w"} {}

workspace::workspace(workspace&& other) noexcept
    : root_{std::exchange(other.root_, {})}, path_{std::exchange(other.path_, {})} {}

workspace& workspace::operator=(workspace&& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(path_, other.path_);
    return *this;
}

workspace::~workspace() {
    if (!root_.empty()) {
        remove_tree(root_);
    }
}

class sandbox_runner final : public runner {
public:
    sandbox_runner(
        const asio::any_io_executor& executor, worker_pool& pool, settings with,
        sandbox::confinement confinement, directory_lock lock
    )
        : pool_{pool},
          settings_{std::move(with)},
          confinement_{std::move(confinement)},
          places_{executor, std::max<std::size_t>(settings_.concurrency, 1)},
          lock_{std::move(lock)},
          next_uid_{std::random_device{}()} {}
    sandbox_runner(const sandbox_runner&) = delete;
    sandbox_runner& operator=(const sandbox_runner&) = delete;

    const sandbox::confinement& confinement() const noexcept override { return confinement_; }

    result<workspace> make_workspace() override { return make_workspace_in(settings_.directory); }

    result<workspace> make_secret_workspace() override {
        if (is_in_memory(settings_.directory)) {
            return make_workspace();
        }
        const std::lock_guard guard{memory_lock_};
        if (!memory_) {
            auto made =
                memory_directory::make(settings_.memory_directory, memory_prefix, "builds with secrets");
            if (!made) {
                return made.error();
            }
            if (::geteuid() == 0 && ::chmod(made->path().c_str(), 0711) != 0) {
                return system_failure("cannot make a directory for builds in " + settings_.memory_directory);
            }
            memory_.emplace(std::move(*made));
        }
        return make_workspace_in(memory_->path());
    }

    /// Somebody has emptied the cache directory, in which it is.
    static bool make_again(const std::string& directory, std::string& pattern) {
        std::error_code ec;
        fs::create_directories(directory, ec);
        if (ec || ::chmod(directory.c_str(), ::geteuid() == 0 ? 0711 : 0700) != 0) return false;
        pattern = directory + "/job-XXXXXX";
        return ::mkdtemp(pattern.data()) != nullptr;
    }

    static result<workspace> make_workspace_in(const std::string& directory) {
        auto pattern = directory + "/job-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr && !(errno == ENOENT && make_again(directory, pattern))) {
            return system_failure("cannot make a directory for a build in " + directory);
        }
        workspace made{pattern};
        // As root the job is another user, who has to get through.
        const bool open = ::geteuid() != 0 || ::chmod(pattern.c_str(), 0711) == 0;
        for (const auto* name : {"/w", "/home", "/tmp"}) {
            if (!open || ::mkdir((pattern + name).c_str(), 0700) != 0) {
                return system_failure("cannot make a directory for a build in " + directory);
            }
        }
        return made;
    }

    asio::awaitable<void> remove(workspace w) override {
        auto work = [held = std::move(w)]() mutable {
            {
                const workspace gone = std::move(held);
            }
            return true;
        };
        co_await on_pool(pool_, std::move(work));
    }

    asio::awaitable<result<outcome>> run(job j) override {
        j.limits.memory = std::min(j.limits.memory, settings_.max_memory);
        auto described = describe(j);
        if (!described) {
            co_return described.error();
        }
        const auto place = co_await places_.enter();
        const auto root = described->root;
        ::unlink((root + "/report").c_str());
        process_options options;
        options.argv = {settings_.supervisor};
        options.working_directory = "/";
        options.input = std::move(j.input);
        options.inherited.push_back(encode(*described));
        std::move(j.inherited.begin(), j.inherited.end(), std::back_inserter(options.inherited));
        // The supervisor keeps the time; this is for a machine that is too busy for that.
        options.deadline = j.deadline + 10s;
        options.max_output = j.limits.output;
        options.secret_output = j.secret_output;
        options.stop_signal = SIGTERM;
        auto ran = co_await run_process(std::move(options));
        const auto r = read_report(root);
        if (r.end != ending::finished) {
            if (!ran && r.end != ending::told && ran.error().is_transient()) {
                co_return ran.error().within(name_of(j));
            }
            co_return cut_error(j, r);
        }
        if (!ran) {
            // It ended by itself in the moment in which it had printed too much.
            co_return ran.error().is_transient() ? ran.error().within(name_of(j))
                                                 : cut_error(j, report{.end = ending::told});
        }
        co_return outcome{
            .status = static_cast<int>(r.status),
            .output = std::move(ran->output),
            .error_output = std::move(ran->error_output)
        };
    }

private:
    result<description> describe(const job& j) {
        if (j.argv.empty() || j.argv.front().empty()) {
            return internal_error("no program to run");
        }
        if (j.directory == nullptr || j.directory->path_.empty() || !stays_inside(j.working_directory)) {
            return internal_error("no workspace for " + name_of(j));
        }
        description d;
        d.argv = j.argv;
        d.root = j.directory->root_;
        d.environment = j.environment;
        const std::array<std::pair<std::string_view, std::string>, 4> defaults{
            {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
             {"HOME", d.root + "/home"},
             {"TMPDIR", d.root + "/tmp"},
             {"LANG", "C.UTF-8"}}
        };
        for (const auto& [name, value] : defaults) {
            if (value_of(d.environment, name).empty()) {
                d.environment.push_back(std::string{name} + "=" + value);
            }
        }
        d.working_directory =
            j.directory->path_ + (j.working_directory.empty() ? "" : "/") + j.working_directory;
        d.readable = j.read_only;
        d.program = find_program(j.argv.front(), value_of(d.environment, "PATH"));
        if (d.program.empty()) {
            return user_error("the program \"" + j.argv.front() + "\" is not installed: it is not in PATH");
        }
        if (d.program.front() != '/') {
            d.program = d.working_directory + "/" + d.program; // "./generate.sh"
        }
        std::error_code ec;
        const auto real = fs::canonical(d.program, ec);
        if (ec) {
            return user_error("the program \"" + j.argv.front() + "\" cannot be run: " + ec.message());
        }
        // A program of the workspace, or a link there: reachable by the rules of where it really is.
        if (!d.program.starts_with(d.root + "/")) {
            d.readable.push_back(d.program);
            d.readable.push_back(real.string());
        }
        d.only_given_programs = j.only_given_programs;
        d.network = j.network == network::allowed;
        d.ports.assign(j.ports.begin(), j.ports.end());
        d.unix_sockets = j.unix_sockets;
        d.landlock = static_cast<std::uint64_t>(confinement_.landlock);
        d.filter = confinement_.seccomp;
        d.inherited = j.inherited.size();
        d.parent = static_cast<std::uint64_t>(::getpid());
        if (::geteuid() == 0 && !(j.needs_account && d.landlock > 0)) {
            d.uid = first_uid + next_uid_++ % (last_uid - first_uid + 1);
        }
        d.deadline_ms = static_cast<std::uint64_t>(std::max(j.deadline, 1ms).count());
        d.memory = j.limits.memory;
        d.cpu_ms = static_cast<std::uint64_t>(std::chrono::milliseconds{j.limits.cpu}.count());
        d.file_size = j.limits.file_size;
        d.disk = j.limits.disk;
        d.files = j.limits.files;
        d.processes = j.limits.processes;
        d.open_files = j.limits.open_files;
        return d;
    }

    worker_pool& pool_;
    settings settings_;
    sandbox::confinement confinement_;
    async_semaphore places_;
    directory_lock lock_;
    std::uint64_t next_uid_;
    std::mutex memory_lock_;
    std::optional<memory_directory> memory_; // made when it is needed
};

result<std::unique_ptr<runner>>
open(const asio::any_io_executor& executor, worker_pool& pool, settings with) {
    auto supervisor = find_supervisor(with.supervisor);
    if (!supervisor) {
        return supervisor.error();
    }
    with.supervisor = std::move(*supervisor);
    std::error_code ec;
    with.directory = fs::absolute(with.directory, ec).string();
    fs::create_directories(with.directory, ec);
    // Landlock's rules are for what a path leads to, so links on the way are followed once, here.
    const auto real = fs::canonical(with.directory, ec);
    if (ec || ::chmod(real.c_str(), ::geteuid() == 0 ? 0711 : 0700) != 0) {
        return user_error("cannot make the directory for builds " + with.directory);
    }
    with.directory = real.string();
    auto lock = directory_lock::take(with.directory);
    if (!lock) {
        return lock.error();
    }
    std::size_t swept = 0;
    for (const auto& left : fs::directory_iterator{with.directory, ec}) {
        if (left.path().filename().string().starts_with("job-")) {
            remove_tree(left.path().string());
            ++swept;
        }
    }
    remove_abandoned(with.memory_directory, memory_prefix, [&swept](const std::string& left) {
        remove_tree(left);
        ++swept;
    });
    if (swept > 0) {
        log::info(
            "removed files that builds of an earlier process left", {{"directories", std::to_string(swept)}}
        );
    }
    auto found = look_at_kernel(with);
    if (!found.missing.empty()) {
        std::string all;
        for (const auto& sentence : found.missing) {
            all += (all.empty() ? "" : "; ") + sentence;
        }
        if (with.mode == strictness::required) {
            return user_error("builds cannot be confined fully by this kernel: " + all);
        }
        log::warn("builds are not confined fully by this kernel", {{"missing", all}});
    }
    return std::unique_ptr<runner>{
        std::make_unique<sandbox_runner>(executor, pool, std::move(with), std::move(found), std::move(*lock))
    };
}

error failed(const job& j, const outcome& said, std::size_t lines) {
    std::string_view text = said.error_output;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.remove_suffix(1);
    }
    std::size_t begin = text.size();
    for (std::size_t i = 0; i < lines && begin > 0; ++i) {
        const auto before = text.rfind('\n', begin - 1);
        begin = before == std::string_view::npos ? 0 : before;
    }
    if (begin < text.size() && text[begin] == '\n') {
        ++begin;
    }
    const auto tail = text.substr(begin);
    const auto how = said.status > 128 ? "was ended by signal " + std::to_string(said.status - 128)
                                       : "failed with status " + std::to_string(said.status);
    return user_error(name_of(j) + " " + how + (tail.empty() ? "" : ": " + std::string{tail}));
}

} // namespace holdfast::sandbox
