#pragma once

#include "base/error.hpp"

#include <chrono>
#include <string>

namespace holdfast {

/// A directory belongs to one process for as long as this lives: another one's files in the making would look
/// like what a crash left behind. The file "lock" in it is made where it is not there.
class directory_lock {
public:
    /// A child of a process that was killed just now may hold its lock for a moment, until it has become its
    /// program: so long, at most, the thread waits. Transient error where somebody else has it then, or the
    /// file cannot be made.
    static result<directory_lock>
    take(const std::string& directory, std::chrono::milliseconds patience = std::chrono::seconds{2});

    directory_lock(directory_lock&& other) noexcept;
    directory_lock& operator=(directory_lock&& other) noexcept;
    directory_lock(const directory_lock&) = delete;
    directory_lock& operator=(const directory_lock&) = delete;
    ~directory_lock();

private:
    explicit directory_lock(int descriptor) noexcept : descriptor_{descriptor} {}
    int descriptor_;
};

} // namespace holdfast
