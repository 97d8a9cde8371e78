#pragma once

// What was found in a directory on disk. For directory.cpp.

#include "base/error.hpp"
#include "files/directory.hpp"
#include "files/object_id.hpp"
#include "files/tree_reader.hpp"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::files {

/// Looks at the directory as it is asked, and remembers what it found. Any thread; one at a time looks.
class directory_scan {
public:
    struct node {
        std::string name;
        node* parent = nullptr;
        entry_mode mode = entry_mode::tree;
        /// Of a symlink.
        std::string target;
        /// Of a file whose id is known.
        std::uint64_t size = 0;
        std::size_t depth = 0;
        std::optional<object_id> id;
        /// Of a directory: those that were asked for, or all once `is_listed`. By their names.
        std::map<std::string, std::unique_ptr<node>, std::less<>> below;
        bool is_listed = false;
    };

    static result<std::shared_ptr<directory_scan>> open(const std::string& path, directory_limits limits);
    directory_scan(std::string path, int root, directory_limits limits);
    ~directory_scan();
    directory_scan(const directory_scan&) = delete;
    directory_scan& operator=(const directory_scan&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    /// Another one for each scan: a later one may find other files.
    [[nodiscard]] const std::string& identity() const noexcept { return identity_; }
    [[nodiscard]] node& root() noexcept { return root_; }

    /// What is of that name in a directory; null when nothing is. `where` is the whole path, for messages.
    result<node*> child(node& in, std::string_view name, std::string_view where);
    /// Mode and id. Nothing for a directory without a file in it, unless it is the root.
    result<std::optional<tree_entry>> entry_of(node& of);
    /// What a directory has, in Git's order.
    result<std::vector<tree_entry>> entries(node& of, std::size_t max_entries);
    /// A file, directory or symlink whose id was given away; null when none was.
    [[nodiscard]] node* find(const object_id& id);
    /// The bytes of a file, which still has its id.
    result<std::string> read(node& file, std::size_t limit);
    [[nodiscard]] std::string path_of(const node& of) const;

private:
    result<node*> add(node& in, int directory, std::string_view name);
    result<void> list(node& of);
    result<object_id> id_of(node& of);
    result<object_id> id_of_tree(node& of);
    result<object_id> id_of_file(node& of);
    [[nodiscard]] static std::vector<node*> in_order(node& of);
    [[nodiscard]] error cannot_read(const node& of, int code) const;
    [[nodiscard]] error has_changed(const node& of) const;
    [[nodiscard]] std::string shown_path(const node& of) const;

    const std::string path_;
    const std::string identity_;
    const int root_descriptor_;
    const directory_limits limits_;
    std::mutex mutex_;
    node root_;
    std::unordered_map<object_id, node*> by_id_;
    std::size_t seen_ = 0;
    std::uint64_t hashed_ = 0;
};

} // namespace holdfast::files
