// The operator is killed at one request of a sync after the other: each hook runs once all the same.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/background_process.hpp"
#include "e2e/behind_proxy.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/read_file.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

const std::string name{"hook-cuts"};
constexpr std::array hooks{"before", "beside", "after"};

std::string hook(const std::string& called, const std::string& type) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + called +
           "\n  annotations: {argocd.argoproj.io/hook: " + type + "}\n";
}

// Counts the objects that each hook ever had: a watch of its own tells of all of them.
class run_counter {
public:
    run_counter() {
        const auto& cluster = world::get().cluster();
        watch_ = background_process{
            cluster.kubectl_path(),
            {"--kubeconfig=" + cluster.kubeconfig(), "get", "configmaps", "-n", name, "--watch", "-o",
             R"(jsonpath={.metadata.name}{" "}{.metadata.uid}{"\n"})"},
            said_
        };
    }
    [[nodiscard]] std::size_t runs(const std::string& of) const {
        std::istringstream all{read_file(said_)};
        std::set<std::string> uids;
        for (std::string called, uid; all >> called >> uid;) {
            if (called == of) {
                uids.insert(uid);
            }
        }
        return uids.size();
    }

private:
    temporary_directory folder_;
    std::filesystem::path said_ = folder_.path() / "watched";
    background_process watch_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(hooks_at_each_request)

BOOST_AUTO_TEST_CASE(killed_at_any_request_of_a_sync_each_hook_runs_once) {
    auto& w = world::get();
    operator_behind_proxy behind;
    auto& proxy = behind.proxy;
    auto& op = behind.op;
    w.create_namespace(name);
    git_repository repository{name};
    repository.declare();
    repository.write("before.yaml", hook("before", "PreSync"));
    repository.write("beside.yaml", hook("beside", "Sync"));
    repository.write("after.yaml", hook("after", "PostSync"));
    std::size_t round = 0;
    std::string sha;
    const auto move = [&] {
        ++round;
        repository.write("a.yaml", config_map("a", "round", std::to_string(round)));
        sha = repository.push("Round " + std::to_string(round));
    };
    run_counter counted;
    move();
    op->start();
    w.apply(application(name, {.url = repository.url(), .into = name}));
    await_synced(name, sha);
    const auto before = proxy.records();
    move();
    await_synced(name, sha);
    const auto of_sync = proxy.records() - before;
    BOOST_TEST_REQUIRE(of_sync > 8U); // four objects, two of them deleted before, and the statuses

    std::map<std::string, std::size_t> runs;
    const auto require_one_more = [&](const std::string& when) {
        for (const auto* one : hooks) {
            eventually(
                [&] { return counted.runs(one) > runs[one]; }, "the watch tells of " + std::string{one}
            );
        }
        std::this_thread::sleep_for(200ms); // for one more, if there is one
        for (const auto* one : hooks) {
            const auto now = counted.runs(one);
            BOOST_TEST(now == runs[one] + 1, one << " ran " << now - runs[one] << " times, " << when);
            runs[one] = now;
        }
    };
    for (const auto* one : hooks) {
        eventually([&] { return counted.runs(one) >= 2; }, "the watch tells of two syncs");
        BOOST_TEST(counted.runs(one) == 2U, one);
        runs[one] = counted.runs(one);
    }
    // Each is a restart: more than these would take too long, and then every second or third request is cut.
    constexpr std::size_t most = 24;
    std::size_t struck = 0;
    for (std::size_t at = 1; at <= of_sync; at += std::max<std::size_t>(1, of_sync / most)) {
        const auto moment = at % 3 == 0 ? cutting_proxy::moment::before_it_is_passed_on
                                        : cutting_proxy::moment::before_its_answer;
        move();
        proxy.arm(op->pid(), at, moment);
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        while (!proxy.struck() && std::chrono::steady_clock::now() < deadline &&
               !(view(name).revision == sha && view(name).synced())) {
            std::this_thread::sleep_for(20ms);
        }
        proxy.disarm();
        if (proxy.struck()) {
            ++struck;
            op->kill9();
            op->start();
        }
        await_synced(name, sha, home, 60s);
        require_one_more("cut at request " + std::to_string(at) + " of " + std::to_string(of_sync));
    }
    BOOST_TEST_MESSAGE("cut " << struck << " requests of a sync of " << of_sync);
    BOOST_TEST(struck > 6U, "only " << struck << " requests were cut");
    w.kubectl({"delete", "application.holdfast.dev", name, "-n", home, "--wait=false"});
    op->stop();
}

BOOST_AUTO_TEST_SUITE_END()
