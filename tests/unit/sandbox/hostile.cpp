// hostile WHAT ARGUMENTS…: tries one thing that a job must not be able to do. Prints "yes" where it could,
// and otherwise why not.

#include <linux/filter.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

int say(bool could) {
    std::puts(could ? "yes" : std::strerror(errno)); // NOLINT
    std::fflush(stdout);
    return could ? 0 : 1;
}

int to_loopback(int type, int port) {
    const int s = ::socket(AF_INET, type, 0);
    if (s < 0) {
        return say(false);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return say(
        ::connect(s, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 && ::send(s, "x", 1, 0) == 1
    );
}

int to_unix(const std::string& name, bool pair) {
    int s = -1;
    int type = SOCK_STREAM;
    if (pair) {
        int ends[2];
        type = SOCK_DGRAM;
        if (::socketpair(AF_UNIX, type, 0, ends) != 0) {
            return say(false);
        }
        s = ends[0];
    } else if ((s = ::socket(AF_UNIX, type, 0)) < 0) {
        return say(false);
    }
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, name.data(), name.size());
    if (name[0] == '@') {
        to.sun_path[0] = 0;
    }
    const auto length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '@' ? 0 : 1));
    return say(::connect(s, reinterpret_cast<const sockaddr*>(&to), length) == 0);
}

// Runs a program, silently.
int run(const std::string& program) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return say(false);
    }
    if (::fork() == 0) {
        ::dup2(::open("/dev/null", O_WRONLY), 1);
        const char* const argv[] = {program.c_str(), "-c", "exit 0", nullptr};
        ::execv(program.c_str(), const_cast<char* const*>(argv)); // NOLINT: it does not write
        const int why = errno;
        [[maybe_unused]] const auto written = ::write(ends[1], &why, sizeof why);
        ::_exit(1);
    }
    ::close(ends[1]);
    int why = 0;
    const bool ran = ::read(ends[0], &why, sizeof why) == 0;
    ::wait(nullptr);
    errno = why;
    return say(ran);
}

// Starts children that end at once, with a handler for their ends that restarts nothing.
int fork_among_signals() {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    ::sigaction(SIGCHLD, &action, nullptr);
    for (int i = 0; i < 4000; ++i) {
        const auto child = ::fork();
        if (child < 0) {
            return say(false);
        }
        if (child == 0) {
            ::_exit(0);
        }
        while (i % 8 == 7 && (::wait(nullptr) > 0 || errno == EINTR)) {
        }
    }
    return say(true);
}

// As many threads as it may have, which it keeps.
int start_threads() {
    try {
        for (int i = 0; i < 1000; ++i) {
            std::thread{[] { ::pause(); }}.detach();
        }
    } catch (const std::system_error&) { // no more
    }
    ::pause();
    return 0;
}

// Forks as fast as it can until it may not, and then stays. Not without end: where nothing stops it, the
// machine that runs the tests has to outlive it.
int bomb(bool scattered) {
    void* shared =
        ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_SHARED, -1, 0);
    if (shared == MAP_FAILED) {
        return say(false);
    }
    auto& forks = *new (shared) std::atomic<int>{0};
    ::alarm(60);
    while (forks.fetch_add(1) < 1000) {
        const auto child = ::fork();
        if (child < 0) {
            ::usleep(1000);
        } else {
            if (scattered && child == 0) {
                ::setsid();
            }
            ::alarm(60);
        }
    }
    ::pause();
    return 0;
}

int eat(std::size_t each, int flags) {
    for (;;) {
        void* at = ::mmap(nullptr, each, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);
        if (at == MAP_FAILED) {
            return say(false);
        }
        std::memset(at, 1, each);
    }
}

int write_file(const std::string& path, std::size_t limit, bool unlinked) {
    const int at = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (unlinked) {
        ::unlink(path.c_str());
    }
    const std::vector<char> block(1U << 20U, 'x');
    for (std::size_t done = 0; done < limit; done += block.size()) {
        if (::write(at, block.data(), block.size()) < 0) {
            return say(false);
        }
    }
    ::pause();
    return 0;
}

int deep() {
    for (int i = 0; i < 3000; ++i) {
        if (::mkdir("d", 0700) != 0 || ::chdir("d") != 0) {
            return say(false);
        }
    }
    return say(true);
}

// Two steps away from whoever started it, deaf to what can be heard, and then for ever.
int daemon_away(const std::string& mark) {
    if (::fork() != 0) {
        return 0;
    }
    ::setsid();
    if (::fork() != 0) {
        return 0;
    }
    for (int signal = 1; signal < 32; ++signal) {
        ::signal(signal, SIG_IGN);
    }
    FILE* file = std::fopen(mark.c_str(), "w");
    std::fprintf(file, "%d", ::getpid());
    std::fclose(file);
    for (;;) {
        ::pause();
    }
}

