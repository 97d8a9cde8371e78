#pragma once

#include "builders/helm/ignore.hpp"
#include "builders/source_view.hpp"
#include "render/manifest.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// One entry of `dependencies` in Chart.yaml or requirements.yaml, or in their lock file.
struct chart_dependency {
    std::string name;
    /// A range; in a lock file a version.
    std::string version;
    std::string repository;
    std::string alias;
    /// Where it is in its file.
    int line = 0;
};

/// A chart that is in `charts/` of another.
struct vendored_chart {
    /// As its Chart.yaml has them, or the name of its archive.
    std::string name;
    std::string version;
    /// The entry of charts/: "redis-17.0.0.tgz".
    std::string entry;
};

/// A chart in a directory, as far as planning looks at it.
struct helm_chart {
    /// In the source, no symlink.
    std::string path;
    std::string name;
    std::string version;
    std::vector<chart_dependency> dependencies;
    /// The file that they are in: "apps/web/Chart.yaml".
    std::string dependencies_file;
    std::optional<std::vector<chart_dependency>> lock;
    std::string lock_file;
    std::vector<vendored_chart> vendored;
    helm_ignore ignored;
};

/// Reads Chart.yaml, requirements.yaml, their lock files, .helmignore and the names in charts/. Errors: user
/// for what is wrong in one of them, with file and line; not_found when there is no Chart.yaml.
render::render_result<helm_chart> read_chart(const source_view& view, const std::string& path);

/// The name and the version that a Chart.yaml says.
struct chart_names {
    std::string name;
    std::string version;
};
render::render_result<chart_names> read_chart_names(std::string_view text, const std::string& file);

} // namespace holdfast::builders
