// An operation goes on wherever the operator is killed, does nothing twice, and ends when somebody says so.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/background_process.hpp"
#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"
#include "support/free_port.hpp"
#include "support/read_file.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <set>
#include <sstream>
#include <string>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

// The operator, whose metrics are read: each of its processes counts from nothing.
class counted_operator {
public:
    static counted_operator& get() {
        static counted_operator one;
        return one;
    }

    operator_process& process() { return process_; }
    void start() { process_.start({"--metrics-listen", metrics_}); }
    void kill_and_start() {
        process_.kill9();
        start();
    }
    // How many objects this process has written; 0 while it serves nothing yet.
    [[nodiscard]] int written(const std::string& verb) const {
        const auto sample = "holdfast_object_writes_total{outcome=\"ok\",verb=\"" + verb + "\"}";
        std::istringstream lines{run_command("curl", {"-sS", "http://" + metrics_ + "/metrics"}, {}, 60s).out
        };
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with(sample + " ")) {
                return std::stoi(line.substr(sample.size() + 1));
            }
        }
        return 0;
    }

private:
    counted_operator() : process_{world::get().shared_operator()} { start(); }

    operator_process& process_;
    std::string metrics_ = "127.0.0.1:" + std::to_string(free_port());
};

std::string config_map_of_wave(const std::string& name, int wave) {
    return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name +
           "\n  annotations: {holdfast.dev/sync-wave: \"" + std::to_string(wave) + "\"}\n";
}

application_view await_wave(scene& s, int wave) {
    return s.until(
        [&](const application_view& v) {
            return v.phase == "Running" &&
                   v.phase_message.find("waiting for wave " + std::to_string(wave) + " ") !=
                       std::string::npos;
        },
        "it waits for wave " + std::to_string(wave)
    );
}

std::string started_at(const application_view& v) {
    return std::string{v.object.at("status").at("operationState").at("startedAt").as_string()};
}

// "Service first Synced Succeeded" of every row.
std::set<std::string> rows_of(const application_view& v) {
    std::set<std::string> rows;
    const auto& result = v.object.at("status").at("operationState").at("syncResult").as_object();
    if (const auto* all = result.if_contains("resources")) {
        for (const auto& one : all->as_array()) {
            const auto& row = one.as_object();
            rows.insert(
                text_of(row.if_contains("kind")) + " " + text_of(row.if_contains("name")) + " " +
                text_of(row.if_contains("status")) + " " + text_of(row.if_contains("hookPhase"))
            );
        }
    }
    return rows;
}

void terminate(scene& s) {
    s.w.kubectl(
        {"patch", "application.holdfast.dev/" + s.name, "-n", home, "--subresource=status", "--type=merge",
         "-p", R"({"status":{"operationState":{"phase":"Terminating"}}})"}
    );
}

application_view await_terminated(scene& s) {
    return s.until(
        [](const application_view& v) {
            return v.phase == "Failed" && v.phase_message == "Operation terminated";
        },
        "the operation is terminated"
    );
}

