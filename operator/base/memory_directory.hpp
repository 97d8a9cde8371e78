#pragma once

#include "base/error.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast {

/// A private directory on tmpfs: for what must not reach a disk. It is gone with all in it when this goes. A
/// lock that ends with this process tells others that it is in use.
class memory_directory {
public:
    /// `parent` + "/" + `prefix` + something that nobody else has; mode 0700. Errors: user when `parent` is
    /// not on tmpfs or does not exist, naming `what` is made there ("keyrings"); transient when it is full.
    static result<memory_directory>
    make(const std::string& parent, std::string_view prefix, const char* what);

    memory_directory(memory_directory&& other) noexcept
        : path_{std::exchange(other.path_, {})}, lock_{std::exchange(other.lock_, -1)} {}
    memory_directory& operator=(memory_directory&&) = delete;
    ~memory_directory();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    memory_directory(std::string path, int lock) noexcept : path_{std::move(path)}, lock_{lock} {}
    std::string path_;
    int lock_;
};

/// Whether `directory` is there, and in memory.
[[nodiscard]] bool is_in_memory(const std::string& directory) noexcept;

/// Removes, with `remove`, the directories below `parent` that begin with `prefix` and whose makers are dead
/// (killed). Those of other users are left alone.
void remove_abandoned(
    const std::string& parent, std::string_view prefix, const std::function<void(const std::string&)>& remove
);

} // namespace holdfast
