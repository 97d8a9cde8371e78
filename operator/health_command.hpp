#pragma once

#include "base/error.hpp"
#include "options.hpp"

#include <string>
#include <string_view>

namespace holdfast {

/// What `holdfast health` prints: of each object in a YAML text how it fares, and what decides that. Lists are looked
/// into; the healthChecks of Applications in the text count for the other objects. The error says where what is wrong is.
[[nodiscard]] result<std::string> health_of_objects(std::string_view text);

/// Prints that of a file, "-" for what is piped in. The exit code: 0 done, 2 the file cannot be read.
int run_health(const health_options& options);

} // namespace holdfast
