#include "e2e/other_cluster.hpp"

#include "e2e/json.hpp"
#include "support/read_file.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace holdfast::test {

std::string base64(const std::string& text) {
    return run_command("base64", {"-w0"}, text, std::chrono::seconds{10}).out;
}

other_cluster::other_cluster()
    : plane_{{.apiserver_args = {"--bind-address=0.0.0.0"}}}, reader_{plane_.kubeconfig()} {
    kubectl({"create", "serviceaccount", "remote", "-n", "kube-system"});
    kubectl(
        {"create", "clusterrolebinding", "remote", "--clusterrole=cluster-admin",
         "--serviceaccount=kube-system:remote"}
    );
}

std::string other_cluster::kubectl(std::vector<std::string> args, const std::string& input) {
    const auto first = args.front();
    const auto done = plane_.kubectl(std::move(args), {.input = input});
    BOOST_REQUIRE_MESSAGE(done.ok(), "in the other cluster: " << first << ": " << done.err);
    return done.out;
}

std::string other_cluster::value(const std::string& ns, const std::string& config_map) {
    const auto found = get_json("configmap", ns, config_map);
    return found ? text_at(*found, {"data", "value"}) : std::string{};
}

std::string other_cluster::token(const std::string& account) {
    auto token = kubectl({"create", "token", account, "-n", "kube-system"});
    while (token.ends_with('\n')) {
        token.pop_back();
    }
    return token;
}

std::string other_cluster::ca() const {
    return read_file(plane_.ca());
}

json::object other_cluster::config() {
    return {{"bearerToken", token()}, {"tlsClientConfig", {{"caData", base64(ca())}}}};
}

silent_server::silent_server() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (socket_ < 0 || ::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(socket_, 128) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error{"no server that says nothing"};
    }
    port_ = ntohs(address.sin_port);
}

silent_server::~silent_server() {
    ::close(socket_);
}

std::string silent_server::url() const {
    return "https://127.0.0.1:" + std::to_string(port_);
}

std::string
cluster_secret(const std::string& secret, const json::object& fields, const json::object& labels) {
    json::object all{{"argocd.argoproj.io/secret-type", "cluster"}};
    for (const auto& [key, value] : labels) {
        all[key] = value;
    }
    json::object data;
    for (const auto& [key, value] : fields) {
        data[key] = value.is_string() ? value : json::value(json::serialize(value));
    }
    return json::serialize(json::object{
        {"apiVersion", "v1"},
        {"kind", "Secret"},
        {"metadata", {{"name", secret}, {"namespace", home}, {"labels", std::move(all)}}},
        {"stringData", std::move(data)}
    });
}

} // namespace holdfast::test
