#pragma once

#include "base/error.hpp"
#include "git/object_id.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::git {

enum class entry_mode : std::uint32_t {
    tree = 0040000,
    file = 0100644,
    executable = 0100755,
    symlink = 0120000,
    /// A commit of another repository.
    submodule = 0160000,
};

struct tree_entry {
    /// The name in its tree; with recursion the path from where the listing started.
    std::string name;
    entry_mode mode = entry_mode::file;
    object_id id;

    friend bool operator==(const tree_entry&, const tree_entry&) = default;
};

/// What a commit says of itself.
struct commit_info {
    object_id tree;
    std::vector<object_id> parents;
    std::string author_name;
    std::string author_email;
    std::chrono::system_clock::time_point author_time;
    std::chrono::system_clock::time_point commit_time;
    std::string message;
};

struct list_limits {
    bool recursive = false;
    std::size_t max_entries = 100'000;
    std::size_t max_depth = 64;
};

/// Reads one commit of a store, in process. Synchronous: for the worker pool. One task, one reader; it can be
/// moved to another thread but not shared. Fetches and housekeeping beside it do not disturb it.
///
/// Paths are relative to the root, with '/', and are taken literally: no component may be empty, "." or "..";
/// "" is the root, and one trailing '/' is forgiven. Errors: not_found naming path and commit; user for wrong
/// paths, what is not of the kind asked for, hostile trees (a name that is "..", ".git" in any spelling, or
/// has a '/' or control character inside) and limits; conflict when the store lost an object (fetch again).
/// All of it takes looks of the budget that the thread works under (base/work_budget.hpp); a look-up costs
/// the same however large the directory is, once its tree is in the cache.
class tree_reader {
public:
    virtual ~tree_reader() = default;

    [[nodiscard]] virtual const object_id& commit() const noexcept = 0;
    virtual result<commit_info> info() = 0;
    /// The id of the directory at `path`. Same id, same content.
    virtual result<object_id> tree_at(std::string_view path) = 0;
    /// What is at `path`. Symlinks on the way and at its end are not followed: a path through one is
    /// not_found.
    virtual result<tree_entry> entry_at(std::string_view path) = 0;
    /// The same for who only goes on from there: of a directory nothing but that it is one counts for a
    /// read_log, and its id is not to be used.
    virtual result<tree_entry> step_at(std::string_view path) = 0;
    /// The same with every symlink resolved inside the tree; `name` is the path it came to. User errors: a
    /// link that leads out of the tree or is absolute, and a loop; not_found for one that leads nowhere.
    virtual result<tree_entry> follow(std::string_view path) = 0;
    /// The same below another tree, which links must not leave.
    virtual result<tree_entry> follow_in(const object_id& root, std::string_view path) = 0;
    /// The entries of a tree in Git's order, which is that of their bytes with directories as if they ended
    /// in
    /// '/'. Recursive: everything below, without the directories themselves.
    virtual result<std::vector<tree_entry>> list(const object_id& tree, list_limits limits = {}) = 0;
    /// The bytes of a blob; a user error when it is longer than `limit`. For a symlink: its target.
    virtual result<std::string> blob(const object_id& id, std::size_t limit = std::size_t{16} << 20U) = 0;
    virtual result<std::uint64_t> blob_size(const object_id& id) = 0;
    /// The bytes of the file at `path`, symlinks followed.
    virtual result<std::string> file(std::string_view path, std::size_t limit = std::size_t{16} << 20U) = 0;
};

class tree_cache;
class read_log;

struct export_limits {
    std::size_t max_entries = 100'000;
    std::uint64_t max_bytes = std::uint64_t{256} << 20U;
};

/// Writes what lies below `tree` into the existing, empty directory `to`, which nobody else may write in:
/// files 0644 or 0755, symlinks as such where they stay inside `tree` (others are a user error that names
/// them), submodules as empty directories. For tools that need files; plain YAML needs none. On an error what
/// was written so far is left to the caller, whose directory it is.
result<void>
export_tree(tree_reader& from, const object_id& tree, const std::string& to, export_limits limits = {});

/// True when a blob is not the file but stands for it in Git LFS.
[[nodiscard]] bool is_lfs_pointer(std::string_view blob) noexcept;

/// A commit that is in a store and stays there while a copy of this lives: housekeeping leaves it alone.
/// Cheap to copy, from any thread.
class snapshot {
public:
    /// Of nothing: reading it is an error.
    snapshot() = default;

    /// The commit in a bare repository on disk that is nobody's store: nothing holds it there. For tests and
    /// tools; in the operator `store::open` makes them. Without `trees` it has a cache of its own.
    static result<snapshot>
    open(const std::string& repository, const object_id& commit, std::shared_ptr<tree_cache> trees = {});

    [[nodiscard]] const object_id& commit() const noexcept { return commit_; }
    /// The directory of the bare repository.
    [[nodiscard]] const std::string& repository() const noexcept { return repository_; }
    /// A reader for one task. On the worker pool.
    [[nodiscard]] result<std::unique_ptr<tree_reader>> read() const;

    /// The same commit, whose readers note in `log` what they are asked by path. All on one thread.
    [[nodiscard]] snapshot noting(std::shared_ptr<read_log> log) const;
    /// Tells the log, where there is one, that the commit's own name is relied on.
    void note_commit() const;

    /// For stores. `trees` is shared by all that they hold.
    snapshot(
        std::string repository, const object_id& commit, std::shared_ptr<const void> pin,
        std::shared_ptr<tree_cache> trees
    )
        : repository_{std::move(repository)},
          commit_{commit},
          pin_{std::move(pin)},
          trees_{std::move(trees)} {}

private:
    std::string repository_;
    object_id commit_;
    std::shared_ptr<const void> pin_;
    std::shared_ptr<tree_cache> trees_;
    std::shared_ptr<read_log> log_;
};

} // namespace holdfast::git
