#pragma once

// JSON where YAML is expected. For who reads documents in this folder.

#include "render/yaml.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::render {

/// True when the first thing in a text is '{': how Kubernetes tells JSON from YAML.
bool looks_like_json(std::string_view text) noexcept;

/// What JSON values of a text are where, without making them.
struct json_scan {
    /// Where they start.
    std::vector<std::size_t> starts;
    /// Why the next one is none.
    std::optional<yaml_error> failure;
    /// It is JSON, so that the failure is the text's and not that it is something else.
    bool is_json = true;
};
json_scan scan_json(std::string_view text, const yaml_limits& limits);

/// Reads JSON values that follow each other, with blanks in between or not, one at a time: `take` gets them
/// as read_documents gives them.
boost::system::result<void, yaml_error>
read_json(std::string_view text, const yaml_limits& limits, memory_budget* source, const document_sink& take);

} // namespace holdfast::render
