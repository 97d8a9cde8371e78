#include "base/directory_lock.hpp"

#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace holdfast {

using namespace std::chrono_literals;

result<directory_lock>
directory_lock::take(const std::string& directory, std::chrono::milliseconds patience) {
    const auto path = directory + "/lock";
    directory_lock lock{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (lock.descriptor_ < 0) {
        return transient_error(
            "cannot write in the cache directory " + directory + ": " + std::generic_category().message(errno)
        );
    }
    const auto until = std::chrono::steady_clock::now() + patience;
    while (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
        if (std::chrono::steady_clock::now() >= until) {
            return transient_error(
                "the cache directory " + directory + " is in use by another process: give each its own"
            );
        }
        std::this_thread::sleep_for(20ms);
    }
    return lock;
}

directory_lock::directory_lock(directory_lock&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)} {}

directory_lock& directory_lock::operator=(directory_lock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

directory_lock::~directory_lock() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

} // namespace holdfast
