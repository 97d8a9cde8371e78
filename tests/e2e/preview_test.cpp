// What an application that waits for somebody says of objects that somebody else made: how they fare, and
// what a sync would change of each; and that this costs no requests where nothing changed.

#include "e2e/applications.hpp"
#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/scene.hpp"
#include "e2e/waiting.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <sstream>

using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

std::string deployment(const std::string& name, int replicas, const std::string& image) {
    return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name +
           "}\nspec:\n  replicas: " + std::to_string(replicas) +
           "\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"
           "    spec: {containers: [{name: web, image: \"" +
           image + "\"}]}\n";
}

std::string secret(const std::string& value) {
    return "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {password: " + value + "}\n";
}

// As a person makes it.
void apply_in(scene& s, const std::string& manifest) {
    s.w.kubectl({"apply", "-n", s.name, "-f", "-"}, manifest);
}

std::string message_of(const application_view& seen, const std::string& kind, const std::string& name) {
    return text_at(resource_of(seen, kind, name), {"message"});
}

std::string health_of(const application_view& seen, const std::string& kind, const std::string& name) {
    return text_at(resource_of(seen, kind, name), {"health", "status"});
}

// How many requests of this verb for objects of a kind the API server has answered.
std::int64_t requests(scene& s, const std::string& resource, const std::string& verb) {
    std::istringstream lines{s.w.kubectl({"get", "--raw", "/metrics"})};
    std::int64_t sum = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto has = [&](const std::string& text) { return line.find(text) != std::string::npos; };
        if (line.starts_with("apiserver_request_total{") && has("resource=\"" + resource + "\"") &&
            has("verb=\"" + verb + "\"")) {
            sum += static_cast<std::int64_t>(std::stod(line.substr(line.rfind(' '))));
        }
    }
    return sum;
}

