#pragma once

#include "options.hpp"

namespace holdfast {

/// How a run ended.
enum class outcome {
    /// On SIGTERM or SIGINT (a second one ends it at once).
    ended,
    /// Begin anew: the options changed, or another replica leads now.
    again,
    /// It has logged why.
    failed,
};

/// Wires everything and runs. `source` is where the options were read from: its file is followed.
outcome run_operator(operator_options options, const option_source& source);

} // namespace holdfast
