#pragma once

#include "files/tree_reader.hpp"
#include "render/source_tree.hpp"

#include <memory>
#include <string>

namespace holdfast::render {

/// What a reader of files gives, as a tree. `repository` is how messages call where it is from: a URL without
/// credentials.
std::unique_ptr<source_tree>
make_file_tree(std::unique_ptr<files::tree_reader> reader, std::string repository);

} // namespace holdfast::render
