// What is accepted and not done (yet): said, and never taken for done.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr auto a_hook = R"(
apiVersion: v1
kind: ConfigMap
metadata:
  name: migrate
  annotations: {argocd.argoproj.io/hook: BeforeSync}
)";

bool says_hooks(const application_view& v) {
    return v.get("NotServed").message.find("hooks of an unknown type do not run") != std::string::npos &&
           v.get("Ready").status == "False";
}

} // namespace

BOOST_AUTO_TEST_SUITE(not_served)

BOOST_AUTO_TEST_CASE(an_application_with_hooks_is_not_ready_after_a_restart_either) {
    scene s{"hooked"};
    s.config_map("a", "1").repository.write("hook.yaml", a_hook);
    s.repository.push("With a hook");
    s.follow();
    auto seen = s.until(
        [](const application_view& v) { return v.synced() && v.health == "Healthy" && says_hooks(v); },
        "the rest is done, and it is not ready"
    );
    BOOST_TEST(seen.get("Ready").reason == "NotServed", seen.describe());
    BOOST_TEST(seen.get("NotServed").message.find("migrate") != std::string::npos, seen.describe());
    BOOST_TEST(!s.has("migrate"));

    auto& running = s.w.shared_operator();
    running.restart();
    eventually([&] { return running.logged("started") > 1; }, "it started again");
    throughout(2500ms, [&] { return says_hooks(s.look()); }, "the words stay");

    s.repository.remove("hook.yaml");
    s.repository.push("Without it");
    s.until([](const application_view& v) { return v.get("Ready").status == "True"; }, "it is ready without");
}

BOOST_AUTO_TEST_CASE(what_a_repository_does_not_do_is_in_its_status) {
    scene s{"pointers", {{"lfs", "Ignore"}}};
    s.config_map("a", "1");
    s.repository.push("One");
    s.follow();
    await_synced(s.name);
    const auto ready = R"(.status.conditions[?(@.type=="Ready")])";
    eventually(
        [&] {
            return s.w.field("repository.holdfast.dev", home, s.name, std::string{ready} + ".reason") ==
                   "NotServed";
        },
        "the Repository says what it does not do"
    );
    // What it did is there as well.
    BOOST_TEST(s.w.field("repository.holdfast.dev", home, s.name, ".status.lastFetch.succeeded") == "true");
}

BOOST_AUTO_TEST_CASE(a_repository_is_waited_for_as_long_as_its_timeout_says) {
    scene s{"impatient", {{"timeout", "1s"}}};
    s.config_map("a", "1");
    s.repository.push("One");
    s.repository.serve({"--delay", "5"});
    s.follow();
    await_condition(s.name, "ComparisonError", {"listing the refs of"});
    s.repository.serve();
    await_synced(s.name);
}

BOOST_AUTO_TEST_SUITE_END()
