#include "cluster/control_plane.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using holdfast::test::command_result;
using holdfast::test::control_plane;
using holdfast::test::control_plane_error;

namespace {

/// The output of a kubectl that must succeed.
std::string kubectl(const control_plane& cluster, std::vector<std::string> args, std::string input = {}) {
    const command_result result = cluster.kubectl(std::move(args), {.input = std::move(input)});
    BOOST_TEST_REQUIRE(result.ok(), result.err);
    return result.out;
}

std::string resource_version(const control_plane& cluster, const std::string& config_map) {
    const auto object = boost::json::parse(kubectl(cluster, {"get", "configmap", config_map, "-o", "json"}));
    return std::string(object.at("metadata").at("resourceVersion").as_string());
}

/// The live processes that have the text in their command line. (One that has ended and is not reaped has
/// none.)
std::vector<std::string> processes_with(const std::string& text) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream file(entry.path() / "cmdline");
        std::string line{std::istreambuf_iterator<char>(file), {}};
        std::replace(line.begin(), line.end(), '\0', ' ');
        if (line.find(text) != std::string::npos)
            found.push_back(entry.path().filename().string() + " " + line);
    }
    return found;
}

/// Whether the condition came true within the time.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds within) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_control_plane)

BOOST_AUTO_TEST_CASE(serves_kubectl_and_leaves_nothing_behind) {
    std::string directory;
    {
        control_plane cluster;
        directory = cluster.directory();
        BOOST_TEST(
            kubectl(cluster, {"get", "ns", "-o", "name"}).find("namespace/default") != std::string::npos
        );
        // The controller manager is at work: it makes this one in every namespace.
        kubectl(cluster, {"get", "serviceaccount", "default"});
        kubectl(
            cluster, {"apply", "-f", "-"},
            R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}})"
        );
        BOOST_TEST(kubectl(cluster, {"get", "configmap", "a", "-o", "jsonpath={.data.k}"}) == "v");
        BOOST_TEST(processes_with(directory).size() >= 2u);
    }
    BOOST_TEST(!std::filesystem::exists(directory));
    BOOST_TEST(processes_with(directory).empty());
}

