// What older versions stored (tests/stored) lies in a cluster when today's operator starts.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/stored.hpp"
#include "e2e/waiting.hpp"
#include "e2e/world.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

// As an older version left it: its Lease is there, and nobody renews it any more.
class left_by {
public:
    explicit left_by(const std::string& version) {
        auto& w = world::get();
        w.kubectl({"create", "secret", "generic", "hook", "-n", home, "--from-literal", "secret=x"});
        for (const auto* name :
             {"synced", "several", "by-hand", "suspended", "held", "waiting", "retried", "failed",
              "uncompared", "pruned", "leaving", "away", "told"}) {
            const auto called = std::string{"stored-"} + name;
            all_[name] = std::make_unique<restored>(version, called);
        }
        of("away").repository.vanish();
        auto lease = stored(version, "lease");
        for (const auto* of_the_server : {"uid", "resourceVersion", "managedFields"}) {
            lease.at("metadata").as_object().erase(of_the_server);
        }
        w.kubectl({"create", "-f", "-"}, json::serialize(lease));
    }
    restored& of(const std::string& name) { return *all_.at(name); }
    // Of every object of every application.
    std::map<std::string, std::vector<std::string>> versions() {
        std::map<std::string, std::vector<std::string>> made;
        for (auto& [name, one] : all_) {
            made[name] = one->versions();
        }
        return made;
    }

private:
    std::map<std::string, std::unique_ptr<restored>> all_;
};

std::size_t entries_of_history(const json::object& application) {
    const auto* history = application.at("status").as_object().if_contains("history");
    return history != nullptr ? history->as_array().size() : 0;
}

std::int64_t retries_of(const json::object& application) {
    const auto* count = application.at("status").at("operationState").as_object().if_contains("retryCount");
    return count != nullptr ? count->as_int64() : 0;
}

std::string token_of(const json::object& application) {
    return text_at(application, {"status", "pendingPrune", "token"});
}

std::string started(const json::object& application) {
    return text_at(application, {"status", "operationState", "startedAt"});
}

application_view look(restored& at) {
    return view(at.name);
}

} // namespace

BOOST_AUTO_TEST_SUITE(stored_by)

BOOST_AUTO_TEST_CASE(what_e00c886_left_is_gone_on_with) {
    auto& w = world::get();
    left_by older{"e00c886"};
    const auto before = older.versions();
    for (const auto& [name, objects] : before) {
        BOOST_TEST((objects.empty() == (name == "by-hand" || name == "uncompared")), name);
    }
    const auto options =
        std::filesystem::temp_directory_path() / ("holdfast-stored-" + std::to_string(::getpid()) + ".yaml");
    std::ofstream{options} << "leader-elect: true\n";
    auto& op = w.shared_operator();
    op.start({"--options", options.string(), "--replica", "newer"});
    eventually(
        [&] { return w.field("lease", home, "holdfast", ".spec.holderIdentity") == "newer"; },
        "it takes the Lease of a replica that is gone"
    );

    // A push reaches its application: by then all others were looked at as well.
    auto& synced = older.of("synced");
    const auto history = entries_of_history(synced.application);
    BOOST_TEST(history >= 3U);
    const auto pushed =
        synced.repository.write("more.yaml", config_map("more", "value", "1")).push("After the upgrade");
    await_synced(synced.name, pushed);
    BOOST_TEST(w.exists("configmap", synced.name, "more"));
    eventually([&] { return entries_of_history(look(synced).object) == history + 1; }, "the history goes on");
    const auto kept = look(synced).object.at("status").at("history").as_array();
    const auto was = synced.application.at("status").at("history").as_array();
    for (std::size_t i = 0; i < history; ++i) {
        BOOST_TEST(kept[i] == was[i], kept[i]);
    }

    // The operation that waits for its first wave is begun anew, since what is built is told apart by the
    // installation as well, which is another one here: it waits for the same wave.
    auto& waiting = older.of("waiting");
    eventually(
        [&] { return look(waiting).phase_message.find("wave -1") != std::string::npos; },
        "it waits as before", 60s, [&] { return look(waiting).describe(); }
    );
    BOOST_TEST(started(look(waiting).object) >= started(waiting.application));
    BOOST_TEST(!w.exists("configmap", waiting.name, "a"));
    w.kubectl(
        {"patch", "service", "first", "-n", waiting.name, "--subresource=status", "--type=merge", "-p",
         R"({"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}})"}
    );
    await_synced(waiting.name);
    BOOST_TEST(look(waiting).phase == "Succeeded");
    BOOST_TEST(w.exists("configmap", waiting.name, "a"));

    // What asked goes on asking, and what could not be done says so again.
    auto& pruned = older.of("pruned");
    auto& leaving = older.of("leaving");
    auto& failed = older.of("failed");
    auto& retried = older.of("retried");
    const auto same = [&](restored& one, const std::string& condition) {
        const auto now = look(one);
        const auto text = [&](const json::object& of) {
            for (const auto& each : of.at("status").at("conditions").as_array()) {
                if (text_at(each.as_object(), {"type"}) == condition) {
                    return text_at(each.as_object(), {"reason"}) + ": " +
                           text_at(each.as_object(), {"message"});
                }
            }
            return std::string{};
        };
        BOOST_TEST(!text(one.application).empty());
        BOOST_TEST(text(now.object) == text(one.application));
    };
    BOOST_TEST(waits_for_confirmation(look(pruned)), look(pruned).describe());
    BOOST_TEST(w.exists("configmap", pruned.name, "goes"));
    BOOST_TEST(look(leaving).get("Ready").message.find("needs a confirmation") != std::string::npos);
    BOOST_TEST(w.exists("configmap", leaving.name, "a"));
    BOOST_TEST(look(failed).get("SyncError").message.find("Invalid value: 70000") != std::string::npos);
    same(older.of("uncompared"), "ComparisonError");
    BOOST_TEST(look(older.of("by-hand")).sync == "OutOfSync");
    BOOST_TEST(!w.exists("configmap", "stored-by-hand", "a"));
    BOOST_TEST(w.field("configmap", "stored-held", "a", ".data.value") == "1");
    BOOST_TEST(retries_of(look(retried).object) >= retries_of(retried.application));
    BOOST_TEST(look(retried).phase != "Succeeded");
    BOOST_TEST(
        look(older.of("away")).get("ComparisonError").message.find("cannot connect") != std::string::npos
    );
    BOOST_TEST(look(older.of("away")).health == "Healthy");
    for (const auto* name : {"synced", "several", "told"}) {
        const auto now = look(older.of(name));
        BOOST_TEST((now.sync == "Synced" && now.health == "Healthy"), name << ": " << now.describe());
    }

    // No object was written that is as it should be: nothing but what was pushed and the wave that waited.
    auto after = older.versions();
    std::erase_if(after["synced"], [](const auto& one) { return one.starts_with("ConfigMap/more "); });
    for (const auto& [name, objects] : before) {
        if (name != "waiting") {
            BOOST_TEST_CONTEXT(name) {
                BOOST_TEST(after[name] == objects, boost::test_tools::per_element());
            }
        }
    }

    // What is confirmed by its token is done.
    w.kubectl(
        {"annotate", "application.holdfast.dev", pruned.name, "-n", home,
         "holdfast.dev/confirm-prune=" + token_of(look(pruned).object)}
    );
    eventually([&] { return !w.exists("configmap", pruned.name, "goes"); }, "it is pruned");
    op.stop();
    std::filesystem::remove(options);
}

BOOST_AUTO_TEST_SUITE_END()
