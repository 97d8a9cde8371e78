// What people see: conditions, columns, events; and that nothing is said where nothing changed.

#include "e2e/applications.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <set>
#include <sstream>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

std::string resource_version(const application_view& seen) {
    return std::string{seen.object.at("metadata").at("resourceVersion").as_string()};
}

std::string head_of(scene& s, const std::string& ref) {
    return s.w.field("repository.holdfast.dev", home, s.name, ".status.heads[?(@.ref==\"" + ref + "\")].sha");
}

// How often something was told: the same words again are counted in the event's series.
std::int64_t told(scene& s, const std::string& reason) {
    const auto counts = s.w.kubectl(
        {"get", "events.events.k8s.io", "-n", home, "-o",
         "jsonpath={range .items[?(@.regarding.name==\"" + s.name +
             "\")]}{.reason} {.series.count}{\"\\n\"}{end}"}
    );
    std::istringstream lines{counts};
    std::int64_t sum = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        std::string said;
        std::int64_t times = 1;
        words >> said;
        if (said == reason) {
            sum += (words >> times) ? times : 1;
        }
    }
    return sum;
}

} // namespace

BOOST_AUTO_TEST_SUITE(status)

BOOST_AUTO_TEST_CASE(what_the_log_says_of_a_reconcile_bears_its_id) {
    scene s{"logged"};
    s.config_map("a", "1");
    s.follow();
    await_synced(s.name, s.repository.push("One"));
    s.config_map("a", "2");
    await_synced(s.name, s.repository.push("Two"));
    std::set<std::string> ids;
    std::istringstream log{s.w.shared_operator().log()};
    const std::string mark = " reconcileID=";
    for (std::string line; std::getline(log, line);) {
        if (line.find(" synced application=" + std::string{home} + "/" + s.name + " ") != std::string::npos) {
            const auto at = line.rfind(mark);
            BOOST_REQUIRE_MESSAGE(at != std::string::npos, line);
            BOOST_TEST(line.substr(at + mark.size()).size() == 16U, line);
            ids.insert(line.substr(at + mark.size()));
        }
    }
    BOOST_TEST(ids.size() == 2U); // two reconciles
}

BOOST_AUTO_TEST_CASE(kubectl_wait_returns_when_the_generation_that_was_asked_for_is_there) {
    scene s{"wait"};
    for (const auto* folder : {"one", "two", "three"}) {
        s.repository.write(std::string{folder} + "/a.yaml", config_map("a", "value", folder));
    }
    s.repository.push("Three folders");
    s.follow({.path = "one"});
    const auto wait = [&] {
        s.w.kubectl(
            {"wait", "--for=condition=Ready", "--timeout=25s", "application.holdfast.dev/" + s.name, "-n",
             home}
        );
    };
    wait();
    BOOST_TEST(s.value("a") == "one");
    for (const auto* folder : {"two", "three", "one"}) {
        s.patch({{"spec", {{"source", {{"path", folder}}}}}});
        wait();
        BOOST_TEST(s.value("a") == folder);
    }
}

BOOST_AUTO_TEST_CASE(a_push_that_changes_nothing_for_an_application_writes_nothing_to_it) {
    scene s{"no-op"};
    s.repository.write("mine/a.yaml", config_map("a", "value", "1"));
    s.repository.push("Mine");
    s.follow({.path = "mine"});
    await_synced(s.name);
    // Until everything that followed from the sync is written.
    const auto before = settled([&] { return resource_version(s.look()); }, "the status");
    const auto object = s.w.field("configmap", s.name, "a", ".metadata.resourceVersion");

    s.repository.write("others/b.yaml", "whatever");
    const auto second = s.repository.push("Another folder");
    eventually([&] { return head_of(s, "main") == second; }, "the repository's status tells of the push");
    throughout(
        2s, [&] { return resource_version(s.look()) == before; }, "the application's object stays as it is"
    );
    BOOST_TEST(s.w.field("configmap", s.name, "a", ".metadata.resourceVersion") == object);
    BOOST_TEST(told(s, "OperationCompleted") == 1);
}

// Twenty objects that are wrong have more to be said of them than a message may be long.
BOOST_AUTO_TEST_CASE(a_message_that_is_too_long_is_cut_and_the_status_is_there) {
    scene s{"long-message"};
    std::string manifests;
    for (int i = 10; i < 30; ++i) {
        const auto name = std::string(230, 'n') + "-" + std::to_string(i);
        manifests += "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n\"\u00fcnknown" +
                     std::string(100, 'u') + "\": x\n---\n";
    }
    s.repository.write("a.yaml", manifests);
    s.repository.push("Wrong");
    s.follow();
    const auto seen = s.until(
        [](const application_view& v) {
            return v.phase_message.find("more characters)") != std::string::npos;
        },
        "the message says that it was cut"
    );
    BOOST_TEST(seen.sync == "OutOfSync");
    BOOST_TEST(seen.phase_message.size() > 4000U);
    BOOST_TEST(seen.get("SyncError").message.find("-10") != std::string::npos);

    s.config_map("a", "1");
    await_synced(s.name, s.repository.push("Right"));
}

BOOST_AUTO_TEST_CASE(a_suspended_application_is_looked_at_and_left_alone) {
    scene s{"suspend"};
    s.config_map("a", "1");
    await_synced((s.repository.push("The first"), s.follow(), s.name));
    s.patch({{"spec", {{"suspend", true}}}});
    s.config_map("a", "2");
    const auto second = s.repository.push("The second");
    s.until(
        [&](const application_view& v) { return v.revision == second && v.sync == "OutOfSync"; },
        "the status is kept"
    );
    s.patch({{"operation", {{"sync", json::object{}}}}});
    s.w.kubectl({"patch", "configmap", "a", "-n", s.name, "--type=merge", "-p", R"({"data":{"value":"x"}})"});
    throughout(1500ms, [&] { return s.value("a") == "x"; }, "nothing is applied, nor taken back");
    BOOST_TEST(s.look().get("Ready").reason == "Suspended");

    s.patch({{"spec", {{"suspend", nullptr}}}});
    await_synced(s.name, second);
    BOOST_TEST(s.value("a") == "2");
}