BOOST_AUTO_TEST_CASE(has_a_server_of_its_own) {
    control_plane one({.controller_manager = false});
    control_plane two({.controller_manager = false});
    BOOST_TEST(one.server() != two.server());
    kubectl(one, {"create", "namespace", "only-in-one"});
    const auto other = two.kubectl({"get", "namespace", "only-in-one"});
    BOOST_TEST(other.status == 1);
    BOOST_TEST(other.err.find("NotFound") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keeps_its_data_and_address_when_the_api_server_dies) {
    control_plane cluster({.controller_manager = false});
    kubectl(cluster, {"create", "configmap", "a"});
    const std::string server = cluster.server();
    cluster.kill_apiserver();
    BOOST_TEST(!cluster.kubectl({"get", "configmap", "a"}).ok());
    cluster.start_apiserver();
    BOOST_TEST(cluster.server() == server);
    kubectl(cluster, {"get", "configmap", "a"});

    BOOST_TEST(cluster.stop_apiserver());
    BOOST_TEST(!cluster.kubectl({"get", "configmap", "a"}).ok());
    cluster.start_apiserver();
    kubectl(cluster, {"get", "configmap", "a"});
    BOOST_CHECK_THROW(cluster.start_apiserver(), control_plane_error); // it is running
}

BOOST_AUTO_TEST_CASE(answers_nothing_while_it_is_paused) {
    control_plane cluster({.controller_manager = false});
    cluster.pause_apiserver();
    BOOST_CHECK_THROW(cluster.kubectl({"get", "ns"}, {.deadline = 1s}), control_plane_error);
    cluster.resume_apiserver();
    kubectl(cluster, {"get", "ns"});
    BOOST_CHECK_THROW(cluster.resume_apiserver(), control_plane_error);
    cluster.pause_apiserver(); // it can be stopped like that, too
}

BOOST_AUTO_TEST_CASE(forgets_history_when_compacted) {
    control_plane cluster({.controller_manager = false});
    kubectl(cluster, {"create", "configmap", "a"});
    const std::string old = resource_version(cluster, "a");
    kubectl(cluster, {"create", "configmap", "b"});
    const auto watch = [&](const std::string& from) {
        return kubectl(
            cluster,
            {"get", "--raw",
             "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&resourceVersion=" + from}
        );
    };
    BOOST_TEST(watch(old).find(R"("type":"ADDED")") != std::string::npos);

    const auto revision = cluster.compact();
    BOOST_TEST(revision >= std::stoll(resource_version(cluster, "b")));
    const auto event = boost::json::parse(watch(old));
    BOOST_TEST(event.at("type").as_string() == "ERROR");
    BOOST_TEST(event.at("object").at("code").to_number<int>() == 410);
    BOOST_TEST(event.at("object").at("reason").as_string() == "Expired");
    const auto list = cluster.kubectl(
        {"get", "--raw",
         "/api/v1/namespaces/default/configmaps?limit=5&resourceVersionMatch=Exact&resourceVersion=" + old}
    );
    BOOST_TEST(list.err.find("too old") != std::string::npos, list.out + list.err);
}

BOOST_AUTO_TEST_CASE(makes_users_with_the_rights_of_their_groups) {
    control_plane cluster({.controller_manager = false});
    const std::string alice = cluster.user("alice", {"dev", "ops"});
    const auto denied = cluster.kubectl({"get", "configmaps"}, {.kubeconfig = alice});
    BOOST_TEST(denied.err.find("User \"alice\" cannot list") != std::string::npos, denied.err);
    kubectl(cluster, {"create", "role", "reader", "--verb=list", "--resource=configmaps"});
    kubectl(cluster, {"create", "rolebinding", "reader", "--role=reader", "--group=ops"});
    const auto allowed = [&] { return cluster.kubectl({"get", "configmaps"}, {.kubeconfig = alice}).ok(); };
    BOOST_TEST(eventually(allowed, 10s));
    BOOST_CHECK_THROW(cluster.user("two words"), control_plane_error);
}

BOOST_AUTO_TEST_CASE(runs_pods_with_kwok) {
    control_plane cluster({.kwok = true});
    kubectl(cluster, {"create", "deployment", "web", "--image=none", "--replicas=3"});
    kubectl(cluster, {"rollout", "status", "deployment/web", "--timeout=25s"});
    BOOST_TEST(cluster.pid("kwok") > 0);
}

BOOST_AUTO_TEST_CASE(says_what_failed_when_it_cannot_start) {
    BOOST_CHECK_EXCEPTION(
        control_plane({.apiserver_args = {"--nonsense"}}), control_plane_error,
        [](const control_plane_error& error) {
            const std::string_view what = error.what();
            return what.find("kube-apiserver ended") != what.npos && what.find("unknown flag") != what.npos;
        }
    );
}

BOOST_AUTO_TEST_CASE(does_not_survive_its_launcher) {
    control_plane cluster;
    const std::string directory = cluster.directory();
    cluster.pause_apiserver(); // not even when it cannot run
    BOOST_TEST(processes_with(directory).size() >= 2u);
    BOOST_TEST_REQUIRE(::kill(cluster.launcher_pid(), SIGKILL) == 0);
    BOOST_TEST(eventually([&] { return processes_with(directory).empty(); }, 10s));
    BOOST_CHECK_THROW(cluster.compact(), control_plane_error);
    BOOST_CHECK_THROW(cluster.stop(), control_plane_error); // it did not stop as it should
    BOOST_TEST(!std::filesystem::exists(directory));
}

BOOST_AUTO_TEST_CASE(does_not_survive_its_owner) {
    int fds[2];
    BOOST_TEST_REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    const pid_t owner = ::fork();
    BOOST_TEST_REQUIRE(owner >= 0);
    if (owner == 0) {
        try {
            control_plane cluster({.controller_manager = false});
            const std::string line = cluster.directory() + "\n";
            if (::write(fds[1], line.data(), line.size()) > 0) ::pause();
        } catch (const std::exception& error) {
            (void)std::fprintf(stderr, "%s\n", error.what());
        }
        ::_exit(1);
    }
    ::close(fds[1]);
    std::string directory;
    for (char c = 0; ::read(fds[0], &c, 1) == 1 && c != '\n';)
        directory += c;
    ::close(fds[0]);
    ::kill(owner, SIGKILL);
    ::waitpid(owner, nullptr, 0);
    BOOST_TEST_REQUIRE(!directory.empty());
    BOOST_TEST(eventually([&] { return !std::filesystem::exists(directory); }, 10s));
    BOOST_TEST(processes_with(directory).empty());
}

BOOST_AUTO_TEST_SUITE_END()
