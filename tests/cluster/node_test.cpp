#include "cluster/control_plane.hpp"

#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using holdfast::test::control_plane;
using holdfast::test::control_plane_error;
using holdfast::test::page;
using holdfast::test::run_command;

namespace {

struct node_needed {
    void setup() { holdfast::test::skip_without_node(); } // NOLINT: the framework calls it on a value
};
BOOST_TEST_GLOBAL_FIXTURE(node_needed);

std::string kubectl(const control_plane& cluster, std::vector<std::string> args, std::string input = {}) {
    const auto result = cluster.kubectl(std::move(args), {.input = std::move(input), .deadline = 90s});
    BOOST_TEST_REQUIRE(result.ok(), result.err);
    return result.out;
}

std::string output(const std::string& program, const std::vector<std::string>& args) {
    const auto result = run_command(program, args, {}, 30s);
    BOOST_TEST_REQUIRE(result.ok(), program + ": " + result.err);
    return result.out;
}

template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds within) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(100ms);
    }
    return true;
}

/// What of a node a machine could be left with: devices, mounts, network namespaces, cgroups, rules,
/// processes.
struct traces {
    std::set<std::string> found;

    void collect(const std::string& kind, const std::string& text) {
        std::size_t begin = 0;
        while (begin < text.size()) {
            const auto end = std::min(text.find('\n', begin), text.size());
            found.insert(kind + ": " + text.substr(begin, end - begin));
            begin = end + 1;
        }
    }

    static traces now() {
        traces all;
        all.collect("device", output("/usr/sbin/ip", {"-brief", "link"}));
        all.collect("route", output("/usr/sbin/ip", {"route"}));
        all.collect("rules", output("/usr/sbin/nft", {"list", "tables"}));
        all.collect("mount", output("cut", {"-d", " ", "-f", "2", "/proc/mounts"}));
        all.collect(
            "cgroup", output("find", {"/sys/fs/cgroup", "-type", "d", "-name", "holdfast-testcluster-*"})
        );
        for (const char* name : {"containerd", "containerd-shim", "kubelet", "kube-proxy", "runc", "httpd"}) {
            const auto running =
                run_command("pgrep", {"--exact", name}, {}, 30s); // fails where there is none
            all.collect(name, running.out);
        }
        return all;
    }

    /// What is here and not there.
    std::string beyond(const traces& before) const {
        std::string more;
        for (const auto& line : found)
            if (!before.found.contains(line)) more += line + "\n";
        return more;
    }
};

/// Two pods behind a Service, each with its name as its page.
std::string web() {
    return R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: )" +
           std::string(holdfast::test::busybox_image) + R"(
        command: [sh, -c, "hostname > /tmp/index.html; echo serving; exec httpd -f -p 8080 -h /tmp"]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
        resources: {limits: {memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
)";
}

/// The address of its Service, which answers.
std::string deploy_web(const control_plane& cluster) {
    kubectl(cluster, {"apply", "-f", "-"}, web());
    kubectl(cluster, {"rollout", "status", "deployment/web", "--timeout=60s"});
    const std::string service =
        kubectl(cluster, {"get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"});
    // kube-proxy learns of the pods as we do.
    BOOST_TEST(eventually([&] { return page(service).starts_with("web-"); }, 20s));
    return service;
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_real_node)

BOOST_AUTO_TEST_CASE(runs_pods_that_answer_over_their_service_and_leaves_nothing_behind) {
    const auto before = traces::now();
    std::string directory;
    {
        control_plane cluster({.node = true});
        directory = cluster.directory();
        const std::string service = deploy_web(cluster);
        BOOST_TEST(kubectl(cluster, {"logs", "deployment/web"}).find("serving\n") != std::string::npos);
        // From a pod to the Service of its own pods; and to that of the API server, which wants TLS.
        BOOST_TEST(
            kubectl(cluster, {"exec", "deployment/web", "--", "wget", "-qO-", "http://" + service + "/"})
                .starts_with("web-")
        );
        const auto answer = kubectl(
            cluster, {"exec", "deployment/web", "--", "sh", "-c",
                      "wget -O- http://$KUBERNETES_SERVICE_HOST:443/ 2>&1 || true"}
        );
        BOOST_TEST(answer.find("400 Bad Request") != std::string::npos, answer);
        // A restarted API server is found again, at the same address.
        cluster.kill_apiserver();
        cluster.start_apiserver();
        kubectl(cluster, {"scale", "deployment/web", "--replicas=1"});
        kubectl(
            cluster,
            {"wait", "--for=jsonpath={.status.availableReplicas}=1", "deployment/web", "--timeout=60s"}
        );
        BOOST_TEST(traces::now().beyond(before).find("containerd") != std::string::npos);
        BOOST_CHECK_THROW(cluster.import_image("/nonexistent.tar"), control_plane_error);
    }
    BOOST_TEST(
        eventually([&] { return traces::now().beyond(before).empty(); }, 20s), traces::now().beyond(before)
    );
    BOOST_TEST(!std::filesystem::exists(directory));
}

BOOST_AUTO_TEST_CASE(does_not_survive_its_launcher_and_clashes_with_no_other) {
    control_plane other({.node = true});
    const std::string others = deploy_web(other);
    const auto before = traces::now();
    control_plane cluster({.node = true});
    const std::string directory = cluster.directory();
    const std::string service = deploy_web(cluster);
    BOOST_TEST(service != others);
    BOOST_TEST(!page(service).empty());
    BOOST_TEST(!page(others).empty());

    BOOST_TEST_REQUIRE(::kill(cluster.launcher_pid(), SIGKILL) == 0);
    BOOST_TEST(
        eventually([&] { return !std::filesystem::exists(directory); }, 20s),
        "the undertaker has not removed it"
    );
    BOOST_TEST(
        eventually([&] { return traces::now().beyond(before).empty(); }, 20s), traces::now().beyond(before)
    );
    BOOST_TEST(!page(others).empty());
    BOOST_CHECK_THROW(cluster.stop(), control_plane_error);
}

BOOST_AUTO_TEST_SUITE_END()
