// Sync windows of a Project: what they forbid waits, is said, and goes on by itself.

#include "e2e/json.hpp"
#include "e2e/projects.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

/// A window for everything in the scene's namespace; `more` is added to it.
json::object windows(const scene& s, const std::string& kind, const json::object& more) {
    json::object one{
        {"kind", kind}, {"schedule", "* * * * *"}, {"duration", "1h"}, {"namespaces", json::array{s.name}}
    };
    for (const auto& [name, value] : more) {
        one[name] = value;
    }
    return with(permitting(s), "syncWindows", json::array{std::move(one)});
}

bool waits(const application_view& v) {
    const auto ready = v.get("Ready");
    return ready.status == "False" && ready.reason == "SyncWindow" &&
           ready.message.find("sync windows forbid an automatic sync") != std::string::npos &&
           ready.message.find("the deny window") != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(project_windows)

BOOST_AUTO_TEST_CASE(a_deny_window_holds_what_is_pushed_and_drift_until_the_project_lets_it) {
    scene s{"windows-deny"};
    s.config_map("a", "1");
    s.repository.push("One");
    project p{s.w, "windows-deny", permitting(s)};
    s.follow({.spec = {{"project", "windows-deny"}}});
    s.until(is_ready, "without windows it is deployed");

    p.apply(windows(s, "deny", {}));
    s.config_map("a", "2");
    s.repository.push("Two");
    auto seen = s.until(waits, "what is pushed waits, and says for what");
    BOOST_TEST(seen.get("Reconciling").status == "True");
    s.w.kubectl({"delete", "configmap", "a", "-n", s.name});
    throughout(3s, [&] { return !s.has("a"); }, "drift is not taken back either");

    // Whoever asks waits too, unless the window lets people.
    s.patch({{"operation", {{"sync", json::object{}}}}});
    s.until(
        [](const application_view& v) {
            return v.get("Reconciling").message.find("sync windows forbid a sync") != std::string::npos;
        },
        "what is asked for waits"
    );
    BOOST_TEST(!s.has("a"));
    p.apply(windows(s, "deny", {{"manualSync", true}}));
    eventually([&] { return s.value("a") == "2"; }, "what is asked for is done");
    s.until(is_ready, "and it is ready");

    s.config_map("a", "3");
    s.repository.push("Three");
    s.until(waits, "what is pushed waits all the same");
    p.apply(permitting(s));
    s.until(is_ready, "without windows it goes on");
    BOOST_TEST(s.value("a") == "3");
}

// Nothing tells of the end: no poll of ours, no change in the cluster.
BOOST_AUTO_TEST_CASE(a_window_that_closes_lets_what_waited_go_on_at_that_moment) {
    scene s{"windows-close"};
    s.config_map("a", "1");
    s.repository.push("One");
    project p{s.w, "windows-close", permitting(s)};
    s.follow({.spec = {{"project", "windows-close"}}});
    s.until(is_ready, "without windows it is deployed");

    using namespace std::chrono;
    const auto now = system_clock::now();
    const auto start = floor<minutes>(now);
    const auto end = ceil<seconds>(now + 25s);
    p.apply(windows(
        s, "deny",
        {{"schedule", fmt::format("{:%M %H} * * *", fmt::gmtime(system_clock::to_time_t(start)))},
         {"duration", std::to_string((end - start) / 1s) + "s"}}
    ));
    eventually([&] { return p.status(".observedGeneration") == "2"; }, "the window is known");
    s.config_map("a", "2");
    const auto two = s.repository.push("Two");
    const auto seen = s.until(
        [&](const application_view& v) { return is_ready(v) && v.revision == two; }, "it goes on by itself"
    );
    BOOST_TEST(s.value("a") == "2");
    const auto begun =
        text_of(seen.object.at("status").at("operationState").as_object().if_contains("startedAt"));
    const auto closes = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(system_clock::to_time_t(end)));
    BOOST_TEST(begun >= closes);
}

BOOST_AUTO_TEST_CASE(an_operation_that_runs_is_held_between_its_steps_and_can_be_terminated) {
    scene s{"windows-held"};
    s.repository.write("slow.yaml", slow_service("slow", 0));
    s.repository.write(
        "later.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: later, annotations: "
                      "{argocd.argoproj.io/sync-wave: '1'}}, data: {k: v}}\n"
    );
    s.repository.push("Two waves");
    project p{s.w, "windows-held", permitting(s)};
    s.follow({.spec = {{"project", "windows-held"}}});
    eventually([&] { return s.w.exists("service", s.name, "slow"); }, "the first wave is there");
    p.apply(windows(s, "deny", {}));
    s.until(
        [](const application_view& v) {
            return v.phase == "Running" &&
                   v.phase_message.find("sync windows forbid an automatic sync") != std::string::npos;
        },
        "the operation says what it waits for"
    );
    s.give_address("slow");
    throughout(3s, [&] { return !s.has("later"); }, "the second wave is held");

    p.apply(windows(s, "deny", {{"syncOverrun", true}}));
    // It may go on only where it was allowed to begin: this window was open then.
    throughout(2s, [&] { return !s.has("later"); }, "it was not allowed to begin by this window");
    s.w.kubectl(
        {"patch", "application.holdfast.dev/" + s.name, "-n", home, "--subresource=status", "--type=merge",
         "-p", R"({"status":{"operationState":{"phase":"Terminating"}}})"}
    );
    s.until(
        [](const application_view& v) {
            return v.phase == "Failed" && v.phase_message == "Operation terminated";
        },
        "a window keeps nobody from ending it"
    );
    BOOST_TEST(!s.has("later"));
    p.apply(permitting(s));
    s.ask({});
    BOOST_TEST(s.has("later"));
}

BOOST_AUTO_TEST_SUITE_END()
