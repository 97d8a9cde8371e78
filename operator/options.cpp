#include "options.hpp"

#include "admission/registration.hpp"
#include "http/guard.hpp"
#include "match/words.hpp"

#include <CLI/CLI.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

namespace holdfast {

namespace {

// As a container expects: 0 for a clean end, 1 for a failure at run time, 2 for wrong options.
constexpr int wrong_options = 2;

std::string default_cache_directory() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') { // NOLINT
        return std::string{cache} + "/holdfast/operator";
    }
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') { // NOLINT
        return std::string{home} + "/.cache/holdfast/operator";
    }
    return "/var/cache/holdfast";
}

bool is_label_value(const std::string& text) {
    const auto alphanumeric = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    return !text.empty() && text.size() <= 63 && alphanumeric(text.front()) && alphanumeric(text.back()) &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return alphanumeric(c) || c == '-' || c == '_' || c == '.';
           });
}

std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        names.emplace_back(list.substr(0, comma));
        auto& name = names.back();
        name.erase(0, name.find_first_not_of(' '));
        name.erase(name.find_last_not_of(' ') + 1);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return names;
}

bool is_former_manager(std::string_view name) {
    // As long as the API server lets one be; "*" alone would be controllers too.
    return !name.empty() && name != "*" && name.size() <= 128 && name.find('*') >= name.size() - 1 &&
           std::ranges::all_of(name, [](char c) { return std::isprint(static_cast<unsigned char>(c)) != 0; });
}

/// What is wrong with the options taken together, as a sentence; empty when nothing is.
std::string check(const operator_options& options) {
    if (options.cache_directory.empty()) {
        return "cache-dir: must be a directory that can be written";
    }
    if (options.listen_certificate.empty() != options.listen_key.empty()) {
        return "listen-certificate and listen-key: both are needed, or none";
    }
    if (options.page_certificate.empty() != options.page_key.empty()) {
        return "page-certificate and page-key: both are needed, or none";
    }
    if (!options.page_certificate.empty() && options.page_listen.empty()) {
        return "page-certificate: needs page-listen, which says where the page is served";
    }
    if (!options.page_listen.empty() && options.page_certificate.empty() &&
        options.admission_listen.empty()) {
        return "page-listen: needs a certificate: page-certificate and page-key, or admission-listen, whose "
               "certificate the page has too";
    }
    if (!options.admission_url.empty() &&
        (options.admission_listen.empty() || !admission::host_of(options.admission_url) ||
         options.admission_url.find('/', std::string_view{"https://"}.size()) != std::string::npos)) {
        return "admission-url: must be https://HOST:PORT, and admission-listen must say where that leads";
    }
    if (!options.admission_client_ca.empty() && options.admission_listen.empty()) {
        return "admission-client-ca: needs admission-listen, whose clients it verifies";
    }
    if (!is_label_value(options.installation)) {
        return "installation: must be a label value (letters, digits, '-', '_' and '.', at most 63), is \"" +
               options.installation + "\"";
    }
    if (auto read = http::address_list::parse(options.private_addresses, /*with_names=*/true); !read) {
        return "private-addresses: " + read.error().message();
    }
    if (auto read = http::address_list::parse(options.cluster_addresses, /*with_names=*/false); !read) {
        return "cluster-addresses: " + read.error().message();
    }
    for (const auto& name : options.former_managers) {
        if (!is_former_manager(name)) {
            return "former-managers: must be names of field managers (at most 128 characters, a '*' only at "
                   "the end of a name), separated by commas; one is \"" +
                   name + "\"";
        }
    }
    return {};
}

/// The command line, with where its values go.
struct parser {
    parser();
    parser(const parser&) = delete;
    parser& operator=(const parser&) = delete;

    /// As CLI::App::parse, which wants them the other way round.
    void parse(std::vector<std::string> arguments) {
        std::reverse(arguments.begin(), arguments.end());
        app.parse(std::move(arguments));
    }
    [[nodiscard]] operator_options finish() const;

    CLI::App app{
        "Holdfast keeps a Kubernetes cluster as its Git repositories say it should be, and holds it there.",
        "holdfast"
    };
    CLI::App* run = nullptr;
    CLI::App* save = nullptr;
    CLI::App* look = nullptr;
    CLI::App* convert = nullptr;
    CLI::App* judge = nullptr;
    export_options saved;
    takeover_options argocd;
    health_options judged;
    operator_options options;
    std::string file;
    std::string level = "info";
    std::string format = "text";
    std::string remote_inputs = "any";
    std::string former_managers;
    std::string private_addresses;
    std::string cluster_addresses;
};

