#pragma once

#include "base/error.hpp"
#include "match/glob.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// The .helmignore of a chart: what helm does not see of its directory. Patterns of Go's filepath.Match, by
/// name, by path where they have a '/', directories alone where they end in one; the first that matches
/// decides.
class helm_ignore {
public:
    /// What holds for every chart: dot files in templates/.
    helm_ignore();
    /// Errors: user for "**" and for patterns that are none, with the line.
    static result<helm_ignore> parse(std::string_view text);

    /// True when helm passes over `path` (relative to the chart), or over a directory that it is in.
    [[nodiscard]] bool covers(std::string_view path, bool is_directory) const;

private:
    struct rule {
        match::glob pattern;
        bool negated = false;
        bool only_directories = false;
        bool by_path = false;
    };
    [[nodiscard]] bool matches(std::string_view path, bool is_directory) const;
    std::vector<rule> rules_;
};

} // namespace holdfast::builders
