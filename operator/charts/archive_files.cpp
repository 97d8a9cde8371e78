#include "charts/archive_files.hpp"

#include "base/hash.hpp"
#include "base/replace_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace holdfast::charts::archive_files {

namespace fs = std::filesystem;

namespace {

error disk_error(const std::string& path, int code) {
    if (code == ENOSPC) {
        return transient_error("the disk of the cache directory of charts is full (" + path + ")");
    }
    return transient_error("cannot write " + path + ": " + std::generic_category().message(code));
}

// Closes itself.
class descriptor {
public:
    explicit descriptor(int fd) : fd_{fd} {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    [[nodiscard]] int get() const noexcept { return fd_; }

private:
    int fd_;
};

} // namespace

result<void> make_directory(const std::string& directory) {
    std::error_code ec;
    fs::create_directories(directory, ec);
    if (ec) {
        return disk_error(directory, ec.value());
    }
    return {};
}

result<void> prepare(const std::string& directory) {
    std::error_code ec;
    fs::remove_all(directory + "/temporary", ec);
    for (const auto* folder : {"sha256", "known", "temporary"}) {
        fs::create_directories(directory + "/" + folder, ec);
        if (ec) {
            return disk_error(directory + "/" + folder, ec.value());
        }
    }
    return {};
}

std::vector<found_file> list(const std::string& directory) {
    std::vector<found_file> all;
    std::error_code ec;
    for (fs::directory_iterator it{directory, ec}, end; !ec && it != end; it.increment(ec)) {
        struct stat s{};
        if (::lstat(it->path().c_str(), &s) == 0 && S_ISREG(s.st_mode)) {
            all.push_back(
                {.name = it->path().filename().string(),
                 .size = static_cast<std::uint64_t>(s.st_size),
                 .time = s.st_mtim.tv_sec}
            );
        }
    }
    return all;
}

std::string read(const std::string& path, std::size_t most) {
    const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    std::string out;
    std::array<char, std::size_t{64} << 10U> piece{};
    while (file.get() >= 0 && out.size() < most) {
        const auto got = ::read(file.get(), piece.data(), std::min(piece.size(), most - out.size()));
        if (got <= 0) {
            break;
        }
        out.append(piece.data(), static_cast<std::size_t>(got));
    }
    return out;
}

bool check(const std::string& path, std::uint64_t size, std::string_view digest, bool whole) {
    struct stat s{};
    if (::lstat(path.c_str(), &s) != 0 || !S_ISREG(s.st_mode) ||
        static_cast<std::uint64_t>(s.st_size) != size) {
        return false;
    }
    if (whole && to_hex(sha256(read(path, size + 1))) != digest) {
        return false;
    }
    ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
    return true;
}

result<void> write(const std::string& temporary, const std::string& path, std::string_view bytes) {
    // Somebody may have emptied the cache directory.
    std::error_code ec;
    fs::create_directories(temporary, ec);
    fs::create_directories(fs::path{path}.parent_path(), ec);
    static std::atomic<unsigned> count{0};
    if (const auto failed = replace_file(path, {bytes}, temporary + "/" + std::to_string(++count))) {
        return disk_error(path, failed.value());
    }
    return {};
}

void remove(const std::string& path) {
    ::unlink(path.c_str());
}

} // namespace holdfast::charts::archive_files
