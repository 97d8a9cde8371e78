#pragma once

#include <string>
#include <string_view>

namespace holdfast::render {

/// A name as a token of a JSON pointer (RFC 6901): without the '/' before it.
std::string pointer_token(std::string_view name);

} // namespace holdfast::render
