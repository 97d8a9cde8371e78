#pragma once

#include "base/error.hpp"
#include "files/file_source.hpp"
#include "match/glob.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::secrets {

struct password_store_limits {
    /// Of one encrypted entry. (A PGP message of a text is about as long as the text.)
    std::size_t max_entry_bytes = std::size_t{2} << 20U;
    std::size_t max_entries = 50'000;
};

/// An entry as the store has it: encrypted.
struct stored_entry {
    /// "shop/db"
    std::string name;
    files::object_id blob;
};

/// A store of `pass` at one commit, read from Git's objects without a checkout. An entry is a file
/// "NAME.gpg"; `.gpg-id` in its directory or the next one above that has one says whose keys open it.
/// Symlinks are followed inside the store. Synchronous, for the pool; one task, one store.
class password_store {
public:
    /// The store below `path` (""; the root of the repository) of the commit. `name` is how messages call it:
    /// its URL without credentials. Errors: those of the reader; user when there is no `.gpg-id` at its root,
    /// so that what is no store is not taken for an empty one.
    static result<password_store> open(
        const files::file_source& at, std::string_view path, std::string name,
        password_store_limits limits = {}
    );

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    /// Of the directory of the store: the same id, the same secrets. For build keys.
    [[nodiscard]] const files::object_id& tree() const noexcept { return root_; }

    /// All entries, in the order of their names.
    result<std::vector<stored_entry>> entries();
    /// Those that a glob (match/glob.hpp) matches.
    result<std::vector<stored_entry>> entries(const match::glob& matching);

    /// One entry. Errors: not_found, naming the entry and the store, and what is there of the same name in
    /// other case; user when it is a folder or a file without ".gpg".
    result<stored_entry> find(std::string_view entry);

    /// The encrypted bytes. Errors: user for an entry that is too large or is a pointer of Git LFS.
    result<std::string> read(const stored_entry& entry);

    /// Whose keys the `.gpg-id` that governs `entry` names, line by line as written (ids, fingerprints, mail
    /// addresses); and where that file is.
    struct recipients {
        std::string file;
        std::vector<std::string> ids;
    };
    result<recipients> recipients_of(std::string_view entry);

    /// The `.gpg-id` of a directory ("" is the store's own), as written; nothing where it has none.
    result<std::optional<std::string>> gpg_id_in(std::string_view directory);

private:
    password_store(
        std::unique_ptr<files::tree_reader> reader, const files::object_id& root, std::string name,
        password_store_limits limits
    );
    std::unique_ptr<files::tree_reader> reader_;
    files::object_id root_;
    std::string name_;
    password_store_limits limits_;
};

} // namespace holdfast::secrets
