#pragma once

#include "base/error.hpp"
#include "match/glob.hpp"
#include "render/source_tree.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// A pattern over the paths of a tree, step by step: what match::glob_dialect::doublestar has within a
/// step, which '*' does not leave, and `**` for any number of steps, none included. Immutable; any thread.
class path_glob {
public:
    /// Relative to whatever it is used with: "./" and doubled slashes do not matter. Errors: user for
    /// absolute patterns, "..", and what match::glob does not take.
    static result<path_glob> compile(std::string_view pattern);

    [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }
    /// Nothing in it stands for anything but itself.
    [[nodiscard]] bool is_plain() const noexcept;

private:
    friend class glob_search;
    struct step {
        std::string text;
        /// Nothing for plain text and for `**`.
        std::optional<match::glob> pattern;
        bool is_any_depth = false;
    };
    std::string pattern_;
    std::vector<step> steps_;
};

/// The paths in `tree` that a pattern below `directory` (clean, "" is the root) matches: files, directories
/// and symlinks, which are not followed; sorted, at most `most` of them. Errors: user for a tree that takes
/// more than 100'000 looks; what the tree gives.
result<std::vector<std::string>>
matches_of(render::source_tree& tree, std::string_view directory, const path_glob& glob, std::size_t most);

} // namespace holdfast::builders
