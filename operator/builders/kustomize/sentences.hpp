#pragma once

#include "render/source_tree.hpp"

#include <string>
#include <string_view>

namespace holdfast::builders {

/// What is wrong with `text`, which leads from `directory` to `path`, where there is nothing, and which name
/// may have been meant. `what` it should be: "file or directory".
std::string nothing_at(
    render::source_tree& tree, const std::string& directory, std::string_view text, const std::string& path,
    std::string_view what
);

/// What is wrong with `text`, which leads to a file outside of the directory of its kustomization, and what
/// can be named instead where directories can.
std::string outside_of(
    render::source_tree& tree, const std::string& directory, const std::string& text, const std::string& path,
    bool directories
);

} // namespace holdfast::builders
