#pragma once

#include "base/error.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::match {

/// A version as github.com/Masterminds/semver/v3 reads one (NewVersion): semantic versioning 2.0 with an
/// optional leading 'v' and with minor and patch left out at will.
struct version {
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    std::uint64_t patch = 0;
    std::string prerelease;
    std::string metadata;
    /// As it was written.
    std::string original;

    static std::optional<version> parse(std::string_view text);

    /// The order of semver.org §11: a prerelease comes before its release; metadata does not count.
    [[nodiscard]] std::strong_ordering compare(const version& other) const noexcept;
};

/// A range of versions in the same library's grammar: comparisons (= != > < >= <= => =<), ^, ~, x/X/* as
/// wildcard, hyphen ranges ("1.2 - 2"), comma or blank for "and", || for "or". Prereleases match only a range
/// that names one.
class version_range {
public:
    /// A user error that names what cannot be read.
    static result<version_range> parse(std::string_view text);

    [[nodiscard]] bool contains(const version& v) const noexcept;

    /// The index of the highest of `candidates` that is in the range; nothing when none is. Those that are no
    /// versions are passed over; the first of equals.
    [[nodiscard]] std::optional<std::size_t> highest(const std::vector<std::string_view>& candidates) const;

private:
    enum class comparison { equal, not_equal, greater, less, greater_equal, less_equal, tilde, caret };
    struct constraint {
        comparison how = comparison::equal;
        version with;
        bool minor_open = false; // "1", "1.x": no minor was given
        bool patch_open = false;
        bool any = false; // "*": nothing was given at all
    };
    std::vector<std::vector<constraint>> any_of_all_;

    static std::optional<constraint> parse_constraint(std::string_view text);
    static bool matches(const constraint& c, const version& v) noexcept;
};

} // namespace holdfast::match
