#pragma once

#include "base/error.hpp"
#include "http/client.hpp"
#include "kube/credentials.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Speaks to an API server. Knows nothing of Git or applications.
namespace holdfast::kube {

/// All that is needed to speak to one API server.
struct connection_config {
    /// URL, TLS and proxy. What came from files is in here as it was when read.
    http::client_options http;
    /// Where the TLS parts came from, so that they are reread when they are replaced; empty: not from a file.
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    /// How we say who we are, besides a certificate.
    credential_spec credentials;
    /// Sent with every request: Impersonate-User and its kin.
    std::vector<http::header> impersonation;
    /// For objects and commands that name none.
    std::string default_namespace = "default";
    /// For people: "context kind-dev of /home/me/.kube/config", "the cluster this runs in".
    std::string origin;
};

/// What of the process's environment matters here.
struct config_environment {
    std::string kubeconfig;   ///< KUBECONFIG
    std::string home;         ///< HOME
    std::string service_host; ///< KUBERNETES_SERVICE_HOST
    std::string service_port; ///< KUBERNETES_SERVICE_PORT
    /// Where a pod finds its token, ca.crt and namespace.
    std::string service_account_directory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// Of this process.
    static config_environment current();
};

/// Which part of the kubeconfig.
struct config_choice {
    /// A file given by name (--kubeconfig): then no other is looked at.
    std::string path;
    /// A context other than the current one.
    std::string context;
};

/// As kubectl finds its configuration: the file given by name; the files of KUBECONFIG, merged; the cluster
/// that this runs in; ~/.kube/config. User errors name the file and the field.
result<connection_config> find_config(const config_choice& choice, const config_environment& environment);

/// From the named files, merged as kubectl does: of each named entry, and of current-context, the first file
/// that has it wins; relative paths are of the directory of their file; files that do not exist are skipped.
/// Exec plugins are allowed.
result<connection_config>
load_kubeconfig(const std::vector<std::string>& paths, std::string_view context = {});

/// What a kubeconfig that is not the operator's own may do.
struct kubeconfig_trust {
    /// Run programs to get credentials.
    bool allow_exec = false;
    /// Read files that it names (certificates, tokens): they would be read as the operator and sent to a
    /// server of its choice.
    bool allow_files = false;
};

/// From text, as of a remote cluster's Secret. `name` is what errors call it. Exec plugins and files are
/// refused with a user error unless trusted.
result<connection_config> parse_kubeconfig(
    std::string_view text, std::string_view name, std::string_view context = {}, kubeconfig_trust trust = {}
);

/// The cluster that this process is a pod of. not_found when it is none.
result<connection_config> in_cluster_config(const config_environment& environment);

} // namespace holdfast::kube
