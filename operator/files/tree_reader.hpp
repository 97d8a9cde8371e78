#pragma once

#include "base/error.hpp"
#include "files/object_id.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::files {

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

struct list_limits {
    bool recursive = false;
    std::size_t max_entries = 100'000;
    std::size_t max_depth = 64;
};

/// Reads the files of one source (file_source.hpp), in process. Synchronous: for the worker pool. One task,
/// one reader; it can be moved to another thread but not shared.
///
/// Paths are relative to the root, with '/', and are taken literally: no component may be empty, "." or "..";
/// "" is the root, and one trailing '/' is forgiven. Errors: not_found naming path and source; user for wrong
/// paths, what is not of the kind asked for, hostile trees (a name that is "..", ".git" in any spelling, or
/// has a '/' or control character inside) and limits; conflict when what was there a moment ago is there no
/// longer (a store lost an object, a file of a directory was changed): look again.
/// All of it takes looks of the budget that the thread works under (base/work_budget.hpp).
class tree_reader {
public:
    virtual ~tree_reader() = default;

    /// How messages call the source: "revision 0123456789", "directory /home/me/shop".
    [[nodiscard]] virtual std::string name() const = 0;
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
    /// in '/'. Recursive: everything below, without the directories themselves.
    virtual result<std::vector<tree_entry>> list(const object_id& tree, list_limits limits = {}) = 0;
    /// The bytes of a file; a user error when it is longer than `limit`. For a symlink: its target.
    virtual result<std::string> blob(const object_id& id, std::size_t limit = std::size_t{16} << 20U) = 0;
    virtual result<std::uint64_t> blob_size(const object_id& id) = 0;
    /// The bytes of the file at `path`, symlinks followed.
    virtual result<std::string> file(std::string_view path, std::size_t limit = std::size_t{16} << 20U) = 0;
};

/// True when a file is not itself but stands for one in Git LFS.
[[nodiscard]] bool is_lfs_pointer(std::string_view blob) noexcept;

} // namespace holdfast::files
