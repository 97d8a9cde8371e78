#pragma once

#include "sandbox/description.hpp"

#include <linux/filter.h>

#include <vector>

namespace holdfast::sandbox {

/// What the supervisor made ready for the job's process.
struct confinement_tools {
    /// A Landlock ruleset; -1: none.
    int ruleset = -1;
    /// The seccomp program; empty: none.
    std::vector<sock_filter> filter;
    /// Where a failure is written to, as text; closed by exec.
    int failure_to = -1;
};

/// In the job's own process: gives up all that it must not have, and becomes the program. Returns only by
/// ending the process, having said why.
[[noreturn]] void become_job(const description& d, const confinement_tools& tools);

} // namespace holdfast::sandbox
