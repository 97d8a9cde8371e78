#pragma once

#include "render/manifest.hpp"

#include <string>
#include <string_view>
#include <vector>

// Finished builds are shared by all who have the same content, wherever they have it: what a build keeps of
// its places does not name the directory of the application that happened to make it.

namespace holdfast::sources {

/// Takes the source's directory (`path`, clean; "" for the root) out of the places and warnings of what was
/// built there.
void forget_directory(render::render_output& made, std::string_view path);

/// A place or warning, as it is for a source in that directory. Others are given as they are.
[[nodiscard]] std::string in_directory(std::string text, std::string_view path);

} // namespace holdfast::sources
