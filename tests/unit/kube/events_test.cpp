#include "fixture.hpp"

#include "kube/events.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::kube {
namespace {

const event_note synced{.reason = "Synced", .action = "Sync", .note = "all is well"};

struct recording : fixture {
    event_settings settings{.controller = "holdfast.dev/operator", .instance = "pod-1"};
    object_reference web{
        .api_version = "apps/v1", .kind = "Deployment", .namespace_ = "shop", .name = "web", .uid = "u1"
    };
};

BOOST_FIXTURE_TEST_SUITE(events, recording)

BOOST_AUTO_TEST_CASE(an_event_is_written_and_its_repeats_are_one_count) {
    server.when("POST", "/apis/events.k8s.io/v1/namespaces/shop/events").always(answer_json(201, "{}"));
    server.when("PATCH", "/apis/events.k8s.io/v1/namespaces/shop/events/web.").always(answer_json(200, "{}"));
    event_recorder recorder{context.get_executor(), api, settings};
    for (int i = 0; i < 50; ++i) {
        recorder.record(web, synced);
    }
    test::run(context, recorder.close(10s));
    const auto asked = server.requests();
    BOOST_REQUIRE(asked.size() == 2U);
    const auto event = json::parse(asked[0].body).as_object();
    BOOST_TEST(find_text(event, {"note"}) == "all is well");
    BOOST_TEST(find_text(event, {"regarding", "uid"}) == "u1");
    BOOST_TEST(find_text(event, {"type"}) == "Normal");
    const auto patch = json::parse(asked[1].body).as_object();
    BOOST_TEST(find_path(patch, {"series", "count"})->as_int64() == 50);
    BOOST_TEST(recorder.counters().folded == 49U);
    BOOST_TEST(recorder.counters().written == 2U);
}

BOOST_AUTO_TEST_CASE(more_than_fits_the_queue_is_dropped_and_counted) {
    server.when("POST", "/").always(answer_json(201, "{}"));
    settings.max_queued = 10;
    settings.burst = 1000;
    event_recorder recorder{context.get_executor(), api, settings};
    for (int i = 0; i < 100; ++i) {
        auto what = synced;
        what.note = std::to_string(i);
        recorder.record(web, what);
    }
    test::run(context, recorder.close(10s));
    BOOST_TEST(recorder.counters().dropped == 90U);
    BOOST_TEST(recorder.counters().written == 10U);
}

BOOST_AUTO_TEST_CASE(what_the_server_refuses_is_counted_and_not_repeated) {
    server.when("POST", "/")
        .always(answer_json(403, status_text(403, "Forbidden", "namespace is terminating")));
    event_recorder recorder{context.get_executor(), api, settings};
    recorder.record(web, synced);
    test::run(context, recorder.close(10s));
    BOOST_TEST(recorder.counters().failed == 1U);
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_server_that_says_nothing_does_not_hold_up_the_end) {
    server.when("POST", "/").always(script{}.stall());
    event_recorder recorder{context.get_executor(), api, settings};
    recorder.record(web, synced);
    const auto begin = steady_clock::now();
    test::run(context, recorder.close(100ms));
    BOOST_TEST((steady_clock::now() - begin < 8s));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
