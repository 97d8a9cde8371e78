#pragma once

#include "base/error.hpp"
#include "crds/application_set.hpp"
#include "sets/parameters.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What a git generator makes of a tree.
namespace holdfast::sets {

/// The directories that files lie in at any depth, in the order of a walk through the tree. Hidden ones
/// (".name") and what is in them do not count. `files` is sorted.
std::vector<std::string> directories_of(const std::vector<std::string>& files);

/// Those that a rule matches and no excluding one does, in their order. Errors: user, naming the pattern that
/// is none.
result<std::vector<std::string>> matching_directories(
    const std::vector<std::string>& directories, const std::vector<crds::git_path_rule>& rules
);

/// The same for files.
result<std::vector<std::string>>
matching_files(const std::vector<std::string>& files, const std::vector<crds::git_path_rule>& rules);

/// The maps in a file of YAML or JSON: one, those of a list, or an empty one for an empty file. Error: user.
result<std::vector<parameters>> maps_in_file(std::string_view content);

/// The maps of a list in YAML; none in an empty text. Error: user.
result<std::vector<parameters>> maps_in_elements(std::string_view yaml);

/// Which names parameters have.
struct path_style {
    bool go = false;
    std::string prefix;
};

/// path, path.basename …
parameters directory_parameters(const std::string& directory, const path_style& style);

/// What is in a file, flattened without Go, and path, path.filename …, which win.
parameters file_parameters(const std::string& file, const parameters& content, const path_style& style);

} // namespace holdfast::sets
