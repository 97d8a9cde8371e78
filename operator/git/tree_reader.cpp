#include "git/tree_reader.hpp"

#include "git/libgit2.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace holdfast::git {

namespace {

constexpr std::size_t max_tree_bytes = std::size_t{64} << 20U;
constexpr std::size_t max_link_bytes = 4096;
constexpr std::size_t max_links = 40; // as Linux: ELOOP

std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 300)) {
        out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
    }
    return "\"" + out + "\"";
}

// Names that no checkout may have: Git itself refuses them, since they lead out of the tree or into a
// repository on one file system or another.
bool is_hostile(std::string_view name) {
    if (name.empty() || name == "." || name == "..") {
        return true;
    }
    for (const char c : name) {
        if (c == '/' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            return true;
        }
    }
    std::string low;
    for (const char c : name) {
        low.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    while (low.size() > 4 && (low.back() == '.' || low.back() == ' ')) {
        low.pop_back();
    }
    return low == ".git" || low == "git~1";
}

std::optional<entry_mode> mode_of(std::uint32_t bits) {
    switch (bits & 0170000U) {
    case 0040000: return entry_mode::tree;
    case 0120000: return entry_mode::symlink;
    case 0160000: return entry_mode::submodule;
    case 0100000: return (bits & 0111U) != 0 ? entry_mode::executable : entry_mode::file;
    default: return std::nullopt;
    }
}

// "<mode in octal> <name>\0<20 bytes>", again and again.
result<std::vector<tree_entry>>
parse_tree(std::string_view bytes, const object_id& id, std::size_t max_entries) {
    std::vector<tree_entry> entries;
    const auto broken = [&](std::string_view why) {
        return user_error("the tree " + id.hex() + " " + std::string{why});
    };
    while (!bytes.empty()) {
        const auto blank = bytes.find(' ');
        const auto zero = bytes.find('\0');
        if (blank == std::string_view::npos || zero == std::string_view::npos || zero < blank || blank > 7 ||
            bytes.size() < zero + 1 + object_id::size) {
            return broken("is malformed");
        }
        std::uint32_t bits = 0;
        for (const char c : bytes.substr(0, blank)) {
            if (c < '0' || c > '7') {
                return broken("is malformed");
            }
            bits = bits * 8 + static_cast<std::uint32_t>(c - '0');
        }
        const auto name = bytes.substr(blank + 1, zero - blank - 1);
        const auto mode = mode_of(bits);
        if (!mode || is_hostile(name)) {
            return broken("has the entry " + shown(name) + ", which no honest repository has");
        }
        if (entries.size() == max_entries) {
            return broken("has more than " + std::to_string(max_entries) + " entries");
        }
        std::array<unsigned char, object_id::size> raw{};
        std::memcpy(raw.data(), bytes.data() + zero + 1, raw.size());
        entries.push_back({.name = std::string{name}, .mode = *mode, .id = object_id{raw}});
        bytes.remove_prefix(zero + 1 + object_id::size);
    }
    return entries;
}

struct object_bytes {
    libgit2::odb_object object;
    [[nodiscard]] std::string_view view() const noexcept {
        return {
            static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get())
        };
    }
};

std::string_view kind_name(git_object_t type) {
    const char* name = git_object_type2string(type);
    return name == nullptr ? "object" : name;
}

std::string_view kind_name(entry_mode mode) {
    switch (mode) {
    case entry_mode::tree: return "a directory";
    case entry_mode::file:
    case entry_mode::executable: return "a file";
    case entry_mode::symlink: return "a symlink";
    case entry_mode::submodule: return "a submodule";
    }
    return "something else";
}

// The components of a path that the caller wrote; an error for what a path has none of.
result<std::vector<std::string>> split(std::string_view path) {
    std::vector<std::string> parts;
    const auto whole = path;
    if (path.ends_with('/')) {
        path.remove_suffix(1);
        if (path.empty()) {
            return user_error("the path \"/\" is absolute: paths are relative to the root of the repository");
        }
    }
    if (path.starts_with('/')) {
        return user_error(
            "the path " + shown(whole) + " is absolute: paths are relative to the root of the repository"
        );
    }
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
        if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos) {
            return user_error(
                "the path " + shown(whole) +
                " has an empty, \".\" or \"..\" part: write it plainly from the root"
            );
        }
        parts.emplace_back(part);
    }
    return parts;
}

