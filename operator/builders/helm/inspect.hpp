#pragma once

#include "builders/helm/chart.hpp"
#include "builders/helm/work.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// The lines of a template on which an action calls `lookup`, each once. Comments, texts and fields of that
/// name are not calls.
std::vector<int> lookups_in(std::string_view text);

/// Looks at the files of a chart's directory for what helm would not say, or would say badly. Errors: files
/// that are pointers into LFS where helm reads them, and files that are too large for helm. Warnings:
/// `lookup`, submodules, other LFS pointers.
void inspect_chart(helm_work& work, const helm_chart& chart);

/// True for a file that helm reads by itself.
bool is_read_by_helm(std::string_view path) noexcept;

} // namespace holdfast::builders
