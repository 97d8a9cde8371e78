#pragma once

#include "builders/helm/chart_archive.hpp"
#include "builders/helm/work.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace holdfast::builders {

/// Where relative paths of value files start, and where they may lead.
struct values_base {
    /// Of the chart in the repository; of no meaning for an archive.
    std::string chart_path;
    /// The chart, where it is out of a chart repository: its files are all that there is beside $refs.
    /// Nullptr while it is missing.
    const chart_archive* archive = nullptr;
};

/// Gives spec.source.helm.valueFiles to the build: the paths for --values, relative to the workspace, in
/// order. As in Argo CD: relative to the chart, from the root with a '/', in a $ref, patterns, URLs (which
/// are needs); a file that is named twice counts where it is named first, one that a pattern matches too
/// counts where it is named.
std::vector<std::string> place_value_files(helm_work& work, const values_base& base);

/// The same for spec.source.helm.fileParameters: {name, path relative to the workspace}.
std::vector<std::pair<std::string, std::string>>
place_file_parameters(helm_work& work, const values_base& base);

/// spec.source.helm.valuesObject as text for helm, which reads YAML: JSON, with what YAML does not take as
/// JSON does escaped.
std::string values_text(const boost::json::object& values);

} // namespace holdfast::builders
