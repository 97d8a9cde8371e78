#pragma once

#include "builders/helm/work.hpp"

#include <string>

namespace holdfast::builders {

/// Copies the chart at `path` of the repository to `to` below the workspace, with its dependencies in its
/// charts/: what is there already is taken; `file://` ones are copied, with what they depend on in turn;
/// those of chart repositories are needs. What is wrong is added to the errors of the work.
void place_chart(helm_work& work, const std::string& path, const std::string& to);

} // namespace holdfast::builders
