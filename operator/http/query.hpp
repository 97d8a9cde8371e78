#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::http {

/// The bytes that a percent-encoded text stands for; nothing where a '%' is not followed by two hexadecimal
/// digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// Names and values of a query, decoded, in their order; a name may be there several times.
using query_values = std::vector<std::pair<std::string, std::string>>;

/// The query of a request's target ("/path?a=1&b=x+y"), as browsers write forms; empty without one. Nothing where
/// it is wrongly percent-encoded.
[[nodiscard]] std::optional<query_values> read_query(std::string_view target);

} // namespace holdfast::http
