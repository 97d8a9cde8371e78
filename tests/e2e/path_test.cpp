// What a user does first, and what the other cases build upon.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

using namespace holdfast::test;

BOOST_AUTO_TEST_SUITE(the_one_path)

BOOST_AUTO_TEST_CASE(a_push_goes_live_and_a_clean_stop_leaves_everything_in_place) {
    auto& w = world::with_operator();
    w.create_namespace("first");
    git_repository repository{"first"};
    repository.write("deploy/a.yaml", config_map("a", "greeting", "Welcome"));
    const auto first = repository.push("The first");
    repository.declare();
    w.apply(application("first", {.url = repository.url(), .path = "deploy", .into = "first"}));
    await_synced("first", first);
    BOOST_TEST(w.field("configmap", "first", "a", ".data.greeting") == "Welcome");

    repository.write("deploy/a.yaml", config_map("a", "greeting", "Welcome back"));
    const auto second = repository.push("The second");
    await_synced("first", second);
    BOOST_TEST(w.field("configmap", "first", "a", ".data.greeting") == "Welcome back");
    eventually(
        [&] {
            const auto events = events_of("first");
            return std::any_of(events.begin(), events.end(), [](const std::string& event) {
                return event.starts_with("OperationCompleted");
            });
        },
        "an event tells of the sync"
    );

    w.shared_operator().stop();
    BOOST_TEST(w.field("configmap", "first", "a", ".data.greeting") == "Welcome back");
    BOOST_TEST(view("first").synced());
    w.shared_operator().start();

    w.kubectl({"delete", "application.holdfast.dev", "first", "-n", home, "--wait=false"});
    eventually([&] { return !view("first").exists; }, "the application is gone");
    BOOST_TEST(!w.exists("configmap", "first", "a"));
}

// With the keys of password stores in it, which must not stay in memory for ever.
BOOST_AUTO_TEST_CASE(what_a_killed_operator_left_of_a_keyring_is_removed_by_the_next) {
    auto& w = world::with_operator();
    w.shared_operator().kill9();
    const temporary_directory left{"/dev/shm/holdfast-keyring"}; // as its maker names it; nobody holds it
    (void)left.write("private-keys-v1.d/key", "a key");
    w.shared_operator().start();
    eventually([&] { return !std::filesystem::exists(left.path()); }, "it is gone");
}

// The tests poll without kubectl; what they see is what a person would.
BOOST_AUTO_TEST_CASE(what_the_tests_read_is_what_kubectl_prints) {
    auto& w = world::get();
    w.create_namespace("read");
    w.apply(R"(
apiVersion: v1
kind: Service
metadata: {name: two, namespace: read, labels: {example.com/kept-by: nobody}}
spec:
  selector: {app: none}
  ports: [{name: a, port: 80}, {name: b, port: 81}]
)");
    const auto printed = [&](const std::string& kind, const std::string& name, const std::string& path) {
        return w.cluster().kubectl({"get", kind, name, "-n", "read", "-o", "jsonpath={" + path + "}"}).out;
    };
    for (const std::string path :
         {".metadata.name", ".metadata.labels.example\\.com/kept-by", ".spec.ports[0].port",
          ".spec.ports[1].name", ".spec.ports[2].name", ".spec.ports[*].port",
          ".spec.ports[?(@.name==\"b\")].port", ".spec.selector", ".spec.ports[0]", ".spec.nothing",
          ".spec.publishNotReadyAddresses", ".metadata.uid"}) {
        for (const std::string kind : {"service", "services"}) {
            BOOST_TEST(w.field(kind, "read", "two", path) == printed(kind, "two", path), path);
        }
    }
    BOOST_TEST(w.field("service", "read", "three", ".metadata.name").empty());
    BOOST_TEST(!w.exists("gadget.example.com", "read", "two"));
    BOOST_TEST(w.exists("crd", "", "applications.holdfast.dev"));
    BOOST_TEST(
        w.names("service", "read") == std::vector<std::string>{"two"}, boost::test_tools::per_element()
    );
    BOOST_TEST(w.names("service", "read", "example.com/kept-by=us").empty());

    // A kind that is defined while they poll, and that is served in another version later.
    const auto define = [&](const std::string& version) {
        w.kubectl(
            {"apply", "-f", "-"},
            R"(
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget}
  versions: [{name: )" +
                version + R"(, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
)"
        );
        w.kubectl({"wait", "--for=condition=Established", "--timeout=30s", "crd/gadgets.example.com"});
        const auto gadget =
            "apiVersion: example.com/" + version + "\nkind: Gadget\nmetadata: {name: two, namespace: read}";
        eventually(
            [&] { return w.cluster().kubectl({"create", "-f", "-"}, {.input = gadget}).ok(); }, "it is served"
        );
    };
    define("v1");
    BOOST_TEST(w.exists("gadget.example.com", "read", "two"));
    w.kubectl({"delete", "crd", "gadgets.example.com"});
    BOOST_TEST(!w.exists("gadgets.example.com", "read", "two"));
    define("v2");
    BOOST_TEST(w.exists("gadget.example.com", "read", "two"));
}

BOOST_AUTO_TEST_SUITE_END()
