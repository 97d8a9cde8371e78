#pragma once

#include "../kube/fixture.hpp"

#include "cluster/destination.hpp"

#include <boost/json/parse.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cluster {

using namespace std::chrono_literals;
using test::answer_json;
using test::answer_stream;
using test::script;

inline const sync::application_ref shop{"holdfast", "shop"};
inline const sync::application_ref other{"holdfast", "other"};

/// A ConfigMap of ours in namespace n, as a server says it.
inline std::string
config_map(const std::string& name, const std::string& version, const sync::application_ref& owner = shop) {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"n","name":")" + name +
           R"(","uid":"uid-)" + name + R"(","resourceVersion":")" + version +
           R"(","labels":{"holdfast.dev/installation":"holdfast"},"annotations":{"holdfast.dev/tracking-id":")" +
           to_string(owner) + ":/ConfigMap:n/" + name + R"("}},"data":{"value":"live"}})";
}

/// One cluster, which has ConfigMaps and nothing else, and answers as it is told.
struct one_cluster : kube::fixture, write_observer {
    std::vector<std::string> written; // "apply ok"
    std::vector<std::string> told;    // who was told of what
    kube::resource kind = kube::resources::config_maps();
    destination to{
        context.get_executor(),
        api,
        {.names = sync::holdfast_dev(), .installation = "holdfast", .requests = 2},
        {.object_changed = [this](const sync::application_ref& owner) { told.push_back(owner.name); },
         .namespace_changed = [this](const std::string& name) { told.push_back("namespace " + name); },
         .kind_ready = [this] { told.emplace_back("ready"); },
         .kinds_changed = [this] { told.emplace_back("kinds"); }},
        *this
    };

    void object_written(std::string_view verb, std::string_view outcome) override {
        written.push_back(std::string{verb} + " " + std::string{outcome});
    }

    /// The kinds that it has; `stale` is a group that does not answer. Rules made later come too late for
    /// GETs of the core group.
    void has_kinds(const std::string& stale = {}) {
        const std::string verbs = R"("verbs":["delete","get","list","watch"])";
        server.when("GET", "/apis")
            .always(answer_json(
                200, stale.empty()
                         ? R"({"kind":"APIGroupDiscoveryList","items":[]})"
                         : R"({"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":")" + stale +
                               R"("},"versions":[{"version":"v1","freshness":"Stale","resources":[]}]}]})"
            ));
        // "/api" is also how all paths of the core group begin.
        server.when("GET", "/api", "/api/v1/").always([](const test::seen_request&) {
            return answer_json(404, kube::status_text(404, "NotFound", "no such path"));
        });
        server.when("GET", "/api")
            .always(answer_json(
                200, R"({"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":""},"versions":[
                {"version":"v1","freshness":"Current","resources":[{"resource":"configmaps","scope":"Namespaced",)" +
                         verbs + R"(,"responseKind":{"group":"","version":"","kind":"ConfigMap"}}]}]}]})"
            ));
    }

    /// Of the requests so far.
    std::vector<std::string> methods() {
        std::vector<std::string> all;
        for (const auto& one : server.requests()) {
            all.push_back(one.method);
        }
        return all;
    }

    void wait_for(std::function<bool()> done) {
        run_until(
            []() -> asio::awaitable<void> {
                for (;;) {
                    co_await sleep_for(1s);
                }
            }(),
            std::move(done)
        );
    }
    void stop() {
        run([](destination& all) -> asio::awaitable<bool> {
            co_await all.stop();
            co_return true;
        }(to));
    }

    access enter() {
        auto entered = run([](destination& d) -> asio::awaitable<std::optional<access>> {
            const kube::call_options as_ourselves;
            co_return co_await d.enter(as_ourselves);
        }(to));
        return std::move(entered.value());
    }
    apply_request wanted(std::string_view name = "a") const {
        apply_request what;
        what.kind = kind;
        what.manifest = json::parse(config_map(std::string{name}, "")).as_object();
        what.manifest["metadata"].get_object().erase("resourceVersion");
        what.manifest["data"] = json::object{{"value", "wanted"}, {"more", "wanted"}};
        what.owner = shop;
        return what;
    }
    remove_request doomed(std::string_view name = "a") const {
        remove_request what;
        what.kind = kind;
        what.id = {"", "ConfigMap", "n", std::string{name}};
        what.uid = "uid-" + std::string{name};
        what.owner = shop;
        return what;
    }
};

} // namespace holdfast::cluster
