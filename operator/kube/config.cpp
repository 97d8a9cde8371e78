#include "kube/config.hpp"

#include "base/trim.hpp"
#include "kube/kubeconfig.hpp"
#include "kube/small_file.hpp"

#include <cstdlib>

namespace holdfast::kube {

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing here sets any
    return value == nullptr ? std::string{} : std::string{value};
}

std::vector<std::string> split_paths(std::string_view list) {
    std::vector<std::string> paths;
    while (!list.empty()) {
        const auto colon = std::min(list.find(':'), list.size());
        if (colon > 0) {
            paths.emplace_back(list.substr(0, colon));
        }
        list.remove_prefix(std::min(colon + 1, list.size()));
    }
    return paths;
}

} // namespace

config_environment config_environment::current() {
    config_environment e;
    e.kubeconfig = variable("KUBECONFIG");
    e.home = variable("HOME");
    e.service_host = variable("KUBERNETES_SERVICE_HOST");
    e.service_port = variable("KUBERNETES_SERVICE_PORT");
    return e;
}

result<connection_config> find_config(const config_choice& choice, const config_environment& environment) {
    if (!choice.path.empty()) {
        // Named, so it must be there.
        if (auto text = read_small_file(choice.path); !text) {
            return user_error(text.error().message());
        }
        return load_kubeconfig({choice.path}, choice.context);
    }
    if (const auto paths = split_paths(environment.kubeconfig); !paths.empty()) {
        return load_kubeconfig(paths, choice.context);
    }
    // A context can only be one of a kubeconfig.
    if (choice.context.empty()) {
        auto inside = in_cluster_config(environment);
        if (inside || inside.error().kind() != error_kind::not_found) {
            return inside;
        }
    }
    if (environment.home.empty()) {
        return user_error("no cluster to speak to: neither KUBECONFIG nor HOME is set, and this is not a pod"
        );
    }
    return load_kubeconfig({environment.home + "/.kube/config"}, choice.context);
}

result<connection_config> load_kubeconfig(const std::vector<std::string>& paths, std::string_view context) {
    std::vector<kubeconfig_text> texts;
    std::string names;
    for (const auto& path : paths) {
        names += (names.empty() ? "" : ", ") + path;
        auto text = read_small_file(path);
        if (text) {
            texts.push_back({path, std::move(*text)});
        } else if (text.error().kind() != error_kind::not_found) {
            return text.error();
        }
    }
    if (texts.empty()) {
        return user_error("no kubeconfig: there is no file " + names);
    }
    return read_kubeconfig(texts, context, {.allow_exec = true, .allow_files = true});
}

result<connection_config> parse_kubeconfig(
    std::string_view text, std::string_view name, std::string_view context, kubeconfig_trust trust
) {
    return read_kubeconfig({{std::string{name}, std::string{text}}}, context, trust);
}

result<connection_config> in_cluster_config(const config_environment& environment) {
    if (environment.service_host.empty() || environment.service_port.empty()) {
        return error{
            error_kind::not_found,
            "this is not a pod of a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"
        };
    }
    const auto& directory = environment.service_account_directory;
    const auto token_path = directory + "/token";
    if (auto token = read_small_file(token_path); !token) {
        return user_error(token.error().message() + " (is automountServiceAccountToken switched off?)");
    }
    connection_config config;
    config.origin = "the cluster that this runs in";
    config.ca_file = directory + "/ca.crt";
    auto ca = read_small_file(config.ca_file);
    if (!ca) {
        return user_error(ca.error().message());
    }
    config.http.tls.ca = std::move(*ca);
    const bool brackets = environment.service_host.find(':') != std::string::npos;
    config.http.url = "https://" +
                      (brackets ? "[" + environment.service_host + "]" : environment.service_host) + ":" +
                      environment.service_port;
    config.credentials = token_file_credentials{token_path};
    if (const auto space = read_small_file(directory + "/namespace"); space && !trimmed(*space).empty()) {
        config.default_namespace = std::string{trimmed(*space)};
    }
    return config;
}

} // namespace holdfast::kube