parser::parser() {
    app.set_version_flag("--version", std::string{HOLDFAST_VERSION});
    app.require_subcommand(1);
    // What comes later wins: the command line goes after the file.
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    options.cache_directory = default_cache_directory();
    save = app.add_subcommand(
        "export",
        "Prints as YAML what is not in Git, to restore a lost cluster: the Applications and Repositories that "
        "no Application deploys, the options, and the Secrets that Applications and Repositories name. The "
        "Secrets are in plain text: store the output as safely as passwords."
    );
    save->add_option(
            "--kubeconfig", saved.kubeconfig,
            "kubeconfig of the cluster. Default: the cluster that this process runs in."
    )
        ->envname("HOLDFAST_KUBECONFIG")
        ->type_name("FILE");
    save->add_option(
            "--namespace", saved.own_namespace,
            "The operator's own namespace. Default: the one that this process runs in, else holdfast."
    )
        ->envname("HOLDFAST_NAMESPACE")
        ->type_name("NAME");
    save->add_option(
            "--watch-namespace", saved.watch_namespace,
            "Read only this namespace; for an operator that runs with the same option. Default: all."
    )
        ->envname("HOLDFAST_WATCH_NAMESPACE")
        ->type_name("NAME");
    judge = app.add_subcommand(
        "health",
        "Prints of each object in a file of YAML how it fares, and which rule says so. Asks no cluster. The "
        "spec.healthChecks of an Application in the file count for the others. Exit codes: 0, or 2 where the file "
        "cannot be read."
    );
    judge
        ->add_option(
            "file", judged.file, "The file, as kubectl get -o yaml writes it; - for what is piped in."
        )
        ->required()
        ->type_name("FILE");
    auto* takeover = app.add_subcommand("takeover", "For clusters where Argo CD works.");
    takeover->require_subcommand(1);
    look = takeover->add_subcommand(
        "check",
        "Prints what would not be as it is with Argo CD: its settings, Secrets and Applications, one by one. "
        "Changes nothing. Exit codes: 0 where nothing stands against moving, 1 where something does, 2 where the "
        "cluster cannot be read, 3 where that took too long."
    );
    convert = app.add_subcommand(
        "convert",
        "Prints the Applications, AppProjects, ApplicationSets and repository Secrets of Argo CD as objects of "
        "holdfast.dev, as YAML and without a value of a Secret. Changes nothing. An Application that an "
        "ApplicationSet made is not printed. Exit codes: 0, 2 and 3 as those of takeover check."
    );
    for (auto* command : {look, convert}) {
        command
            ->add_option(
                "--kubeconfig", argocd.kubeconfig,
                "The cluster, as kubectl reads it. Without it: the one this runs in."
            )
            ->envname("HOLDFAST_KUBECONFIG")
            ->type_name("FILE");
        command
            ->add_option("--argocd-namespace", argocd.argocd_namespace, "The namespace that Argo CD runs in.")
            ->envname("HOLDFAST_ARGOCD_NAMESPACE")
            ->capture_default_str()
            ->type_name("NAME");
    }
    convert
        ->add_option(
            "--namespace", argocd.own_namespace,
            "The namespace of what is printed. Without it: the one this runs in, else holdfast."
        )
        ->envname("HOLDFAST_NAMESPACE")
        ->type_name("NAME");
    run = app.add_subcommand("operator", "Runs the operator until SIGTERM or SIGINT.");
    run->add_option(
           "--options", file,
           "YAML file with options, by their long names without the dashes; read again when it changes. The "
           "command line overrides it, and it overrides the environment."
    )
        ->envname("HOLDFAST_OPTIONS")
        ->type_name("FILE");
    run->add_option(
           "--kubeconfig", options.kubeconfig,
           "kubeconfig of the cluster to manage; several files are separated by ':'. Default: the cluster that "
           "this process runs in."
    )
        ->envname("HOLDFAST_KUBECONFIG")
        ->type_name("FILE");
    run->add_option(
           "--namespace", options.own_namespace,
           "The operator's own namespace: Repositories here serve applications everywhere. Default: the "
           "namespace that it runs in, else holdfast."
    )
        ->envname("HOLDFAST_NAMESPACE")
        ->type_name("NAME");
    run->add_option(
           "--watch-namespace", options.watch_namespace,
           "Work in this namespace only, without rights on the whole cluster. Default: all namespaces."
    )
        ->envname("HOLDFAST_WATCH_NAMESPACE")
        ->type_name("NAME");
    run->add_option(
           "--cache-dir", options.cache_directory,
           "Directory for copies of Git repositories; it may be deleted while the operator is stopped."
    )
        ->envname("HOLDFAST_CACHE_DIR")
        ->capture_default_str()
        ->type_name("DIR");
    run->add_option(
           "--metrics-listen", options.metrics_listen,
           "Address to serve /metrics, /healthz and /readyz at; empty: off."
    )
        ->envname("HOLDFAST_METRICS_LISTEN")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    run->add_option(
           "--listen", options.listen,
           "Address to receive push webhooks of Git providers at: POST /hooks/push, and /api/webhook as in "
           "Argo CD; empty: off."
    )
        ->envname("HOLDFAST_LISTEN")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    run->add_option(
           "--listen-certificate", options.listen_certificate,
           "PEM file with the certificate for --listen; read again when it changes. Without it: plain HTTP, for "
           "use behind an ingress."
    )
        ->envname("HOLDFAST_LISTEN_CERTIFICATE")
        ->type_name("FILE");
    run->add_option("--listen-key", options.listen_key, "PEM file with the key of --listen-certificate.")
        ->envname("HOLDFAST_LISTEN_KEY")
        ->type_name("FILE");
    run->add_option(
           "--page-listen", options.page_listen,
           "Address to serve the page and its API at (HTTPS); people log in with a Kubernetes token, and may do "
           "what they may with kubectl; empty: off."
    )
        ->envname("HOLDFAST_PAGE_LISTEN")
        ->type_name("HOST:PORT");
    run->add_option(
           "--page-certificate", options.page_certificate,
           "PEM file with the certificate for --page-listen; read again when it changes. Without it: the one of "
           "--admission-listen."
    )
        ->envname("HOLDFAST_PAGE_CERTIFICATE")
        ->type_name("FILE");
    run->add_option("--page-key", options.page_key, "PEM file with the key of --page-certificate.")
        ->envname("HOLDFAST_PAGE_KEY")
        ->type_name("FILE");
    run->add_option(
           "--admission-listen", options.admission_listen,
           "Address of the admission webhook, which validates Holdfast's objects (HTTPS, POST /validate); "
           "empty: off. In a cluster: :9443, behind the Service of config/base."
    )
        ->envname("HOLDFAST_ADMISSION_LISTEN")
        ->type_name("HOST:PORT");
    run->add_option(
           "--admission-url", options.admission_url,
           "Outside a cluster: the address that the API server reaches --admission-listen at, "
           "https://HOST:PORT. The webhook is registered with it. While the operator does not run, objects "
           "are admitted without validation."
    )
        ->envname("HOLDFAST_ADMISSION_URL")
        ->type_name("URL");
    run->add_option(
           "--admission-client-ca", options.admission_client_ca,
           "PEM file with the authorities of API servers' client certificates; read again when it changes. Only "
           "clients with such a certificate may use --admission-listen. Without it every client may, and the "
           "answers leave out all that needs a credential to know."
    )
        ->envname("HOLDFAST_ADMISSION_CLIENT_CA")
        ->type_name("FILE");
    run->add_option(
           "--admission-secret", options.admission_secret,
           "Secret in the operator's namespace with the certificates for admission. The operator creates and "
           "renews them, unless cert-manager or another issuer does."
    )
        ->envname("HOLDFAST_ADMISSION_SECRET")
        ->capture_default_str()
        ->type_name("NAME");
    run->add_option(
           "--build-dir", options.build_directory,
           "Directory for the files of kustomize, helm, jsonnet and plugins while they run, best on tmpfs. "
           "Default: below --cache-dir."
    )
        ->envname("HOLDFAST_BUILD_DIR")
        ->type_name("DIR");
    run->add_flag(
           "--require-sandbox", options.require_sandbox,
           "Refuse to start if the kernel cannot fully confine these programs (Landlock, seccomp)."
    )
        ->envname("HOLDFAST_REQUIRE_SANDBOX");
    run->add_option("--plugins", options.plugins, "File that declares the plugins that applications may use.")
        ->envname("HOLDFAST_PLUGINS")
        ->type_name("FILE");
    run->add_flag(
           "--kustomize-charts", options.kustomize_charts,
           "Allow charts in kustomizations (helmCharts; kustomize's --enable-helm). They are fetched like the "
           "charts of other sources."
    )
        ->envname("HOLDFAST_KUSTOMIZE_CHARTS");
    run->add_option(
           "--remote-inputs", remote_inputs,
           "Remote bases, charts and files that builds may read: any, only those that a Repository covers "
           "(declared), or none."
    )
        ->envname("HOLDFAST_REMOTE_INPUTS")
        ->check(CLI::IsMember({"any", "declared", "none"}))
        ->capture_default_str();
    run->add_option(
           "--private-addresses", private_addresses,
           "Private, loopback and link-local hosts, addresses and ranges that every source may connect to, "
           "separated by commas: 10.0.0.0/8,git.corp.example. Any others need a Repository that allows them."
    )
        ->envname("HOLDFAST_PRIVATE_ADDRESSES")
        ->type_name("LIST");
    run->add_option(
           "--cluster-addresses", cluster_addresses,
           "Ranges of the cluster's pods, services and nodes outside the private ranges, separated by commas: "
           "they are treated like private addresses."
    )
        ->envname("HOLDFAST_CLUSTER_ADDRESSES")
        ->type_name("LIST");
    run->add_option(
           "--concurrency", options.concurrency, "How many applications are reconciled at the same time."
    )
        ->envname("HOLDFAST_CONCURRENCY")
        ->check(CLI::Range(1, 512))
        ->capture_default_str();
    run->add_option(
           "--installation", options.installation,
           "Name of this installation where several operators share a cluster. It marks this operator's objects, "
           "and the Applications that it works on (label holdfast.dev/installation)."
    )
        ->envname("HOLDFAST_INSTALLATION")
        ->capture_default_str()
        ->type_name("NAME");
    run->add_option(
           "--argocd-namespace", options.argocd_namespace,
           "Work on the Applications of argoproj.io in this namespace as they are, in place of Argo CD's "
           "application controller, which is to have no replicas, or to be told to leave an Application alone "
           "(annotation argocd.argoproj.io/skip-reconcile=true). See docs/migration.md. Empty: none of them is "
           "worked on."
    )
        ->envname("HOLDFAST_ARGOCD_NAMESPACE")
        ->type_name("NAMESPACE");
    run->add_option(
           "--former-managers", former_managers,
           "Field managers to take fields over from, besides those of kubectl, Helm, Argo CD and Flux: the "
           "fields that they own in an application's objects become Holdfast's. Separated by commas; a '*' at "
           "the end stands for any rest."
    )
        ->envname("HOLDFAST_FORMER_MANAGERS")
        ->type_name("NAMES");
    run->add_flag(
           "--leader-elect", options.leader_elect,
           "Work only while holding the Lease holdfast in the operator's namespace: one of several replicas "
           "works, and the others stand by."
    )
        ->envname("HOLDFAST_LEADER_ELECT");
    run->add_option(
           "--replica", options.replica,
           "Unique name of this replica. Default: made from the names of the host and the process."
    )
        ->envname("POD_NAME")
        ->type_name("NAME");
    run->add_option("--log-level", level, "Least important level to log.")
        ->envname("HOLDFAST_LOG_LEVEL")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
        ->capture_default_str();
    run->add_option("--log-format", format, "Format of the log: text for people, json for machines.")
        ->envname("HOLDFAST_LOG_FORMAT")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
}

