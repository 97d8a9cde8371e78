#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

/// The processes below the calling one, which is their reaper (PR_SET_CHILD_SUBREAPER): whoever breaks away
/// from its parent becomes our own child, so that none is ever out of sight.
namespace holdfast::sandbox {

[[nodiscard]] std::vector<pid_t> descendants();

struct usage {
    std::uint64_t processes = 0;
    /// Processes and threads.
    std::uint64_t tasks = 0;
    /// Resident memory that no file backs, in bytes.
    std::uint64_t memory = 0;
    /// Processor time of those that live and of the children that they waited for.
    std::uint64_t cpu_ms = 0;
};

[[nodiscard]] usage measure(const std::vector<pid_t>& pids);

/// Bytes of files that have no name any more and are still open in one of them.
[[nodiscard]] std::uint64_t unlinked_bytes(const std::vector<pid_t>& pids);

/// Kills all below and waits for their ends. Returns how many there were when it began. Nothing new may be
/// started meanwhile, or it takes longer; it gives up after some seconds.
std::uint64_t kill_descendants();

} // namespace holdfast::sandbox
