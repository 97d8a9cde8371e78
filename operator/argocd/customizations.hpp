#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace holdfast::argocd {

/// One thing that Argo CD is told of a kind.
struct customization {
    /// "group/Kind", "Kind" of the core group; with wildcards, as "*/*".
    std::string kind;
    /// "health", "useOpenLibs", "actions", "ignoreDifferences", "ignoreResourceUpdates" or "knownTypeFields".
    std::string type;
    /// A script, or YAML, or "true".
    std::string value;
    /// Where it is said: the key of the ConfigMap, and within it.
    std::string where;

    bool operator==(const customization&) const = default;
};

struct customizations {
    std::vector<customization> all;
    /// What cannot be read, each with its key. Argo CD takes none of them then; here the others count.
    std::vector<std::string> problems;
};

/// Reads both forms out of `data` of argocd-cm: the map under resource.customizations, and the keys
/// resource.customizations.TYPE.GROUP_KIND, which go before it. In the order of the kinds.
[[nodiscard]] customizations read_customizations(const boost::json::object& data);

} // namespace holdfast::argocd
