#include "files/directory_scan.hpp"

#include "base/work_budget.hpp"
#include "files/looks.hpp"
#include "files/names.hpp"
#include "files/walk.hpp"

#include <dirent.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace holdfast::files {

namespace {

class descriptor {
public:
    explicit descriptor(int value = -1) noexcept : value_{value} {}
    ~descriptor() {
        if (value_ >= 0) {
            ::close(value_);
        }
    }
    descriptor(descriptor&& other) noexcept : value_{std::exchange(other.value_, -1)} {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    [[nodiscard]] int get() const noexcept { return value_; }
    [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

private:
    int value_;
};

// The name that Git gives to "<kind> <size>\0<content>".
class object_hash {
public:
    object_hash(std::string_view kind, std::uint64_t size) : context_{EVP_MD_CTX_new()} {
        EVP_DigestInit_ex(context_.get(), EVP_sha1(), nullptr);
        auto head = std::string{kind} + " " + std::to_string(size);
        head.push_back('\0');
        add(head);
    }
    void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
    [[nodiscard]] object_id finish() {
        std::array<unsigned char, object_id::size> digest{};
        EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
        return object_id{digest};
    }

private:
    struct freer {
        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, freer> context_;
};

object_id id_of_text(std::string_view kind, std::string_view text) {
    object_hash hash{kind, text.size()};
    hash.add(text);
    return hash.finish();
}

std::string_view kind_of(mode_t mode) noexcept {
    switch (mode & S_IFMT) {
    case S_IFIFO: return "a named pipe";
    case S_IFSOCK: return "a socket";
    case S_IFCHR:
    case S_IFBLK: return "a device";
    default: return "no file, directory or symlink";
    }
}

constexpr int way_flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// read(2), gone on with after a signal: 0 at the end, -1 with errno.
ssize_t read_some(const descriptor& file, char* into, std::size_t most) {
    for (;;) {
        const auto got = ::read(file.get(), into, most);
        if (got >= 0 || errno != EINTR) {
            return got;
        }
    }
}

// Opens what a node stands for, step by step: no link on the way is followed.
descriptor open_node(int root, const directory_scan::node& of, int flags) {
    std::vector<const directory_scan::node*> way;
    for (const auto* at = &of; at->parent != nullptr; at = at->parent) {
        way.push_back(at);
    }
    if (way.empty()) {
        return descriptor{::openat(root, ".", flags)};
    }
    descriptor at;
    for (auto step = way.rbegin(); step != way.rend(); ++step) {
        const bool is_last = step + 1 == way.rend();
        at = descriptor{
            ::openat(at.get() < 0 ? root : at.get(), (*step)->name.c_str(), is_last ? flags : way_flags)
        };
        if (at.get() < 0) {
            return at;
        }
    }
    return at;
}

std::string next_number() {
    static std::atomic<std::uint64_t> last{0};
    return std::to_string(++last);
}

// Git's order of names: directories as if they ended in '/'.
std::string sort_key(const directory_scan::node& of) {
    return of.mode == entry_mode::tree ? of.name + "/" : of.name;
}

} // namespace

result<std::shared_ptr<directory_scan>>
directory_scan::open(const std::string& path, directory_limits limits) {
    descriptor root{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (root.get() < 0) {
        return user_error(
            "the directory " + path + " cannot be opened: " + std::generic_category().message(errno)
        );
    }
    return std::make_shared<directory_scan>(path, root.release(), limits);
}

directory_scan::directory_scan(std::string path, int root, directory_limits limits)
    : path_{std::move(path)},
      identity_{path_ + "\n" + next_number()},
      root_descriptor_{root},
      limits_{limits} {}

directory_scan::~directory_scan() {
    ::close(root_descriptor_);
}

std::string directory_scan::path_of(const node& of) const {
    std::vector<std::string> names;
    for (const auto* at = &of; at->parent != nullptr; at = at->parent) {
        names.push_back(at->name);
    }
    std::ranges::reverse(names);
    return joined(names);
}

std::string directory_scan::shown_path(const node& of) const {
    const auto path = path_of(of);
    return path.empty() ? "the directory " + path_ : shown(path) + " in directory " + path_;
}

error directory_scan::cannot_read(const node& of, int code) const {
    switch (code) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP: return has_changed(of);
    case EACCES:
    case EPERM:
        return user_error(shown_path(of) + " cannot be read: " + std::generic_category().message(code));
    default:
        return transient_error(shown_path(of) + " cannot be read: " + std::generic_category().message(code));
    }
}

error directory_scan::has_changed(const node& of) const {
    return {error_kind::conflict, shown_path(of) + " was changed while it was read"};
}

result<directory_scan::node*> directory_scan::child(node& in, std::string_view name, std::string_view where) {
    const std::lock_guard lock{mutex_};
    if (auto enough = spend_looks(1, where); !enough) {
        return enough.error();
    }
    if (const auto known = in.below.find(name); known != in.below.end()) {
        return known->second.get();
    }
    // Nobody asks for what no tree has: a commit with such a name is refused.
    if (in.is_listed || is_hostile_name(name)) {
        return nullptr;
    }
    const auto directory = open_node(root_descriptor_, in, way_flags);
    if (directory.get() < 0) {
        return cannot_read(in, errno);
    }
    return add(in, directory.get(), name);
}

// Looks up a name that is not known yet; null when it is not there.
result<directory_scan::node*> directory_scan::add(node& in, int directory, std::string_view name) {
    auto made = std::make_unique<node>();
    made->name = name;
    made->parent = &in;
    made->depth = in.depth + 1;
    if (made->depth > limits_.max_depth) {
        return user_error(
            shown_path(*made) + " lies deeper than the " + std::to_string(limits_.max_depth) +
            " levels allowed"
        );
    }
    struct stat facts{};
    if (::fstatat(directory, made->name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT || errno == ENAMETOOLONG) {
            return nullptr;
        }
        return cannot_read(*made, errno);
    }
    if (++seen_ > limits_.max_entries) {
        return user_error(
            shown_path(*made) + " is one more than the " + std::to_string(limits_.max_entries) +
            " files and directories that are read"
        );
    }
    switch (facts.st_mode & S_IFMT) {
    case S_IFREG:
        made->mode = (facts.st_mode & S_IXUSR) != 0 ? entry_mode::executable : entry_mode::file;
        break;
    case S_IFDIR: {
        struct stat repository{};
        const auto inside = made->name + "/.git";
        made->mode = ::fstatat(directory, inside.c_str(), &repository, AT_SYMLINK_NOFOLLOW) == 0
                         ? entry_mode::submodule
                         : entry_mode::tree;
        break;
    }
    case S_IFLNK: {
        made->mode = entry_mode::symlink;
        std::string target(max_link_bytes + 1, '\0');
        const auto length = ::readlinkat(directory, made->name.c_str(), target.data(), target.size());
        if (length < 0) {
            return cannot_read(*made, errno);
        }
        if (static_cast<std::size_t>(length) > max_link_bytes) {
            return user_error("the symlink " + shown_path(*made) + " leads nowhere: its target is too long");
        }
        target.resize(static_cast<std::size_t>(length));
        made->target = std::move(target);
        break;
    }
    default:
        return user_error(
            shown_path(*made) + " is " + std::string{kind_of(facts.st_mode)} +
            ": a source has files, directories and symlinks"
        );
    }
    auto* const added = made.get();
    in.below.emplace(made->name, std::move(made));
    return added;
}

// All that a directory has becomes known.
result<void> directory_scan::list(node& of) {
    if (of.is_listed) {
        return {};
    }
    auto opened = open_node(root_descriptor_, of, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (opened.get() < 0) {
        return cannot_read(of, errno);
    }
    struct closer {
        void operator()(DIR* directory) const noexcept { ::closedir(directory); }
    };
    const std::unique_ptr<DIR, closer> directory{::fdopendir(opened.get())};
    if (!directory) {
        return cannot_read(of, errno);
    }
    (void)opened.release(); // the DIR has it now
    for (;;) {
        errno = 0;
        const auto* const entry = ::readdir(directory.get()); // NOLINT(concurrency-mt-unsafe): its own DIR
        if (entry == nullptr) {
            if (errno != 0) {
                return cannot_read(of, errno);
            }
            break;
        }
        const std::string_view name{&entry->d_name[0]};
        if (name == "." || name == ".." || name == ".git" || of.below.contains(name)) {
            continue;
        }
        if (is_hostile_name(name)) {
            return user_error(
                shown_path(of) + " has the entry " + shown(name) + ", which no honest repository has"
            );
        }
        if (auto enough = spend_looks(1, path_of(of)); !enough) {
            return enough.error();
        }
        if (const auto added = add(of, ::dirfd(directory.get()), name); !added) {
            return added.error();
        }
    }
    of.is_listed = true;
    return {};
}

std::vector<directory_scan::node*> directory_scan::in_order(node& of) {
    std::vector<std::pair<std::string, node*>> sorted;
    sorted.reserve(of.below.size());
    for (const auto& [name, one] : of.below) {
        sorted.emplace_back(sort_key(*one), one.get());
    }
    std::ranges::sort(sorted);
    std::vector<node*> nodes;
    nodes.reserve(sorted.size());
    for (const auto& [key, one] : sorted) {
        nodes.push_back(one);
    }
    return nodes;
}

result<object_id> directory_scan::id_of(node& of) {
    if (of.id) {
        return *of.id;
    }
    result<object_id> found{object_id{}};
    switch (of.mode) {
    case entry_mode::tree: found = id_of_tree(of); break;
    case entry_mode::file:
    case entry_mode::executable: found = id_of_file(of); break;
    case entry_mode::symlink: found = id_of_text("blob", of.target); break;
    case entry_mode::submodule: break;
    }
    if (!found) {
        return found;
    }
    of.id = *found;
    if (of.mode != entry_mode::submodule) {
        by_id_.try_emplace(*found, &of);
    }
    return found;
}

result<object_id> directory_scan::id_of_tree(node& of) {
    if (auto all = list(of); !all) {
        return all.error();
    }
    static const auto empty = id_of_text("tree", {});
    std::string text;
    for (auto* const one : in_order(of)) {
        const auto id = id_of(*one);
        if (!id) {
            return id.error();
        }
        if (one->mode == entry_mode::tree && *id == empty) {
            continue; // Git has no directories without files
        }
        std::array<char, 8> digits{};
        const auto mode = static_cast<unsigned>(one->mode);
        std::size_t count = digits.size();
        for (auto rest = mode; rest > 0; rest >>= 3U) {
            digits[--count] = static_cast<char>('0' + (rest & 7U));
        }
        text.append(digits.data() + count, digits.size() - count).append(" ").append(one->name);
        text.push_back('\0');
        text.append(reinterpret_cast<const char*>(id->bytes().data()), id->bytes().size());
    }
    if (auto enough = spend_looks(text.size() / bytes_read_per_look, path_of(of)); !enough) {
        return enough.error();
    }
    return id_of_text("tree", text);
}

result<object_id> directory_scan::id_of_file(node& of) {
    const auto file =
        open_node(root_descriptor_, of, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat facts{};
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) {
        return cannot_read(of, errno);
    }
    if (!S_ISREG(facts.st_mode)) {
        return has_changed(of);
    }
    const auto size = static_cast<std::uint64_t>(facts.st_size);
    if (size > limits_.max_file_bytes) {
        return user_error(
            shown_path(of) + " has " + std::to_string(size) + " bytes, more than the " +
            std::to_string(limits_.max_file_bytes) + " that a file of a source may have"
        );
    }
    hashed_ += size;
    if (hashed_ > limits_.max_bytes) {
        return user_error(
            "the files that were read have more than " + std::to_string(limits_.max_bytes) +
            " bytes together: " + shown_path(of) + " is too much"
        );
    }
    if (auto enough = spend_looks(size / bytes_read_per_look, path_of(of)); !enough) {
        return enough.error();
    }
    object_hash hash{"blob", size};
    std::string buffer(std::size_t{64} << 10U, '\0');
    std::uint64_t count = 0;
    for (;;) {
        const auto got = read_some(file, buffer.data(), buffer.size());
        if (got < 0) {
            return cannot_read(of, errno);
        }
        if (got == 0) {
            break;
        }
        count += static_cast<std::uint64_t>(got);
        if (count > size) {
            break;
        }
        hash.add(std::string_view{buffer}.substr(0, static_cast<std::size_t>(got)));
    }
    if (count != size) {
        return has_changed(of);
    }
    of.size = size;
    return hash.finish();
}

result<std::optional<tree_entry>> directory_scan::entry_of(node& of) {
    const std::lock_guard lock{mutex_};
    const auto id = id_of(of);
    if (!id) {
        return id.error();
    }
    if (of.mode == entry_mode::tree && of.parent != nullptr && *id == id_of_text("tree", {})) {
        return std::optional<tree_entry>{};
    }
    return std::optional{tree_entry{.name = {}, .mode = of.mode, .id = *id}};
}

result<std::vector<tree_entry>> directory_scan::entries(node& of, std::size_t max_entries) {
    const std::lock_guard lock{mutex_};
    const auto empty = id_of_text("tree", {});
    if (const auto id = id_of(of); !id) {
        return id.error();
    }
    if (of.below.size() > max_entries) {
        return user_error(shown_path(of) + " has more than " + std::to_string(max_entries) + " entries");
    }
    if (auto enough = spend_looks(1 + of.below.size() / entries_listed_per_look, path_of(of)); !enough) {
        return enough.error();
    }
    std::vector<tree_entry> all;
    all.reserve(of.below.size());
    for (auto* const one : in_order(of)) {
        const auto id = id_of(*one);
        if (!id) {
            return id.error();
        }
        if (one->mode != entry_mode::tree || *id != empty) {
            all.push_back({.name = one->name, .mode = one->mode, .id = *id});
        }
    }
    return all;
}

directory_scan::node* directory_scan::find(const object_id& id) {
    const std::lock_guard lock{mutex_};
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

result<std::string> directory_scan::read(node& of, std::size_t limit) {
    const std::lock_guard lock{mutex_};
    const auto length = of.mode == entry_mode::symlink ? of.target.size() : of.size;
    if (length > limit) {
        return user_error(
            shown_path(of) + " has " + std::to_string(length) + " bytes, more than the " +
            std::to_string(limit) + " that are allowed"
        );
    }
    if (auto enough = spend_looks(1 + length / bytes_read_per_look, path_of(of)); !enough) {
        return enough.error();
    }
    if (of.mode == entry_mode::symlink) {
        return of.target;
    }
    const auto file =
        open_node(root_descriptor_, of, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file.get() < 0) {
        return cannot_read(of, errno);
    }
    std::string bytes(static_cast<std::size_t>(length) + 1, '\0'); // one more: it may have grown
    std::size_t count = 0;
    while (count < bytes.size()) {
        const auto got = read_some(file, bytes.data() + count, bytes.size() - count);
        if (got < 0) {
            return cannot_read(of, errno);
        }
        if (got == 0) {
            break;
        }
        count += static_cast<std::size_t>(got);
    }
    bytes.resize(count);
    if (!of.id || id_of_text("blob", bytes) != *of.id) {
        return has_changed(of);
    }
    return bytes;
}

} // namespace holdfast::files
