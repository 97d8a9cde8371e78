#pragma once

#include "options.hpp"

namespace holdfast {

/// Prints what recovery::read_backup gives, as YAML, on stdout; nothing of it where something cannot be read.
/// Returns the exit code; what was wrong is on stderr.
int run_export(const export_options& options);

} // namespace holdfast
