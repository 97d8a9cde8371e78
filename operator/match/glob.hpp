#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::match {

/// By whose rules a pattern is read. All have `*`, `?`, sets such as `[a-z]`, and `\`, which takes the next
/// character as it is. What differs:
enum class glob_dialect : std::uint8_t {
    /// github.com/gobwas/glob without separators, which Argo CD has for directory.include and .exclude and in
    /// spec.ignoreDifferences: `*` and `?` match '/' too; `{a,b*}` are alternatives, which may nest; `[!a-z]`
    /// is what is not in a set. Beyond gobwas a set may have several ranges. `[^a]`, which means '^' or 'a'
    /// there and the opposite everywhere else, is refused.
    gobwas,
    /// The same with '/' as separator, which Argo CD has for URLs of repositories: `*` and `?` do not match
    /// '/', and `**` does.
    gobwas_path,
    /// Go's filepath.Match: `*` and `?` do not match '/'; `[^a-z]` is what is not in a set; '-' in a set has
    /// to be escaped; braces are characters like others.
    go_path,
    /// A step of a path in github.com/bmatcuk/doublestar: `*` and `?` do not match '/'; alternatives as in
    /// gobwas; `[^a-z]` and `[!a-z]` are what is not in a set.
    doublestar,
};

/// A compiled pattern. It matches a whole text, in time linear in the text, whatever the pattern. Bytes that
/// are no UTF-8 are characters of their own. Cheap to copy; immutable; any thread.
class glob {
public:
    /// Matches the empty text.
    glob() = default;

    /// Error: user, naming the pattern and what is wrong with it: `glob "{a": '{' without '}'`.
    static result<glob> compile(glob_dialect dialect, std::string_view pattern);

    [[nodiscard]] bool matches(std::string_view text) const;
    [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }

private:
    friend std::string glob_problem(glob_dialect dialect, std::string_view pattern);
    /// Its errors do not name the pattern.
    static result<glob> read(glob_dialect dialect, std::string_view pattern);

    struct program;
    std::string pattern_;
    // Most patterns are a name or "*": neither needs an expression.
    std::shared_ptr<const program> program_;
    std::string literal_; ///< where there is no program: what alone is matched
    bool is_any_ = false;
};

/// What is wrong with a pattern, to be said after "is not a glob: "; empty where nothing is.
[[nodiscard]] std::string glob_problem(glob_dialect dialect, std::string_view pattern);

} // namespace holdfast::match
