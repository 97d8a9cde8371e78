#pragma once

#include "base/error.hpp"
#include "files/file_source.hpp"
#include "git/object_id.hpp"

#include <memory>
#include <string>
#include <utility>

namespace holdfast::git {

class tree_cache;

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
    [[nodiscard]] result<std::unique_ptr<files::tree_reader>> read() const;

    /// The same commit, whose readers note in `log` what they are asked by path. All on one thread.
    [[nodiscard]] snapshot noting(std::shared_ptr<files::read_log> log) const;
    /// Tells the log, where there is one, that the commit's own name is relied on.
    void note_revision() const;

    /// The commit as a source of builds.
    operator files::file_source() const; // NOLINT(google-explicit-constructor): a commit is one

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
    std::shared_ptr<files::read_log> log_;
};

} // namespace holdfast::git