// Every version of an Application, as the API server tells of it.
class version_watch {
public:
    explicit version_watch(const std::string& name) {
        auto& cluster = world::get().cluster();
        process_ = background_process{
            cluster.kubectl_path(),
            {"--kubeconfig", cluster.kubeconfig(), "get", "application.holdfast.dev", name, "-n", home,
             "--watch", "-o",
             R"(jsonpath={.metadata.resourceVersion} {.status.operationState.startedAt}{"\n"})"},
            folder_.path() / "versions"
        };
        eventually([&] { return count() == 1; }, "the Application is watched");
    }
    [[nodiscard]] std::size_t count() const {
        const auto text = read_file((folder_.path() / "versions").string());
        return static_cast<std::size_t>(std::ranges::count(text, '\n'));
    }
    [[nodiscard]] std::string text() const { return read_file((folder_.path() / "versions").string()); }

private:
    temporary_directory folder_;
    background_process process_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(operations)

BOOST_AUTO_TEST_CASE(killed_in_each_wave_it_goes_on_where_it_was_and_applies_none_twice) {
    auto& op = counted_operator::get();
    scene s{"killed-waves"};
    for (int wave = 0; wave < 3; ++wave) {
        const auto number = std::to_string(wave);
        s.repository.write("slow-" + number + ".yaml", slow_service("slow-" + number, wave));
        s.repository.write("quick-" + number + ".yaml", config_map_of_wave("quick-" + number, wave));
    }
    const auto pushed = s.repository.push("Three waves");
    s.follow();
    auto seen = await_wave(s, 0);
    const auto begun = started_at(seen);
    const std::set<std::string> first{
        "ConfigMap quick-0 Synced Succeeded", "Service slow-0 Synced Succeeded"
    };
    BOOST_TEST(rows_of(seen) == first, boost::test_tools::per_element());
    BOOST_TEST(!s.has("quick-1"));

    for (int wave = 0; wave < 3; ++wave) {
        op.kill_and_start();
        s.give_address("slow-" + std::to_string(wave));
        if (wave < 2) {
            seen = await_wave(s, wave + 1);
            BOOST_TEST(op.written("apply") == 2, "in wave " << wave + 1);
            BOOST_TEST(rows_of(seen).size() == 2U * static_cast<unsigned>(wave + 2));
        } else {
            await_synced(s.name, pushed);
            seen = s.look();
            BOOST_TEST(op.written("apply") == 0);
        }
        BOOST_TEST(started_at(seen) == begun);
    }
    BOOST_TEST(seen.phase == "Succeeded");
    BOOST_TEST(seen.phase_message == "6 applied, 0 unchanged, 0 pruned");
    BOOST_TEST(rows_of(seen).size() == 6U);
    BOOST_TEST(history_of(seen).size() == 1U);
    // Nor is anything left that would have to be healed.
    throughout(2s, [&] { return started_at(s.look()) == begun; }, "no other operation follows");
    BOOST_TEST(op.written("apply") == 0);
}

BOOST_AUTO_TEST_CASE(killed_while_an_object_is_made_anew_it_does_not_delete_the_new_one) {
    auto& op = counted_operator::get();
    scene s{"killed-anew"};
    s.repository.write("anew.yaml", slow_service("anew", 0, true));
    s.repository.write("after.yaml", config_map_of_wave("after", 1));
    s.repository.push("One");
    s.follow({.automated = false});
    const auto uid = [&] { return s.w.field("service", s.name, "anew", ".metadata.uid"); };
    s.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it is looked at");
    s.patch({{"operation", {{"sync", json::object{}}}}});
    await_wave(s, 0);
    s.give_address("anew");
    s.until([](const application_view& v) { return v.phase == "Succeeded"; }, "it is there");
    const auto before = uid();

    auto changed = slow_service("anew", 0, true);
    changed.replace(changed.find("port: 80"), 8, "port: 81");
    s.repository.write("anew.yaml", changed);
    const auto second = s.repository.push("Another port");
    s.until(
        [&](const application_view& v) { return v.revision == second && v.sync == "OutOfSync"; },
        "the push is seen"
    );
    s.patch({{"operation", {{"sync", json::object{}}}}});
    const auto seen = s.until(
        [&](const application_view& v) {
            return v.phase == "Running" && uid() != before &&
                   rows_of(v).contains("Service anew Synced Succeeded");
        },
        "it is made anew"
    );
    const auto made = uid();
    op.kill_and_start();
    s.give_address("anew");
    const auto last = s.until([](const application_view& v) { return v.phase == "Succeeded"; }, "it goes on");
    BOOST_TEST(started_at(last) == started_at(seen));
    BOOST_TEST(uid() == made);
    BOOST_TEST(op.written("prune") == 0);
}

// The limit is of what there was when the operation began, not of what it has made itself since.
BOOST_AUTO_TEST_CASE(killed_before_it_prunes_it_asks_for_what_it_would_have_asked_for) {
    auto& op = counted_operator::get();
    scene s{"killed-prune"};
    const auto name_of = [](const std::string& what, int i) { return what + "-" + std::to_string(i); };
    for (int i = 0; i < 14; ++i) {
        s.config_map(name_of("old", i), "1");
    }
    await_synced(s.name, [&] {
        const auto first = s.repository.push("Fourteen");
        s.follow();
        return first;
    }());
    for (int i = 0; i < 12; ++i) {
        s.repository.remove(name_of("old", i) + ".yaml");
    }
    for (int i = 0; i < 30; ++i) {
        s.config_map(name_of("new", i), "1");
    }
    s.repository.write("slow.yaml", slow_service("slow", 1));
    s.repository.push("Twelve of them go, thirty come");
    auto seen = await_wave(s, 1);
    BOOST_TEST(s.has("new-29"));
    op.kill_and_start();
    s.give_address("slow");
    seen = s.until([](const application_view& v) { return v.phase == "Failed"; }, "somebody is asked");
    BOOST_TEST(seen.phase_message.find("more than the limit of 10") != std::string::npos, seen.phase_message);
    for (int i = 0; i < 12; ++i) {
        BOOST_TEST(s.has(name_of("old", i)));
    }
    BOOST_TEST(op.written("prune") == 0);
}

BOOST_AUTO_TEST_CASE(an_operation_that_runs_is_terminated_and_not_begun_again_until_something_changes) {
    auto& op = counted_operator::get();
    scene s{"terminated"};
    s.repository.write("slow.yaml", slow_service("slow", 0));
    s.repository.write("later.yaml", config_map_of_wave("later", 1));
    s.repository.push("Two waves");
    s.follow();
    auto seen = await_wave(s, 0);
    const auto begun = started_at(seen);
    terminate(s);
    seen = await_terminated(s);
    BOOST_TEST(started_at(seen) == begun);
    BOOST_TEST(
        !text_of(seen.object.at("status").at("operationState").as_object().if_contains("finishedAt")).empty()
    );
    BOOST_TEST(seen.get("SyncError").message == "Operation terminated");
    s.give_address("slow");
    const auto rests = [&] {
        const auto v = s.look();
        return started_at(v) == begun && v.phase == "Failed" && !s.has("later");
    };
    throughout(3s, rests, "it is not begun again by itself");
    op.kill_and_start();
    s.annotate("holdfast.dev/refresh=normal");
    eventually(
        [&] {
            return !s.look()
                        .object.at("metadata")
                        .at("annotations")
                        .as_object()
                        .contains("holdfast.dev/refresh");
        },
        "it is looked at again"
    );
    throughout(3s, rests, "nor after a restart");

    // Whoever asks for a sync gets it.
    s.ask({});
    BOOST_TEST(s.has("later"));
    await_synced(s.name);
}

BOOST_AUTO_TEST_CASE(after_a_termination_another_state_of_the_sources_is_applied) {
    (void)counted_operator::get();
    scene s{"terminated-push"};
    s.repository.write("slow.yaml", slow_service("slow", 0));
    s.config_map("later", "1");
    s.repository.write("later.yaml", config_map_of_wave("later", 1));
    s.repository.push("Two waves");
    s.follow();
    await_wave(s, 0);
    terminate(s);
    await_terminated(s);
    s.repository.remove("slow.yaml");
    const auto second = s.repository.push("Without the slow one");
    await_synced(s.name, second);
    BOOST_TEST(s.has("later"));
}

BOOST_AUTO_TEST_CASE(what_waits_for_its_next_attempt_or_is_suspended_is_terminated_too) {
    (void)counted_operator::get();
    {
        scene s{"terminated-retry"};
        s.repository.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nunknown: 1\n");
        s.repository.push("Refused");
        s.follow(
            {.spec =
                 {{"syncPolicy", {{"retry", {{"backoff", {{"duration", "10m"}, {"maxDuration", "10m"}}}}}}}}}
        );
        s.until(
            [](const application_view& v) {
                return v.phase == "Running" && v.phase_message.find("(attempt 2 at ") != std::string::npos;
            },
            "it waits for the next attempt"
        );
        terminate(s);
        await_terminated(s);
    }
    scene s{"terminated-suspended"};
    s.repository.write("slow.yaml", slow_service("slow", 0));
    s.repository.write("later.yaml", config_map_of_wave("later", 1));
    s.repository.push("Two waves");
    s.follow();
    await_wave(s, 0);
    s.patch({{"spec", {{"suspend", true}}}});
    s.until(
        [](const application_view& v) { return v.get("Ready").reason == "Suspended"; }, "it is suspended"
    );
    terminate(s);
    await_terminated(s);
    BOOST_TEST(!s.has("later"));
}

// Words about an operation that has ended already do not change how it ended.
BOOST_AUTO_TEST_CASE(what_has_ended_is_not_terminated) {
    (void)counted_operator::get();
    scene s{"too-late"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.follow();
    await_synced(s.name, first);
    terminate(s);
    s.until([](const application_view& v) { return v.phase == "Succeeded"; }, "its status is put right");
    await_synced(s.name, first);
}

BOOST_AUTO_TEST_CASE(one_wave_is_one_status_write_and_each_that_is_waited_for_at_most_one_more) {
    (void)counted_operator::get();
    scene s{"status-writes"};
    s.config_map("a", "1").config_map("b", "1");
    const auto first = s.repository.push("One wave");
    s.follow();
    await_synced(s.name, first);
    // Until everything that followed from the first sync is written.
    (void)settled(
        [&] { return s.w.field("application.holdfast.dev", home, s.name, ".metadata.resourceVersion"); },
        "the status"
    );
    const version_watch versions{s.name};
    const auto settled = [&](std::size_t count) {
        throughout(2s, [&] { return versions.count() == count; }, "nothing more is written");
    };
    s.config_map("a", "2").config_map("b", "2").config_map("c", "2");
    await_synced(s.name, s.repository.push("One wave again"));
    BOOST_TEST(versions.count() == 2U, versions.text());
    settled(2);

    s.repository.write("slow-0.yaml", slow_service("slow-0", -1));
    s.repository.write("slow-1.yaml", slow_service("slow-1", 1));
    const auto third = s.repository.push("Three waves");
    await_wave(s, -1);
    BOOST_TEST(versions.count() == 3U, versions.text());
    s.give_address("slow-0");
    await_wave(s, 1);
    BOOST_TEST(versions.count() == 4U, versions.text());
    s.give_address("slow-1");
    await_synced(s.name, third);
    BOOST_TEST(versions.count() == 5U, versions.text());
    settled(5);
}

BOOST_AUTO_TEST_SUITE_END()
