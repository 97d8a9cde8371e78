#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::render {

/// What a name in a directory of a source stands for.
enum class entry_kind { directory, file, symlink, submodule };

/// One name in a directory of a source.
struct source_entry {
    std::string name;
    entry_kind kind = entry_kind::file;
    /// Identifies the content: of a directory all that is below it, of a symlink its target. Two entries with
    /// the same id have the same content. In hexadecimal (a Git object id).
    std::string id;
};

/// The files of a source at one revision: what a build reads, and nothing else. Paths are relative to the
/// root, with '/', without "." and ".." and without a slash at either end; "" is the root. Symlinks are
/// shown, never followed: whoever reads decides. A source of files (file_tree.hpp) implements it, and so does
/// an in-memory tree in tests. One object, one thread at a time.
class source_tree {
public:
    virtual ~source_tree() = default;

    /// How messages call this tree: "revision 1234567 of https://…".
    [[nodiscard]] virtual std::string describe() const = 0;

    /// What is at `path`; nothing when there is nothing. A path through a symlink or a file is not there.
    virtual result<std::optional<source_entry>> find(std::string_view path) = 0;

    /// The same for who only goes on from there: the id of a directory is not to be used. A tree that keeps
    /// account of what is read counts no directory that is only gone through.
    virtual result<std::optional<source_entry>> step(std::string_view path) { return find(path); }

    /// The names in a directory that `find` or `list` gave, sorted by their bytes.
    virtual result<std::vector<source_entry>> list(const source_entry& directory) = 0;

    /// The content of a file, or the target of a symlink, that `find` or `list` gave. Error: user when it is
    /// larger than `limit` bytes.
    virtual result<std::string> read(const source_entry& file, std::size_t limit) = 0;
};

} // namespace holdfast::render
