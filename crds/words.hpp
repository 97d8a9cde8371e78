#pragma once

#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <string_view>

namespace holdfast::crds {

/// "field" in double quotes, cut after 64 characters, with what does not print escaped.
std::string quoted(std::string_view text);

/// A value as a sentence names it: "five" in quotes, 5, true, null, "an object", "a list".
std::string named(const boost::json::value& value);

/// Whether a text matches a pattern of the tables (RE2), which live for ever.
bool matches(std::string_view text, std::string_view pattern);

/// "one of A, B and C" without the "one of".
std::string enumerated(std::span<const std::string_view> words, std::string_view last_separator);

} // namespace holdfast::crds
