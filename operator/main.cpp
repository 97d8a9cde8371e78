// Reads the options, wires, runs.

#include "base/duration.hpp"
#include "base/log.hpp"
#include "operator.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

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

} // namespace

int main(int argc, char** argv) {
    namespace log = holdfast::log;

    CLI::App app{
        "Holdfast keeps a Kubernetes cluster as its Git repositories say it should be, and holds it there.",
        "holdfast"
    };
    app.set_version_flag("--version", std::string{HOLDFAST_VERSION});
    app.require_subcommand(1);

    holdfast::operator_options options;
    options.cache_directory = default_cache_directory();
    std::string level = "info";
    std::string format = "text";
    std::string remote_inputs = "any";

    auto* run = app.add_subcommand("operator", "Runs the operator until SIGTERM or SIGINT.");
    run->add_option(
           "--kubeconfig", options.kubeconfig,
           "The cluster to manage, as kubectl reads it (several files: separated by ':'). Without it: the "
           "cluster this runs in."
    )
        ->envname("HOLDFAST_KUBECONFIG")
        ->type_name("FILE");
    run->add_option(
           "--namespace", options.own_namespace,
           "The operator's own namespace: Repositories here serve applications everywhere. Without it: the "
           "one it runs in, else holdfast."
    )
        ->envname("HOLDFAST_NAMESPACE")
        ->type_name("NAME");
    run->add_option(
           "--cache-dir", options.cache_directory, "Where copies of Git repositories are kept; disposable."
    )
        ->envname("HOLDFAST_CACHE_DIR")
        ->capture_default_str()
        ->type_name("DIR");
    run->add_option(
           "--metrics-listen", options.metrics_listen,
           "Where /metrics, /healthz and /readyz are served; empty: nowhere."
    )
        ->envname("HOLDFAST_METRICS_LISTEN")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    run->add_option(
           "--listen", options.listen,
           "Where push webhooks of Git providers are taken: POST /hooks/push, and /api/webhook as for Argo "
           "CD; "
           "empty: nowhere."
    )
        ->envname("HOLDFAST_LISTEN")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    run->add_option(
           "--listen-certificate", options.listen_certificate,
           "PEM file with the certificate to serve --listen with; reread when it changes. Without it: plain "
           "HTTP, for behind an ingress."
    )
        ->envname("HOLDFAST_LISTEN_CERTIFICATE")
        ->type_name("FILE");
    run->add_option("--listen-key", options.listen_key, "PEM file with the key of --listen-certificate.")
        ->envname("HOLDFAST_LISTEN_KEY")
        ->type_name("FILE");
    run->add_option(
           "--admission-listen", options.admission_listen,
           "Where the API server asks whether an Application or Repository is right (HTTPS, POST /validate); "
           "empty: nowhere. In a cluster :9443, behind the Service of config/base."
    )
        ->envname("HOLDFAST_ADMISSION_LISTEN")
        ->type_name("HOST:PORT");
    run->add_option(
           "--admission-url", options.admission_url,
           "Out of a cluster: how the API server reaches --admission-listen, https://HOST:PORT. The webhook "
           "is "
           "registered under it, and objects are taken unjudged while the operator is away."
    )
        ->envname("HOLDFAST_ADMISSION_URL")
        ->type_name("URL");
    run->add_option(
           "--admission-secret", options.admission_secret,
           "The Secret with the certificates for admission, in the operator's namespace: made and renewed by "
           "the "
           "operator, or issued by somebody else, such as cert-manager."
    )
        ->envname("HOLDFAST_ADMISSION_SECRET")
        ->capture_default_str()
        ->type_name("NAME");
    run->add_option(
           "--build-dir", options.build_directory,
           "Where kustomize, helm, jsonnet and plugins have their files while they run, best on tmpfs. "
           "Without "
           "it: below --cache-dir."
    )
        ->envname("HOLDFAST_BUILD_DIR")
        ->type_name("DIR");
    run->add_flag(
           "--require-sandbox", options.require_sandbox,
           "Do not start where the kernel cannot confine these programs fully (Landlock, seccomp)."
    )
        ->envname("HOLDFAST_REQUIRE_SANDBOX");
    run->add_option("--plugins", options.plugins, "File with the plugins that applications may be built by.")
        ->envname("HOLDFAST_PLUGINS")
        ->type_name("FILE");
    run->add_option(
           "--remote-inputs", remote_inputs,
           "Remote bases, charts and files that builds may read: any, those that a Repository covers "
           "(declared), or none."
    )
        ->envname("HOLDFAST_REMOTE_INPUTS")
        ->check(CLI::IsMember({"any", "declared", "none"}))
        ->capture_default_str();
    run->add_option("--concurrency", options.concurrency, "How many applications are worked on at once.")
        ->envname("HOLDFAST_CONCURRENCY")
        ->check(CLI::Range(1, 512))
        ->capture_default_str();
    run->add_option(
           "--installation", options.installation,
           "Where several operators share a cluster: the name that marks this one's objects, and the "
           "Applications "
           "that it works on (label holdfast.dev/installation)."
    )
        ->envname("HOLDFAST_INSTALLATION")
        ->capture_default_str()
        ->type_name("NAME");
    run->add_option("--log-level", level, "What is logged.")
        ->envname("HOLDFAST_LOG_LEVEL")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
        ->capture_default_str();
    run->add_option("--log-format", format, "How it is logged: for people or for machines.")
        ->envname("HOLDFAST_LOG_FORMAT")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();

    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& e) {
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        app.exit(e);
        return wrong_options;
    }
    const std::map<std::string, log::level> levels{
        {"trace", log::level::trace},
        {"debug", log::level::debug},
        {"info", log::level::info},
        {"warn", log::level::warn},
        {"error", log::level::error}
    };
    const std::map<std::string, holdfast::control::remote_inputs> inputs{
        {"any", holdfast::control::remote_inputs::any},
        {"declared", holdfast::control::remote_inputs::declared},
        {"none", holdfast::control::remote_inputs::none}
    };
    options.remote_inputs = inputs.at(remote_inputs);
    log::configure(levels.at(level), format == "json" ? log::format::json : log::format::text);

    if (const auto problem = holdfast::check(options); !problem.empty()) {
        std::fprintf(stderr, "holdfast operator: %s\n", problem.c_str());
        return wrong_options;
    }
    return holdfast::run_operator(std::move(options));
}
