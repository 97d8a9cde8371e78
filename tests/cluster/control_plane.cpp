#include "cluster/control_plane.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include <boost/json.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::test {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

[[noreturn]] void fail_with_errno(std::string_view what, int code = errno) {
    throw control_plane_error(std::string(what) + ": " + std::generic_category().message(code));
}

/// An owned descriptor.
class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int fd) : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~descriptor() { close(); }

    int get() const { return fd_; }
    bool open() const { return fd_ >= 0; }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

private:
    int fd_ = -1;
};

// All are closed on exec: a descriptor that another child inherited would hide the end of a pipe.

/// Reading end, writing end.
std::pair<descriptor, descriptor> make_pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) fail_with_errno("pipe2");
    return {descriptor(fds[0]), descriptor(fds[1])};
}

/// The child's standard input and our end of it; a socket, because writing to one can be told not to raise
/// SIGPIPE.
std::pair<descriptor, descriptor> make_input() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) fail_with_errno("socketpair");
    return {descriptor(fds[0]), descriptor(fds[1])};
}

/// A running child. It is killed when it is still there at the end.
class child {
public:
    /// Standard error is ours when `err` is not given.
    child(
        const std::string& program, const std::vector<std::string>& args, int in, int out,
        std::optional<int> err
    )
        : program_(program) {
        std::vector<char*> argv{const_cast<char*>(program.c_str())};
        for (const auto& arg : args)
            argv.push_back(const_cast<char*>(arg.c_str()));
        argv.push_back(nullptr);

        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        if (err) posix_spawn_file_actions_adddup2(&actions, *err, STDERR_FILENO);

        // A process group of its own: Ctrl-C at a terminal is for us, and the child is told in its own way.
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(
            &attributes,
            static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)
        );
        const int code = ::posix_spawnp(&pid_, program.c_str(), &actions, &attributes, argv.data(), environ);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        if (code != 0) {
            pid_ = -1;
            fail_with_errno("cannot start " + program, code);
        }
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    ~child() { kill(); }

    pid_t pid() const { return pid_; }

    /// How it ended: its status, or 128 and the signal. Nothing when it has not by the deadline.
    std::optional<int> wait(clock::time_point deadline) {
        while (!status_) {
            int raw = 0;
            const pid_t done = ::waitpid(pid_, &raw, WNOHANG);
            if (done == pid_) {
                status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
            } else if (done < 0 && errno != EINTR) {
                fail_with_errno("cannot wait for " + program_);
            } else if (clock::now() >= deadline) {
                return {};
            } else {
                std::this_thread::sleep_for(milliseconds(2));
            }
        }
        return status_;
    }

    void kill() noexcept {
        if (pid_ < 0 || status_) return;
        ::kill(pid_, SIGKILL);
        int raw = 0;
        while (::waitpid(pid_, &raw, 0) < 0 && errno == EINTR) {
        }
        status_ = 128 + SIGKILL;
    }

private:
    std::string program_;
    pid_t pid_ = -1;
    std::optional<int> status_;
};

