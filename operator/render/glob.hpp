#pragma once

#include "base/error.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace holdfast::render {

/// A pattern over paths as Argo CD has it in directory.include and directory.exclude (gobwas/glob without
/// separators): `*` and `**` match anything, '/' included; `?` one character; `[abc]`, `[a-z]`, `[!a-z]` one
/// of a set; `{a,b*}` alternatives, which may nest; `\` takes the next character as it is. A pattern matches
/// the whole path. Matching takes time linear in the path, whatever the pattern. Immutable; any thread.
class glob {
public:
    /// Error: user, naming the pattern and what is wrong with it.
    static result<glob> compile(std::string_view pattern);

    [[nodiscard]] bool matches(std::string_view path) const;
    [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }

private:
    struct program;
    glob(std::string pattern, std::shared_ptr<const program> compiled);
    std::string pattern_;
    std::shared_ptr<const program> program_;
};

} // namespace holdfast::render
