// Makes tests/stored: what an older version stores of applications in many states. Not a test of today's
// version; `./dev upgrade COMMIT --store` runs it.

#include "cluster/control_plane.hpp"
#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/older.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/stored.hpp"
#include "e2e/waiting.hpp"
#include "support/free_port.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace holdfast::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace utf = boost::unit_test;

namespace {

constexpr auto refused = R"(
apiVersion: v1
kind: Service
metadata: {name: refused}
spec: {ports: [{port: 70000}], selector: {app: none}}
)";

const auto webhook_secret = std::string{"It's a Secret to Everybody"};

fs::path to() {
    const auto* named = std::getenv("HOLDFAST_STORE_TO"); // NOLINT: nobody writes the environment
    return named != nullptr ? named : "";
}

boost::test_tools::assertion_result is_asked_for(utf::test_unit_id id) {
    return to().empty() ? boost::test_tools::assertion_result{false} : has_older(id);
}

void save(const std::string& name, const json::object& object) {
    const auto pretty =
        run_command("python3", {"-m", "json.tool", "--indent", "1"}, json::serialize(object), 20s);
    BOOST_REQUIRE(pretty.ok());
    fs::create_directories(to());
    std::ofstream{to() / (name + ".json")} << pretty.out;
}

void keep(scene& s) {
    json::object made{{"git", s.repository.exported()}};
    made["application"] = *s.w.get_json("application.holdfast.dev", home, s.name);
    made["repository"] = *s.w.get_json("repository.holdfast.dev", home, s.name);
    const auto listed = json::parse(s.w.kubectl(
        {"get", "configmaps,services", "-n", s.name, "-o", "json", "--show-managed-fields", "-l",
         "holdfast.dev/installation"}
    ));
    made["objects"] = listed.at("items");
    save(
        s.name,
        json::parse(replaced(json::serialize(made), s.repository.url(), stored_url(s.name))).as_object()
    );
}

// A schema without what is written for people; a property that is called "description" stays.
json::value without_sentences(const json::value& schema) {
    if (const auto* all = schema.if_array(); all != nullptr) {
        json::array made;
        for (const auto& item : *all) {
            made.push_back(without_sentences(item));
        }
        return made;
    }
    if (!schema.is_object()) {
        return schema;
    }
    json::object made;
    for (const auto& member : schema.get_object()) {
        if (member.key() != "description" || !member.value().is_string()) {
            made[member.key()] = without_sentences(member.value());
        }
    }
    return made;
}

json::object definitions() {
    json::object made;
    for (const auto* name : {"applications.holdfast.dev", "repositories.holdfast.dev"}) {
        auto definition = world::get().get_json("crd", "", name).value();
        definition.erase("status");
        definition["metadata"] = {{"name", name}};
        made[name] = without_sentences(definition);
    }
    return made;
}

void deliver(scene& s, int port) {
    const auto body = json::serialize(
        json::object{{"ref", "refs/heads/main"}, {"repository", {{"clone_url", s.repository.url()}}}}
    );
    const auto digest = run_command("openssl", {"dgst", "-sha256", "-hmac", webhook_secret}, body, 20s);
    const auto hex = digest.out.substr(digest.out.rfind(' ') + 1).substr(0, 64);
    const auto sent = run_command(
        "curl",
        {"-sS", "--max-time", "20", "--data-binary", "@-", "-H", "Content-Type: application/json", "-H",
         "X-GitHub-Event: push", "-H", "X-GitHub-Delivery: d-1", "-H", "X-Hub-Signature-256: sha256=" + hex,
         "http://127.0.0.1:" + std::to_string(port) + "/hooks/push"},
        body, 20s
    );
    BOOST_REQUIRE_MESSAGE(sent.ok(), sent.err);
}

} // namespace

BOOST_AUTO_TEST_SUITE(storing)

