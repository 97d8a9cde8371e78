#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::match {

/// How many letters of a word may be wrong for another one to have been meant: a third of them, and one at
/// least.
[[nodiscard]] std::size_t most_mistyped(std::string_view word) noexcept;

/// How many letters were added, left out, replaced or swapped with their neighbour, upper and lower case
/// being the same; `limit` + 1 where there are more, and for words of more than 64 bytes.
[[nodiscard]] std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) noexcept;

/// The candidate that a mistyped word most likely meant, the first of equals; empty where none is near.
[[nodiscard]] std::string_view
nearest(std::string_view word, std::span<const std::string_view> candidates) noexcept;

/// A text as a sentence shows it: in double quotes, cut after 64 bytes, with what does not print escaped.
[[nodiscard]] std::string shown(std::string_view text);

} // namespace holdfast::match