std::string join(const std::vector<std::string>& parts) {
    std::string out;
    for (const auto& p : parts) {
        out.append(out.empty() ? "" : "/").append(p);
    }
    return out;
}

class libgit2_reader final : public tree_reader {
public:
    libgit2_reader(std::string repository, const object_id& commit, std::shared_ptr<const void> pin)
        : path_{std::move(repository)}, commit_{commit}, pin_{std::move(pin)} {}

    result<void> start() {
        if (auto opened = reopen(); !opened) {
            return opened.error();
        }
        auto i = info();
        if (!i) {
            return i.error();
        }
        root_ = i->tree;
        return {};
    }

    const object_id& commit() const noexcept override { return commit_; }

    result<commit_info> info() override {
        const auto bytes = read(commit_, GIT_OBJECT_COMMIT, max_tree_bytes); // also checks that it is there
        if (!bytes) {
            return bytes.error();
        }
        const auto oid = libgit2::to_oid(commit_);
        git_commit* raw = nullptr;
        if (git_commit_lookup(&raw, repository_.get(), &oid) != 0) {
            return lost(commit_, libgit2::last_words());
        }
        const libgit2::commit owned{raw};
        commit_info i;
        i.tree = libgit2::from_oid(*git_commit_tree_id(raw));
        for (unsigned n = 0; n < git_commit_parentcount(raw); ++n) {
            i.parents.push_back(libgit2::from_oid(*git_commit_parent_id(raw, n)));
        }
        if (const auto* author = git_commit_author(raw)) {
            i.author_name = author->name;
            i.author_email = author->email;
            i.author_time = std::chrono::system_clock::from_time_t(author->when.time);
        }
        i.commit_time = std::chrono::system_clock::from_time_t(git_commit_time(raw));
        if (const char* message = git_commit_message(raw)) {
            i.message = message;
        }
        return i;
    }

    result<object_id> tree_at(std::string_view path) override {
        auto entry = entry_at(path);
        if (!entry) {
            return entry.error();
        }
        if (entry->mode != entry_mode::tree) {
            return user_error(
                shown(path) + " is " + std::string{kind_name(entry->mode)} + " and no directory in commit " +
                commit_.hex()
            );
        }
        return entry->id;
    }

    result<tree_entry> entry_at(std::string_view path) override {
        const auto parts = split(path);
        if (!parts) {
            return parts.error();
        }
        tree_entry at{.name = {}, .mode = entry_mode::tree, .id = root_};
        for (std::size_t i = 0; i < parts->size(); ++i) {
            if (at.mode != entry_mode::tree) {
                return missing(path, "since " + shown(at.name) + " is " + std::string{kind_name(at.mode)});
            }
            auto next = child(at.id, (*parts)[i]);
            if (!next) {
                return next.error();
            }
            if (!*next) {
                return missing(path, {});
            }
            auto name = at.name.empty() ? (*parts)[i] : at.name + "/" + (*parts)[i];
            at = std::move(**next);
            at.name = std::move(name);
        }
        return at;
    }

    result<tree_entry> follow(std::string_view path) override { return follow_in(root_, path); }

