#include "base/process.hpp"

#include "base/async.hpp"
#include "base/child_descriptors.hpp"
#include "base/open_files.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string.h> // explicit_bzero
#include <unistd.h>

namespace holdfast {

namespace {

using descriptor = asio::posix::stream_descriptor;

// For programs that end by themselves what they started.
constexpr std::chrono::milliseconds grace{2000};

// An owned file descriptor.
class fd {
public:
    fd() = default;
    explicit fd(int value) noexcept : value_{value} {}
    fd(fd&& other) noexcept : value_{other.release()} {}
    fd& operator=(fd&& other) noexcept {
        reset(other.release());
        return *this;
    }
    ~fd() { reset(); }
    [[nodiscard]] int get() const noexcept { return value_; }
    int release() noexcept { return std::exchange(value_, -1); }
    void reset(int value = -1) noexcept {
        if (value_ >= 0) {
            ::close(value_);
        }
        value_ = value;
    }

private:
    int value_ = -1;
};

struct pipe_ends {
    fd read;
    fd write;
};

std::optional<pipe_ends> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return std::nullopt;
    }
    return pipe_ends{fd{ends[0]}, fd{ends[1]}};
}

error system_failure(const std::string& what) {
    return transient_error(what + ": " + std::strerror(errno)); // NOLINT(concurrency-mt-unsafe)
}

