// An application whose build ends the operator is set aside, and the others are worked on.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

/// An operator that keeps a Lease, with a plugin that takes long where its source says so.
struct careful_world {
    careful_world() {
        std::ofstream{files.path() / "options.yaml"} << "leader-elect: true\n";
        std::ofstream{files.path() / "plugins.yaml"} << R"yaml(plugins:
- name: shell
  generate:
    command: [/bin/sh, -c]
    args:
    - |
      if [ "$(cat text)" = slow ]; then sleep 50; fi
      printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\ndata: {value: "%s"}\n' "$(cat text)"
)yaml";
        start();
    }
    void start() {
        w.shared_operator().start(
            {"--options", (files.path() / "options.yaml").string(), "--plugins",
             (files.path() / "plugins.yaml").string(), "--replica", "only"}
        );
    }
    /// The application that is being built, as this process notes in the Lease: not one that was killed.
    std::string building() {
        const auto lease = w.get_json("lease", home, "holdfast");
        if (!lease) return {};
        const auto* annotations = lease->at("metadata").as_object().if_contains("annotations");
        const auto* note =
            annotations != nullptr ? annotations->as_object().if_contains("holdfast.dev/note") : nullptr;
        if (note == nullptr) return {};
        const auto said = boost::json::parse(note->as_string());
        process = said.at("process").as_string();
        const auto* now = said.as_object().if_contains("building");
        return now != nullptr && process != killed ? std::string{now->at("application").as_string()}
                                                   : std::string{};
    }
    /// Kills it in the middle of the build of this application.
    void kill_while_building(const std::string& application) {
        auto since = std::chrono::steady_clock::now();
        eventually(
            [&] {
                const auto now = std::chrono::steady_clock::now();
                if (building() != application) since = now;
                return now - since > 500ms; // of what is planned nothing takes that long
            },
            application + " is being built", 90s
        );
        w.shared_operator().kill9();
        killed = process;
    }

    std::string process; // that wrote the note
    std::string killed;
    temporary_directory files{"holdfast-careful"};
    world& w = world::get();
};

} // namespace

BOOST_AUTO_TEST_SUITE(set_aside)

BOOST_AUTO_TEST_CASE(an_application_that_ends_the_operator_twice_is_set_aside_and_the_others_work) {
    careful_world c;
    scene good{c.w, "good"};
    scene bad{c.w, "bad"};
    good.config_map("a", "1");
    good.repository.push("One");
    good.follow();
    const auto follow = [](scene& s) {
        s.follow(
            {.path = ".",
             .spec =
                 {{"source",
                   {{"repoURL", s.repository.url()},
                    {"path", "."},
                    {"targetRevision", "main"},
                    {"plugin", {{"name", "shell"}}}}}}}
        );
    };
    bad.repository.write("text", "quick");
    await_synced((bad.repository.push("Quick"), follow(bad), bad.name));
    await_synced(good.name);
    BOOST_TEST(c.building() == ""); // normal work costs no notes

    bad.repository.write("text", "slow");
    bad.repository.push("Slow");
    c.w.shared_operator().kill9(); // for whatever reason
    c.start();
    c.kill_while_building("holdfast/bad");
    c.start();
    c.kill_while_building("holdfast/bad");
    c.start();

    const auto seen = await_condition(
        bad.name, "ComparisonError", {"ended the operator 2 times", "holdfast.dev/refresh=hard"}
    );
    BOOST_TEST(seen.get("ComparisonError").reason == "SetAside");
    BOOST_TEST(seen.get("Ready").reason == "SetAside");
    BOOST_TEST(bad.value("made") == "quick"); // what was applied last stays
    good.config_map("a", "2");
    await_synced(good.name, good.repository.push("Two"));
    BOOST_TEST(good.value("a") == "2");
    eventually(
        [&] { return c.w.shared_operator().logged("builds run side by side again") >= 1; },
        "the care comes to an end"
    );

    // Also after a clean end; and another commit is another chance.
    c.w.shared_operator().restart();
    good.config_map("a", "3");
    await_synced(good.name, good.repository.push("Three"));
    BOOST_TEST(bad.look().get("ComparisonError").reason == "SetAside");
    bad.repository.write("text", "fast");
    await_synced(bad.name, bad.repository.push("Fast"));
    BOOST_TEST(bad.value("made") == "fast");
}

BOOST_AUTO_TEST_SUITE_END()
