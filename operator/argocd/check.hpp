#pragma once

#include "argocd/settings.hpp"
#include "kube/client.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::argocd {

namespace json = boost::json;

/// An installation of Argo CD as it was found. Holds Secrets: never to be logged or written anywhere.
struct installation {
    std::string namespace_;
    kube::server_version server;
    /// By the name of the ConfigMap; those that are there.
    std::map<std::string, json::object, std::less<>> config_maps;
    /// argocd-secret.
    std::optional<json::object> secret;
    /// Secrets with the label argocd.argoproj.io/secret-type.
    std::vector<json::object> labelled_secrets;
    /// StatefulSets and Deployments of the namespace.
    std::vector<json::object> workloads;
    /// Applications and ApplicationSets of argoproj.io, of all namespaces, and AppProjects.
    std::vector<json::object> applications;
    std::vector<json::object> sets;
    std::vector<json::object> projects;
};

/// What somebody who moves has to know of one thing.
struct finding {
    /// "ConfigMap argocd/argocd-cm", "Application argocd/shop".
    std::string object;
    treatment how = treatment::missing;
    /// A sentence; never a value of a Secret.
    std::string text;

    bool operator==(const finding&) const = default;
};

/// Everything in that installation that would not be as it was, in the order: the whole, its processes, its
/// settings, its Secrets, its Applications. What is honoured is not told.
[[nodiscard]] std::vector<finding> check(const installation& found);

/// Whether nothing stands against moving: no finding is `missing`.
[[nodiscard]] bool may_move(const std::vector<finding>& findings) noexcept;

/// "2.9.3", by the image of the application controller; empty where no image tells.
[[nodiscard]] std::string version_of(const installation& found);

} // namespace holdfast::argocd