std::string find_program(const process_options& options) {
    const auto& name = options.argv.front();
    if (name.find('/') != std::string::npos) {
        return name;
    }
    std::string_view path = "/usr/local/bin:/usr/bin:/bin";
    for (const auto& variable : options.environment) {
        if (variable.starts_with("PATH=")) {
            path = std::string_view{variable}.substr(5);
        }
    }
    while (!path.empty()) {
        const auto colon = path.find(':');
        std::string candidate{path.substr(0, colon)};
        candidate += "/" + name;
        if (::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
        path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
    }
    return {};
}

// A running child. Kills its process group and reaps it when it goes out of scope, whatever happened in
// between; whoever can wait has called end() before, since that holds up nobody else.
class child {
public:
    child(pid_t pid, fd pidfd, int stop_signal) noexcept
        : pid_{pid}, pidfd_{std::move(pidfd)}, stop_signal_{stop_signal} {}
    child(child&& other) noexcept
        : pid_{std::exchange(other.pid_, -1)},
          pidfd_{std::move(other.pidfd_)},
          stop_signal_{other.stop_signal_} {}
    child& operator=(child&&) = delete;
    ~child() {
        if (pid_ > 0) {
            kill();
            if (stop_signal_ != SIGKILL) {
                pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
                ::poll(&ended, 1, static_cast<int>(grace.count()));
                ::kill(-pid_, SIGKILL);
            }
            reap();
        }
    }

    /// Has it end, and waits for that without holding up the loop. Not to be cancelled.
    asio::awaitable<void> end() {
        if (pid_ <= 0) {
            co_return;
        }
        descriptor ended{co_await asio::this_coro::executor, ::dup(pidfd_.get())};
        asio::steady_timer patience{ended.get_executor(), grace};
        patience.async_wait([pid = pid_](boost::system::error_code ec) {
            if (!ec) {
                ::kill(-pid, SIGKILL);
            }
        });
        kill();
        boost::system::error_code ec;
        co_await ended.async_wait(descriptor::wait_read, asio::redirect_error(asio::use_awaitable, ec));
        patience.cancel();
        reap();
    }

    void kill() const noexcept { ::kill(stop_signal_ == SIGKILL ? -pid_ : pid_, stop_signal_); }

    int reap() noexcept {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        // What it left behind in its group has no master any more.
        ::kill(-pid_, SIGKILL);
        pid_ = -1;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }

    [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }

private:
    pid_t pid_;
    fd pidfd_;
    int stop_signal_;
};

// Something to read `content` from, as often as the child likes.
fd make_readable(std::string_view content) {
    fd file{::memfd_create("input", MFD_CLOEXEC)};
    while (!content.empty()) {
        const auto count = ::write(file.get(), content.data(), content.size());
        if (count <= 0) {
            return {};
        }
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    return ::lseek(file.get(), 0, SEEK_SET) == 0 ? std::move(file) : fd{};
}

// Everything the child needs between fork and exec, made before: only async-signal-safe calls are allowed
// there.
struct launch {
    std::string program;
    std::string directory;
    std::vector<char*> argv;
    std::vector<char*> environment;
    std::vector<int> sources; // of its descriptors 0, 1, 2, 3, …
    std::optional<std::uint64_t> open_files;
};

// When memory is short the kernel takes the child first, not the operator.
void go_first_when_memory_is_short() {
    const int at = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (at >= 0) {
        [[maybe_unused]] const auto written = ::write(at, "1000", 4);
        ::close(at);
    }
}

[[noreturn]] void run_child(launch& l, const process_options& options, pid_t parent, int report) {
    const auto fail = [&report] {
        const int code = errno;
        [[maybe_unused]] const auto written = ::write(report, &code, sizeof code);
        ::_exit(127);
    };
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(127);
    }
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    go_first_when_memory_is_short();
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (!place_descriptors(l.sources, {&report, 1})) {
        fail();
    }
    if (l.open_files) {
        rlimit files{};
        ::getrlimit(RLIMIT_NOFILE, &files);
        files.rlim_cur = *l.open_files;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    for (const auto& [resource, value] : options.limits) {
        const rlimit limit{value, value};
        ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
    }
    if (::chdir(l.directory.c_str()) == 0) {
        ::execve(l.program.c_str(), l.argv.data(), l.environment.data());
    }
    fail();
    ::_exit(127);
}

// What was read into it is gone with it.
struct wiped_buffer {
    std::array<char, 16384> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init)
    wiped_buffer() = default;
    wiped_buffer(const wiped_buffer&) = delete;
    wiped_buffer& operator=(const wiped_buffer&) = delete;
    ~wiped_buffer() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

// Reads to the end of the stream. Beyond `limit` it either fails or keeps the last part.
asio::awaitable<bool> drain(descriptor& from, std::string& into, std::size_t limit, bool keep_tail) {
    wiped_buffer piece;
    auto& buffer = piece.bytes;
    for (;;) {
        boost::system::error_code ec;
        const auto count = co_await from.async_read_some(
            asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, ec)
        );
        if (ec == asio::error::operation_aborted) {
            throw boost::system::system_error{ec};
        }
        if (ec || count == 0) {
            co_return true;
        }
        if (!keep_tail && count > limit - into.size()) {
            co_return false;
        }
        into.append(buffer.data(), count);
        if (into.size() > limit) {
            into.erase(0, into.size() - limit);
        }
    }
}

asio::awaitable<void> feed(std::shared_ptr<descriptor> to, std::string input) {
    boost::system::error_code ec; // a child that does not read its input is its own business
    co_await asio::async_write(*to, asio::buffer(input), asio::redirect_error(asio::use_awaitable, ec));
    to->close(ec);
}

struct started {
    child process;
    std::string program;
    fd report; // the number of an error, where it could not start; else it ends when it has
    fd input;
    fd output;
    fd error_output;
};

result<started> start(process_options& options) {
    if (options.argv.empty()) {
        return internal_error("no program to run");
    }
    launch l;
    l.program = find_program(options);
    if (l.program.empty()) {
        return user_error("the program \"" + options.argv.front() + "\" is not installed: it is not in PATH");
    }
    l.directory = options.working_directory.empty() ? "/" : options.working_directory;
    for (const auto& a : options.argv) {
        l.argv.push_back(const_cast<char*>(a.c_str())); // NOLINT: execve takes char* and does not write
    }
    l.argv.push_back(nullptr);
    for (const auto& e : options.environment) {
        l.environment.push_back(const_cast<char*>(e.c_str())); // NOLINT: as above
    }
    l.environment.push_back(nullptr);

    auto in = make_pipe();
    auto out = make_pipe();
    auto err = make_pipe();
    auto report = make_pipe();
    if (!in || !out || !err || !report) {
        return system_failure("cannot make a pipe for " + options.argv.front());
    }
    l.sources = {in->read.get(), out->write.get(), err->write.get()};
    l.open_files = open_files_for_children();
    std::vector<fd> handed;
    for (auto& content : options.inherited) {
        auto readable = make_readable(content);
        ::explicit_bzero(content.data(), content.size());
        if (readable.get() < 0) {
            return system_failure("cannot hand a descriptor to " + options.argv.front());
        }
        l.sources.push_back(readable.get());
        handed.push_back(std::move(readable));
    }

    const auto parent = ::getpid();
    const auto pid = ::fork();
    if (pid < 0) {
        return system_failure("cannot start " + options.argv.front());
    }
    if (pid == 0) {
        run_child(l, options, parent, report->write.get());
    }
    ::setpgid(pid, pid); // the child's own setsid may come a moment later; harmless when it came first
    child process{pid, fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}, options.stop_signal};
    if (process.pidfd() < 0) {
        return system_failure("cannot watch " + options.argv.front());
    }
    return started{std::move(process),   std::move(l.program), std::move(report->read),
                   std::move(in->write), std::move(out->read), std::move(err->read)};
}

