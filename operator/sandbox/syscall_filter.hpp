#pragma once

#include <linux/filter.h>

#include <sys/types.h>
#include <vector>

namespace holdfast::sandbox {

struct filter_options {
    bool network = false;
    bool unix_sockets = false;
    /// Who must not get signals, where the kernel's Landlock does not see to it: the supervisor and the
    /// operator, and their groups.
    std::vector<pid_t> protected_pids;
};

/// The seccomp program of a job, for x86_64 and aarch64: what changes the system, looks into other processes,
/// makes namespaces or reaches rarely used kernel code fails; so do sockets that are not allowed. Everything
/// else is let through: file access is Landlock's part.
[[nodiscard]] std::vector<sock_filter> make_filter(const filter_options& options);

} // namespace holdfast::sandbox
