#pragma once

// How much of a machine jobs get: as many side by side as have their memory, beside the operator itself.

#include <cstddef>
#include <cstdint>
#include <optional>

namespace holdfast::sandbox {

struct share {
    /// Jobs side by side.
    std::size_t concurrency = 0;
    /// What each may take at most, in bytes.
    std::uint64_t memory = 0;
};

/// The share of jobs in a container with `processors` and, where there is one, a limit of memory in bytes:
/// three eighths of it for all of them together, so that no number of them has the container killed.
share share_of(unsigned processors, std::optional<std::uint64_t> memory_limit) noexcept;

} // namespace holdfast::sandbox
