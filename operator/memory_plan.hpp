#pragma once

// Who may take how much memory, so that no number of builds and repositories has the container killed.

#include <cstddef>
#include <cstdint>
#include <optional>

namespace holdfast {

/// The parts of a container's memory, for all that grows with other people's input. The operator itself, with
/// what it knows of applications and objects, lives in what is left.
struct memory_plan {
    /// Builds by programs: so many side by side, of so many bytes each.
    std::size_t jobs = 0;
    std::uint64_t job_bytes = 0;
    /// Of what they print, which is up to 64 MiB, so many are there at a time.
    std::size_t outputs = 0;
    /// See sources::builder::settings.
    std::size_t reading_mebibytes = 0;
    std::size_t objects_mebibytes = 0;
    /// Runs of git: so many side by side, of so many bytes each. One that needs more takes the places of
    /// others (git::store_manager_options).
    std::size_t git_processes = 0;
    std::uint64_t git_bytes = 0;

    /// What all of it comes to when everything takes as much as it may.
    [[nodiscard]] std::uint64_t most() const noexcept;
    bool operator==(const memory_plan&) const = default;
};

/// What the operator needs for itself, beside the plan.
inline constexpr std::uint64_t own_memory = std::uint64_t{192} << 20U;

/// The plan for a container with so many processors and, where there is one, a limit of memory in bytes.
/// With a limit of at least 1.75 GiB all of it fits, with `own_memory` beside it. A smaller one is overdrawn
/// when everything is taken at once, since each part has a size below which ordinary work fails.
memory_plan plan_memory(unsigned processors, std::optional<std::uint64_t> limit) noexcept;

} // namespace holdfast
