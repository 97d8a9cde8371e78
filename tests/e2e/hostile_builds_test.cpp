// A tenant whose charts never end: that costs him, and nobody else.

#include "e2e/applications.hpp"
#include "e2e/git_repository.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* slow = "slow-charts";
constexpr const char* swift = "swift-charts";

std::string endless() {
    std::string begin;
    std::string end;
    for (int i = 0; i < 6; ++i) {
        begin += "{{ range until 1000 }}";
        end += "{{ end }}";
    }
    return begin + end + "\n";
}

void chart(git_repository& in, const std::string& path, const std::string& text) {
    in.write(path + "/Chart.yaml", "apiVersion: v2\nname: " + path + "\nversion: 1.0.0\n");
    in.write(path + "/templates/a.yaml", text);
}

void allow(world& w, const std::string& ns) {
    w.create_namespace(ns);
    w.kubectl({"create", "role", "all", "-n", ns, "--verb=*", "--resource=configmaps"});
    w.kubectl({"create", "rolebinding", "all", "-n", ns, "--role=all", "--serviceaccount=" + ns + ":default"}
    );
}

} // namespace

BOOST_AUTO_TEST_SUITE(hostile_builds)

BOOST_AUTO_TEST_CASE(six_charts_that_never_end_stop_nobody_else) {
    auto& w = world::with_operator();
    allow(w, slow);
    allow(w, swift);
    git_repository theirs{"endless"};
    git_repository ours{"swift"};
    for (int i = 0; i < 6; ++i) {
        chart(theirs, "c" + std::to_string(i), endless());
    }
    theirs.push("Charts");
    chart(ours, "first", config_map("first", "a", "b"));
    chart(ours, "second", config_map("second", "a", "b"));
    ours.push("Charts");
    const auto follow = [&](git_repository& from, const std::string& path, const std::string& ns) {
        w.apply(application(path, {.url = from.url(), .path = path, .into = ns, .finalizer = false, .ns = ns})
        );
    };
    follow(ours, "first", swift);
    await_synced("first", {}, swift);
    const auto before = w.shared_operator().logged("did not finish within");
    for (int i = 0; i < 6; ++i) {
        follow(theirs, "c" + std::to_string(i), slow);
    }
    eventually([&] { return view("c5", slow).exists && w.shared_operator().running(); }, "they are there");
    follow(ours, "second", swift);
    await_synced("second", {}, swift, 120s);
    // Not one of them has ended yet, so none made room.
    const auto told = [&] {
        std::size_t count = 0;
        for (int i = 0; i < 6; ++i) {
            count += view("c" + std::to_string(i), slow).get("ComparisonError").status == "True" ? 1U : 0U;
        }
        return count;
    };
    BOOST_TEST(told() == 0U);
    BOOST_TEST(w.shared_operator().logged("did not finish within") == before);
    // And what each costs when it is over is said to its owner.
    eventually([&] { return told() > 0; }, "the first of them is stopped", 240s);
    for (int i = 0; i < 6; ++i) {
        w.kubectl({"delete", "applications.holdfast.dev/c" + std::to_string(i), "-n", slow});
    }
    for (const auto* name : {"first", "second"}) {
        w.kubectl({"delete", std::string{"applications.holdfast.dev/"} + name, "-n", swift});
    }
}

BOOST_AUTO_TEST_SUITE_END()
