#include "secrets/keyring_home.hpp"

#include "secrets/decrypt.hpp"

#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace holdfast::secrets {

namespace fs = std::filesystem;

namespace {

int open_directory(const std::string& path) {
    return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void remove_all(const std::string& path) noexcept {
    std::error_code ec;
    fs::remove_all(path, ec);
}

} // namespace

result<keyring_home> keyring_home::make(const std::string& directory) {
    const auto failed = [&] {
        return transient_error(
            "cannot make a keyring in " + directory + ": " + std::generic_category().message(errno)
        );
    };
    struct statfs system{};
    if (::statfs(directory.c_str(), &system) != 0) {
        return user_error(
            "keyrings are made in " + directory +
            ", which cannot be used: " + std::generic_category().message(errno)
        );
    }
    if (system.f_type != TMPFS_MAGIC && system.f_type != RAMFS_MAGIC) {
        return user_error("keyrings are made in " + directory + ", which is on a disk; it has to be a tmpfs");
    }
    auto path = directory + '/' + std::string{keyring_prefix} + "XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return failed(); // mode 0700
    keyring_home home{path, open_directory(path)};
    if (home.lock_ < 0 || ::flock(home.lock_, LOCK_EX | LOCK_NB) != 0) return failed();
    return home;
}

keyring_home::~keyring_home() {
    if (!path_.empty()) remove_all(path_);
    if (lock_ >= 0) ::close(lock_);
}

void remove_abandoned_keyrings(const std::string& directory) {
    std::error_code ec;
    for (fs::directory_iterator each{directory, ec}, end; !ec && each != end; each.increment(ec)) {
        if (!each->path().filename().string().starts_with(keyring_prefix)) continue;
        const auto path = each->path().string();
        const int lock = open_directory(path); // not another user's: those are closed to us
        if (lock < 0) continue;
        if (::flock(lock, LOCK_EX | LOCK_NB) == 0) remove_all(path);
        ::close(lock);
    }
}

} // namespace holdfast::secrets
