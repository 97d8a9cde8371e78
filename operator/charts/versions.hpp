#pragma once

// Which version of a chart is meant, and what to say when there is none. Pure.

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::charts {

/// Whether `wanted` is one version, all three numbers given: then it is looked for as it stands before it is
/// taken for a range.
[[nodiscard]] bool is_exact(std::string_view wanted);

/// A user error when it is neither a version nor a range. Empty is fine.
result<void> check_range(std::string_view wanted);

/// Which of `have` is meant, by helm's rule: the one that is written just so; else the highest in the range
/// (empty: "*"), prereleases only where the range names one; of equals the first. What is no version is never
/// in a range. not_found names the nearest; `subject` says of what: "the chart \"web\" of https://…".
result<std::size_t>
choose_version(const std::vector<std::string_view>& have, std::string_view wanted, std::string_view subject);

/// The not_found error for a name that is not among `have`, with those that it may have been meant for.
error no_such_chart(
    const std::vector<std::string_view>& have, std::string_view wanted, std::string_view where
);

} // namespace holdfast::charts
