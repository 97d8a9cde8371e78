#pragma once

#include "git/snapshot.hpp"
#include "git/tree_cache.hpp"
#include "support/temporary_directory.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace holdfast::test {

/// A Git repository in a directory of its own, whose commits are sources. Everything is removed with it.
class source_repository {
public:
    source_repository();

    source_repository& file(const std::string& path, const std::string& content);
    source_repository& link(const std::string& path, const std::string& target);
    source_repository& remove(const std::string& path);

    /// Commits everything there is. The snapshots share a cache of trees, as those of a store do.
    git::snapshot commit();
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
