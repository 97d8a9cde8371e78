// The operator for one namespace: as its ServiceAccount, with no right in the cluster.

#include "e2e/applications.hpp"
#include "e2e/config_folder.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

const std::string overlay = config + "/overlays/one-namespace";

world& installed() {
    static const bool once = [] {
        auto& w = world::get();
        w.kubectl({"apply", "--server-side", "--validate=strict", "-k", overlay});
        auto& o = w.shared_operator();
        o.use_kubeconfig(kubeconfig_of_the_account(w));
        o.start({"--options", overlay + "/options.yaml", "--build-dir", o.cache().string() + "/builds"});
        return true;
    }();
    static_cast<void>(once);
    return world::get();
}

} // namespace

BOOST_AUTO_TEST_SUITE(one_namespace)

BOOST_AUTO_TEST_CASE(an_application_is_deployed_kept_pruned_and_taken_away) {
    auto& w = installed();
    git_repository repository{"shop"};
    repository.write("a.yaml", config_map("settings", "greeting", "hello"));
    repository.write(
        "b.yaml", "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {ports: [{port: 80}]}}\n"
    );
    repository.write("c.yaml", R"(
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get, list, watch]}]
)");
    const auto first = repository.push("One");
    repository.declare();
    w.apply(application("shop", {.url = repository.url(), .into = home}));
    await_synced("shop", first);
    w.kubectl({"delete", "service", "web", "-n", home});
    eventually([&] { return w.exists("service", home, "web"); }, "drift is taken back");
    repository.remove("b.yaml");
    await_synced("shop", repository.push("Less"));
    BOOST_TEST(!w.exists("service", home, "web"));
    eventually([&] { return !events_of("shop").empty(); }, "events are written");
    w.kubectl({"delete", "applications.holdfast.dev/shop", "-n", home, "--timeout=60s"});
    BOOST_TEST(!w.exists("configmap", home, "settings"));
    // It asks for nothing that it may not.
    std::istringstream lines{w.shared_operator().log()};
    for (std::string line; std::getline(lines, line);) {
        BOOST_TEST(line.find("forbidden") == std::string::npos, line);
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_of_the_namespace_is_refused_by_the_server_and_said) {
    auto& w = installed();
    w.create_namespace("elsewhere");
    git_repository repository{"reaching"};
    repository.write("a.yaml", config_map("planted", "a", "b"));
    repository.push("One");
    repository.declare();
    w.apply(application("reaching", {.url = repository.url(), .into = "elsewhere", .finalizer = false}));
    await_condition(
        "reaching", "SyncError", {"forbidden", "system:serviceaccount:holdfast:holdfast", "elsewhere"}
    );
    BOOST_TEST(!w.exists("configmap", "elsewhere", "planted"));
    w.kubectl({"delete", "applications.holdfast.dev/reaching", "-n", home});
}

BOOST_AUTO_TEST_CASE(applications_of_other_namespaces_are_not_looked_at) {
    auto& w = installed();
    w.apply(application(
        "other",
        {.url = "https://127.0.0.1:1/none", .into = "elsewhere", .finalizer = false, .ns = "elsewhere"}
    ));
    throughout(
        2000ms, [&] { return view("other", "elsewhere").conditions.empty(); }, "nobody writes its status"
    );
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tenants_one_by_one)

BOOST_AUTO_TEST_CASE(holdfast_acts_for_nobody_in_a_namespace_until_that_is_admitted) {
    world w;
    w.kubectl({"apply", "--server-side", "--validate=strict", "-k", config + "/overlays/tenants-one-by-one"});
    for (const auto* ns : {"shop", "other"}) {
        w.create_namespace(ns);
    }
    const auto may = [&](const std::string& verb, const std::string& kind, const std::string& ns) {
        const auto said = run_command(
            "kubectl",
            {"--kubeconfig", w.cluster().kubeconfig(), "auth", "can-i", verb, kind, "-n", ns, "--as",
             "system:serviceaccount:holdfast:holdfast"},
            {}, 30s
        );
        return said.out;
    };
    BOOST_TEST(may("impersonate", "serviceaccounts", home) == "yes\n");
    BOOST_TEST(may("impersonate", "serviceaccounts", "shop") == "no\n");

    const temporary_directory admission;
    std::filesystem::copy(config + "/components/tenant", admission.path() / "tenant");
    std::ofstream{admission.path() / "kustomization.yaml"} << "namespace: shop\ncomponents: [tenant]\n";
    w.kubectl({"apply", "-k", admission.path().string()});
    eventually([&] { return may("impersonate", "serviceaccounts", "shop") == "yes\n"; }, "it is admitted");
    BOOST_TEST(may("watch", "secrets", "shop") == "yes\n");
    BOOST_TEST(may("impersonate", "serviceaccounts", "other") == "no\n");
}

BOOST_AUTO_TEST_SUITE_END()
