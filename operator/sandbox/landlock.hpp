#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Landlock (https://docs.kernel.org/userspace-api/landlock.html) by its system calls, since the headers of
/// the system that this is built on know less than the kernel that it runs on.
namespace holdfast::sandbox {

/// The version that the kernel has; 0: none.
[[nodiscard]] int landlock_version() noexcept;

struct landlock_rules {
    /// Files and directories to read and run, with all below. What does not exist is left out.
    std::vector<std::string> readable;
    /// The same, but nothing there can be run.
    std::vector<std::string> data;
    /// Directories in which everything is allowed,
    std::vector<std::string> writable;
    /// but running programs where this is false.
    bool run_written = true;
    /// Device files to read and write.
    std::vector<std::string> devices;
    bool network = false;
    /// TCP ports to connect to; empty: all, when the network is allowed.
    std::vector<std::uint64_t> ports;
};

/// A ruleset's descriptor, with what `version` knows of these rules; -1 and errno. Nothing is restricted
/// before a thread passes it to restrict_self.
[[nodiscard]] int make_ruleset(const landlock_rules& rules, int version);

/// Restricts the calling thread and what it starts, for good. Needs no_new_privs. False: errno says why.
[[nodiscard]] bool restrict_self(int ruleset) noexcept;

} // namespace holdfast::sandbox
