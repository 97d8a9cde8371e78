#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::observe {

/// What is counted of one cluster that applications are deployed to.
struct cluster_view {
    std::string name;
    std::string server;
    bool is_reachable = false;
    std::size_t watched_objects = 0;
    /// Since it was connected to.
    std::uint64_t failed_requests = 0;
};

/// All of them in Prometheus' text format: one line each and metric, of clusters in use and no others.
[[nodiscard]] std::string text_of(const std::vector<cluster_view>& clusters);

} // namespace holdfast::observe
