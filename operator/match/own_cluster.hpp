#pragma once

#include <string_view>

/// The cluster that the operator works in, as destinations and generators name it: Argo CD's words.
namespace holdfast::match {

inline constexpr std::string_view own_cluster_server = "https://kubernetes.default.svc";
inline constexpr std::string_view own_cluster_name = "in-cluster";

} // namespace holdfast::match
