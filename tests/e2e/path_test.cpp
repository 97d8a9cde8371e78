// What a user does first, and what the other cases build upon.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

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

BOOST_AUTO_TEST_SUITE_END()