/// Milliseconds until then as poll() takes them: rounded up, zero when past.
int poll_time(clock::time_point deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

std::string command_line(const std::string& program, const std::vector<std::string>& args) {
    std::string line = program;
    for (const auto& arg : args)
        line += " " + arg;
    return line;
}

/// Appends what is there to read; false at the end.
bool read_some(int fd, std::string& into) {
    char buffer[16 * 1024];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (n < 0) fail_with_errno("read");
    into.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
}

command_result
run(const std::string& program, const std::vector<std::string>& args, std::string_view input,
    clock::time_point deadline, bool own_stderr) {
    auto [child_in, in] = make_input();
    auto [out, child_out] = make_pipe();
    descriptor err;
    descriptor child_err;
    if (!own_stderr) std::tie(err, child_err) = make_pipe();
    child process(
        program, args, child_in.get(), child_out.get(),
        own_stderr ? std::nullopt : std::optional(child_err.get())
    );
    child_in.close();
    child_out.close();
    child_err.close();

    command_result result;
    const auto too_late = [&](std::string_view what) {
        process.kill();
        return control_plane_error(
            command_line(program, args) + ": " + std::string(what) +
            " by its deadline; it had said: " + result.out + result.err
        );
    };
    while (out.open() || err.open()) {
        if (in.open() && input.empty()) in.close();
        // poll() ignores negative descriptors.
        pollfd fds[] = {{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}, {in.get(), POLLOUT, 0}};
        if (::poll(fds, 3, poll_time(deadline)) < 0 && errno != EINTR) fail_with_errno("poll");
        if (clock::now() >= deadline) throw too_late("not through");
        if (fds[0].revents != 0 && !read_some(out.get(), result.out)) out.close();
        if (fds[1].revents != 0 && !read_some(err.get(), result.err)) err.close();
        if (fds[2].revents != 0) {
            const ssize_t n = ::send(in.get(), input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n >= 0) input.remove_prefix(static_cast<std::size_t>(n));
            // A program may leave without having read all: its status says whether that was right.
            else if (errno != EAGAIN && errno != EINTR)
                in.close();
        }
    }
    const auto status = process.wait(deadline);
    if (!status) throw too_late("has closed its output, but not ended");
    result.status = *status;
    return result;
}

const char* environment(const char* name) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): no test writes the environment
    return value != nullptr && *value != '\0' ? value : nullptr;
}

/// The launcher, built if need be; with the parts of a node beside it, if so.
std::string launcher_path(bool node) {
    if (const char* path = environment("HOLDFAST_TESTCLUSTER")) return path;
    const auto deadline = clock::now() + std::chrono::minutes(45);
    const auto built =
        run(HOLDFAST_CLUSTER_BUILD, node ? std::vector<std::string>{"--node"} : std::vector<std::string>{},
            {}, deadline, true); // its progress is for whoever waits
    if (!built.ok())
        throw control_plane_error(
            HOLDFAST_CLUSTER_BUILD " failed with status " + std::to_string(built.status) +
            "; it said why on stderr"
        );
    std::string directory = built.out;
    while (directory.ends_with('\n'))
        directory.pop_back();
    return directory + "/testcluster";
}