// "message" of the row of an object in the last operation.
std::string done_to(const application_view& seen, const std::string& kind) {
    const auto& status = seen.object.at("status").as_object();
    const auto& result = status.at("operationState").at("syncResult").as_object();
    for (const auto& row : result.at("resources").as_array()) {
        if (text_at(row.as_object(), {"kind"}) == kind) {
            return text_at(row.as_object(), {"message"});
        }
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(preview)

BOOST_AUTO_TEST_CASE(objects_that_somebody_else_made_have_their_health_and_what_a_sync_would_change) {
    scene s{"preview"};
    apply_in(s, deployment("web", 0, "web:1"));
    apply_in(s, secret("made-by-hand"));
    apply_in(s, config_map("same", "value", "1"));
    s.repository.write("web.yaml", deployment("web", 2, "web:2"));
    s.repository.write("key.yaml", secret("from-git"));
    s.config_map("same", "1").config_map("new", "1");
    s.repository.push("Wanted");
    s.follow({.automated = false});

    // No controller works on replicas: 0, so what kubectl made is what it shall be.
    const auto seen = s.until(
        [](const application_view& v) {
            return message_of(v, "Deployment", "web").find("spec.replicas") != std::string::npos;
        },
        "the Deployment says what a sync would change"
    );
    BOOST_TEST(health_of(seen, "Deployment", "web") != "Missing", seen.describe());
    BOOST_TEST(health_of(seen, "Deployment", "web") != "", seen.describe());
    BOOST_TEST(
        message_of(seen, "Deployment", "web") ==
        "was made by somebody else: a sync would take it over, and change spec.replicas, "
        "spec.template.spec.containers[name=web].image"
    );
    BOOST_TEST(message_of(seen, "ConfigMap", "same").ends_with("and change nothing else"));
    BOOST_TEST(message_of(seen, "ConfigMap", "new") == "a sync would create it");
    BOOST_TEST(message_of(seen, "Secret", "key").ends_with("and change data.password"));
    BOOST_TEST(
        seen.get("Ready").message.find("was made by somebody else, and differs") != std::string::npos,
        seen.describe()
    );
    const auto all = json::serialize(seen.object);
    for (const auto* value : {"made-by-hand", "from-git", "bWFkZS1ieS1oYW5k", "ZnJvbS1naXQ="}) {
        BOOST_TEST(all.find(value) == std::string::npos, value << " is told");
    }
    // Nothing was changed by looking.
    BOOST_TEST(s.w.field("deployment", s.name, "web", ".spec.replicas") == "0");
    BOOST_TEST(s.w.field("deployment", s.name, "web", ".metadata.labels") == "");
    BOOST_TEST(!s.has("new"));

    // A restart knows it again, as it is by then.
    s.w.shared_operator().stop();
    s.w.kubectl({"scale", "deployment", "web", "-n", s.name, "--replicas=2"});
    s.w.shared_operator().start();
    s.until(
        [](const application_view& v) {
            return message_of(v, "Deployment", "web")
                .ends_with("and change spec.template.spec.containers[name=web].image");
        },
        "what is different by now is said after a restart"
    );

    // What is said there is what a sync does.
    s.ask({});
    const auto synced = s.until([](const application_view& v) { return v.synced(); }, "it is synced");
    BOOST_TEST(s.w.field("deployment", s.name, "web", ".spec.template.spec.containers[0].image") == "web:2");
    BOOST_TEST(message_of(synced, "Deployment", "web") == "");
    BOOST_TEST(message_of(synced, "ConfigMap", "new") == "");
}

BOOST_AUTO_TEST_CASE(a_reconcile_in_which_nothing_changed_asks_for_nothing) {
    scene s{"preview-quiet"};
    apply_in(s, deployment("web", 0, "web:1"));
    s.repository.write("web.yaml", deployment("web", 2, "web:1"));
    s.repository.push("Wanted");
    s.follow({.automated = false});
    s.until(
        [](const application_view& v) {
            return message_of(v, "Deployment", "web").find("spec.replicas") != std::string::npos;
        },
        "it was looked at"
    );
    const auto gets = [&] { return requests(s, "deployments", "GET"); };
    const auto tries = [&] { return requests(s, "deployments", "APPLY"); };
    const auto read = gets();
    const auto tried = tries();
    BOOST_TEST(read > 0);
    BOOST_TEST(tried > 0);
    // Each of these is a reconcile, as the status shows.
    for (int i = 0; i < 3; ++i) {
        s.annotate("holdfast.dev/skip-reconcile=true");
        s.until([](const auto& v) { return !v.get("Reconciling").message.empty(); }, "it is left alone");
        s.annotate("holdfast.dev/skip-reconcile-");
        s.until([](const auto& v) { return v.get("Reconciling").message.empty(); }, "it is not any more");
    }
    BOOST_TEST(gets() == read);
    BOOST_TEST(tries() == tried);
    // Who asks has it read again; what has not changed is not tried again.
    s.annotate("holdfast.dev/refresh=normal");
    eventually([&] { return gets() > read; }, "it is read again");
    BOOST_TEST(gets() == read + 1);
    BOOST_TEST(tries() == tried);
    // What has, is.
    s.w.kubectl({"scale", "deployment", "web", "-n", s.name, "--replicas=2"});
    s.annotate("holdfast.dev/refresh=normal");
    s.until(
        [](const application_view& v) {
            return message_of(v, "Deployment", "web").ends_with("and change nothing else");
        },
        "what was changed by hand is seen"
    );
}

BOOST_AUTO_TEST_CASE(a_dry_run_knows_of_a_namespace_that_somebody_else_made) {
    scene s{"preview-dry"};
    s.w.create_namespace("made-by-hand");
    s.repository.write("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: made-by-hand}\n");
    s.repository.write(
        "a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: made-by-hand, name: a}\ndata: {a: b}\n"
    );
    s.repository.write("ns2.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: not-there}\n");
    s.repository.write(
        "b.yaml", "apiVersion: v1\nkind: Service\nmetadata: {namespace: not-there, name: b}\n"
                  "spec: {ports: [{port: 80}]}\n"
    );
    s.repository.push("Wanted");
    s.follow({.automated = false});
    s.until([](const auto& v) { return v.sync == "OutOfSync"; }, "it is compared");
    const auto seen = s.ask({{"dryRun", true}});
    BOOST_TEST(done_to(seen, "ConfigMap") == "applied (dry run)", seen.describe());
    BOOST_TEST(done_to(seen, "Service").find("cannot be tried before Namespace") != std::string::npos);
    BOOST_TEST(!s.w.exists("configmap", "made-by-hand", "a"));
    BOOST_TEST(!s.w.exists("namespace", {}, "not-there"));
    s.w.kubectl({"delete", "namespace", "made-by-hand", "--wait=false"});
}

BOOST_AUTO_TEST_SUITE_END()
