#pragma once

#include "builders/plan.hpp"
#include "builders/run.hpp"

#include <string>
#include <string_view>
#include <sys/types.h>

namespace holdfast::builders {

/// Puts a plan's files into the directory `to`: copies of subtrees, then archives, then written files, which
/// take the place of copies. Nothing is written outside of it, whatever the trees have. Errors: user for
/// paths that leave it, hostile trees and limits; transient for the disk; conflict when the store lost an
/// object. Blocking: for the pool.
result<void> place_files(const build_plan& plan, const std::string& to, const run_limits& limits);

/// Writes a file that is not there, or takes the place of one, and makes its directories. Blocking: for the
/// pool.
result<void> write_new_file(const std::string& path, std::string_view bytes, mode_t mode);

} // namespace holdfast::builders
