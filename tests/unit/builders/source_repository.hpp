#pragma once

#include "git/snapshot.hpp"
#include "git/tree_cache.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::test {

/// A Git repository in a directory of its own, whose commits are sources. Everything is removed with it.
class source_repository {
public:
    source_repository();
    /// By path; a commit of them is made.
    explicit source_repository(const std::map<std::string, std::string>& files);

    // Of the work tree; nothing is committed.
    const source_repository& file(const std::string& path, std::string_view content) const;
    const source_repository& link(const std::string& path, const std::string& target) const;
    const source_repository& remove(const std::string& path) const;

    /// Commits everything there is, ignored files too. The snapshots share a cache of trees, as those of a store do.
    git::snapshot commit() const; // NOLINT(modernize-use-nodiscard)
    /// The last commit.
    [[nodiscard]] git::snapshot at() const;
    /// A clone of the last commit.
    void clone(const std::filesystem::path& to) const;
    /// git in the work tree, which must succeed; its output.
    std::string git(const std::string& arguments) const; // NOLINT(modernize-use-nodiscard)
    [[nodiscard]] const git::tree_cache& trees() const noexcept { return *trees_; }

    /// The work tree.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return directory_.path(); }

private:
    temporary_directory directory_{"holdfast-builders"};
    std::shared_ptr<git::tree_cache> trees_ = std::make_shared<git::tree_cache>();
};

/// What a command of the shell prints on both its outputs, and its status.
struct shell_outcome {
    int status = 0;
    std::string output;
};
shell_outcome shell(const std::string& command);

} // namespace holdfast::test
