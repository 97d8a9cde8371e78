#pragma once

#include <cstdint>
#include <optional>

namespace holdfast::observe {

/// What the kernel says of this process.
struct process_facts {
    std::uint64_t resident_bytes = 0;
    /// Of user and system together.
    double cpu_seconds = 0;
    std::uint64_t open_files = 0;
    std::uint64_t max_files = 0;
    /// Since 1970.
    double started = 0;

    /// Nothing where /proc is not there.
    static std::optional<process_facts> read();
};

} // namespace holdfast::observe
