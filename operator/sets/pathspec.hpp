#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace holdfast::sets {

/// A pattern as `git ls-files -- PATTERN` takes it: `*` and `?` match '/' too, sets are [a-z], [!a], [^a] and
/// [[:alpha:]], `\` takes the next character as it is; without any of them, and as well, it is a file or a
/// directory with all that is in it. Immutable; any thread.
class pathspec {
public:
    /// Errors: user, naming the pattern: magic (":(glob)…"), absolute paths and those out of the tree.
    static result<pathspec> parse(std::string_view pattern);

    /// In a time that is at most the product of both lengths.
    [[nodiscard]] bool matches(std::string_view path) const;

private:
    std::string pattern_;
};

} // namespace holdfast::sets
