#pragma once

#include <boost/json/value.hpp>

#include <span>
#include <string>
#include <string_view>

namespace holdfast::crds {

/// The candidate that a mistyped word most likely meant, or nothing where none is near: letters added, left
/// out, replaced or swapped, a third of the word at most, and upper and lower case the same.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "field" in double quotes, cut after 64 characters, with what does not print escaped.
std::string quoted(std::string_view text);

/// A value as a sentence names it: "five" in quotes, 5, true, null, "an object", "a list".
std::string named(const boost::json::value& value);

/// Whether a text matches a pattern of the tables (RE2), which live for ever.
bool matches(std::string_view text, std::string_view pattern);

/// "one of A, B and C" without the "one of".
std::string enumerated(std::span<const std::string_view> words, std::string_view last_separator);

} // namespace holdfast::crds
