#pragma once

// Answers as bytes. Not a public header: for the .cpp files of this folder.

#include "http/client.hpp"

#include <string>
#include <string_view>

namespace holdfast::http {

/// Head and body as they are sent: without the body where the request was HEAD. Of an answer that goes on
/// (`more`) the body is the first chunk.
[[nodiscard]] std::string serialize(const response& r, bool to_head, bool close);

/// A piece of a body in chunked coding; nothing of an empty one, which would be the last.
[[nodiscard]] std::string chunk(std::string_view piece);
/// The end of a body in chunked coding.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

} // namespace holdfast::http
