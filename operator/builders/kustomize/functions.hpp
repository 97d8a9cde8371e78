#pragma once

#include "render/manifest.hpp"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// What is said where a kustomization has charts.
inline constexpr std::string_view helm_is_off = "charts in a kustomization (kustomize's --enable-helm) are "
                                                "not enabled here: set the operator's "
                                                "--kustomize-charts, make the chart a source of its "
                                                "own (spec.source.helm), or commit what helm template prints";

/// What kustomize would run for the objects of a file of generators, transformers or validators.
struct function_use {
    /// Names of exec functions.
    std::set<std::string, std::less<>> programs;
};

/// Looks at such objects, all documents of `text`: kustomize's own plugins may be there, and exec functions
/// that are in `allowed`, by their name. Everything else is an error that says what is allowed: paths,
/// images, plugins of other kinds, charts. `shown` is the field of `file` that the text is in; "": it is the
/// file.
function_use check_functions(
    std::string_view text, const std::string& file, const std::string& shown,
    const std::vector<std::string>& allowed, std::vector<render::render_error>& errors
);

/// Whether an entry of generators, transformers or validators is the objects themselves, not a path to them.
[[nodiscard]] bool is_inline(std::string_view entry);

/// The exec functions in a directory, sorted by name; none when it is not there.
std::vector<std::string> functions_in(const std::string& directory);

} // namespace holdfast::builders