int system_calls() {
    struct attempt {
        const char* name;
        long answer;
    };
    std::vector<char> stack(65536);
    const attempt all[] = {
        {"unshare user", ::unshare(CLONE_NEWUSER)},
        {"unshare mount", ::unshare(CLONE_NEWNS)},
        {"mount", ::mount("none", "/tmp", "tmpfs", 0, nullptr)},
        {"chroot", ::chroot("/")},
        {"keyctl", ::syscall(SYS_keyctl, 0, -3, 1)},
        {"bpf", ::syscall(SYS_bpf, 0, nullptr, 0)},
        {"perf_event_open", ::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0)},
        {"userfaultfd", ::syscall(SYS_userfaultfd, 1)},
        {"io_uring_setup", ::syscall(SYS_io_uring_setup, 1, stack.data())},
        {"memfd_create", ::syscall(SYS_memfd_create, "x", 0)},
        {"shmget", ::syscall(SYS_shmget, 0, 4096, 01600)},
        {"setns", ::syscall(SYS_setns, 0, 0)},
        {"netlink", ::socket(AF_NETLINK, SOCK_RAW, 0)},
        {"packet", ::socket(AF_PACKET, SOCK_RAW, 0)},
        {"clone newuser", ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0UL)},
    };
    for (const auto& a : all) {
        if (a.answer >= 0) {
            std::printf("%s ", a.name);
        }
    }
    std::puts("done");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    const std::string argument = argc > 2 ? argv[2] : "";
    const int number = std::atoi(argument.c_str()); // NOLINT
    if (what == "read") {
        return say(::open(argument.c_str(), O_RDONLY) >= 0);
    }
    if (what == "list") {
        return say(::open(argument.c_str(), O_RDONLY | O_DIRECTORY) >= 0);
    }
    if (what == "run") {
        return run(argument);
    }
    if (what == "write") {
        return say(::open(argument.c_str(), O_WRONLY | O_CREAT, 0644) >= 0);
    }
    if (what == "truncate") {
        return say(::truncate(argument.c_str(), 0) == 0);
    }
    if (what == "link") {
        return say(::link(argument.c_str(), "stolen") == 0 && ::open("stolen", O_RDONLY) >= 0);
    }
    if (what == "rename") {
        return say(::rename(argument.c_str(), "stolen") == 0);
    }
    if (what == "tcp") {
        return to_loopback(SOCK_STREAM, number);
    }
    if (what == "udp") {
        return to_loopback(SOCK_DGRAM, number);
    }
    if (what == "unix") {
        return to_unix(argument, false);
    }
    if (what == "unix-pair") {
        return to_unix(argument, true);
    }
    if (what == "signal") {
        return say(::kill(number, 0) == 0);
    }
    if (what == "ptrace") {
        return say(::ptrace(PTRACE_ATTACH, number, nullptr, nullptr) == 0);
    }
    if (what == "peek") {
        char byte = 0;
        const iovec to{&byte, 1};
        const iovec from{reinterpret_cast<void*>(to_loopback), 1};
        return say(::process_vm_readv(number, &to, 1, &from, 1, 0) == 1);
    }
    if (what == "limit") {
        const rlimit none{3, 3};
        return say(::prlimit(number, RLIMIT_NOFILE, &none, nullptr) == 0);
    }
    if (what == "nice") {
        return say(::setpriority(PRIO_PROCESS, static_cast<id_t>(number), 19) == 0);
    }
    if (what == "root") {
        return say(::setuid(0) == 0 && ::open("/etc/shadow", O_RDONLY) >= 0);
    }
    if (what == "forks among signals") {
        return fork_among_signals();
    }
    if (what == "threads") {
        return start_threads();
    }
    if (what == "bomb" || what == "scattered bomb") {
        return bomb(what != "bomb");
    }
    if (what == "eat") {
        return eat(std::size_t{4} << 20U, MAP_PRIVATE);
    }
    if (what == "eat-shared") {
        return eat(std::size_t{4} << 20U, MAP_SHARED);
    }
    if (what == "file") {
        ::signal(SIGXFSZ, SIG_IGN);
        return write_file("big", std::size_t{1} << 40U, false);
    }
    if (what == "unlinked") {
        return write_file("big", std::size_t{48} << 20U, true);
    }
    if (what == "deep") {
        return deep();
    }
    if (what == "spin") {
        for (volatile unsigned i = 0;; i = i + 1) {
        }
    }
    if (what == "deaf") {
        for (int signal = 1; signal < 32; ++signal) {
            ::signal(signal, SIG_IGN);
        }
        for (;;) {
            ::pause();
        }
    }
    if (what == "away") {
        return daemon_away(argument);
    }
    if (what == "calls") {
        return system_calls();
    }
    std::puts("unknown");
    return 2;
}
