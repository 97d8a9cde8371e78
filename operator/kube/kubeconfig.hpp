#pragma once

#include "kube/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::kube {

/// A kubeconfig's content, and the file that it is from (or what errors call it).
struct kubeconfig_text {
    std::string name;
    std::string text;
};

/// Merges them and takes the context (empty: the current one) apart.
result<connection_config>
read_kubeconfig(const std::vector<kubeconfig_text>& texts, std::string_view context, kubeconfig_trust trust);

} // namespace holdfast::kube