operator_options parser::finish() const {
    const std::map<std::string, log::level> levels{
        {"trace", log::level::trace},
        {"debug", log::level::debug},
        {"info", log::level::info},
        {"warn", log::level::warn},
        {"error", log::level::error}
    };
    const std::map<std::string, sources::remote_inputs> inputs{
        {"any", sources::remote_inputs::any},
        {"declared", sources::remote_inputs::declared},
        {"none", sources::remote_inputs::none}
    };
    auto finished = options;
    finished.remote_inputs = inputs.at(remote_inputs);
    finished.former_managers = names_in(former_managers);
    finished.private_addresses = names_in(private_addresses);
    finished.cluster_addresses = names_in(cluster_addresses);
    finished.log_level = levels.at(level);
    finished.log_format = format == "json" ? log::format::json : log::format::text;
    return finished;
}

/// Options that a file cannot set.
bool is_of_the_command_line(const std::string& key) {
    return key == "options" || key == "help" || key == "version";
}

/// "--key=value" for each line of the file.
result<std::vector<std::string>> arguments_of(const std::string& file, std::string_view text) {
    const auto wrong = [&](const YAML::Mark& where, const std::string& what) {
        return user_error(file + ", line " + std::to_string(where.line + 1) + ": " + what);
    };
    if (text.size() > max_option_file) {
        return user_error(file + ": is longer than " + std::to_string(max_option_file) + " bytes");
    }
    YAML::Node root;
    try {
        root = YAML::Load(std::string{text});
    } catch (const YAML::Exception& e) {
        return wrong(e.mark, "is not valid YAML: " + e.msg);
    }
    std::vector<std::string> arguments;
    if (root.IsNull()) {
        return arguments;
    }
    if (!root.IsMap()) {
        return user_error(file + ": must be a YAML mapping of options, such as \"log-level: debug\"");
    }
    const parser known;
    std::vector<std::string> names;
    for (const auto* option : known.run->get_options()) {
        if (!option->get_lnames().empty() && !is_of_the_command_line(option->get_lnames().front())) {
            names.push_back(option->get_lnames().front());
        }
    }
    std::vector<std::string> seen;
    for (const auto& entry : root) {
        if (!entry.first.IsScalar()) {
            return wrong(entry.first.Mark(), "an option's name must be a word");
        }
        const auto key = entry.first.Scalar();
        if (std::find(names.begin(), names.end(), key) == names.end()) {
            const std::vector<std::string_view> candidates{names.begin(), names.end()};
            const auto close = match::nearest(key, candidates);
            return wrong(
                entry.first.Mark(),
                "there is no option \"" + key + "\"" +
                    (close.empty() ? std::string{} : ", did you mean \"" + std::string{close} + "\"?")
            );
        }
        if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
            return wrong(entry.first.Mark(), key + ": is there twice");
        }
        if (!entry.second.IsScalar()) {
            return wrong(entry.second.Mark(), key + ": must be a single value");
        }
        seen.push_back(key);
        arguments.push_back("--" + key + "=" + entry.second.Scalar());
        // One by one, so that the line is known.
        parser alone;
        try {
            alone.parse({"operator", arguments.back()});
        } catch (const CLI::ParseError& e) {
            return wrong(entry.second.Mark(), e.what());
        }
    }
    return arguments;
}

