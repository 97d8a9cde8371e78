#include "runtime/controller.hpp"

#include "../kube/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

namespace holdfast::runtime {
namespace {

using namespace std::chrono_literals;
using test::answer_json;
using test::answer_stream;

constexpr std::string_view path = "/api/v1/namespaces/n/configmaps";

std::string object(std::string_view name, std::string_view version) {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"n","name":")" +
           std::string{name} + R"(","uid":"u","resourceVersion":")" + std::string{version} + R"("}})";
}

std::string list(std::string_view version, const std::string& items) {
    return R"({"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":")" +
           std::string{version} + R"("},"items":[)" + items + "]}";
}

// ConfigMaps that are reconciled: what is known of them, and the order in which that was done.
struct config_maps : kube::fixture, kube::informer_handler {
    std::map<std::string, std::string> versions;
    std::vector<std::string> reconciled;
    steady_clock::duration takes{};
    hand_over_by at_the_end = hand_over_by::leaving;
    std::unique_ptr<controller> runs;

    void make() {
        server.when("GET", std::string{path}, "sendInitialEvents")
            .always(answer_json(422, kube::status_text(422, "Invalid", "no streaming lists")));
        server.when("GET", std::string{path}, "watch=1").always(answer_stream().stall());
        runs = std::make_unique<controller>(
            context.get_executor(), api,
            controller_settings{
                .kind = kube::resources::config_maps(),
                .namespace_ = "n",
                .name = "config map",
                .concurrency = 1,
                .at_the_end = at_the_end
            },
            *this,
            [this](std::string key) -> asio::awaitable<void> {
                co_await sleep_for(takes);
                reconciled.push_back(std::move(key));
            },
            nullptr
        );
    }

    [[nodiscard]] std::optional<kube::object_version> version_of(const kube::object_name& name
    ) const override {
        const auto found = versions.find(name.name);
        return found == versions.end()
                   ? std::nullopt
                   : std::optional{kube::object_version{.uid = "u", .resource_version = found->second}};
    }
    void for_each_known(const std::function<void(const kube::object_name&)>& see) const override {
        for (const auto& [name, version] : versions) {
            see({"n", name});
        }
    }
    void added(const json::object& one) override { changed(one); }
    void changed(const json::object& one) override {
        const std::string name{kube::name_of(one)};
        versions[name] = kube::resource_version_of(one);
        runs->queue().add(name);
    }
    void removed(const kube::object_name& name, std::string_view /*version*/) override {
        versions.erase(name.name);
    }

    void stop() {
        run([](controller* c) -> asio::awaitable<bool> {
            co_await c->stop();
            co_return true;
        }(runs.get()));
    }
    void until(const std::function<bool()>& is_so) {
        run_until(
            []() -> asio::awaitable<void> {
                for (;;) {
                    co_await sleep_for(1s);
                }
            }(),
            is_so
        );
    }
};

BOOST_FIXTURE_TEST_SUITE(controller_suite, config_maps)

BOOST_AUTO_TEST_CASE(keys_are_collected_until_it_leads) {
    server.when("GET", std::string{path}, "limit")
        .always(answer_json(200, list("10", object("a", "1") + "," + object("b", "2"))));
    make();
    runs->start();
    until([&] { return runs->knows_all(); });
    BOOST_TEST(versions.size() == 2U);
    BOOST_TEST(reconciled.empty());
    BOOST_TEST(!runs->leads());
    runs->lead();
    until([&] { return reconciled.size() == 2; });
    BOOST_TEST(runs->leads());
    stop();
}

BOOST_AUTO_TEST_CASE(what_waits_at_a_hand_over_is_left_or_done_first) {
    for (const auto how : {hand_over_by::leaving, hand_over_by::finishing}) {
        at_the_end = how;
        takes = 20ms;
        make();
        reconciled.clear();
        runs->lead();
        for (const auto* key : {"a", "b", "c"}) {
            runs->queue().add(key);
        }
        runs->queue().add_after("later", 1h);
        run([](controller* c) -> asio::awaitable<bool> {
            co_await sleep_for(5ms); // the first one has begun
            co_await c->hand_over(30s);
            co_return true;
        }(runs.get()));
        const auto done = reconciled.size();
        BOOST_TEST(done == (how == hand_over_by::leaving ? 1U : 4U));
        runs->queue().add("after");
        run([]() -> asio::awaitable<bool> {
            co_await sleep_for(100ms);
            co_return true;
        }());
        BOOST_TEST(reconciled.size() == done); // it is the other's now
        stop();
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_answer_is_asked_until_it_does) {
    server.when("GET", std::string{path})
        .then(answer_json(403, kube::status_text(403, "Forbidden", "not yet")))
        .then(answer_json(200, list("10", object("a", "1") + "," + object("b", "2"))));
    make();
    std::vector<std::string> seen;
    run([](controller* c, std::vector<std::string>* all) -> asio::awaitable<bool> {
        co_await c->read_all([all](const json::object& one) { all->emplace_back(kube::name_of(one)); });
        co_return true;
    }(runs.get(), &seen));
    BOOST_TEST((seen == std::vector<std::string>{"a", "b"}));
    stop();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::runtime
