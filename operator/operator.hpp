#pragma once

#include "control/supplier.hpp"

#include <cstddef>
#include <string>

namespace holdfast {

/// `holdfast operator`'s options; main.cpp reads them from the command line and the environment.
struct operator_options {
    /// Empty: the cluster that this runs in, else as kubectl finds its configuration.
    std::string kubeconfig;
    /// Empty: the namespace that this runs in, else "holdfast".
    std::string own_namespace;
    std::string cache_directory;
    /// "host:port"; empty: not served.
    std::string metrics_listen = ":8080";
    /// Where push webhooks are taken, "host:port"; empty: nowhere.
    std::string listen = ":8081";
    /// PEM files of a serving certificate for it; both empty: plain HTTP, as behind an ingress.
    std::string listen_certificate;
    std::string listen_key;
    /// Where the API server asks about objects, "host:port"; empty: nowhere.
    std::string admission_listen;
    /// "https://host:port": registers the webhook there. Empty: it was installed with a Service.
    std::string admission_url;
    /// The Secret with the certificates for it, in the own namespace.
    std::string admission_secret = "holdfast-admission";
    std::size_t concurrency = 32;
    /// Where builds by other programs have their files; empty: below the cache directory.
    std::string build_directory;
    /// Do not start where the kernel cannot confine them fully.
    bool require_sandbox = false;
    /// The file with the administrator's plugins; empty: there are none.
    std::string plugins;
    control::remote_inputs remote_inputs = control::remote_inputs::any;
    /// The value of the label holdfast.dev/installation on every managed object, and on the Applications to
    /// work on; "holdfast" works on those without the label too.
    std::string installation = "holdfast";
};

/// What is wrong with the options, as a sentence; empty when nothing is.
std::string check(const operator_options& options);

/// Wires everything and runs until SIGTERM or SIGINT (a second one ends it at once). Returns the exit code: 0
/// for a clean end, 1 for a failure, which it has logged.
int run_operator(operator_options options);

} // namespace holdfast
