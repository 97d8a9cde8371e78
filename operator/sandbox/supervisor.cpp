// holdfast-sandbox: the parent of one job. It confines the job, watches what it takes, and when the job ends
// or must end it kills all that is left. It reads the job's description from descriptor 3 and writes how it
// ended into the workspace's directory. It has no privileges that the operator has not, and no secrets but
// the job's.

#include "sandbox/confined_child.hpp"
#include "sandbox/description.hpp"
#include "sandbox/disk.hpp"
#include "sandbox/landlock.hpp"
#include "sandbox/process_tree.hpp"
#include "sandbox/syscall_filter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast::sandbox {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// Who forks without end is twice as many in less than a millisecond. To count costs about 100 µs, of all
// cores' time.
constexpr auto count_interval = 10ms;
constexpr auto look_interval = 20ms;
constexpr auto disk_interval = 100ms;

// Of /etc what programs need to resolve names, to trust and to know the time; not what hosts keep secret
// there.
constexpr std::array system_files{
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/ssl/cert.pem",
    "/etc/ca-certificates",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/passwd",
    "/etc/group",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/mime.types",
    "/etc/locale.alias",
};

// What the kernel runs to start a program that is not linked statically.
constexpr std::array dynamic_loaders{"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};

std::string system_error(const std::string& what) {
    return what + ": " + std::strerror(errno); // NOLINT(concurrency-mt-unsafe)
}

std::string read_all(int from) {
    std::string text;
    std::array<char, 16384> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init)
    for (;;) {
        const auto count = ::read(from, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

void write_report(const std::string& root, const report& r) {
    const int at =
        ::open((root + "/report").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    const auto text = encode(r);
    [[maybe_unused]] const auto written = ::write(at, text.data(), text.size());
    ::close(at);
}

std::array<std::string, 3> writable_directories(const std::string& root) {
    return {root + "/w", root + "/home", root + "/tmp"};
}

// True when a user of no rights but those of others gets to everything that the job needs.
bool reachable_for(const description& d) {
    const auto id = static_cast<uid_t>(d.uid);
    if (::setegid(id) != 0 || ::seteuid(id) != 0) {
        return false;
    }
    bool good = ::faccessat(AT_FDCWD, d.program.c_str(), X_OK, AT_EACCESS) == 0 &&
                ::faccessat(AT_FDCWD, d.working_directory.c_str(), X_OK, AT_EACCESS) == 0;
    for (const auto& path : d.readable) {
        good = good && (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0 || errno == ENOENT);
    }
    return ::seteuid(0) == 0 && ::setegid(0) == 0 && good;
}

// As root: a user id that nobody else has, where it gets to all that it needs. Without Landlock, root without
// capabilities would still own the system's files, so then there is no other way.
bool choose_user(description& d, report& r) {
    if (d.uid == 0 || ::geteuid() != 0) {
        d.uid = 0;
        return true;
    }
    bool given = true;
    for (const auto& directory : writable_directories(d.root)) {
        given = given && give_to(directory, d.uid);
    }
    if (given && reachable_for(d)) {
        for (const int stream : {0, 1, 2}) {
            // So that /dev/stdin and its like can be opened.
            [[maybe_unused]] const auto changed =
                ::fchown(stream, static_cast<uid_t>(d.uid), static_cast<gid_t>(-1));
        }
        return true;
    }
    if (d.landlock == 0) {
        r.text = "as root on a kernel without Landlock, jobs run as another user, who cannot reach " +
                 d.program + " or to the workspace";
        return false;
    }
    for (const auto& directory : writable_directories(d.root)) {
        [[maybe_unused]] const bool back = give_to(directory, 0);
    }
    d.uid = 0;
    return true;
}

class supervisor {
public:
    explicit supervisor(description d)
        : d_{std::move(d)}, deadline_{clock::now() + std::chrono::milliseconds{d_.deadline_ms}} {}

    report run() {
        if (!choose_user(d_, report_)) {
            return report_;
        }
        // The operator's end is a reason to clean up, not to die and leave the job alone. (Only here: a
        // change of user takes it away.)
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (static_cast<std::uint64_t>(::getppid()) != d_.parent) {
            report_.end = ending::told;
            return report_;
        }
        sigset_t signals;
        ::sigemptyset(&signals);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) {
            ::sigaddset(&signals, signal);
        }
        ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        if (signals_ < 0 || !start()) {
            report_.killed = kill_descendants();
            return report_;
        }
        while (!over_) {
            wait();
        }
        report_.killed = kill_descendants();
        return report_;
    }

private:
    void end(ending why) {
        if (!over_) {
            over_ = true;
            report_.end = why;
        }
    }

    bool failed(const std::string& what) {
        report_.end = ending::failed;
        report_.text = what;
        return false;
    }

    bool make_tools(confinement_tools& tools) const {
        if (d_.landlock > 0) {
            landlock_rules rules;
            rules.readable = d_.readable;
            auto& system = d_.only_given_programs ? rules.data : rules.readable;
            system.insert(system.end(), system_files.begin(), system_files.end());
            if (d_.only_given_programs) {
                rules.readable.insert(rules.readable.end(), dynamic_loaders.begin(), dynamic_loaders.end());
                rules.run_written = false;
            }
            for (const auto& directory : writable_directories(d_.root)) {
                rules.writable.push_back(directory);
            }
            rules.devices = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
            rules.network = d_.network;
            rules.ports = d_.ports;
            tools.ruleset = make_ruleset(rules, static_cast<int>(d_.landlock));
            if (tools.ruleset < 0) {
                return false;
            }
        }
        if (d_.filter) {
            filter_options options;
            options.network = d_.network;
            options.unix_sockets = d_.unix_sockets;
            options.protected_pids = {::getpid(), ::getppid(), ::getpgid(::getppid())};
            tools.filter = make_filter(options);
        }
        return true;
    }

    bool start() {
        confinement_tools tools;
        if (!make_tools(tools)) {
            return failed(system_error("cannot make the rules for files (Landlock)"));
        }
        std::array<int, 2> failure{};
        if (::pipe2(failure.data(), O_CLOEXEC) != 0) {
            return failed(system_error("cannot make a pipe"));
        }
        tools.failure_to = failure[1];
        job_ = ::fork();
        if (job_ < 0) {
            return failed(system_error("cannot start another process"));
        }
        if (job_ == 0) {
            become_job(d_, tools);
        }
        ::close(failure[1]);
        ::close(tools.ruleset);
        // What was the job's is the job's alone: an end of input is one, and so is an end of output.
        const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        for (const int descriptor : {0, 1, 2}) {
            ::dup2(nothing, descriptor);
        }
        for (int i = 0; i <= static_cast<int>(d_.inherited); ++i) {
            ::close(3 + i);
        }
        // Empty: it became the program. Nobody needs to be asked for that.
        const auto said = read_all(failure[0]);
        ::close(failure[0]);
        return said.empty() || failed(said);
    }

    void wait() {
        pollfd on{.fd = signals_, .events = POLLIN, .revents = 0};
        const auto now = clock::now();
        const auto until = std::min(next_count_, deadline_);
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(std::max(until - now, clock::duration{}));
        ::poll(&on, 1, static_cast<int>(left.count()));
        if ((on.revents & POLLIN) != 0) {
            take_signals();
        }
        if (!over_ && clock::now() >= deadline_) {
            end(ending::deadline);
        }
        if (!over_ && clock::now() >= next_count_) {
            look();
            next_count_ = clock::now() + count_interval;
        }
    }

    void take_signals() {
        signalfd_siginfo info{};
        while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            if (info.ssi_signo != SIGCHLD) {
                end(ending::told);
            }
        }
        int status = 0;
        pid_t ended = 0;
        while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0) {
            if (ended == job_) {
                report_.status = static_cast<std::uint64_t>(
                    WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)
                );
                end(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU ? ending::cpu : ending::finished);
            }
        }
    }

    void look() {
        const auto below = descendants(d_.processes);
        if (below.tasks > d_.processes) {
            end(ending::processes);
            return;
        }
        if (clock::now() < next_look_) {
            return;
        }
        next_look_ = clock::now() + look_interval;
        const auto now = measure(below.pids);
        rusage ended{};
        ::getrusage(RUSAGE_CHILDREN, &ended);
        const auto milliseconds = [](const timeval& t) {
            return static_cast<std::uint64_t>(t.tv_sec) * 1000 + static_cast<std::uint64_t>(t.tv_usec) / 1000;
        };
        if (now.memory > d_.memory) {
            end(ending::memory);
        } else if (now.cpu_ms + milliseconds(ended.ru_utime) + milliseconds(ended.ru_stime) > d_.cpu_ms) {
            end(ending::cpu);
        } else if (clock::now() >= next_disk_) {
            look_at_disk(below.pids);
        }
    }

    void look_at_disk(const std::vector<pid_t>& pids) {
        const auto begin = clock::now();
        disk_usage sum;
        sum.bytes = unlinked_bytes(pids);
        for (const auto& directory : writable_directories(d_.root)) {
            const auto here = measure_disk(directory, {.bytes = d_.disk, .files = d_.files});
            sum.bytes += here.bytes;
            sum.files += here.files;
        }
        if (sum.bytes > d_.disk) {
            end(ending::disk);
        } else if (sum.files > d_.files) {
            end(ending::files);
        }
        const auto took = clock::now() - begin;
        next_disk_ = clock::now() + std::max<clock::duration>(disk_interval, 10 * took);
    }

    description d_;
    clock::time_point deadline_;
    report report_;
    pid_t job_ = -1;
    int signals_ = -1;
    bool over_ = false;
    clock::time_point next_count_ = clock::now() + count_interval;
    clock::time_point next_look_ = clock::now() + look_interval;
    clock::time_point next_disk_ = clock::now() + disk_interval;
};

int supervise() {
    auto d = decode(read_all(3));
    if (!d) {
        static constexpr std::string_view said =
            "holdfast-sandbox runs the operator's builds; it is not for the command line\n";
        [[maybe_unused]] const auto written = ::write(2, said.data(), said.size());
        return 2;
    }
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    ::umask(077);
    const auto root = d->root;
    write_report(root, supervisor{std::move(*d)}.run());
    return 0;
}

} // namespace

} // namespace holdfast::sandbox

int main() {
    return holdfast::sandbox::supervise();
}
