#include "sandbox/landlock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace holdfast::sandbox {

namespace {

// linux/landlock.h of Linux 6.15.
constexpr std::uint64_t fs_execute = 1U << 0U;
constexpr std::uint64_t fs_write_file = 1U << 1U;
constexpr std::uint64_t fs_read_file = 1U << 2U;
constexpr std::uint64_t fs_read_dir = 1U << 3U;
constexpr std::uint64_t fs_truncate = 1U << 14U;
constexpr std::uint64_t net_bind_tcp = 1U << 0U;
constexpr std::uint64_t net_connect_tcp = 1U << 1U;
constexpr std::uint64_t scope_abstract_unix_socket = 1U << 0U;
constexpr std::uint64_t scope_signal = 1U << 1U;
constexpr int rule_path_beneath = 1;
constexpr int rule_net_port = 2;

struct ruleset_attributes {
    std::uint64_t handled_fs;
    std::uint64_t handled_net;
    std::uint64_t scoped;
};

struct [[gnu::packed]] path_beneath {
    std::uint64_t allowed;
    std::int32_t parent;
};

struct net_port {
    std::uint64_t allowed;
    std::uint64_t port;
};

// All rights on files that a version knows: 13 at first, then moving between directories, truncating, and
// ioctl on devices.
std::uint64_t all_fs(int version) {
    const unsigned bits = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
    return (std::uint64_t{1} << bits) - 1;
}

bool allow(int ruleset, const std::string& path, std::uint64_t rights) {
    const int at = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (at < 0) {
        return true; // what is not there needs no rule
    }
    struct stat info{};
    const bool known = ::fstat(at, &info) == 0;
    if (known && !S_ISDIR(info.st_mode)) {
        rights &= fs_execute | fs_write_file | fs_read_file | fs_truncate;
    }
    const path_beneath rule{rights, at};
    const bool added = known && ::syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &rule, 0) == 0;
    ::close(at);
    return added;
}

} // namespace

int landlock_version() noexcept {
    const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1U /* VERSION */);
    return version < 0 ? 0 : static_cast<int>(version);
}

int make_ruleset(const landlock_rules& rules, int version) {
    const auto everything = all_fs(version);
    ruleset_attributes attributes{.handled_fs = everything, .handled_net = 0, .scoped = 0};
    if (version >= 4) {
        attributes.handled_net = net_bind_tcp;
        if (!rules.network || !rules.ports.empty()) {
            attributes.handled_net |= net_connect_tcp;
        }
    }
    if (version >= 6) {
        attributes.scoped = scope_abstract_unix_socket | scope_signal;
    }
    const std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    const int ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0));
    if (ruleset < 0) {
        return -1;
    }
    bool good = true;
    for (const auto& path : rules.readable) {
        good = good && allow(ruleset, path, fs_execute | fs_read_file | fs_read_dir);
    }
    for (const auto& path : rules.data) {
        good = good && allow(ruleset, path, fs_read_file | fs_read_dir);
    }
    for (const auto& path : rules.writable) {
        good = good && allow(ruleset, path, rules.run_written ? everything : everything & ~fs_execute);
    }
    for (const auto& path : rules.devices) {
        good = good && allow(ruleset, path, (fs_read_file | fs_write_file | fs_truncate) & everything);
    }
    if (version >= 4 && rules.network) {
        for (const auto port : rules.ports) {
            const net_port rule{net_connect_tcp, port};
            good = good && ::syscall(SYS_landlock_add_rule, ruleset, rule_net_port, &rule, 0) == 0;
        }
    }
    if (!good) {
        ::close(ruleset);
        return -1;
    }
    return ruleset;
}

bool restrict_self(int ruleset) noexcept {
    return ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

} // namespace holdfast::sandbox
