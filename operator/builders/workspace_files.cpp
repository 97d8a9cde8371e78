#include "builders/workspace_files.hpp"

#include "base/memory.hpp"
#include "files/export_tree.hpp"
#include "render/links.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <system_error>
#include <unistd.h>

namespace holdfast::builders {

namespace fs = std::filesystem;

namespace {

// Each is in memory as a whole.
constexpr std::size_t max_file_bytes = std::size_t{128} << 20U;

error disk_error(const std::string& what, const std::error_code& why) {
    return transient_error("a file of the build cannot be written (" + what + "): " + why.message());
}

result<void> make_directories(const fs::path& directory) {
    std::error_code ec;
    fs::create_directories(directory, ec);
    if (ec) {
        return disk_error(directory.filename().string(), ec);
    }
    return {};
}

// A new file. What stood there before, a symlink above all, is not followed.
result<void> write_file(const fs::path& path, std::string_view text, mode_t mode) {
    if (auto made = make_directories(path.parent_path()); !made) {
        return made;
    }
    ::unlink(path.c_str());
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    const auto failed = [&path] {
        return disk_error(path.filename().string(), std::error_code{errno, std::generic_category()});
    };
    if (file < 0) {
        return failed();
    }
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            auto why = failed();
            ::close(file);
            return why;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    ::close(file);
    return {};
}

// Whether the directories that lead to `path` are such, and not symlinks out of a copied tree.
result<void> check_way(const fs::path& root, const std::string& to) {
    auto at = root;
    for (const auto& step : fs::path{to}.parent_path()) {
        at /= step;
        std::error_code ec;
        const auto status = fs::symlink_status(at, ec);
        if (status.type() == fs::file_type::not_found) {
            return {};
        }
        if (status.type() != fs::file_type::directory) {
            return user_error(
                to + ": a file of the build cannot be put there: " + at.filename().string() +
                " is not a directory"
            );
        }
    }
    return {};
}

class placement {
public:
    placement(const build_plan& plan, std::string to, const run_limits& limits)
        : plan_{plan}, to_{std::move(to)}, limits_{limits} {}

    result<void> run() {
        // From the outside in: what a directory has already is not copied again.
        std::vector<const tree_copy*> trees;
        for (const auto& copy : plan_.trees) {
            trees.push_back(&copy);
        }
        std::ranges::sort(trees, {}, [](const tree_copy* c) { return std::pair{c->to.size(), c->to}; });
        for (const auto* copy : trees) {
            if (auto done = place(*copy); !done) {
                return done;
            }
        }
        for (const auto& copy : plan_.archives) {
            if (auto done = place(copy); !done) {
                return done;
            }
        }
        for (const auto& file : plan_.files) {
            const auto to = inside(file.to);
            if (!to) {
                return to.error();
            }
            if (auto written = write_file(*to, file.text, 0644); !written) {
                return written;
            }
        }
        for (const auto& command : plan_.commands) {
            const auto directory = inside(command.working_directory);
            if (!directory) {
                return directory.error();
            }
            if (auto made = make_directories(*directory); !made) {
                return made;
            }
        }
        return {};
    }

private:
    result<fs::path> inside(const std::string& to) const {
        const auto clean = render::clean_path(to);
        if (!clean) {
            return clean.error();
        }
        if (auto free = check_way(to_, *clean); !free) {
            return free.error();
        }
        return fs::path{to_} / *clean;
    }

    // Whether a copy of the same source that was made before has it.
    [[nodiscard]] bool is_there(const tree_copy& copy) const {
        return std::ranges::any_of(done_, [&](const tree_copy* other) {
            if (other->from.identity() != copy.from.identity() ||
                !render::is_within(copy.path, other->path) || !render::is_within(copy.to, other->to)) {
                return false;
            }
            const auto below = [](const std::string& path, const std::string& directory) {
                return directory.empty()                 ? path
                       : path.size() == directory.size() ? std::string{}
                                                         : path.substr(directory.size() + 1);
            };
            return below(copy.path, other->path) == below(copy.to, other->to);
        });
    }

    result<files::tree_reader*> reader_of(const files::file_source& from) {
        auto& reader = readers_[std::string{from.identity()}];
        if (!reader) {
            auto opened = from.read();
            if (!opened) {
                return opened.error();
            }
            reader = std::move(*opened);
        }
        return reader.get();
    }

    result<void> place(const tree_copy& copy) {
        if (is_there(copy)) {
            return {};
        }
        const auto reader = reader_of(copy.from);
        if (!reader) {
            return reader.error();
        }
        const auto to = inside(copy.to);
        if (!to) {
            return to.error();
        }
        if (copy.path.empty()) {
            auto root = (*reader)->tree_at("");
            if (!root) {
                return root.error();
            }
            return export_directory(**reader, *root, copy, *to);
        }
        const auto entry = (*reader)->entry_at(copy.path);
        if (!entry) {
            return entry.error();
        }
        if (entry->mode == files::entry_mode::tree) {
            return export_directory(**reader, entry->id, copy, *to);
        }
        if (entry->mode != files::entry_mode::file && entry->mode != files::entry_mode::executable) {
            return user_error(copy.path + " is neither a file nor a directory");
        }
        const auto size = (*reader)->blob_size(entry->id);
        if (!size) {
            return size.error().within(copy.path);
        }
        const auto turn = turn_for(*size);
        const auto text = (*reader)->blob(entry->id, max_file_bytes);
        if (!text) {
            return text.error().within(copy.path);
        }
        return write_file(*to, *text, entry->mode == files::entry_mode::executable ? 0755 : 0644);
    }

    result<void> export_directory(
        files::tree_reader& reader, const files::object_id& tree, const tree_copy& copy, const fs::path& to
    ) {
        if (auto made = make_directories(to); !made) {
            return made;
        }
        std::error_code ec;
        if (!fs::is_empty(to, ec) || ec) {
            return internal_error("a build's files overlap at " + copy.to);
        }
        auto done = files::export_tree(
            reader, tree, to.string(),
            {.max_entries = limits_.max_input_files, .max_bytes = limits_.max_input_bytes}
        );
        if (!done) {
            return done.error().within(render::name_of_directory(copy.path));
        }
        done_.push_back(&copy);
        return {};
    }

    result<void> place(const archive_copy& copy) {
        const auto to = inside(copy.to);
        if (!to) {
            return to.error();
        }
        if (auto made = make_directories(to->parent_path()); !made) {
            return made;
        }
        std::error_code ec;
        fs::copy_file(copy.file, *to, fs::copy_options::overwrite_existing, ec);
        if (ec) {
            return disk_error(to->filename().string(), ec);
        }
        return {};
    }

    const build_plan& plan_;
    std::string to_;
    const run_limits& limits_;
    std::map<std::string, std::unique_ptr<files::tree_reader>> readers_;
    std::vector<const tree_copy*> done_;
};

} // namespace

result<void> place_files(const build_plan& plan, const std::string& to, const run_limits& limits) {
    return placement{plan, to, limits}.run();
}

result<void> write_new_file(const std::string& path, std::string_view bytes, mode_t mode) {
    return write_file(path, bytes, mode);
}

} // namespace holdfast::builders
