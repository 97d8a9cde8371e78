#pragma once

#include <string>
#include <string_view>

namespace holdfast::builders::jsonnet {

/// Why a file could not be evaluated.
struct failure {
    /// Where: not always the file that was to be evaluated. Lines and columns count from 1; 0 is unknown.
    std::string file;
    int line = 0;
    int column = 0;
    std::string message;

    friend bool operator==(const failure&, const failure&) = default;
};

/// Reads what libjsonnet says when the evaluation of `file` failed: "STATIC ERROR: place: message", or
/// "RUNTIME ERROR: message" with a trace of places, innermost first, of which the first in a file is taken.
failure read_failure(std::string_view file, std::string_view said);

} // namespace holdfast::builders::jsonnet
