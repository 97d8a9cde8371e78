#include "sandbox/syscall_filter.hpp"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <initializer_list>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// Newer than the headers of the systems that this is built on. The same on both processors.
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif
#ifndef SYS_set_mempolicy_home_node
#define SYS_set_mempolicy_home_node 450
#endif

namespace holdfast::sandbox {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t this_architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t this_architecture = AUDIT_ARCH_AARCH64;
#else
#error "the system call filter knows x86_64 and aarch64"
#endif

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t not_permitted = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t no_access = SECCOMP_RET_ERRNO | EACCES;
constexpr std::uint32_t not_there = SECCOMP_RET_ERRNO | ENOSYS;

constexpr std::uint32_t new_namespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

// Nobody who builds manifests needs these.
constexpr auto forbidden = {
    // other processes
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_kcmp,
    SYS_pidfd_getfd,
    SYS_process_mrelease,
    SYS_move_pages,
    SYS_migrate_pages,
    SYS_set_mempolicy_home_node,
    // keys, programs in the kernel, other ways to make system calls
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_personality,
    // mounts and namespaces
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsmount,
    SYS_fsconfig,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_unshare,
    SYS_setns,
    SYS_name_to_handle_at,
    SYS_open_by_handle_at,
    SYS_fanotify_init,
    // the machine
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_syslog,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_vhangup,
    SYS_lookup_dcookie,
    SYS_nfsservctl,
    // memory that belongs to no process, and queues that outlive theirs
    SYS_shmget,
    SYS_shmat,
    SYS_shmctl,
    SYS_semget,
    SYS_semctl,
    SYS_semop,
    SYS_semtimedop,
    SYS_msgget,
    SYS_msgctl,
    SYS_msgsnd,
    SYS_msgrcv,
    SYS_mq_open,
    SYS_mq_unlink,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_uselib,
    SYS_ustat,
    SYS_sysfs,
    SYS__sysctl,
#endif
};

// Asked for by runtimes, which do without.
constexpr auto absent = {SYS_clone3, SYS_memfd_create, SYS_memfd_secret, SYS_pidfd_send_signal};

// A program that grows; `only` compares the number, and what follows up to `end` is for that call alone.
class program {
public:
    void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset), 0, 0); }
    void load_argument(std::size_t index) {
        // Little endian: the low half comes first; these arguments are ints.
        load(offsetof(seccomp_data, args) + 8 * index);
    }
    void answer(std::uint32_t what) { add(BPF_RET | BPF_K, what, 0, 0); }
    void answer_if(std::uint32_t value, std::uint32_t what) {
        add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
        answer(what);
    }
    void answer_unless(std::uint32_t value, std::uint32_t what) {
        add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
        answer(what);
    }
    void answer_if_any_bit(std::uint32_t bits, std::uint32_t what) {
        add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
        answer(what);
    }
    void answer_from(std::uint32_t value, std::uint32_t what) {
        add(BPF_JMP | BPF_JGE | BPF_K, value, 0, 1);
        answer(what);
    }
    void keep_bits(std::uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0); }

    // `body` ends with an answer in every case.
    template <class Body>
    void only(long number, Body body) {
        const auto at = instructions.size();
        add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 0);
        body();
        instructions[at].jf = static_cast<std::uint8_t>(instructions.size() - at - 1);
    }

    std::vector<sock_filter> instructions;

private:
    void add(int code, std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
        instructions.push_back(sock_filter{static_cast<std::uint16_t>(code), yes, no, k});
    }
};

// Processes without end are the supervisor's to see. Nobody is asked before each (SECCOMP_RET_USER_NOTIF): a
// signal ends such a question, and a shell whose SIGCHLD comes just then takes it for a fork that failed.
void add_processes(program& p) {
    p.only(SYS_clone, [&] {
        p.load_argument(0);
        p.answer_if_any_bit(new_namespaces, not_permitted);
        p.answer(allow);
    });
}

void add_sockets(program& p, const filter_options& options) {
    p.only(SYS_socket, [&] {
        // Other protocols than these (MPTCP, SCTP) are not seen by Landlock's rules for ports.
        if (options.network) {
            p.load_argument(2);
            p.answer_if(6, allow); // TCP; with another family the kernel refuses it
            p.answer_unless(0, SECCOMP_RET_ERRNO | EPROTONOSUPPORT);
        }
        p.load_argument(0);
        if (options.network) {
            p.answer_if(AF_INET, allow);
            p.answer_if(AF_INET6, allow);
        }
        if (options.unix_sockets) {
            p.answer_if(AF_UNIX, allow);
        }
        p.answer(no_access);
    });
    p.only(SYS_socketpair, [&] {
        p.load_argument(0);
        p.answer_unless(AF_UNIX, no_access);
        p.load_argument(1);
        p.keep_bits(0xf);
        // One of these could send to any address.
        p.answer_if(SOCK_DGRAM, options.unix_sockets ? allow : no_access);
        p.answer(allow);
    });
}

void add_signals(program& p, const filter_options& options) {
    for (const long call : {SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo}) {
        p.only(call, [&] {
            p.load_argument(0);
            p.answer_if(static_cast<std::uint32_t>(-1), not_permitted);
            for (const auto pid : options.protected_pids) {
                p.answer_if(static_cast<std::uint32_t>(pid), not_permitted);
                p.answer_if(static_cast<std::uint32_t>(-pid), not_permitted);
            }
            p.answer(allow);
        });
    }
    // Signals by way of a descriptor's owner.
    p.only(SYS_fcntl, [&] {
        p.load_argument(1);
        for (const auto command : {F_SETOWN, F_SETSIG, 15 /* F_SETOWN_EX */}) {
            p.answer_if(static_cast<std::uint32_t>(command), not_permitted);
        }
        p.answer(allow);
    });
    p.only(SYS_ioctl, [&] {
        p.load_argument(1);
        // FIOSETOWN, SIOCSPGRP; TIOCSTI and TIOCLINUX put words into a terminal's mouth.
        for (const std::uint32_t request : {0x8901U, 0x8902U, 0x5412U, 0x541CU}) {
            p.answer_if(request, not_permitted);
        }
        p.answer(allow);
    });
}

// Limits and priorities of oneself only: those of the operator have the same owner.
void add_priorities(program& p) {
    const auto only_self = [&](long call, std::size_t argument) {
        p.only(call, [&] {
            p.load_argument(argument);
            p.answer_if(0, allow);
            p.answer(not_permitted);
        });
    };
    only_self(SYS_prlimit64, 0);
    only_self(SYS_setpriority, 1);
    only_self(SYS_ioprio_set, 1);
    only_self(SYS_sched_setaffinity, 0);
    only_self(SYS_sched_setscheduler, 0);
    only_self(SYS_sched_setparam, 0);
    only_self(SYS_sched_setattr, 0);
}

} // namespace

std::vector<sock_filter> make_filter(const filter_options& options) {
    program p;
    p.load(offsetof(seccomp_data, arch));
    p.answer_unless(this_architecture, SECCOMP_RET_KILL_PROCESS);
    p.load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    p.answer_from(0x40000000, not_there); // the x32 ABI: the same calls by other numbers
#endif
    for (const long call : forbidden) {
        p.answer_if(static_cast<std::uint32_t>(call), not_permitted);
    }
    for (const long call : absent) {
        p.answer_if(static_cast<std::uint32_t>(call), not_there);
    }
    add_processes(p);
    add_sockets(p, options);
    add_signals(p, options);
    add_priorities(p);
    p.answer(allow);
    return std::move(p.instructions);
}

} // namespace holdfast::sandbox
