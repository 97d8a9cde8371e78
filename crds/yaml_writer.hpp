#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace holdfast::crds {

/// A JSON value as YAML in block style, for files that people read. Long texts are folded. A string is quoted
/// wherever some reader, of YAML 1.1 or 1.2, would take it for something else than that string. Ends with a
/// line end.
std::string to_yaml(const boost::json::value& value);

/// Whether a string can stand in YAML without quotes and stay that string for every reader.
bool is_plain_in_yaml(std::string_view text) noexcept;

} // namespace holdfast::crds
