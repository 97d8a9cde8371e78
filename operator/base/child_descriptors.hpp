#pragma once

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <span>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// In a header, so that programs that have nothing else of this folder (holdfast-sandbox) have it too.

namespace holdfast {

/// Between fork and exec: what `sources` has becomes descriptor 0, 1, 2, … in that order, and is all that the
/// program inherits. The sources may have any numbers, those that are to be taken and the same one twice
/// included. `kept` are the caller's own until the program starts: they are moved out of the way (the numbers
/// in it change) and close at exec. -1 in `kept` is nothing, and stays so. False, with errno, when a
/// descriptor is none or there are too many: then `kept` is still open, by the numbers that are in it. Only
/// system calls, so safe after a fork of many threads.
[[nodiscard]] inline bool place_descriptors(std::span<int> sources, std::span<int> kept) noexcept {
    const int end = static_cast<int>(sources.size());
    // F_DUPFD takes a number that is free. dup2 closes what has the number, whoever needs that yet.
    const auto move_away = [end](int& descriptor) {
        const int moved = descriptor < end ? ::fcntl(descriptor, F_DUPFD_CLOEXEC, end) : descriptor;
        if (moved >= 0) {
            descriptor = moved;
        }
        return moved >= 0;
    };
    for (auto& one : kept) {
        if (one >= 0 && !move_away(one)) {
            return false;
        }
    }
    for (auto& one : sources) {
        if (!move_away(one)) {
            return false;
        }
    }
    for (int target = 0; target < end; ++target) {
        // Never the same number, so that the copy is open after exec.
        if (::dup2(sources[static_cast<std::size_t>(target)], target) < 0) {
            return false;
        }
    }
    if (::syscall(SYS_close_range, static_cast<unsigned>(end), ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) == 0) {
        return true;
    }
    // Linux before 5.11, or a container whose filter does not know the call.
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return false;
    }
    for (int other = end; static_cast<rlim_t>(other) < limit.rlim_cur; ++other) {
        ::fcntl(other, F_SETFD, FD_CLOEXEC); // EBADF for most
    }
    return true;
}

} // namespace holdfast
