#pragma once

#include "builders/source_view.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// True when a path has one of the characters that make Argo CD take it as a pattern: '*', '?', '['.
bool has_wildcard(std::string_view path) noexcept;

/// The files of a source that a pattern matches, in the order of github.com/bmatcuk/doublestar, by which
/// later value files win: by directories, each sorted. Steps of a path are match::glob_dialect::doublestar;
/// beside them there are "**" for any number of directories and "{a,b/c}" over several steps. Symlinks are
/// followed; directories are not among the matches. Errors: user for a pattern that is none, for one that
/// looks at or matches too much, and for symlinks without an end.
result<std::vector<std::string>> expand_pattern(const source_view& view, std::string_view pattern);

/// The same out of sorted paths of files.
result<std::vector<std::string>>
expand_pattern(const std::vector<std::string>& files, std::string_view pattern);

} // namespace holdfast::builders
