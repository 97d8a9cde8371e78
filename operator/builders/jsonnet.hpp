#pragma once

#include "builders/plan.hpp"
#include "render/directory.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::builders {

/// spec.source.path and spec.source.directory as render_directory takes them; nothing evaluated yet.
render::directory_options directory_of(const crds::application_source& source);

/// Plans the evaluation of the *.jsonnet files of a directory source, all in one run of holdfast-jsonnet.
/// Read are these files, what they import (followed through the texts; a name is looked for beside the
/// importing file, then in spec.source.directory.jsonnet.libs from the last to the first, then in the
/// directory of the source, as Argo CD has it), and the variables. Nothing when there is no such file. The
/// key covers the jsonnet part alone: see `with_jsonnet`. An import that leads to no file is an error of the
/// evaluation, and only where it is needed. For the pool; any thread.
render::render_result<std::optional<build_plan>>
plan_jsonnet(const build_source& source, const build_facts& facts, const programs& with);

/// What holdfast-jsonnet printed: the path of each file, and its result as JSON text, for
/// render::directory_options::evaluated. Errors: those of all files that could not be evaluated; internal for
/// what it never prints.
render::render_result<std::map<std::string, std::string>> read_evaluated(std::string_view output);

/// The key of a directory with jsonnet in it: `directory` is its render::directory_key, `jsonnet` the plan's.
render::build_key with_jsonnet(const render::build_key& directory, const render::build_key& jsonnet);

} // namespace holdfast::builders
