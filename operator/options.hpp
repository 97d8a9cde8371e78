#pragma once

#include "base/error.hpp"
#include "base/log.hpp"
#include "sources/supplier.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// `holdfast operator`'s options, as the command line, the option file and the environment have them.
struct operator_options {
    /// Empty: the cluster that this runs in, else as kubectl finds its configuration.
    std::string kubeconfig;
    /// Empty: the namespace that this runs in, else "holdfast".
    std::string own_namespace;
    /// Where Applications and Repositories are looked for, and objects are watched; empty: everywhere.
    std::string watch_namespace;
    std::string cache_directory;
    /// "host:port"; empty: not served.
    std::string metrics_listen = ":8080";
    /// Where push webhooks are taken, "host:port"; empty: nowhere.
    std::string listen = ":8081";
    /// PEM files of a serving certificate for it; both empty: plain HTTP, as behind an ingress.
    std::string listen_certificate;
    std::string listen_key;
    /// Where people see and do what there is, "host:port", by TLS; empty: nowhere.
    std::string page_listen;
    /// PEM files of a serving certificate for it; both empty: the one of admission.
    std::string page_certificate;
    std::string page_key;
    /// Where the API server asks about objects, "host:port"; empty: nowhere.
    std::string admission_listen;
    /// "https://host:port": registers the webhook there. Empty: it was installed with a Service.
    std::string admission_url;
    /// PEM file with the authorities of those who may ask it, API servers; empty: whoever reaches it may ask,
    /// and is told less.
    std::string admission_client_ca;
    /// The Secret with the certificates for it, in the own namespace.
    std::string admission_secret = "holdfast-admission";
    std::size_t concurrency = 128;
    /// Where builds by other programs have their files; empty: below the cache directory.
    std::string build_directory;
    /// Do not start where the kernel cannot confine them fully.
    bool require_sandbox = false;
    /// The file with the administrator's plugins; empty: there are none.
    std::string plugins;
    /// Kustomizations may have charts.
    bool kustomize_charts = false;
    sources::remote_inputs remote_inputs = sources::remote_inputs::any;
    /// Hosts, addresses and ranges that are reached though they are private, whoever names them.
    std::vector<std::string> private_addresses;
    /// Ranges of public addresses that are the cluster's, and so are no more reached than private ones.
    std::vector<std::string> cluster_addresses;
    /// The value of the label holdfast.dev/installation on every managed object, and on the Applications to
    /// work on; "holdfast" works on those without the label too.
    std::string installation = "holdfast";
    /// Where an installation of Argo CD is whose Applications (argoproj.io) are worked on, too; empty: none are.
    std::string argocd_namespace;
    /// Field managers that objects are taken over from, beside the usual ones (sync/dialect.hpp).
    std::vector<std::string> former_managers;
    /// Work only while holding the Lease of that name in the own namespace: of several replicas one does.
    bool leader_elect = false;
    /// Who of them this is; unlike any other's.
    std::string replica;
    log::level log_level = log::level::info;
    log::format log_format = log::format::text;

    friend bool operator==(const operator_options&, const operator_options&) = default;
};

/// Where options come from.
struct option_source {
    /// As main() had them, without the program's name.
    std::vector<std::string> arguments;
    /// The option file that they name; empty: none.
    std::string file;
};

/// `holdfast export`'s options.
struct export_options {
    /// As operator_options has them.
    std::string kubeconfig;
    std::string own_namespace;
    std::string watch_namespace;
};

/// The options of `holdfast takeover check` and `holdfast convert`.
struct takeover_options {
    /// As operator_options has it.
    std::string kubeconfig;
    /// Where Argo CD runs.
    std::string argocd_namespace = "argocd";
    /// Where what is converted is to be.
    std::string own_namespace;
};

/// The options of `holdfast health`.
struct health_options {
    /// "-": what is piped in.
    std::string file;
};

/// What the command line came to.
struct command_line {
    /// Set where the health of objects in a file is asked for.
    std::optional<health_options> judged;
    /// Set where an installation of Argo CD is to be looked at.
    std::optional<takeover_options> checked;
    /// Set where the objects of one are to be converted.
    std::optional<takeover_options> converted;
    /// What is to be exported; nothing: the operator is to run.
    std::optional<export_options> exported;
    option_source source;
    /// Set where there is nothing to run: --help and --version, which have been printed, and mistakes, which
    /// were told on stderr.
    std::optional<int> exit_code;
};

[[nodiscard]] command_line read_command_line(std::vector<std::string> arguments);

/// The operator's own namespace: the one that is said, else that of the pod that this runs in, else
/// "holdfast".
[[nodiscard]] std::string own_namespace(const std::string& said);

/// What is read of an option file at most.
inline constexpr std::size_t max_option_file = std::size_t{64} << 10U;

/// No more than one byte beyond `max_option_file`. User error when it cannot be read.
[[nodiscard]] result<std::string> read_option_file(const std::string& file);

/// All of them: what the command line says wins over the file, and that over the environment. User errors
/// name the file and its line, or the option.
[[nodiscard]] result<operator_options> read_options(const option_source& source);

/// The same with this text in place of the file's: what it would come to.
[[nodiscard]] result<operator_options> read_options(const option_source& source, std::string_view file_text);

} // namespace holdfast
