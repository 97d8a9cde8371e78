#pragma once

#include "git/tree_reader.hpp"
#include "render/source_tree.hpp"

#include <memory>
#include <string>

namespace holdfast::render {

/// One commit of a Git repository as a source. `name` is how messages call the repository: its URL without
/// credentials.
std::unique_ptr<source_tree> make_git_tree(std::unique_ptr<git::tree_reader> reader, std::string name);

} // namespace holdfast::render
