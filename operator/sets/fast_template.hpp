#pragma once

#include "base/error.hpp"
#include "sets/parameters.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

/// Templates without Go: `{{name}}` stands for a parameter that is a text.
namespace holdfast::sets {

/// What one text may become.
inline constexpr std::size_t longest_filled_text = std::size_t{1} << 20U;

/// Puts parameters in. A tag that names no parameter, or one that is no text, stays as it is; nothing is put
/// in twice. A text without any tag that ends on its line is left alone. Errors: user, for a tag without an
/// end beside one with an end, and for a text that becomes longer than `longest_filled_text`.
result<std::string> fill(std::string_view text, const parameters& with);

/// The same for all texts inside, names of members included.
result<json::value> fill(const json::value& value, const parameters& with);

} // namespace holdfast::sets
