#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

/// The processes below the calling one, which is their reaper (PR_SET_CHILD_SUBREAPER): whoever breaks away
/// from its parent becomes our own child, so that none is ever out of sight.
namespace holdfast::sandbox {

struct family {
    std::vector<pid_t> pids;
    /// Processes and threads.
    std::uint64_t tasks = 0;
};

/// All below; when there are more than `enough` tasks, so many of them that this can be seen.
[[nodiscard]] family descendants(std::uint64_t enough);

/// What they take together.
struct usage {
    /// Resident memory that no file backs, in bytes.
    std::uint64_t memory = 0;
    /// Processor time of those that live and of the children that they waited for.
    std::uint64_t cpu_ms = 0;
};

[[nodiscard]] usage measure(const std::vector<pid_t>& pids);

/// Bytes of files that have no name any more and are still open in one of them.
[[nodiscard]] std::uint64_t unlinked_bytes(const std::vector<pid_t>& pids);

/// Kills all below, also those that fork all the time, and waits for their ends. Returns how many there were.
/// It gives up after some seconds.
std::uint64_t kill_descendants();

} // namespace holdfast::sandbox
