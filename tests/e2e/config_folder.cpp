#include "e2e/config_folder.hpp"

#include "e2e/operator_process.hpp"
#include "support/read_file.hpp"

#include <filesystem>
#include <fstream>

namespace holdfast::test {

namespace fs = std::filesystem;

void write_config(git_repository& repository) {
    const fs::path root{HOLDFAST_SOURCE_DIR};
    for (const auto& entry : fs::recursive_directory_iterator{config}) {
        if (entry.is_regular_file()) {
            repository.write(fs::relative(entry.path(), root).string(), read_file(entry.path()));
        }
    }
    for (const auto& entry : fs::directory_iterator{root / "crds"}) {
        if (entry.path().extension() == ".yaml" || entry.path().filename() == "Kustomization") {
            repository.write(fs::relative(entry.path(), root).string(), read_file(entry.path()));
        }
    }
}

std::size_t count_of_webhooks() {
    const auto text = read_file(config + "/webhook/validatingwebhookconfiguration.yaml");
    std::size_t count = 0;
    for (auto at = text.find("\n- name: "); at != std::string::npos; at = text.find("\n- name: ", at + 1)) {
        ++count;
    }
    return count;
}

std::string kubeconfig_of_the_account(world& w) {
    auto token = w.kubectl({"create", "token", "holdfast", "-n", home, "--duration=2h"});
    token.erase(token.find_last_not_of('\n') + 1);
    const auto path = w.cluster().directory() + "/holdfast.kubeconfig";
    std::ofstream{path} << "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                        << "clusters: [{name: c, cluster: {server: '" << w.cluster().server()
                        << "', certificate-authority: '" << w.cluster().ca() << "'}}]\n"
                        << "users: [{name: u, user: {token: '" << token << "'}}]\n"
                        << "contexts: [{name: c, context: {cluster: c, user: u, namespace: holdfast}}]\n";
    return path;
}

} // namespace holdfast::test
