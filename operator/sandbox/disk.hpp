#pragma once

#include <cstdint>
#include <string>

namespace holdfast::sandbox {

struct disk_usage {
    std::uint64_t bytes = 0;
    std::uint64_t files = 0;
};

/// What lies below the directory. Stops early once it is more than `enough`. Changes the working directory of
/// the process meanwhile, so that no depth is too deep: for the supervisor alone.
[[nodiscard]] disk_usage measure_disk(const std::string& directory, disk_usage enough);

/// Gives all below (and the directory) to a user. For the supervisor, as root.
[[nodiscard]] bool give_to(const std::string& directory, std::uint64_t uid);

/// Removes a directory with all below, whatever its modes, its depth and its symlinks, which are not
/// followed. Thread-safe. What cannot be removed stays.
void remove_tree(const std::string& directory) noexcept;

} // namespace holdfast::sandbox
