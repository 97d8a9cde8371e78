#pragma once

#include "base/error.hpp"
#include "kube/config.hpp"
#include "match/own_cluster.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cluster {

/// By what the Secrets of clusters are found, in the operator's own namespace.
inline constexpr std::string_view secret_type_label = "argocd.argoproj.io/secret-type";
inline constexpr std::string_view secret_type_cluster = "cluster";

/// A cluster that applications may be deployed to, as a Secret in Argo CD's shape declares it.
struct cluster_secret {
    /// The Secret's own name.
    std::string secret;
    /// May be empty: then the cluster is found by its server alone.
    std::string name;
    /// A URL without a slash at its end.
    std::string server;
    /// Not empty: nothing is read or written anywhere else.
    std::vector<std::string> namespaces;
    /// With `namespaces`: objects of no namespace, too.
    bool cluster_resources = false;
    /// The project that it was declared for, as generators of ApplicationSets are told; empty: none.
    std::string project;
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;
    /// How it is reached. Holds credentials: never to be logged or written anywhere.
    kube::connection_config connection;
    /// A digest of all that `connection` was made of: another one, and it is to be connected to anew.
    std::string connection_key;

    /// It stands for the cluster that the operator works in.
    [[nodiscard]] bool is_home() const { return server == match::own_cluster_server; }
};

/// A server's URL as two ways to write it are compared: without slashes at its end.
[[nodiscard]] std::string_view without_slash(std::string_view server);

/// Which cluster a Secret is for, as far as that can be read, whatever else is wrong with it.
struct cluster_names {
    std::string secret;
    std::string name;
    std::string server;
};
[[nodiscard]] cluster_names read_cluster_names(const boost::json::object& secret);

/// Reads a Secret as the API server gives it. User errors name the Secret, the field, what is wrong there and
/// what would be right; never a value of config.
[[nodiscard]] result<cluster_secret> read_cluster_secret(const boost::json::object& secret);

} // namespace holdfast::cluster
