#pragma once

#include "render/manifest.hpp"

#include <map>
#include <string>
#include <string_view>

namespace holdfast::render {

/// What helm said on its error output when it failed, taken apart: file, line, column and sentence of each
/// thing that it names. `places` is that of the plan (builders::build_plan): paths are given as the
/// repository has them. Lines are those of files; where helm counts the lines of rendered text, the sentence
/// says so. Never empty.
render_errors read_helm_error(std::string_view stderr_text, const std::map<std::string, std::string>& places);

} // namespace holdfast::render

namespace holdfast::builders {

/// A path as a program calls it ("web/charts/common/templates/_names.tpl"), as the repository has it, by the
/// longest of `places` that fits; unchanged where none does.
std::string place_of(std::string_view path, const std::map<std::string, std::string>& places);

} // namespace holdfast::builders