    result<tree_entry> follow_in(const object_id& root, std::string_view path) override {
        const auto parts = split(path);
        if (!parts) {
            return parts.error();
        }
        std::deque<std::string> ahead{parts->begin(), parts->end()};
        std::vector<std::string> names; // where we are …
        std::vector<tree_entry> stack{{.name = {}, .mode = entry_mode::tree, .id = root}
        }; // … and what is there
        std::size_t links = 0;
        while (!ahead.empty()) {
            const auto part = std::move(ahead.front());
            ahead.pop_front();
            if (part.empty() || part == ".") {
                continue;
            }
            if (stack.back().mode != entry_mode::tree) {
                return missing(
                    path, "since " + shown(join(names)) + " is " + std::string{kind_name(stack.back().mode)}
                );
            }
            if (part == "..") {
                if (names.empty()) {
                    return user_error("the symlink on the way to " + shown(path) + " leads out of the tree");
                }
                names.pop_back();
                stack.pop_back();
                continue;
            }
            auto next = child(stack.back().id, part);
            if (!next) {
                return next.error();
            }
            if (!*next) {
                return missing(path, links > 0 ? "where a symlink on the way leads nowhere" : "");
            }
            if ((*next)->mode != entry_mode::symlink) {
                names.push_back(part);
                stack.push_back(std::move(**next));
                continue;
            }
            if (++links > max_links) {
                return user_error("the symlinks on the way to " + shown(path) + " go round in a circle");
            }
            const auto target = blob((*next)->id, max_link_bytes);
            if (!target) {
                return target.error();
            }
            if (target->empty() || target->front() == '/' || target->find('\0') != std::string::npos) {
                return user_error(
                    "the symlink " + shown(join(names) + (names.empty() ? "" : "/") + part) + " leads to " +
                    shown(*target) + ", which is outside of the repository"
                );
            }
            std::vector<std::string> detour;
            for (std::string_view rest = *target; !rest.empty();) {
                const auto slash = rest.find('/');
                detour.emplace_back(rest.substr(0, slash));
                rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
            }
            ahead.insert(ahead.begin(), detour.begin(), detour.end());
        }
        auto found = std::move(stack.back());
        found.name = join(names);
        return found;
    }

    result<std::vector<tree_entry>> list(const object_id& tree, list_limits limits) override {
        if (!limits.recursive) {
            return entries(tree, limits.max_entries);
        }
        struct level {
            std::string path;
            std::vector<tree_entry> entries;
            std::size_t next = 0;
        };
        std::vector<tree_entry> all;
        std::vector<level> stack;
        auto top = entries(tree, limits.max_entries);
        if (!top) {
            return top.error();
        }
        // A tree of trees that all name one another's content costs entries too, or a small repository could
        // keep us busy for ever.
        std::size_t seen = top->size();
        stack.push_back({.path = {}, .entries = std::move(*top)});
        while (!stack.empty()) {
            auto& here = stack.back();
            if (here.next == here.entries.size()) {
                stack.pop_back();
                continue;
            }
            auto entry = std::move(here.entries[here.next++]);
            entry.name = here.path + entry.name;
            if (entry.mode != entry_mode::tree) {
                all.push_back(std::move(entry));
                continue;
            }
            if (stack.size() >= limits.max_depth) {
                return user_error(
                    shown(entry.name) + " lies deeper than the " + std::to_string(limits.max_depth) +
                    " levels allowed"
                );
            }
            auto below = entries(entry.id, limits.max_entries);
            if (!below) {
                return below.error();
            }
            seen += below->size();
            if (seen > limits.max_entries) {
                return user_error(
                    "the tree " + tree.hex() + " has more than the " + std::to_string(limits.max_entries) +
                    " entries that are allowed"
                );
            }
            stack.push_back({.path = entry.name + "/", .entries = std::move(*below)});
        }
        return all;
    }

    result<std::string> blob(const object_id& id, std::size_t limit) override {
        const auto bytes = read(id, GIT_OBJECT_BLOB, limit);
        if (!bytes) {
            return bytes.error();
        }
        return std::string{bytes->view()};
    }

    result<std::uint64_t> blob_size(const object_id& id) override {
        const auto head = header(id);
        if (!head) {
            return head.error();
        }
        return std::uint64_t{head->first};
    }

    result<std::string> file(std::string_view path, std::size_t limit) override {
        const auto entry = follow(path);
        if (!entry) {
            return entry.error();
        }
        if (entry->mode != entry_mode::file && entry->mode != entry_mode::executable) {
            return user_error(
                shown(path) + " is " + std::string{kind_name(entry->mode)} + " and no file in commit " +
                commit_.hex()
            );
        }
        auto bytes = blob(entry->id, limit);
        if (!bytes) {
            return bytes.error().within(path);
        }
        return bytes;
    }

private:
    result<void> reopen() {
        auto repository = libgit2::open(path_);
        if (!repository) {
            return repository.error();
        }
        git_odb* raw = nullptr;
        if (git_repository_odb(&raw, repository->get()) != 0) {
            return error{
                error_kind::conflict, "the store " + path_ + " cannot be read: " + libgit2::last_words()
            };
        }
        odb_.reset(raw);
        repository_ = std::move(*repository);
        return {};
    }

