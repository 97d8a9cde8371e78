// Holdfast as people run it: its image in pods of a real node, installed with kubectl apply -k config, and an
// application of pods that serve a page.

#include "e2e/harness.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

struct node_needed {
    void setup() { // NOLINT: the framework calls it on a value
        skip_without_node();
        if (!fs::exists(HOLDFAST_IMAGE)) skip("there is no " HOLDFAST_IMAGE ": ./dev test makes it");
    }
};
BOOST_TEST_GLOBAL_FIXTURE(node_needed);

command_result patiently(world& w, std::vector<std::string> args) {
    return w.cluster().kubectl(std::move(args), {.deadline = 150s});
}

/// What explains why pods are not as they should be.
std::string pods_of(world& w, const std::string& ns) {
    return w.cluster().kubectl({"get", "pods,events", "-n", ns}).out +
           w.cluster()
               .kubectl(
                   {"logs", "-n", ns, "--tail=30", "--prefix", "--selector", "app.kubernetes.io/name=holdfast"
                   }
               )
               .out;
}

/// config/ with the image that is here, and the refusal to start where a build could not be confined in full.
fs::path overlay(world& w) {
    const fs::path directory = fs::path{w.cluster().directory()} / "overlay";
    fs::create_directory(directory);
    std::ofstream{directory / "kustomization.yaml"} << R"(
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [)" << fs::relative(HOLDFAST_SOURCE_DIR "/config", directory).string()
                                                    << R"(]
patches:
- target: {kind: Deployment, name: holdfast}
  patch: |
    - {op: add, path: /spec/template/spec/containers/0/args/-, value: --require-sandbox}
)";
    return directory;
}

/// Installed from the image, with both replicas ready: once for all cases.
world& installed() {
    static bool done = false;
    auto& w = world::with_node();
    if (done) return w;
    done = true;
    w.cluster().import_image(HOLDFAST_IMAGE);
    w.kubectl({"apply", "--server-side", "--force-conflicts", "--validate=strict", "-k", overlay(w).string()}
    );
    const auto rolled =
        patiently(w, {"rollout", "status", "deployment/holdfast", "-n", home, "--timeout=120s"});
    BOOST_TEST_REQUIRE(rolled.ok(), rolled.err + pods_of(w, home));
    w.create_namespace("shop");
    // Its ServiceAccount deploys what is in the namespace.
    w.kubectl(
        {"create", "rolebinding", "deployer", "-n", "shop", "--clusterrole=admin",
         "--serviceaccount=shop:default"}
    );
    return w;
}

/// Runs a program of the image in one of its pods.
std::string in_pod(world& w, std::vector<std::string> command) {
    command.insert(command.begin(), {"exec", "-n", home, "deployment/holdfast", "--"});
    const auto done = w.cluster().kubectl(std::move(command));
    BOOST_TEST(done.ok(), done.err);
    return done.out;
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

std::string page(const std::string& address) {
    return run_command("curl", {"-sf", "--noproxy", "*", "-m", "3", "http://" + address + "/"}, {}, 10s).out;
}

const std::string hook_secret = "a secret of the shop's Git provider";

/// Tells Holdfast of a push as a Git provider does, at the Service; whichever replica gets it.
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

} // namespace

BOOST_AUTO_TEST_SUITE(in_pods_of_a_node)

BOOST_AUTO_TEST_CASE(both_replicas_are_ready_and_have_all_that_they_run) {
    auto& w = installed();
    BOOST_TEST(w.field("deployment", home, "holdfast", ".status.readyReplicas") == "2");
    BOOST_TEST(in_pod(w, {"holdfast", "--version"}).starts_with("0."));
    const std::string programs = "/usr/libexec/holdfast/programs/";
    BOOST_TEST(in_pod(w, {programs + "kustomize", "version"}).starts_with("v5."));
    BOOST_TEST(in_pod(w, {programs + "helm", "version", "--short"}).starts_with("v3."));
    BOOST_TEST(in_pod(w, {programs + "sops", "--version", "--disable-version-check"}).starts_with("sops 3."));
    BOOST_TEST(in_pod(w, {"git", "--version"}).starts_with("git version 2."));
    BOOST_TEST(in_pod(w, {"gpg", "--version"}).starts_with("gpg (GnuPG) 2."));
    BOOST_TEST(in_pod(w, {"ssh", "-G", "example.com"}).find("user holdfast") != std::string::npos);
    // With its agent, and without a prompt.
    const std::string sealed = in_pod(w, {"sh", "-c", R"(
        export GNUPGHOME=/tmp/keys && mkdir -m 700 $GNUPGHOME
        gpg --batch --quiet --passphrase '' --quick-generate-key shop future-default default never 2>/dev/null
        echo opened | gpg --batch --quiet --encrypt --recipient shop | gpg --batch --quiet --decrypt
        gpgconf --kill all && rm -r $GNUPGHOME
    )"});
    BOOST_TEST(sealed == "opened\n");
    BOOST_TEST(in_pod(w, {"id"}).starts_with("uid=65532(holdfast)"));
    BOOST_TEST(!w.cluster().kubectl({"exec", "-n", home, "deployment/holdfast", "--", "touch", "/usr/x"}).ok()
    );
}

BOOST_AUTO_TEST_CASE(a_wrong_application_is_refused_over_the_service) {
    auto& w = installed();
    std::string said;
    eventually(
        [&] {
            auto wrong = application("wrong", {.url = "nonsense", .into = "shop", .ns = "shop"});
            said = w.cluster().kubectl({"apply", "--dry-run=server", "-f", "-"}, {.input = wrong}).err;
            return said.find("The request is invalid") != std::string::npos;
        },
        "the API server asks the webhook", 60s, [&] { return said + pods_of(w, home); }
    );
}

BOOST_AUTO_TEST_CASE(a_page_that_is_pushed_is_served) {
    auto& w = installed();
    git_repository repository{"shop", {}, w.cluster().machine()};
    write_shop(repository, "the first page\n");
    const auto first = repository.push("Open the shop");
    w.kubectl({"create", "secret", "generic", "hook", "-n", home, "--from-literal=secret=" + hook_secret});
    repository.declare({{"interval", "1h"}, {"webhook", {{"secretRef", {{"name", "hook"}}}}}});
    w.apply(application("shop", {.url = repository.url(), .path = "deploy", .into = "shop", .ns = "shop"}));
    await_synced("shop", first, "shop", 90s);
    const auto service = w.field("service", "shop", "web", ".spec.clusterIP");
    eventually([&] { return page(service) == "the first page\n"; }, "the first page is served");

    write_shop(repository, "the second page\n");
    const auto second = repository.push("Say something else");
    announce(w, repository);
    eventually([&] { return page(service) == "the second page\n"; }, "the second page is served");
    await_synced("shop", second, "shop");
}

BOOST_AUTO_TEST_SUITE_END()
