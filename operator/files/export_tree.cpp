#include "files/export_tree.hpp"

#include "base/memory.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace holdfast::files {

namespace fs = std::filesystem;

namespace {

// Each is in memory as a whole.
constexpr std::uint64_t max_file_bytes = std::uint64_t{128} << 20U;
constexpr std::uint64_t longest_link = 4096; // the kernel's PATH_MAX

error cannot_write(const std::string& path, int code) {
    return transient_error("cannot write " + path + ": " + std::generic_category().message(code));
}

result<void> write_file(const std::string& path, std::string_view content, mode_t mode) {
    // O_EXCL and O_NOFOLLOW: a tree with one name twice, once as a symlink, writes nowhere else.
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) {
        return cannot_write(path, errno);
    }
    int failure = 0;
    while (!content.empty() && failure == 0) {
        const auto written = ::write(fd, content.data(), content.size());
        if (written >= 0) {
            content.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno != EINTR) {
            failure = errno;
        }
    }
    ::fchmod(fd, mode);
    if (::close(fd) != 0 && failure == 0) {
        failure = errno;
    }
    if (failure != 0) {
        return cannot_write(path, failure);
    }
    return {};
}

// A link may be written when what it leads to is inside, or is not there and can only ever be inside.
result<void>
check_link(tree_reader& from, const object_id& tree, const std::string& name, std::string_view target) {
    const auto end = from.follow_in(tree, name);
    if (end) {
        return {};
    }
    if (end.error().kind() == error_kind::not_found && !target.starts_with('/') &&
        target.find("..") == std::string_view::npos) {
        return {};
    }
    if (end.error().kind() == error_kind::not_found) {
        return user_error(
            "the symlink \"" + name + "\" leads to \"" + std::string{target} +
            "\", which is not below the same directory"
        );
    }
    return end.error();
}

} // namespace

result<void>
export_tree(tree_reader& from, const object_id& tree, const std::string& to, export_limits limits) {
    list_limits how;
    how.recursive = true;
    how.max_entries = limits.max_entries;
    const auto entries = from.list(tree, how);
    if (!entries) {
        return entries.error();
    }
    std::uint64_t left = limits.max_bytes;
    std::vector<std::pair<std::string, std::string>> links;
    for (const auto& entry : *entries) {
        const auto path = to + "/" + entry.name;
        std::error_code ec;
        fs::create_directories(fs::path{path}.parent_path(), ec);
        if (ec) {
            return cannot_write(path, ec.value());
        }
        if (entry.mode == entry_mode::submodule) {
            if (::mkdir(path.c_str(), 0755) != 0) {
                return cannot_write(path, errno);
            }
            continue;
        }
        const auto size = from.blob_size(entry.id);
        if (!size) {
            return size.error();
        }
        if (*size > left) {
            return user_error(
                "the files below take more than the " + std::to_string(limits.max_bytes >> 20U) +
                " MiB that a build may have: \"" + entry.name + "\" does not fit any more"
            );
        }
        left -= *size;
        if (*size > max_file_bytes) {
            return user_error(
                "\"" + entry.name + "\" has more than " + std::to_string(max_file_bytes >> 20U) +
                " MiB, the limit for one file of a build"
            );
        }
        if (entry.mode == entry_mode::symlink && *size > longest_link) {
            return user_error("the symlink \"" + entry.name + "\" leads nowhere: its target is too long");
        }
        const auto turn = turn_for(*size);
        auto content = from.blob(entry.id, static_cast<std::size_t>(*size));
        if (!content) {
            return content.error().within(entry.name);
        }
        if (entry.mode == entry_mode::symlink) {
            if (auto good = check_link(from, tree, entry.name, *content); !good) {
                return good.error();
            }
            links.emplace_back(path, std::move(*content));
            continue;
        }
        if (auto written = write_file(path, *content, entry.mode == entry_mode::executable ? 0755 : 0644);
            !written) {
            return written.error();
        }
    }
    // Links last: nothing was written through one.
    for (const auto& [path, target] : links) {
        if (::symlink(target.c_str(), path.c_str()) != 0) {
            return cannot_write(path, errno);
        }
    }
    return {};
}

} // namespace holdfast::files
