// A cluster with as many kinds as Crossplane or OpenShift bring: each is watched over a connection of its
// own, and children get their descriptors all the same.

#include "base/open_files.hpp"
#include "base/process.hpp"
#include "base/task_group.hpp"
#include "cluster/kube/cluster.hpp"
#include "cluster/live_objects.hpp"
#include "observe/process_facts.hpp"
#include "sync/identity.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/resource.h>

#include <set>
#include <string>
#include <vector>

namespace holdfast::control {
namespace {

using namespace std::chrono_literals;
using kube::eventually;

constexpr int many = 200;

const kube::resource definitions{
    .group = "apiextensions.k8s.io",
    .version = "v1",
    .plural = "customresourcedefinitions",
    .kind = "CustomResourceDefinition",
    .namespaced = false,
    .verbs = {},
    .subresources = {}
};

kube::resource kind_of(int number) {
    const auto suffix = std::to_string(number);
    return {
        .group = "many.example.com",
        .version = "v1",
        .plural = "things" + suffix,
        .kind = "Thing" + suffix,
        .namespaced = true,
        .verbs = {},
        .subresources = {}
    };
}

json::object definition_of(int number) {
    const auto kind = kind_of(number);
    auto object = json::parse(R"({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "spec": {"scope": "Namespaced", "versions": [{"name": "v1", "served": true, "storage": true,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})"
    )
                      .as_object();
    object["metadata"] = json::object{{"name", kind.plural + "." + kind.group}};
    object["spec"].as_object()["group"] = kind.group;
    object["spec"].as_object()["names"] = json::object{{"plural", kind.plural}, {"kind", kind.kind}};
    return object;
}

asio::awaitable<void> define(kube::client& api, int from, int to) {
    for (int i = from; i < to; ++i) {
        const auto object = definition_of(i);
        const auto made = co_await api.create(definitions, object, "test");
        BOOST_TEST(made.has_value(), (made ? "" : made.error().message()));
    }
}

asio::awaitable<void> create_one(kube::client& api, int number, std::string ns) {
    const auto kind = kind_of(number);
    json::object object{{"apiVersion", kind.group + "/v1"}, {"kind", kind.kind}};
    object["metadata"] = json::object{
        {"name", "one"},
        {"namespace", ns},
        {"labels", json::object{{sync::holdfast_dev().installation_label, "holdfast"}}}
    };
    const auto made = co_await api.create(kind, object, "test");
    BOOST_TEST(made.has_value(), (made ? "" : made.error().message()));
}

// Ends as it began, whatever the test says.
struct few_files {
    rlimit before{};
    few_files() {
        BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
        // Less than there are kinds; most systems give 1024, which their children and callers use up.
        const rlimit few{160, before.rlim_max};
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    }
    ~few_files() { ::setrlimit(RLIMIT_NOFILE, &before); }
    few_files(const few_files&) = delete;
    few_files& operator=(const few_files&) = delete;
};

struct watching_many : kube::clustered {
    few_files limited;
    int ready = 0;
    cluster::live_objects live{
        context.get_executor(),
        api,
        {.names = sync::holdfast_dev(),
         .installation = "holdfast",
         .is_foundation = [](const auto&) { return false; },
         .within = {}},
        [](const sync::application_ref&) {},
        [this] { ++ready; }
    };

    bool all_ready() const {
        for (int i = 0; i < many; ++i) {
            if (!live.ready(kind_of(i).gvk())) return false;
        }
        return true;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(many_kinds)

BOOST_FIXTURE_TEST_CASE(two_hundred_are_watched_and_children_start_meanwhile, watching_many) {
    const auto ns = make_namespace("many-kinds");
    BOOST_TEST_REQUIRE(raise_open_file_limit().now > 1000u);
    task_group defining{context.get_executor()};
    for (int i = 0; i < many; i += 25) {
        defining.spawn("define", define(api, i, i + 25));
    }
    run(defining.join(), 240s);
    for (int i = 0; i < many; ++i) {
        live.watch(kind_of(i));
    }
    BOOST_TEST_REQUIRE(run(eventually([this] { return all_ready(); }, 240s), 250s));
    const auto facts = observe::process_facts::read();
    BOOST_TEST_REQUIRE(facts.has_value());
    BOOST_TEST(facts->open_files > static_cast<std::uint64_t>(many));

    for (int i = 0; i < 20; ++i) {
        process_options child;
        child.argv = {"/bin/sh", "-c", "git --version; cat; cat <&3; ls /proc/self/fd | tr '\\n' ' '"};
        child.environment = {"PATH=/usr/bin:/bin"};
        child.input = "input ";
        child.inherited = {"third "};
        const auto said = run(run_process(std::move(child)));
        BOOST_TEST_REQUIRE(said.has_value(), (said ? "" : said.error().message()));
        BOOST_TEST(said->output.starts_with("git version "), said->output);
        BOOST_TEST(said->output.ends_with("\ninput third 0 1 2 3 4 "), said->output);
    }

    // Each of the watches tells.
    for (const int number : {0, 99, 199}) {
        run(create_one(api, number, ns));
        BOOST_TEST(
            run(eventually([&] { return live.find(kind_of(number).gvk(), ns, "one") != nullptr; }, 60s), 70s)
        );
    }
    run(live.stop());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::control
