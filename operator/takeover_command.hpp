#pragma once

#include "options.hpp"

namespace holdfast {

// The exit code: 0 done; 1 the answer is no; 2 it could not be done; 3 it took too long. What was wrong is on
// stderr.

/// Prints on stdout what argocd::check finds.
int run_takeover_check(const takeover_options& options);

/// Prints on stdout, as YAML, what objects and repository Secrets of argoproj.io are as objects of holdfast.dev
/// (argocd/convert.hpp).
int run_convert(const takeover_options& options);

} // namespace holdfast
