#pragma once

#include "base/error.hpp"

#include <cstdio>
#include <string_view>

namespace holdfast {

/// The whole output of a command, to standard output. Transient error where a part of it could not be written,
/// as to a full disk or a closed pipe: a command whose output is cut has failed.
inline result<void> write_output(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        return transient_error("the output cannot be written");
    }
    return result<void>{};
}

} // namespace holdfast