result<operator_options> combine(const option_source& source, std::vector<std::string> of_the_file) {
    parser all;
    auto arguments = source.arguments;
    const auto after_the_command = arguments.empty() ? arguments.end() : arguments.begin() + 1;
    arguments.insert(
        after_the_command, std::make_move_iterator(of_the_file.begin()),
        std::make_move_iterator(of_the_file.end())
    );
    try {
        all.parse(std::move(arguments));
    } catch (const CLI::ParseError& e) {
        return user_error(e.what());
    }
    auto options = all.finish();
    if (const auto problem = check(options); !problem.empty()) {
        return user_error(source.file.empty() ? "--" + problem : source.file + ": " + problem);
    }
    return options;
}

} // namespace

std::string own_namespace(const std::string& said) {
    if (!said.empty()) {
        return said;
    }
    std::ifstream file{"/var/run/secrets/kubernetes.io/serviceaccount/namespace"};
    std::string name;
    file >> name;
    return name.empty() ? "holdfast" : name;
}

command_line read_command_line(std::vector<std::string> arguments) {
    command_line read;
    parser first;
    try {
        first.parse(arguments);
    } catch (const CLI::Success& e) {
        read.exit_code = first.app.exit(e);
        return read;
    } catch (const CLI::ParseError& e) {
        first.app.exit(e);
        read.exit_code = wrong_options;
        return read;
    }
    if (first.save->parsed()) {
        read.exported = first.saved;
        return read;
    }
    if (first.look->parsed()) {
        read.checked = first.argocd;
        return read;
    }
    if (first.judge->parsed()) {
        read.judged = first.judged;
        return read;
    }
    if (first.convert->parsed()) {
        read.converted = first.argocd;
        return read;
    }
    read.source = {.arguments = std::move(arguments), .file = first.file};
    if (const auto options = read_options(read.source); !options) {
        std::fprintf(stderr, "holdfast operator: %s\n", options.error().message().c_str());
        read.exit_code = wrong_options;
    }
    return read;
}

result<operator_options> read_options(const option_source& source) {
    if (source.file.empty()) {
        return combine(source, {});
    }
    const auto text = read_option_file(source.file);
    if (!text) {
        return text.error();
    }
    return read_options(source, *text);
}

result<operator_options> read_options(const option_source& source, std::string_view file_text) {
    auto arguments = arguments_of(source.file, file_text);
    if (!arguments) {
        return arguments.error();
    }
    return combine(source, std::move(*arguments));
}

result<std::string> read_option_file(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in) {
        return user_error("--options: " + file + " cannot be read");
    }
    std::string text(max_option_file + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

} // namespace holdfast
