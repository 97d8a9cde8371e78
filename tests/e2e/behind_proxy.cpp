#include "e2e/behind_proxy.hpp"

#include "cluster/control_plane.hpp"
#include "e2e/world.hpp"
#include "support/read_file.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>

namespace holdfast::test {

namespace fs = std::filesystem;

namespace {

// The administrator's kubeconfig with another port.
std::string kubeconfig_through(int port, const fs::path& folder) {
    const auto& cluster = world::get().cluster();
    auto text = read_file(cluster.kubeconfig());
    const auto at = text.find(cluster.server());
    BOOST_REQUIRE(at != std::string::npos);
    text.replace(at, cluster.server().size(), "https://127.0.0.1:" + std::to_string(port));
    const auto path = folder / "kubeconfig";
    std::ofstream{path} << text;
    return path.string();
}

int port_of(const std::string& server) {
    return std::stoi(server.substr(server.rfind(':') + 1));
}

} // namespace

particular_operator::particular_operator() : process_{world::get().shared_operator()} {
    if (process_.running()) {
        process_.stop();
    }
}

particular_operator::~particular_operator() {
    process_.kill9();
    process_.use_kubeconfig(world::get().cluster().kubeconfig());
}

operator_behind_proxy::operator_behind_proxy() : proxy{port_of(world::get().cluster().server())} {
    op->use_kubeconfig(kubeconfig_through(proxy.port(), folder.path()));
}

} // namespace holdfast::test
