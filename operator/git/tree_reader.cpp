#include "git/tree_reader.hpp"

#include "base/work_budget.hpp"
#include "git/libgit2.hpp"
#include "git/parsed_tree.hpp"
#include "git/read_log.hpp"
#include "git/tree_cache.hpp"

#include <deque>
#include <optional>

namespace holdfast::git {

namespace {

constexpr std::size_t max_tree_bytes = std::size_t{64} << 20U;
constexpr std::size_t max_link_bytes = 4096;
constexpr std::size_t max_links = 40; // as Linux: ELOOP

// What one path may take: Linux takes no longer one. A symlink can name as many steps, and lead to the next.
constexpr std::size_t max_steps = 4096;

// Of all paths of a listing: few directories with long names make long paths of many files.
constexpr std::size_t max_listed_names = std::size_t{32} << 20U;

// What takes as long as one look-up in a tree that is at hand.
constexpr std::size_t bytes_parsed_per_look = 128;
constexpr std::size_t bytes_read_per_look = 1024;
constexpr std::size_t entries_listed_per_look = 16;

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
    libgit2_reader(
        std::string repository, const object_id& commit, std::shared_ptr<const void> pin,
        std::shared_ptr<tree_cache> trees, std::shared_ptr<read_log> log
    )
        : path_{std::move(repository)},
          commit_{commit},
          pin_{std::move(pin)},
          trees_{std::move(trees)},
          log_{std::move(log)},
          repository_key_{sha256(path_)} {}

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
        return noted(commit_read::question::entry, path, find(path));
    }

    result<tree_entry> step_at(std::string_view path) override {
        return noted(commit_read::question::step, path, find(path));
    }

    result<tree_entry> follow(std::string_view path) override {
        std::size_t links = 0;
        auto found = follow_from(root_, path, links);
        return noted(commit_read::question::followed, path, std::move(found), links > 0);
    }

