#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace holdfast::argocd {

/// An Application, AppProject or ApplicationSet of argoproj.io as an Application, Project or ApplicationSet of
/// holdfast.dev, in `namespace_`: its name, labels, annotations, finalizers of an Application, and its
/// specification as it is. Left out is what is Argo CD's own business: status, operation, what the API server
/// adds, and what kubectl and Argo CD note in annotations. What Holdfast has no field for stays in it, for whoever
/// reads it to be told of.
[[nodiscard]] boost::json::object as_holdfast(const boost::json::object& object, std::string_view namespace_);

/// The Repository of holdfast.dev, in `namespace_`, that a Secret of a repository or of repo-creds stands for: it
/// names a Secret of the same name beside it. No value of the Secret is in it but its URL, without a
/// password. Null where the Secret is neither, or says no URL.
[[nodiscard]] std::optional<boost::json::object>
as_repository(const boost::json::object& secret, std::string_view namespace_);

} // namespace holdfast::argocd
