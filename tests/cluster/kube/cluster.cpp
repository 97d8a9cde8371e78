#include "cluster.hpp"

#include "kube/config.hpp"
#include "kube/connect.hpp"

namespace holdfast::kube {

test::control_plane& shared_cluster() {
    static test::control_plane cluster{{.controller_manager = false}};
    return cluster;
}

std::unique_ptr<http::client> clustered::connected() {
    auto config = load_kubeconfig({cluster.kubeconfig()});
    return connect(context.get_executor(), std::move(config.value())).value();
}

std::string clustered::make_namespace(const std::string& name) {
    const json::object object{
        {"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", json::object{{"name", name}}}
    };
    (void)run(api.apply(resources::namespaces(), object, {.field_manager = "test"})).value();
    return name;
}

asio::awaitable<bool> eventually(std::function<bool()> condition, std::chrono::milliseconds within) {
    const auto end = steady_clock::now() + within;
    while (!condition()) {
        if (steady_clock::now() >= end) {
            co_return false;
        }
        co_await sleep_for(10ms);
    }
    co_return true;
}

json::object config_map(std::string_view ns, std::string_view name, std::string_view value) {
    return {
        {"apiVersion", "v1"},
        {"kind", "ConfigMap"},
        {"metadata", json::object{{"namespace", ns}, {"name", name}}},
        {"data", json::object{{"value", value}}}
    };
}

} // namespace holdfast::kube
