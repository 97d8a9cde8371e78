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

/// The share of jobs in a container with `processors` and, where its memory is limited, so many bytes for all
/// of them together. One gets what ordinary work needs (192 MiB), even where that is more.
share share_of(unsigned processors, std::optional<std::uint64_t> memory_of_all) noexcept;

} // namespace holdfast::sandbox
