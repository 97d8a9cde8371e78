#include "cluster.hpp"

#include "kube/discovery.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::kube {
namespace {

const json::object widgets = json::parse(R"({
  "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
  "metadata": {"name": "widgets.example.com"},
  "spec": {"group": "example.com", "scope": "Namespaced",
    "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
    "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
      "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}
})")
                                 .as_object();

BOOST_FIXTURE_TEST_SUITE(kube_discovery, clustered)

BOOST_AUTO_TEST_CASE(the_servers_own_kinds_are_found) {
    discovery d{api};
    BOOST_REQUIRE(run(d.refresh()).has_value());
    const auto* deployment = d.catalog().find(group_kind{"apps", "Deployment"});
    BOOST_REQUIRE(deployment != nullptr);
    BOOST_TEST(deployment->plural == "deployments");
    BOOST_TEST(deployment->version == "v1");
    BOOST_TEST(deployment->namespaced);
    BOOST_TEST(deployment->has_subresource("status"));
    BOOST_TEST(deployment->supports("watch"));
    const auto* node = d.catalog().find(group_kind{"", "Node"});
    BOOST_REQUIRE(node != nullptr);
    BOOST_TEST(!node->namespaced);
    BOOST_TEST(d.catalog().find(group_kind{"autoscaling", "HorizontalPodAutoscaler"})->version == "v2");
    BOOST_TEST(d.catalog().stale().empty());
}

asio::awaitable<void> come_and_go(clustered& f) {
    auto executor = co_await asio::this_coro::executor;
    discovery d{f.api, {.unknown_kind_interval = 200ms}};
    task_group group{executor};
    group.spawn("follow", d.follow());
    const group_version_kind widget{"example.com", "v1", "Widget"};
    const auto before = co_await d.resolve(widget);
    BOOST_TEST((before.has_error() && before.error().kind() == error_kind::not_found));

    const auto definitions = resources::custom_resource_definitions();
    const apply_options ours{.field_manager = "test"};
    BOOST_TEST((co_await f.api.apply(definitions, widgets, ours)).has_value());
    BOOST_TEST(co_await eventually([&] { return d.catalog().find(widget) != nullptr; }));
    const auto found = co_await d.resolve(widget);
    BOOST_TEST(found.has_value());
    if (found.has_value()) {
        BOOST_TEST(found->has_subresource("status"));
        const json::object one{
            {"apiVersion", "example.com/v1"},
            {"kind", "Widget"},
            {"metadata", json::object{{"namespace", "default"}, {"name", "w"}}}
        };
        BOOST_TEST((co_await f.api.create(*found, one, "test")).has_value());
        auto with_status = one;
        with_status["status"] = json::object{{"state", "good"}};
        const auto status = co_await f.api.apply_subresource(*found, "status", with_status, ours);
        BOOST_TEST(status.has_value());
        if (status.has_value()) {
            BOOST_TEST(find_text(*status, {"status", "state"}) == "good");
        }
    }

    const auto seen = d.generation();
    BOOST_TEST((co_await f.api.remove(definitions, "", "widgets.example.com")).has_value());
    co_await d.wait_changed(seen);
    BOOST_TEST(co_await eventually([&] { return d.catalog().find(widget) == nullptr; }));
    group.cancel();
    co_await group.join();
}

BOOST_AUTO_TEST_CASE(a_definition_that_comes_and_goes_is_noticed) {
    run(come_and_go(*this));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
