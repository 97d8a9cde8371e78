#pragma once

#include <string>

namespace holdfast {

/// JSON for a reader of YAML, such as the API server's of an apply, helm's of values and kustomize's: nearly
/// all of JSON is YAML, and this writes the rest so that it is read as the same value, byte for byte. `json`
/// is what json::serialize gives, in valid UTF-8. Characters that YAML refuses (DEL, the C1 controls, the
/// byte order mark, U+FFFE, U+FFFF) or takes for line ends (U+0085, U+2028, U+2029) become escapes, which
/// they are in JSON as well; long keys of objects get the question mark that YAML wants before them. Those
/// beyond the basic plane stay as they are: YAML knows no surrogates.
[[nodiscard]] std::string json_as_yaml(std::string json);

} // namespace holdfast
