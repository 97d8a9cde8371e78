#pragma once

#include "render/source_tree.hpp"

#include <memory>

namespace holdfast::builders {

/// The same tree, for who looks up many paths in it: each directory is read once. Keeps the names of up to
/// half a million entries.
std::unique_ptr<render::source_tree> cached(std::unique_ptr<render::source_tree> tree);

} // namespace holdfast::builders
