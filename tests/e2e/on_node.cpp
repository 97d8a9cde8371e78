#include "e2e/on_node.hpp"

#include "e2e/config_folder.hpp"
#include "e2e/operator_process.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

namespace holdfast::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct node_needed {
    void setup() { // NOLINT: the framework calls it on a value
        skip_without_node();
        if (!fs::exists(HOLDFAST_RELEASE)) skip("there is no " HOLDFAST_RELEASE ": ./dev test makes it");
    }
};
BOOST_TEST_GLOBAL_FIXTURE(node_needed);

} // namespace

command_result patiently(world& w, std::vector<std::string> args) {
    return w.cluster().kubectl(std::move(args), {.deadline = 150s});
}

std::string pods_of(world& w, const std::string& ns) {
    return w.cluster().kubectl({"get", "pods,events", "-n", ns}).out +
           w.cluster()
               .kubectl(
                   {"logs", "-n", ns, "--tail=30", "--prefix", "--selector", "app.kubernetes.io/name=holdfast"
                   }
               )
               .out;
}

namespace {
const std::string hook_secret = "a secret of the shop's Git provider";
} // namespace

namespace {

// The image of the release that ./dev test made, of this machine's architecture.
std::string released_image() {
    for (const auto& entry : fs::directory_iterator{HOLDFAST_RELEASE})
        if (entry.path().string().ends_with(".oci.tar")) return entry.path().string();
    BOOST_FAIL("there is not an image in " HOLDFAST_RELEASE);
    return {};
}

// As a release is installed: its install.yaml, which names the image by its digest.
fs::path overlay(world& w) {
    const fs::path directory = fs::path{w.cluster().directory()} / "overlay";
    fs::create_directory(directory);
    fs::copy_file(
        fs::path{HOLDFAST_RELEASE} / "install.yaml", directory / "install.yaml",
        fs::copy_options::overwrite_existing
    );
    std::ofstream{directory / "kustomization.yaml"} << R"(
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [install.yaml]
patches:
)" << std::string{required_sandbox};
    return directory;
}

} // namespace

world& installed() {
    static bool done = false;
    auto& w = world::with_node();
    if (done) return w;
    done = true;
    w.cluster().import_image(released_image());
    w.kubectl({"apply", "--server-side", "--force-conflicts", "--validate=strict", "-k", overlay(w).string()}
    );
    const auto rolled =
        patiently(w, {"rollout", "status", "deployment/holdfast", "-n", home, "--timeout=120s"});
    BOOST_TEST_REQUIRE(rolled.ok(), rolled.err + pods_of(w, home));
    w.kubectl({"create", "secret", "generic", "hook", "-n", home, "--from-literal=secret=" + hook_secret});
    return w;
}

void open_namespace(world& w, const std::string& name) {
    w.create_namespace(name);
    // Its ServiceAccount deploys what is in the namespace.
    w.kubectl(
        {"create", "rolebinding", "deployer", "-n", name, "--clusterrole=admin",
         "--serviceaccount=" + name + ":default"}
    );
}

void write_shop(git_repository& repository, const std::string& page) {
    repository.write("deploy/index.html", page);
    repository.write("deploy/kustomization.yaml", R"(
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [web.yaml]
configMapGenerator:
- name: page
  files: [index.html]
)");
    repository.write(
        "deploy/web.yaml", R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: )" + std::string(busybox_image) +
                               R"(
        command: [httpd, -f, -p, "8080", -h, /page]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
        volumeMounts: [{name: page, mountPath: /page}]
      volumes:
      - name: page
        configMap: {name: page}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
)"
    );
}

const json::object& announced() {
    static const json::object spec{{"interval", "1h"}, {"webhook", {{"secretRef", {{"name", "hook"}}}}}};
    return spec;
}

void announce(world& w, const git_repository& repository) {
    const std::string body = R"({"repository": ")" + repository.url() + R"(", "ref": "refs/heads/main"})";
    const auto digest =
        run_command("openssl", {"dgst", "-sha256", "-r", "-hmac", hook_secret}, body, 10s).out;
    const auto service = w.field("service", home, "holdfast", ".spec.clusterIP");
    const auto sent = run_command(
        "curl",
        {"-sS", "--fail-with-body", "--noproxy", "*", "-m", "10", "-H",
         "X-Signature: sha256=" + digest.substr(0, digest.find(' ')), "-d", body,
         "http://" + service + ":8081/hooks/push"},
        {}, 15s
    );
    BOOST_TEST(sent.ok(), sent.out + sent.err);
}

} // namespace holdfast::test