/// The first executable of this name in $PATH; empty when there is none.
std::string find_program(std::string_view name) {
    const char* variable = environment("PATH");
    std::string_view rest = variable != nullptr ? variable : "";
    while (!rest.empty()) {
        const auto end = std::min(rest.find(':'), rest.size());
        std::string path(rest.substr(0, end));
        path.append("/").append(name);
        if (::access(path.c_str(), X_OK) == 0) return path;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

} // namespace

class control_plane::impl {
public:
    explicit impl(const control_plane_options& options) {
        std::vector<std::string> args{
            "--ready-timeout=" + std::to_string(options.ready_timeout.count()) + "s"
        };
        if (options.kwok) args.emplace_back("--kwok");
        if (options.node) args.emplace_back("--node");
        if (!options.controller_manager) args.emplace_back("--no-controller-manager");
        for (const auto& arg : options.apiserver_args)
            args.push_back("--apiserver-arg=" + arg);

        const std::string program = launcher_path(options.node);
        auto [child_in, in] = make_input();
        auto [out, child_out] = make_pipe();
        launcher_ = std::make_unique<child>(program, args, child_in.get(), child_out.get(), std::nullopt);
        in_ = std::move(in);
        out_ = std::move(out);
        child_in.close();
        child_out.close();

        // The launcher has the same deadline, and a better message when it passes.
        const auto ready = answer("start", options.ready_timeout + std::chrono::seconds(15));
        if (const auto* error = ready.if_contains("error")) throw control_plane_error(text(*error));
        kubeconfig_ = text(ready.at("kubeconfig"));
        server_ = text(ready.at("server"));
        ca_ = text(ready.at("ca"));
        etcd_ = text(ready.at("etcd"));
        directory_ = text(ready.at("dir"));
        data_ = text(ready.at("data"));
        if (const auto* machine = ready.if_contains("machine")) machine_ = text(*machine);
        kubectl_ = find_program("kubectl");
        if (kubectl_.empty()) kubectl_ = text(ready.at("kubectl"));
    }

    /// Sends one command and returns its answer, an object with "ok": true.
    boost::json::object command(const std::string& line, milliseconds limit) {
        if (!in_.open()) throw control_plane_error("the control plane is stopped: cannot " + line);
        if (line.find('\n') != std::string::npos) throw control_plane_error("a command is one line: " + line);
        const std::string bytes = line + "\n"; // far below what a socket buffers
        if (::send(in_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
            fail_with_errno("the control plane's launcher does not take the command " + line);
        auto result = answer(line, limit);
        if (const auto* error = result.if_contains("error"))
            throw control_plane_error(line + ": " + text(*error));
        return result;
    }

    void stop() {
        if (!in_.open()) return;
        const auto limit = std::chrono::seconds(30);
        // The end of its input stops it too, and is all there is to do when it no longer listens.
        std::string failure;
        try {
            command("stop", limit);
        } catch (const control_plane_error& error) {
            failure = error.what();
        }
        in_.close();
        const auto status = launcher_->wait(clock::now() + limit);
        if (!status) failure += (failure.empty() ? "" : "; ") + std::string("its launcher does not end");
        launcher_->kill(); // which its children do not survive either
        if (failure.empty()) return;
        std::error_code ignored; // best effort: a component that is still dying may write
        std::filesystem::remove_all(directory_, ignored);
        std::filesystem::remove_all(data_, ignored);
        throw control_plane_error("the control plane did not stop well: " + failure);
    }

    std::string kubeconfig_, server_, ca_, etcd_, directory_, data_, kubectl_, machine_ = "127.0.0.1";
    std::unique_ptr<child> launcher_;

private:
    static std::string text(const boost::json::value& value) { return std::string(value.as_string()); }

    /// Reads the launcher's next line.
    boost::json::object answer(const std::string& to, milliseconds limit) {
        const auto deadline = clock::now() + limit;
        for (;;) {
            if (const auto end = unread_.find('\n'); end != std::string::npos) {
                const std::string line = unread_.substr(0, end);
                unread_.erase(0, end + 1);
                boost::system::error_code ec;
                auto value = boost::json::parse(line, ec);
                if (ec || !value.is_object())
                    throw control_plane_error(
                        std::string("not an answer to ").append(to).append(": ").append(line)
                    );
                return std::move(value).as_object();
            }
            pollfd fd{out_.get(), POLLIN, 0};
            if (::poll(&fd, 1, poll_time(deadline)) < 0 && errno != EINTR) fail_with_errno("poll");
            if (fd.revents != 0 && !read_some(out_.get(), unread_)) {
                const auto status = launcher_->wait(clock::now() + std::chrono::seconds(5));
                throw control_plane_error(
                    "the control plane's launcher ended without an answer to " + to +
                    (status ? ", with status " + std::to_string(*status) : std::string())
                );
            }
            if (fd.revents == 0 && clock::now() >= deadline)
                throw control_plane_error(
                    "the control plane's launcher has not answered within " + std::to_string(limit.count()) +
                    " ms to " + to
                );
        }
    }

    descriptor in_;
    descriptor out_;
    std::string unread_;
};

namespace {

// The launcher waits up to half a minute for what it is told to end, and 90 s for what it is told to start.
constexpr auto quick = std::chrono::seconds(30);
constexpr auto slow = std::chrono::seconds(150);

} // namespace

control_plane::control_plane(const control_plane_options& options) : impl_(std::make_unique<impl>(options)) {}

control_plane::control_plane(control_plane&&) noexcept = default;

control_plane& control_plane::operator=(control_plane&& other) noexcept {
    std::swap(impl_, other.impl_);
    return *this;
}

control_plane::~control_plane() {
    if (!impl_) return;
    try {
        impl_->stop();
    } catch (const std::exception& error) {
        (void)std::fprintf(stderr, "%s\n", error.what());
    }
}

const std::string& control_plane::kubeconfig() const {
    return impl_->kubeconfig_;
}
const std::string& control_plane::server() const {
    return impl_->server_;
}
const std::string& control_plane::ca() const {
    return impl_->ca_;
}
const std::string& control_plane::etcd() const {
    return impl_->etcd_;
}
const std::string& control_plane::directory() const {
    return impl_->directory_;
}
const std::string& control_plane::kubectl_path() const {
    return impl_->kubectl_;
}
const std::string& control_plane::machine() const {
    return impl_->machine_;
}
pid_t control_plane::launcher_pid() const {
    return impl_->launcher_->pid();
}

pid_t control_plane::pid(std::string_view component) {
    const auto status = impl_->command("status", quick);
    const auto& components = status.at("components").as_object();
    const auto* found = components.if_contains(component);
    if (found == nullptr) throw control_plane_error("no component " + std::string(component));
    return found->at("pid").to_number<pid_t>();
}

bool control_plane::stop_apiserver() {
    return impl_->command("stop-apiserver", slow).at("graceful").as_bool();
}

void control_plane::kill_apiserver() {
    impl_->command("kill-apiserver", quick);
}

void control_plane::start_apiserver() {
    impl_->command("start-apiserver", slow);
}

void control_plane::pause_apiserver() {
    impl_->command("pause-apiserver", quick);
}

void control_plane::resume_apiserver() {
    impl_->command("resume-apiserver", quick);
}

std::int64_t control_plane::compact() {
    return impl_->command("compact", slow).at("revision").to_number<std::int64_t>();
}

void control_plane::save_store() {
    impl_->command("save-store", slow);
}

void control_plane::restore_store() {
    impl_->command("restore-store", slow);
}

void control_plane::import_image(const std::string& path) {
    impl_->command("import-image " + path, slow);
}

std::string control_plane::user(std::string_view name, const std::vector<std::string>& groups) {
    std::string line = "user";
    const auto add = [&line](std::string_view word) {
        if (word.empty() || word.find_first_of(" \t\r\n") != std::string_view::npos)
            throw control_plane_error(
                "names of users and groups have no white space: \"" + std::string(word) + "\""
            );
        line.append(" ").append(word);
    };
    add(name);
    for (const auto& group : groups)
        add(group);
    return std::string(impl_->command(line, quick).at("kubeconfig").as_string());
}

command_result control_plane::kubectl(std::vector<std::string> args, const kubectl_options& options) const {
    // Not the user's cache: there, a server that had this port before may have left what it offered.
    const std::vector<std::string> own{
        "--kubeconfig=" + (options.kubeconfig.empty() ? impl_->kubeconfig_ : options.kubeconfig),
        "--cache-dir=" + impl_->directory_ + "/run/kubectl",
    };
    const bool waits = !args.empty() && args.front() == "wait";
    args.insert(args.begin(), own.begin(), own.end());
    const auto end = clock::now() + std::chrono::seconds(10);
    for (;;) {
        auto done = run_command(impl_->kubectl_, args, options.input, options.deadline);
        // A definition that was made just now has no status, at which `kubectl wait` gives up.
        const bool too_early = waits && !done.ok() && done.err.find("accessor error") != std::string::npos;
        if (!too_early || clock::now() > end) {
            return done;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

void control_plane::stop() {
    impl_->stop();
}

std::string page(const std::string& address) {
    const auto got = run_command(
        "curl", {"-sf", "--noproxy", "*", "-m", "3", "http://" + address + "/"}, {}, std::chrono::seconds(10)
    );
    return got.ok() ? got.out : std::string();
}

std::string node_lacks() {
    if (::geteuid() != 0) return "a node needs root"; // not worth building one
    const auto told =
        run(launcher_path(true), {"--node-lacks"}, {}, clock::now() + std::chrono::seconds(60), true);
    if (!told.ok()) return "the launcher failed with status " + std::to_string(told.status);
    return told.out.substr(0, told.out.find('\n'));
}

void skip_without_node() {
    const std::string reason = node_lacks();
    if (!reason.empty()) skip("there can be no node here: " + reason);
}

void skip(const std::string& reason) {
    (void)std::printf("Skipped: %s\n", reason.c_str());
    (void)std::fflush(stdout);
    std::_Exit(77);
}

command_result run_command(
    const std::string& program, const std::vector<std::string>& args, std::string_view input,
    milliseconds deadline
) {
    return run(program, args, input, clock::now() + deadline, false);
}

} // namespace holdfast::test
