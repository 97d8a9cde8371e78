#include "sandbox/confined_child.hpp"

#include "base/child_descriptors.hpp"
#include "sandbox/landlock.hpp"

#include <linux/capability.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::sandbox {

namespace {

[[noreturn]] void fail(int to, const std::string& what) {
    const auto said = what + ": " + std::strerror(errno); // NOLINT(concurrency-mt-unsafe)
    [[maybe_unused]] const auto written = ::write(to, said.data(), said.size());
    ::_exit(127);
}

void limit(__rlimit_resource resource, std::uint64_t soft, std::uint64_t hard) {
    // Where what we have is less, that is what stays.
    rlimit now{};
    ::getrlimit(resource, &now);
    rlimit wanted{soft, hard};
    if (wanted.rlim_max > now.rlim_max) {
        wanted = {std::min<rlim_t>(soft, now.rlim_max), now.rlim_max};
    }
    ::setrlimit(resource, &wanted);
}

void set_limits(const description& d) {
    // The supervisor looks at memory and time of all processes together; these are for the moments in
    // between. Not the address space: Go programs reserve much and use little.
    limit(RLIMIT_DATA, 2 * d.memory + (std::uint64_t{1} << 30U), 2 * d.memory + (std::uint64_t{1} << 30U));
    limit(RLIMIT_CPU, d.cpu_ms / 1000 + 5, d.cpu_ms / 1000 + 6);
    limit(RLIMIT_FSIZE, d.file_size, d.file_size);
    limit(RLIMIT_NOFILE, d.open_files, d.open_files);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_MEMLOCK, 65536, 65536);
    limit(RLIMIT_MSGQUEUE, 0, 0);
    limit(RLIMIT_SIGPENDING, 1024, 1024);
    // The operator, and the supervisor who may have to end it, go first.
    ::setpriority(PRIO_PROCESS, 0, 10);
    if (d.uid != 0) {
        // Nobody else has this user id. A little more than allowed, so that who goes there is noticed.
        limit(RLIMIT_NPROC, d.processes + 16, d.processes + 16);
    }
}

void give_up_privileges(const description& d, int failure_to) {
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
        ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0); // without CAP_SETPCAP there is nothing to lose
    }
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (d.uid != 0) {
        const auto id = static_cast<uid_t>(d.uid);
        if (::setgroups(0, nullptr) != 0 || ::setresgid(id, id, id) != 0 || ::setresuid(id, id, id) != 0) {
            fail(failure_to, "cannot become another user");
        }
    }
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> none{};
    if (::syscall(SYS_capset, &header, none.data()) != 0) {
        fail(failure_to, "cannot give up capabilities");
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        fail(failure_to, "cannot give up new privileges");
    }
}

void install_filter(const confinement_tools& tools) {
    auto filter = tools.filter;
    sock_fprog program{.len = static_cast<unsigned short>(filter.size()), .filter = filter.data()};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) {
        fail(tools.failure_to, "cannot set the system call filter");
    }
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (const auto& text : texts) {
        all.push_back(const_cast<char*>(text.c_str())); // NOLINT: execve takes char* and does not write
    }
    all.push_back(nullptr);
    return all;
}

} // namespace

void become_job(const description& d, const confinement_tools& tools) {
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    const auto argv = pointers(d.argv);
    const auto environment = pointers(d.environment);

    // The job's descriptors are 0, 1, 2, and from 3 on what came after the description. Ours go out of the
    // way, to where nothing of the job's will be.
    std::vector<int> sources{0, 1, 2};
    for (int i = 0; i < static_cast<int>(d.inherited); ++i) {
        sources.push_back(4 + i);
    }
    std::array<int, 2> kept{tools.ruleset, tools.failure_to};
    const bool placed = place_descriptors(sources, kept);
    auto ours = tools;
    ours.ruleset = kept[0];
    ours.failure_to = kept[1];
    if (!placed) {
        fail(ours.failure_to, "cannot hand on its descriptors");
    }

    set_limits(d);
    give_up_privileges(d, ours.failure_to);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a change of user takes it away
    ::umask(022);
    if (::chdir(d.working_directory.c_str()) != 0) {
        fail(ours.failure_to, "cannot start in " + d.working_directory);
    }
    if (ours.ruleset >= 0 && !restrict_self(ours.ruleset)) {
        fail(ours.failure_to, "cannot restrict access to files (Landlock)");
    }
    if (!ours.filter.empty()) {
        install_filter(ours);
    }
    ::execve(d.program.c_str(), argv.data(), environment.data());
    fail(ours.failure_to, "cannot start " + d.program);
}

} // namespace holdfast::sandbox