    result<tree_entry> follow_in(const object_id& root, std::string_view path) override {
        std::size_t links = 0;
        return follow_from(root, path, links);
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
        std::size_t named = 0;
        stack.push_back({.path = {}, .entries = std::move(*top)});
        while (!stack.empty()) {
            auto& here = stack.back();
            if (here.next == here.entries.size()) {
                stack.pop_back();
                continue;
            }
            auto entry = std::move(here.entries[here.next++]);
            entry.name = here.path + entry.name;
            named += entry.name.size();
            if (named > max_listed_names) {
                return user_error(
                    "the paths in the tree " + tree.hex() + " have more than " +
                    std::to_string(max_listed_names) + " bytes together"
                );
            }
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
                return below.error().within(shown(entry.name));
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
        if (auto enough = spend_looks(1 + bytes->view().size() / bytes_read_per_look); !enough) {
            return enough.error();
        }
        return std::string{bytes->view()};
    }

    result<std::uint64_t> blob_size(const object_id& id) override {
        if (auto enough = spend_looks(1); !enough) {
            return enough.error();
        }
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
    // What is at a path, symlinks not followed.
    result<tree_entry> find(std::string_view path) {
        const auto parts = split(path);
        if (!parts) {
            return parts.error();
        }
        tree_entry at{.name = {}, .mode = entry_mode::tree, .id = root_};
        for (auto part = parts->begin(); part != parts->end(); ++part) {
            if (at.mode != entry_mode::tree) {
                return missing(
                    path,
                    "since " + shown(join({parts->begin(), part})) + " is " + std::string{kind_name(at.mode)}
                );
            }
            auto next = child(at.id, *part, path);
            if (!next) {
                return next.error();
            }
            if (!*next) {
                return missing(path, {});
            }
            at = std::move(**next);
        }
        at.name = join(*parts);
        return at;
    }

    // Tells the log, where there is one, what was found.
    result<tree_entry> noted(
        commit_read::question asked, std::string_view path, result<tree_entry> found, bool by_link = false
    ) {
        if (!log_) {
            return found;
        }
        while (path.ends_with('/')) {
            path.remove_suffix(1);
        }
        if (!found && found.error().kind() != error_kind::not_found) {
            if (split(path)) { // what is no path is none in every commit
                log_->note_commit();
            }
            return found;
        }
        commit_read one{.asked = asked, .path = std::string{path}};
        if (found) {
            one.there = true;
            one.mode = found->mode;
            one.id = found->id;
            one.led_to = found->name;
        }
        log_->note(std::move(one), by_link);
        return found;
    }

    result<tree_entry> follow_from(const object_id& root, std::string_view path, std::size_t& links) {
        const auto parts = split(path);
        if (!parts) {
            return parts.error();
        }
        std::deque<std::string> ahead{parts->begin(), parts->end()};
        std::vector<std::string> names; // where we are …
        std::vector<tree_entry> stack;  // … and what is there
        stack.push_back({.name = {}, .mode = entry_mode::tree, .id = root});
        std::size_t steps = 0;
        while (!ahead.empty()) {
            const auto part = std::move(ahead.front());
            ahead.pop_front();
            if (++steps > max_steps) {
                return user_error(
                    "the way to " + shown(path) + " has more than the " + std::to_string(max_steps) +
                    " steps that are allowed" +
                    (links > 0 ? ": the symlinks on it lead through one another" : "")
                );
            }
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
            auto next = child(stack.back().id, part, path);
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

    // A tree out of the cache, or parsed.
    result<std::shared_ptr<const parsed_tree>> tree(const object_id& id, std::string_view where) {
        if (auto enough = spend_looks(1, where); !enough) {
            return enough.error();
        }
        if (last_ && last_id_ == id) {
            return last_;
        }
        const tree_cache::key key{repository_key_, id};
        auto found = trees_->find(key);
        if (!found) {
            const auto bytes = read(id, GIT_OBJECT_TREE, max_tree_bytes);
            if (!bytes) {
                return bytes.error();
            }
            if (auto enough = spend_looks(bytes->view().size() / bytes_parsed_per_look, where); !enough) {
                return enough.error();
            }
            auto parsed = parsed_tree::parse(std::string{bytes->view()}, id);
            if (!parsed) {
                return parsed.error();
            }
            found = std::move(*parsed);
            trees_->insert(key, found);
        }
        last_ = std::move(found);
        last_id_ = id;
        return last_;
    }

    result<std::vector<tree_entry>> entries(const object_id& id, std::size_t max_entries) {
        const auto all = tree(id, {});
        if (!all) {
            return all.error();
        }
        if ((*all)->size() > max_entries) {
            return user_error(
                "the tree " + id.hex() + " has more than " + std::to_string(max_entries) + " entries"
            );
        }
        if (auto enough = spend_looks((*all)->size() / entries_listed_per_look); !enough) {
            return enough.error();
        }
        return (*all)->entries();
    }

    // The entry of that name; nothing when there is none.
    result<std::optional<tree_entry>>
    child(const object_id& in, std::string_view name, std::string_view where) {
        const auto all = tree(in, where);
        if (!all) {
            return all.error();
        }
        return (*all)->find(name);
    }

    std::string path_;
    object_id commit_;
    std::shared_ptr<const void> pin_;
    std::shared_ptr<tree_cache> trees_;
    std::shared_ptr<read_log> log_;
    sha256_digest repository_key_;
    // The one used last: a tree that is too large for the cache is not parsed for each name in it.
    std::shared_ptr<const parsed_tree> last_;
    object_id last_id_;
    libgit2::repository repository_;
    libgit2::odb odb_;
    object_id root_;
};

} // namespace

result<snapshot>
snapshot::open(const std::string& repository, const object_id& commit, std::shared_ptr<tree_cache> trees) {
    snapshot s{repository, commit, nullptr, trees ? std::move(trees) : std::make_shared<tree_cache>()};
    if (const auto reader = s.read(); !reader) {
        return reader.error();
    }
    return s;
}

result<std::unique_ptr<tree_reader>> snapshot::read() const {
    auto reader = std::make_unique<libgit2_reader>(
        repository_, commit_, pin_, trees_ ? trees_ : std::make_shared<tree_cache>(), log_
    );
    if (auto started = reader->start(); !started) {
        return started.error();
    }
    return std::unique_ptr<tree_reader>{std::move(reader)};
}

snapshot snapshot::noting(std::shared_ptr<read_log> log) const {
    auto noting = *this;
    noting.log_ = std::move(log);
    return noting;
}

void snapshot::note_commit() const {
    if (log_) {
        log_->note_commit();
    }
}

bool is_lfs_pointer(std::string_view blob) noexcept {
    return blob.size() < 1024 && blob.starts_with("version https://git-lfs.github.com/spec/") &&
           blob.find("\noid sha256:") != std::string_view::npos;
}

} // namespace holdfast::git
