#include "base/memory_directory.hpp"

#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace holdfast {

namespace fs = std::filesystem;

namespace {

int open_directory(const std::string& path) {
    return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool is_memory(const struct statfs& system) noexcept {
    return system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC;
}

} // namespace

result<memory_directory>
memory_directory::make(const std::string& parent, std::string_view prefix, const char* what) {
    const auto failed = [&] {
        return transient_error(
            std::string{"cannot make "} + what + " in " + parent + ": " +
            std::generic_category().message(errno)
        );
    };
    struct statfs system{};
    if (::statfs(parent.c_str(), &system) != 0) {
        return user_error(
            std::string{what} + " are made in " + parent +
            ", which cannot be used: " + std::generic_category().message(errno)
        );
    }
    if (!is_memory(system)) {
        return user_error(
            std::string{what} + " are made in " + parent + ", which is on a disk; it has to be a tmpfs"
        );
    }
    auto path = parent + '/' + std::string{prefix} + "XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return failed(); // mode 0700
    memory_directory made{path, open_directory(path)};
    if (made.lock_ < 0 || ::flock(made.lock_, LOCK_EX | LOCK_NB) != 0) return failed();
    return made;
}

memory_directory::~memory_directory() {
    std::error_code ec;
    if (!path_.empty()) fs::remove_all(path_, ec);
    if (lock_ >= 0) ::close(lock_);
}

bool is_in_memory(const std::string& directory) noexcept {
    struct statfs system{};
    return ::statfs(directory.c_str(), &system) == 0 && is_memory(system);
}

void remove_abandoned(
    const std::string& parent, std::string_view prefix, const std::function<void(const std::string&)>& remove
) {
    std::error_code ec;
    for (fs::directory_iterator each{parent, ec}, end; !ec && each != end; each.increment(ec)) {
        if (!each->path().filename().string().starts_with(prefix)) continue;
        const auto path = each->path().string();
        const int lock = open_directory(path); // not another user's: those are closed to us
        if (lock < 0) continue;
        if (::flock(lock, LOCK_EX | LOCK_NB) == 0) remove(path);
        ::close(lock);
    }
}

} // namespace holdfast