    [[nodiscard]] error lost(const object_id& id, const std::string& why) const {
        return {error_kind::conflict, "the store " + path_ + " cannot give object " + id.hex() + ": " + why};
    }

    [[nodiscard]] error missing(std::string_view path, const std::string& why) const {
        return {
            error_kind::not_found,
            "there is no " + shown(path) + " in commit " + commit_.hex() + (why.empty() ? "" : ", " + why)
        };
    }

    // Size and type. Housekeeping may have moved an object into a pack that this handle does not know: looked
    // for once more with a fresh one.
    result<std::pair<std::size_t, git_object_t>> header(const object_id& id) {
        const auto oid = libgit2::to_oid(id);
        std::size_t size = 0;
        git_object_t type = GIT_OBJECT_INVALID;
        if (git_odb_read_header(&size, &type, odb_.get(), &oid) != 0) {
            const auto why = libgit2::last_words();
            if (!reopen() || git_odb_read_header(&size, &type, odb_.get(), &oid) != 0) {
                return lost(id, why);
            }
        }
        return std::pair{size, type};
    }

    result<object_bytes> read(const object_id& id, git_object_t wanted, std::size_t limit) {
        const auto head = header(id);
        if (!head) {
            return head.error();
        }
        if (head->second != wanted) {
            return user_error(
                id.hex() + " is a " + std::string{kind_name(head->second)} + " and no " +
                std::string{kind_name(wanted)}
            );
        }
        if (head->first > limit) {
            return user_error(
                "the " + std::string{kind_name(wanted)} + " " + id.hex() + " has " +
                std::to_string(head->first) + " bytes, more than the " + std::to_string(limit) +
                " that are allowed"
            );
        }
        const auto oid = libgit2::to_oid(id);
        git_odb_object* raw = nullptr;
        if (git_odb_read(&raw, odb_.get(), &oid) != 0) {
            const auto why = libgit2::last_words();
            if (!reopen() || git_odb_read(&raw, odb_.get(), &oid) != 0) {
                return lost(id, why);
            }
        }
        return object_bytes{libgit2::odb_object{raw}};
    }

    result<std::vector<tree_entry>> entries(const object_id& tree, std::size_t max_entries) {
        const auto bytes = read(tree, GIT_OBJECT_TREE, max_tree_bytes);
        if (!bytes) {
            return bytes.error();
        }
        return parse_tree(bytes->view(), tree, max_entries);
    }

    // The entry of that name; nothing when there is none.
    result<std::optional<tree_entry>> child(const object_id& tree, std::string_view name) {
        auto all = entries(tree, 1'000'000);
        if (!all) {
            return all.error();
        }
        const auto found =
            std::find_if(all->begin(), all->end(), [&](const tree_entry& e) { return e.name == name; });
        if (found == all->end()) {
            return std::optional<tree_entry>{};
        }
        return std::optional<tree_entry>{std::move(*found)};
    }

    std::string path_;
    object_id commit_;
    std::shared_ptr<const void> pin_;
    libgit2::repository repository_;
    libgit2::odb odb_;
    object_id root_;
};

} // namespace

result<snapshot> snapshot::open(const std::string& repository, const object_id& commit) {
    snapshot s{repository, commit, nullptr};
    if (const auto reader = s.read(); !reader) {
        return reader.error();
    }
    return s;
}

result<std::unique_ptr<tree_reader>> snapshot::read() const {
    auto reader = std::make_unique<libgit2_reader>(repository_, commit_, pin_);
    if (auto started = reader->start(); !started) {
        return started.error();
    }
    return std::unique_ptr<tree_reader>{std::move(reader)};
}

bool is_lfs_pointer(std::string_view blob) noexcept {
    return blob.size() < 1024 && blob.starts_with("version https://git-lfs.github.com/spec/") &&
           blob.find("\noid sha256:") != std::string_view::npos;
}

} // namespace holdfast::git
