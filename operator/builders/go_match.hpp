#pragma once

#include "builders/commit_view.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// Go's filepath.Match: '*' and '?' do not match '/', "[a-z]" and "[^a-z]" are sets, '\' takes the next
/// character as it is. Linear in the text for each '*'. False for patterns that are none.
bool go_match(std::string_view pattern, std::string_view text) noexcept;

/// False for a pattern that Go refuses: a set that is not closed, a '\' at the end.
bool is_go_pattern(std::string_view pattern) noexcept;

/// True when a path has one of the characters that make Argo CD take it as a pattern: '*', '?', '['.
bool has_wildcard(std::string_view path) noexcept;

/// The files of a commit that a pattern matches, in the order of github.com/bmatcuk/doublestar, by which
/// later value files win: by directories, each sorted. Beside go_match there are "**" for any number of
/// directories and "{a,b}". Symlinks are followed; directories are not among the matches. Errors: user for a
/// pattern that is none, for one that looks at or matches too much, and for symlinks without an end.
result<std::vector<std::string>> expand_pattern(const commit_view& view, std::string_view pattern);

/// The same out of sorted paths of files.
result<std::vector<std::string>>
expand_pattern(const std::vector<std::string>& files, std::string_view pattern);

} // namespace holdfast::builders
