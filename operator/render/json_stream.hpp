#pragma once

// JSON where YAML is expected. For yaml.cpp and locate.cpp.

#include "render/yaml.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::render {

/// True when the first thing in a text is '{': how Kubernetes tells JSON from YAML.
bool looks_like_json(std::string_view text) noexcept;

struct json_outcome {
    yaml_result documents;
    /// It is JSON, so that the error is the text's and not that it is something else.
    bool is_json = true;
};

/// Reads JSON values that follow each other, with blanks in between or not.
json_outcome read_json(std::string_view text, const yaml_limits& limits);

/// Where the JSON values of a text start; nothing when there is something else in it.
std::optional<std::vector<std::size_t>> json_starts(std::string_view text, std::size_t max_depth);

} // namespace holdfast::render