BOOST_AUTO_TEST_CASE(what_an_older_version_stores_is_written_down, *utf::precondition(is_asked_for)) {
    auto& w = world::get();
    apply_definitions(older_definitions());
    const auto options = to() / "options.yaml";
    fs::create_directories(to());
    std::ofstream{options} << "leader-elect: true\n";
    const auto port = free_port();
    auto& op = w.shared_operator();
    op.use_program(older_operator());
    op.start(
        {"--options", options.string(), "--replica", "older", "--listen", "127.0.0.1:" + std::to_string(port)}
    );
    w.kubectl(
        {"create", "secret", "generic", "hook", "-n", home, "--from-literal", "secret=" + webhook_secret}
    );

    scene synced{"stored-synced"};
    std::string revision;
    for (const auto* value : {"1", "2", "3"}) {
        revision = synced.config_map("a", value).config_map("b", "1").repository.push(value);
        if (*value == '1') {
            synced.follow();
        }
        await_synced(synced.name, revision);
    }

    scene several{"stored-several"};
    for (const auto* value : {"1", "2"}) {
        several.repository.write("one/a.yaml", config_map("a", "value", value))
            .write("two/b.yaml", config_map("b", "value", value));
        revision = several.repository.push(value);
        if (*value == '1') {
            const auto part = [&](const std::string& path) {
                return json::object{
                    {"repoURL", several.repository.url()}, {"targetRevision", "main"}, {"path", path}
                };
            };
            several.follow({.spec = {{"source", nullptr}, {"sources", json::array{part("one"), part("two")}}}}
            );
        }
        several.until(
            [&](const application_view& v) {
                return v.synced() && v.phase == "Succeeded" &&
                       json::serialize(v.object.at("status").at("sync")).find(revision) != std::string::npos;
            },
            "both sources are synced"
        );
    }

    scene by_hand{"stored-by-hand"};
    by_hand.config_map("a", "1").repository.push("1");
    by_hand.follow({.automated = false});

    scene suspended{"stored-suspended"};
    suspended.config_map("a", "1").repository.push("1");
    suspended.follow();
    await_synced(suspended.name);
    suspended.patch({{"spec", {{"suspend", true}}}});

    scene held{"stored-held"};
    const auto first = held.config_map("a", "1").repository.push("1");
    held.follow();
    await_synced(held.name, first);
    held.patch({{"spec", {{"hold", first}}}});
    held.config_map("a", "2").repository.push("2");

    scene waiting{"stored-waiting"};
    waiting.repository.write("z.yaml", slow_service("first", -1));
    waiting.config_map("a", "1").repository.push("1");
    waiting.follow();

    const auto with_retry = [](int limit) {
        return json::object{
            {"syncPolicy",
             {{"retry", {{"limit", limit}, {"backoff", {{"duration", "10m"}, {"maxDuration", "1h"}}}}}}}
        };
    };
    scene retried{"stored-retried"};
    retried.repository.write("z.yaml", refused);
    retried.config_map("a", "1").repository.push("1");
    retried.follow({.spec = with_retry(5)});

    scene failed{"stored-failed"};
    failed.repository.write("z.yaml", refused);
    failed.config_map("a", "1").repository.push("1");
    failed.follow({.spec = with_retry(0)});

    scene uncompared{"stored-uncompared"};
    uncompared.config_map("a", "1").repository.push("1");
    uncompared.follow({.path = "nowhere"});

    scene pruned{"stored-pruned"};
    pruned.config_map("stays", "1").config_map("goes", "1").repository.push("1");
    pruned.follow({.spec = {{"syncPolicy", {{"pruneLimit", 0}}}}});
    await_synced(pruned.name);
    pruned.repository.remove("goes.yaml").push("2");

    scene leaving{"stored-leaving"};
    leaving.repository.write("a.yaml", R"(
apiVersion: v1
kind: ConfigMap
metadata: {name: a, annotations: {holdfast.dev/sync-options: Delete=confirm}}
)");
    leaving.repository.push("1");
    leaving.follow();
    await_synced(leaving.name);
    w.kubectl({"delete", "application.holdfast.dev", leaving.name, "-n", home, "--wait=false"});

    scene away{"stored-away"};
    away.config_map("a", "1").repository.push("1");
    away.follow();
    await_synced(away.name);
    away.repository.vanish();

    scene told{"stored-told", {{"webhook", {{"secretRef", {{"name", "hook"}}}}}}};
    told.config_map("a", "1").repository.push("1");
    told.follow();
    await_synced(told.name);
    deliver(told, port);

    by_hand.until([](const application_view& v) { return v.sync == "OutOfSync"; }, "it is OutOfSync");
    held.until([](const application_view& v) { return v.synced(); }, "it is held");
    waiting.until(
        [](const application_view& v) { return v.phase_message.find("wave -1") != std::string::npos; },
        "it waits for the first wave"
    );
    retried.until(
        [](const application_view& v) {
            return json::serialize(v.object).find("nextRetryAt") != std::string::npos;
        },
        "it is tried again later"
    );
    failed.until(
        [](const application_view& v) { return v.phase == "Failed" && !v.get("SyncError").status.empty(); },
        "it failed"
    );
    await_condition(uncompared.name, "ComparisonError", {"nowhere"});
    pruned.until(waits_for_confirmation, "it asks");
    await_condition(leaving.name, "Ready", {"needs a confirmation"});
    suspended.until(
        [](const application_view& v) {
            return text_at(v.object, {"status", "observedGeneration"}) ==
                   text_at(v.object, {"metadata", "generation"});
        },
        "it is suspended"
    );
    const auto says = [&](const scene& s, const std::string& text) {
        return json::serialize(*w.get_json("repository.holdfast.dev", home, s.name)).find(text) !=
               std::string::npos;
    };
    eventually([&] { return says(told, "\"lastWebhook\""); }, "the delivery is noted");
    eventually([&] { return says(away, "cannot connect"); }, "the repository is away");

    for (auto* each :
         {&synced, &several, &by_hand, &suspended, &held, &waiting, &retried, &failed, &uncompared, &pruned,
          &leaving, &away, &told}) {
        keep(*each);
    }
    save("definitions", definitions());
    save("lease", *w.get_json("lease", home, "holdfast"));
    fs::remove(options);
    op.kill9();
}

BOOST_AUTO_TEST_SUITE_END()
