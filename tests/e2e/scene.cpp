#include "e2e/scene.hpp"

#include "e2e/json.hpp"
#include "e2e/operator_process.hpp"
#include "e2e/waiting.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <exception>

namespace holdfast::test {

using namespace std::chrono_literals;

scene::scene(std::string called, const json::object& repository_spec)
    : scene{world::with_operator(), std::move(called), repository_spec} {}

scene::scene(world& where, std::string called, const json::object& repository_spec)
    : w{where}, name{std::move(called)}, repository{name} {
    w.create_namespace(name);
    repository.declare(repository_spec);
}

scene::~scene() {
    try {
        const auto gone = w.cluster().kubectl(
            {"delete", "application.holdfast.dev/" + name, "repository.holdfast.dev/" + name, "-n", home,
             "--wait=false", "--ignore-not-found"}
        );
        if (!gone.ok()) {
            BOOST_TEST_MESSAGE("left behind: " << gone.err);
        }
    } catch (const std::exception& e) {
        BOOST_TEST_MESSAGE("left behind: " << e.what());
    }
}

scene& scene::config_map(const std::string& called, const std::string& value) {
    repository.write(called + ".yaml", test::config_map(called, "value", value));
    return *this;
}

std::string scene::value(const std::string& called) {
    return w.field("configmap", name, called, ".data.value");
}

void scene::follow(application_options options) {
    options.url = repository.url();
    if (options.into.empty()) {
        options.into = name;
    }
    w.apply(application(name, options));
}

void scene::patch(const json::object& merged) {
    w.kubectl(
        {"patch", "application.holdfast.dev", name, "-n", home, "--type=merge", "-p", json::serialize(merged)}
    );
}

application_view scene::ask(json::object sync, const std::string& phase) {
    const auto mark = std::to_string(++asked_);
    patch({{"operation", {{"sync", std::move(sync)}, {"info", {{{"name", "asked"}, {"value", mark}}}}}}});
    const auto seen = until(
        [&](const application_view& v) {
            if (v.object.contains("operation") || v.phase.empty() || v.phase == "Running") {
                return false;
            }
            const auto& state = v.object.at("status").at("operationState").as_object();
            const auto* info = state.at("operation").as_object().if_contains("info");
            return info != nullptr && info->as_array().front().at("value").as_string() == mark;
        },
        "the sync that was asked for ends"
    );
    BOOST_TEST(seen.phase == phase, seen.describe());
    return seen;
}

void scene::annotate(const std::string& annotation) {
    w.kubectl({"annotate", "application.holdfast.dev", name, "-n", home, "--overwrite", annotation});
}

void scene::give_address(const std::string& service) {
    w.kubectl(
        {"patch", "service", service, "-n", name, "--subresource=status", "--type=merge", "-p",
         R"({"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}})"}
    );
}

application_view
scene::until(const std::function<bool(const application_view&)>& holds, const std::string& what) {
    application_view seen;
    eventually(
        [&] {
            seen = look();
            return holds(seen);
        },
        name + ": " + what, 60s, [&] { return seen.describe(); }
    );
    return seen;
}

std::string slow_service(const std::string& called, int wave, bool forced) {
    return "apiVersion: v1\nkind: Service\nmetadata:\n  name: " + called +
           "\n  annotations:\n    holdfast.dev/sync-wave: \"" + std::to_string(wave) + "\"\n" +
           (forced ? "    holdfast.dev/sync-options: Force=true,Replace=true\n" : "") +
           "spec: {type: LoadBalancer, ports: [{port: 80}], selector: {app: none}}\n";
}

json::object resource_of(const application_view& seen, const std::string& kind, const std::string& called) {
    const auto* status = seen.object.if_contains("status");
    const auto* all = status != nullptr ? status->as_object().if_contains("resources") : nullptr;
    if (all != nullptr) {
        for (const auto& each : all->as_array()) {
            const auto& resource = each.as_object();
            if (text_of(resource.if_contains("kind")) == kind &&
                text_of(resource.if_contains("name")) == called) {
                return resource;
            }
        }
    }
    return {};
}

std::vector<std::string> history_of(const application_view& seen) {
    std::vector<std::string> revisions;
    const auto* status = seen.object.if_contains("status");
    const auto* all = status != nullptr ? status->as_object().if_contains("history") : nullptr;
    if (all != nullptr) {
        for (const auto& each : all->as_array()) {
            revisions.push_back(text_of(each.as_object().if_contains("revision")));
        }
    }
    return revisions;
}

} // namespace holdfast::test
