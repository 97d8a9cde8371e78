#pragma once

#include "builders/plan.hpp"
#include "render/directory.hpp"

#include <map>
#include <optional>
#include <string>

namespace holdfast::builders {

/// Plans the evaluation of the *.jsonnet files of a directory source, all in one run of holdfast-jsonnet,
/// which prints {"path": result, …}. Read are these files, what they import (followed through the texts;
/// relative to the importing file, then the directory, then spec.source.directory.jsonnet.libs below the
/// repository's root), and the variables. Nothing when there is no such file. The key covers the jsonnet part
/// alone. For the pool; any thread.
render::render_result<std::optional<build_plan>>
plan_jsonnet(const build_source& source, const build_facts& facts, const programs& with);

/// What holdfast-jsonnet printed: the path of each file, and its result as JSON text, for
/// render::directory_options::evaluated.
render::render_result<std::map<std::string, std::string>> read_evaluated(std::string_view output);

} // namespace holdfast::builders
