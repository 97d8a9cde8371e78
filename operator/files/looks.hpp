#pragma once

// What takes as long as one look-up in a directory that is at hand, for all who read files under a budget
// (base/work_budget.hpp).

#include <cstddef>

namespace holdfast::files {

inline constexpr std::size_t bytes_read_per_look = 1024;
inline constexpr std::size_t entries_listed_per_look = 16;

} // namespace holdfast::files
