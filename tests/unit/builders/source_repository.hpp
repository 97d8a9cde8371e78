#pragma once

#include "git/tree_reader.hpp"

#include <filesystem>
#include <string>

namespace holdfast::test {

/// A Git repository in a directory of its own, whose commits are sources. Everything is removed with it.
class source_repository {
public:
    source_repository();
    ~source_repository();
    source_repository(const source_repository&) = delete;
    source_repository& operator=(const source_repository&) = delete;

    source_repository& file(const std::string& path, const std::string& content);
    source_repository& link(const std::string& path, const std::string& target);
    source_repository& remove(const std::string& path);

    /// Commits everything there is.
    git::snapshot commit();

    /// The work tree.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return directory_; }

private:
    std::filesystem::path directory_;
};

/// What a command of the shell prints on both its outputs, and its status.
struct shell_outcome {
    int status = 0;
    std::string output;
};
shell_outcome shell(const std::string& command);

} // namespace holdfast::test
