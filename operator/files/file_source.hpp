#pragma once

#include "files/tree_reader.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::files {

class read_log;

/// The files that a build is planned over and given copies of: a commit (git/snapshot.hpp) or a directory
/// (directory.hpp). Whoever plans does not know which. What it gives does not change while a copy of it
/// lives; where that cannot be held (a directory that somebody works in), reading what changed is a conflict
/// error. Cheap to copy, from any thread.
class file_source {
public:
    /// What stands behind one. Immutable but for what it remembers; any thread.
    class backing {
    public:
        virtual ~backing() = default;
        [[nodiscard]] virtual result<std::unique_ptr<tree_reader>> read() const = 0;
        [[nodiscard]] virtual const std::string& identity() const noexcept = 0;
        [[nodiscard]] virtual std::shared_ptr<const backing> noting(std::shared_ptr<read_log> log) const = 0;
        virtual void note_revision() const = 0;
    };

    /// Of nothing: reading it is an error.
    file_source() = default;
    explicit file_source(std::shared_ptr<const backing> behind) : behind_{std::move(behind)} {}

    /// A reader for one task. On the worker pool.
    [[nodiscard]] result<std::unique_ptr<tree_reader>> read() const;
    /// Equal for two that give the same files at the same paths because they are the same source. Empty of
    /// nothing. Not for build keys, which have the ids of what is read.
    [[nodiscard]] std::string_view identity() const noexcept;

    /// The same source, whose readers note in `log` what they are asked by path. All on one thread.
    [[nodiscard]] file_source noting(std::shared_ptr<read_log> log) const;
    /// Tells the log, where there is one, that the source's own name (the id of a commit) is relied on.
    void note_revision() const;

private:
    std::shared_ptr<const backing> behind_;
};

} // namespace holdfast::files
