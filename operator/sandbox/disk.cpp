#include "sandbox/disk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace holdfast::sandbox {

namespace {

template <class F>
bool walk(const std::string& directory, F each) {
    std::string path = directory;
    std::array<char*, 2> paths{path.data(), nullptr};
    FTS* tree = ::fts_open(paths.data(), FTS_PHYSICAL | FTS_XDEV, nullptr);
    if (tree == nullptr) {
        return false;
    }
    bool good = true;
    while (good) {
        const FTSENT* entry = ::fts_read(tree);
        if (entry == nullptr) {
            break;
        }
        if (entry->fts_info != FTS_DP) {
            good = each(*entry);
        }
    }
    ::fts_close(tree);
    return good;
}

constexpr int deepest = 48;

// Empties the directory `at` (and closes it). Directories below `deepest` are moved up to `top` first, where
// a later round finds them: no path and no stack grows with their depth.
bool empty_directory(int at, int top, int depth, unsigned& moved) {
    ::fchmod(at, 0700);
    DIR* stream = ::fdopendir(at);
    if (stream == nullptr) {
        ::close(at);
        return false;
    }
    bool progress = false;
    while (const dirent* entry = ::readdir(stream)) { // NOLINT(concurrency-mt-unsafe)
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") {
            continue;
        }
        if (::unlinkat(at, entry->d_name, 0) == 0) {
            progress = true;
            continue;
        }
        if (errno != EISDIR && errno != EPERM && errno != EBUSY) {
            continue;
        }
        if (depth >= deepest) {
            const auto name_above = "moved-" + std::to_string(moved++);
            progress |= ::renameat(at, entry->d_name, top, name_above.c_str()) == 0;
            continue;
        }
        ::fchmodat(at, entry->d_name, 0700, 0);
        const int below = ::openat(at, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0) {
            progress |= empty_directory(below, top, depth + 1, moved);
            progress |= ::unlinkat(at, entry->d_name, AT_REMOVEDIR) == 0;
        }
    }
    ::closedir(stream);
    return progress;
}

} // namespace

disk_usage measure_disk(const std::string& directory, disk_usage enough) {
    disk_usage sum;
    walk(directory, [&](const FTSENT& entry) {
        ++sum.files;
        if (entry.fts_info != FTS_NS && entry.fts_statp != nullptr) {
            sum.bytes += static_cast<std::uint64_t>(entry.fts_statp->st_blocks) * 512;
        }
        return sum.bytes <= enough.bytes && sum.files <= enough.files;
    });
    return sum;
}

bool give_to(const std::string& directory, std::uint64_t uid) {
    const auto id = static_cast<uid_t>(uid);
    return walk(directory, [&](const FTSENT& entry) {
        return ::fchownat(AT_FDCWD, entry.fts_accpath, id, id, AT_SYMLINK_NOFOLLOW) == 0;
    });
}

void remove_tree(const std::string& directory) noexcept {
    unsigned moved = 0;
    for (;;) {
        const int top = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (top < 0) {
            break;
        }
        const int again = ::fcntl(top, F_DUPFD_CLOEXEC, 0);
        const bool progress = again >= 0 && empty_directory(again, top, 0, moved);
        ::close(top);
        if (::rmdir(directory.c_str()) == 0 || !progress) {
            break;
        }
    }
    ::unlink(directory.c_str()); // when it is none
}

} // namespace holdfast::sandbox
