#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Texts for fields that take only so much: always valid UTF-8, never cut within a character, and a cut text
/// says so.
namespace holdfast {

/// The text, with U+FFFD for each byte that is no UTF-8.
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// Code points of valid UTF-8: what a schema's maxLength counts.
[[nodiscard]] std::size_t character_count(std::string_view text) noexcept;

/// At most `limit` characters. What is longer ends with "… (cut: 5321 more characters)", where there is room
/// for that; one that was cut before counts what it lost then, too.
[[nodiscard]] std::string cut_to_characters(std::string_view text, std::size_t limit);

/// The same, with at most `limit` bytes.
[[nodiscard]] std::string cut_to_bytes(std::string_view text, std::size_t limit);

/// A list that a message is (its parts are lines, or stand between "; ") as one line of at most `limit`
/// characters: the first parts, and "and 7 more" for those that find no room. A part that finds none alone is
/// cut as above.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t limit);

/// At most `limit` bytes of it, and no word of the rest: for names and other words.
[[nodiscard]] std::string first_bytes(std::string_view text, std::size_t limit);

} // namespace holdfast