// Whether it became the program that it was to be. On a busy machine that takes long enough to hold up
// everybody else, so it is not waited for in start().
asio::awaitable<result<void>> await_start(started* s) {
    descriptor report{co_await asio::this_coro::executor, s->report.release()};
    int code = 0;
    boost::system::error_code ec;
    const auto got = co_await asio::async_read(
        report, asio::buffer(&code, sizeof code), asio::redirect_error(asio::use_awaitable, ec)
    );
    if (ec == asio::error::operation_aborted) {
        throw boost::system::system_error{ec};
    }
    if (got == sizeof code) {
        errno = code;
        co_return user_error(system_failure("cannot start " + s->program).message());
    }
    co_return result<void>{};
}

asio::awaitable<result<process_result>> collect(started* s, process_options* options) {
    auto executor = co_await asio::this_coro::executor;
    if (auto running = co_await await_start(s); !running) {
        co_return running.error();
    }
    auto input = std::make_shared<descriptor>(executor, s->input.release());
    descriptor output{executor, s->output.release()};
    descriptor error_output{executor, s->error_output.release()};
    descriptor ended{executor, ::dup(s->process.pidfd())};

    process_result said;
    if (options->secret_output) {
        said.output.reserve(options->max_output); // no pieces of it are left where it grew out of
    }
    auto group = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, feed(input, std::move(options->input)), asio::deferred),
        asio::co_spawn(
            executor,
            [](descriptor& from, std::string& into, std::size_t limit, child& c) -> asio::awaitable<bool> {
                const bool fits = co_await drain(from, into, limit, false);
                if (!fits) {
                    c.kill();
                }
                co_return fits;
            }(output, said.output, options->max_output, s->process),
            asio::deferred
        ),
        asio::co_spawn(
            executor, drain(error_output, said.error_output, options->max_error_output, true), asio::deferred
        ),
        asio::co_spawn(
            executor,
            [](descriptor& d) -> asio::awaitable<void> {
                co_await d.async_wait(descriptor::wait_read, asio::use_awaitable);
            }(ended),
            asio::deferred
        )
    );
    auto [order, e0, e1, fits, e2, kept, e3] =
        co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const auto& e : {e1, e2, e3}) {
        if (e) {
            std::rethrow_exception(e);
        }
    }
    said.status = s->process.reap();
    if (!fits) {
        co_return user_error(
            options->argv.front() + " printed more than the " + std::to_string(options->max_output) +
            " bytes that are allowed"
        );
    }
    co_return std::move(said);
}

} // namespace

asio::awaitable<result<process_result>> run_process(process_options options) {
    auto s = start(options);
    if (!s) {
        co_return s.error();
    }
    const auto deadline = options.deadline;
    std::exception_ptr failure;
    result<process_result> said = internal_error("a child was not waited for");
    try {
        said = co_await with_deadline(deadline, options.argv.front(), collect(&*s, &options));
    } catch (...) {
        failure = std::current_exception();
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await s->process.end();
    if (failure) {
        std::rethrow_exception(failure);
    }
    co_return said;
}

} // namespace holdfast
