#pragma once

#include "builders/kustomize/kustomization.hpp"

#include <string>
#include <vector>

namespace holdfast::builders {

/// A chart that a kustomization has objects of.
struct chart_reference {
    /// In the text: "/helmCharts/2".
    std::string pointer;
    /// "helmCharts[2]".
    std::string shown;
    std::string name;
    /// A version or a range; "" is the newest.
    std::string version;
    /// Of the chart repository or registry, without a slash at its end; "" where the chart lies beside.
    std::string repository;
    /// Where kustomize looks for the unpacked chart, from the kustomization's directory:
    /// "charts/web-1.2.3/web".
    std::string place;
};

/// The charts of a kustomization. Errors where they are not `allowed`, and for the field that kustomize gave
/// up; what is no chart otherwise is kustomize's to say.
std::vector<chart_reference>
charts_of(const kustomization& k, bool allowed, std::vector<render::render_error>& errors);

} // namespace holdfast::builders
