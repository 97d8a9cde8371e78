#pragma once

#include "e2e/background_process.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::test {

namespace json = boost::json;

/// A bare repository behind an HTTP server of its own, and a work tree to push from.
class git_repository {
public:
    /// It is served at this address of the machine.
    explicit git_repository(
        std::string name, std::vector<std::string> server_options = {}, std::string address = "127.0.0.1"
    );
    git_repository(const git_repository&) = delete;
    git_repository& operator=(const git_repository&) = delete;

    /// Files of the work tree; nothing is pushed.
    git_repository& write(const std::string& path, std::string_view text);
    git_repository& remove(const std::string& path);
    /// Commits everything and pushes it to a branch. The commit's id.
    std::string push(const std::string& message, const std::string& branch = "main");
    /// Pushes a ref of the work tree as it is, e.g. refs/tags/v1.
    void push_ref(const std::string& ref);
    /// git in the work tree, which must succeed; its output.
    std::string git(std::vector<std::string> args);

    /// The branch main with all its commits, as text (git fast-export).
    std::string exported();
    /// Becomes what exported() gave, with the same commit ids. For a repository in which nothing was pushed.
    git_repository& import(std::string_view exported);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::string url() const;
    /// Serves with these options of tests/support/git_http_server.py from now on, on the same port.
    void serve(std::vector<std::string> options = {});
    /// Takes connections and never answers, until serve().
    void hang() { serve({"--hang"}); }
    /// Nobody listens, until serve().
    void vanish();
    /// The requests that were answered, one a line: METHOD /path STATUS.
    [[nodiscard]] std::string requests() const;

    /// Applies a Repository object "NAME" in "holdfast" that polls it every second. `spec` is merged into its
    /// spec.
    git_repository& declare(const json::object& spec = {});

private:
    [[nodiscard]] std::filesystem::path served() const;
    [[nodiscard]] std::filesystem::path tree() const;

    std::string name_;
    std::string address_;
    temporary_directory directory_{"holdfast-e2e-git"};
    int port_ = 0;
    background_process server_;
    int servers_ = 0;
};

} // namespace holdfast::test
