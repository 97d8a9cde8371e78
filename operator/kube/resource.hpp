#pragma once

#include "kube/object.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::kube {

/// A kind as the server serves it: what a path is made of. From `discovery`, or written down for well-known
/// ones.
struct resource {
    /// Empty: the core group.
    std::string group;
    std::string version;
    /// "deployments".
    std::string plural;
    /// "Deployment".
    std::string kind;
    bool namespaced = true;
    /// "get", "list", "watch", "create", "patch", …; empty when not known.
    std::vector<std::string> verbs;
    /// "status", "scale"; names only.
    std::vector<std::string> subresources;

    [[nodiscard]] group_version_kind gvk() const { return {group, version, kind}; }
    [[nodiscard]] std::string api_version() const;
    [[nodiscard]] bool supports(std::string_view verb) const noexcept;
    [[nodiscard]] bool has_subresource(std::string_view name) const noexcept;

    friend bool operator==(const resource&, const resource&) = default;
};

/// "/apis/apps/v1/namespaces/shop/deployments". An empty namespace: of all namespaces, or of the cluster; for
/// a kind that is not namespaced the namespace is ignored. Every part is percent-encoded.
[[nodiscard]] std::string collection_path(const resource& kind, std::string_view namespace_);
/// The same with "/name" and, where given, "/subresource".
[[nodiscard]] std::string object_path(
    const resource& kind, std::string_view namespace_, std::string_view name,
    std::string_view subresource = {}
);

/// Percent-encodes all but RFC 3986's unreserved characters: for a path segment or a query value.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Builds a query string; keys are plain, values are encoded.
class query {
public:
    query& add(std::string_view key, std::string_view value);
    /// Leaves the key out when the value is empty.
    query& add_if(std::string_view key, std::string_view value);
    /// The path with what was added.
    [[nodiscard]] std::string on(std::string path) const;

private:
    std::string text_;
};

/// Kinds that every API server has.
namespace resources {
[[nodiscard]] resource namespaces();
[[nodiscard]] resource secrets();
[[nodiscard]] resource config_maps();
[[nodiscard]] resource events();
[[nodiscard]] resource leases();
[[nodiscard]] resource custom_resource_definitions();
} // namespace resources

} // namespace holdfast::kube
