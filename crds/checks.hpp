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

/// A glob of Argo CD (match::glob_dialect::gobwas).
void check_glob(std::string_view pattern, const std::string& path, problem_list& problems);

/// The name of a branch, tag or commit, where there is one: a range of versions alone is not enough.
void check_name_of_revision(std::string_view text, const std::string& path, problem_list& problems);

} // namespace holdfast::crds
