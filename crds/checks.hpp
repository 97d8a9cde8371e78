#pragma once

#include "crds/source.hpp"
#include "crds/types.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The parts of `check`.
namespace holdfast::crds {

/// Collects problems under a path.
class problem_list {
public:
    void add(std::string path, std::string message) {
        found_.push_back({std::move(path), std::move(message)});
    }
    std::vector<problem> take() { return std::move(found_); }

private:
    std::vector<problem> found_;
};

/// Everything about a source that does not depend on the others beside it.
void check_source(const application_source& source, const std::string& path, problem_list& problems);

/// "Key=value" with a known key and a value that it has.
void check_sync_options(
    const std::vector<std::string>& options, const std::string& path, problem_list& problems
);

/// A URL with a password in it: it would be shown to everybody who may look at the object.
bool has_password(std::string_view url);

/// A path within a repository: relative, and not out of it.
void check_path(std::string_view text, const std::string& path, problem_list& problems);

/// A glob as Argo CD has it; says what is wrong with it, or nothing.
std::string glob_error(std::string_view glob);

/// A range of versions ("1.4.*", ">=1.2 <2", "^1.4 || ~2.0.1") or a version.
bool is_version_range(std::string_view text);

/// The name of a branch, tag or commit: what git-check-ref-format(1) allows.
bool is_git_revision(std::string_view text);

} // namespace holdfast::crds
