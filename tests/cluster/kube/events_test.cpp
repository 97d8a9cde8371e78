#include "cluster.hpp"

#include "kube/events.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::kube {
namespace {

BOOST_FIXTURE_TEST_SUITE(kube_events, clustered)

BOOST_AUTO_TEST_CASE(events_are_accepted_and_counted_up_by_the_server) {
    const auto ns = make_namespace("events");
    const auto object = run(api.create(resources::config_maps(), config_map(ns, "a"), "test")).value();
    event_settings settings;
    settings.controller = "holdfast.dev/operator";
    settings.instance = "test-1";
    event_recorder recorder{context.get_executor(), api, settings};
    const event_note what{
        .severity = event_severity::warning,
        .reason = "SyncFailed",
        .action = "Sync",
        .note = std::string(3000, 'n')
    };
    for (int i = 0; i < 7; ++i) {
        recorder.record(reference_to(object), what);
    }
    // Of an object of the cluster, whose name is none for an Event.
    recorder.record(
        {.api_version = "rbac.authorization.k8s.io/v1",
         .kind = "ClusterRole",
         .name = "system:a:b",
         .uid = "1"},
        what
    );
    run(recorder.close(20s));
    BOOST_TEST(recorder.counters().written == 3U);
    BOOST_TEST(recorder.counters().failed == 0U);
    const auto events = run(api.list(resources::events(), {.namespace_ = ns}));
    BOOST_REQUIRE(events->items.size() == 1U);
    const auto& event = events->items[0];
    BOOST_TEST(find_text(event, {"reason"}) == "SyncFailed");
    BOOST_TEST(find_text(event, {"regarding", "name"}) == "a");
    BOOST_TEST(find_text(event, {"note"}).size() == 1024U);
    BOOST_REQUIRE(find_path(event, {"series", "count"}) != nullptr);
    BOOST_TEST(find_path(event, {"series", "count"})->as_int64() == 7);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