BOOST_AUTO_TEST_CASE(what_an_application_depends_on_comes_first) {
    scene database{"database"};
    scene shop{"shop"};
    database.config_map("a", "1");
    database.repository.push("One");
    shop.config_map("a", "1");
    shop.repository.push("One");
    shop.follow({.spec = {{"dependsOn", {{{"name", "database"}}}}}});
    const auto seen = shop.until(
        [](const application_view& v) { return v.get("Reconciling").status == "True"; }, "it waits"
    );
    BOOST_TEST(seen.get("Reconciling").message.find("holdfast/database") != std::string::npos);
    database.follow({.automated = false});
    database.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it is looked at");
    throughout(1s, [&] { return !shop.has("a"); }, "it waits until the other is synced");
    database.ask({});
    await_synced(shop.name);
    BOOST_TEST(shop.has("a"));
}

BOOST_AUTO_TEST_CASE(ignored_fields_are_left_to_others) {
    scene s{"ignore"};
    s.repository.write("a.yaml", R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {counter: "0", value: "1"}
)");
    const auto first = s.repository.push("One");
    s.follow({.spec = {{"ignoreDifferences", {{{"kind", "ConfigMap"}, {"jsonPointers", {"/data/counter"}}}}}}}
    );
    await_synced(s.name, first);
    s.w.kubectl(
        {"patch", "configmap", "a", "-n", s.name, "--type=merge", "-p",
         R"({"data":{"counter":"7","value":"x"}})"}
    );
    eventually([&] { return s.value("a") == "1"; }, "the other field is taken back");
    await_synced(s.name, first);
    BOOST_TEST(s.w.field("configmap", s.name, "a", ".data.counter") == "7");
    s.w.kubectl({"patch", "configmap", "a", "-n", s.name, "--type=merge", "-p", R"({"data":{"counter":"8"}})"}
    );
    throughout(
        1500ms, [&] { return s.w.field("configmap", s.name, "a", ".data.counter") == "8"; }, "it stays"
    );
    await_synced(s.name, first);
}

BOOST_AUTO_TEST_CASE(the_columns_of_kubectl_get_tell_how_it_is) {
    scene s{"columns"};
    s.config_map("a", "1");
    const auto first = s.repository.push("One");
    s.follow();
    await_synced(s.name, first);
    const auto printed = s.w.kubectl({"get", "happ", s.name, "-n", home, "-o", "wide"});
    for (const auto& word :
         {std::string{"SYNC"}, std::string{"HEALTH"}, std::string{"REVISION"}, std::string{"Synced"},
          std::string{"Healthy"}, first.substr(0, 7), s.repository.url(), std::string{"and healthy"}}) {
        BOOST_TEST(printed.find(word) != std::string::npos, word << " is not in\n" << printed);
    }
    const auto repository = s.w.kubectl({"get", "hrepo", s.name, "-n", home});
    BOOST_TEST(repository.find(s.repository.url()) != std::string::npos, repository);
    BOOST_TEST(repository.find("True") != std::string::npos, repository);
}

BOOST_AUTO_TEST_CASE(a_status_is_whole_from_the_first_and_after_somebody_took_it_away) {
    scene s{"whole"};
    s.repository.write("broken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: [");
    s.repository.push("Broken from the start");
    s.follow({.automated = false});
    await_condition(s.name, "ComparisonError", {"broken.yaml"});
    BOOST_TEST(s.look().sync == "Unknown");

    s.repository.remove("broken.yaml");
    s.config_map("a", "1");
    const auto at = [&](const std::string& revision) {
        return
            [revision](const application_view& v) { return v.sync == "OutOfSync" && v.revision == revision; };
    };
    s.until(at(s.repository.push("Mended")), "it waits for a sync");
    s.w.kubectl(
        {"patch", "application.holdfast.dev", s.name, "-n", home, "--subresource=status", "--type=merge",
         "-p", R"({"status":{"sync":null}})"}
    );
    BOOST_TEST(s.look().sync.empty());
    // What changes now is a part of what is not there any more.
    s.config_map("a", "2");
    s.until(at(s.repository.push("Another")), "the status is whole again");
}

BOOST_AUTO_TEST_CASE(each_transition_is_told_once) {
    scene s{"events"};
    s.config_map("a", "1");
    const auto first = s.repository.push("Good");
    s.follow();
    await_synced(s.name, first);
    eventually([&] { return told(s, "OperationCompleted") == 1; }, "the sync is told");

    s.repository.write("broken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: [");
    s.repository.push("Broken");
    await_condition(s.name, "ComparisonError", {"broken.yaml"});
    s.repository.write("README.md", "A push that leaves it broken.\n").push("Still broken");
    s.annotate("holdfast.dev/refresh=normal");
    eventually([&] { return told(s, "ComparisonError") == 1; }, "the error is told");
    throughout(
        2s, [&] { return told(s, "ComparisonError") == 1 && told(s, "OperationCompleted") == 1; },
        "the same error is not told again"
    );

    s.repository.remove("broken.yaml");
    s.config_map("a", "2");
    await_synced(s.name, s.repository.push("Mended"));
    eventually([&] { return told(s, "OperationCompleted") == 2; }, "the next sync is told");
    BOOST_TEST(told(s, "ComparisonError") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
