#include "kube/event_series.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;

namespace holdfast::kube {
namespace {

const object_reference web{
    .api_version = "apps/v1", .kind = "Deployment", .namespace_ = "shop", .name = "web", .uid = "u1"
};
const event_note failed{
    .severity = event_severity::warning, .reason = "SyncFailed", .action = "Sync", .note = "no such file"
};
const event_settings settings{.controller = "holdfast.dev/operator", .instance = "pod-1", .burst = 3};

using outcome = event_series::outcome;

struct fixture {
    event_series series{settings};
    event_series::time_point now{1'000'000s};
    event_series::decision happens(const event_note& what = failed) {
        return series.on_event(web, what, now);
    }
};

BOOST_AUTO_TEST_SUITE(event_folding)

BOOST_FIXTURE_TEST_CASE(the_same_event_again_is_counted_and_written_once_a_minute, fixture) {
    const auto first = happens();
    BOOST_TEST((first.what == outcome::create));
    series.on_written(first.series, "shop", "web.1", now);
    for (int i = 0; i < 5; ++i) {
        now += 5s;
        BOOST_TEST((happens().what == outcome::fold));
    }
    BOOST_TEST(series.take_due(now).empty());
    BOOST_TEST((series.next_due() == now - 25s + 60s));
    now += 35s;
    const auto due = series.take_due(now);
    BOOST_REQUIRE(due.size() == 1U);
    BOOST_TEST(due[0].count == 6U);
    BOOST_TEST(due[0].name == "web.1");
    BOOST_TEST(series.take_due(now).empty());
    BOOST_TEST(!series.next_due().has_value());
}

BOOST_FIXTURE_TEST_CASE(after_a_long_silence_it_is_a_new_event, fixture) {
    const auto first = happens();
    series.on_written(first.series, "shop", "web.1", now);
    now += 601s;
    BOOST_TEST((happens().what == outcome::create));
}

BOOST_FIXTURE_TEST_CASE(one_that_could_not_be_written_is_tried_anew, fixture) {
    series.forget(happens().series);
    BOOST_TEST((happens().what == outcome::create));
}

BOOST_FIXTURE_TEST_CASE(many_different_events_of_one_object_are_dropped_beyond_its_rate, fixture) {
    int created = 0;
    for (int i = 0; i < 100; ++i) {
        auto what = failed;
        what.note = std::to_string(i);
        created += happens(what).what == outcome::create ? 1 : 0;
    }
    BOOST_TEST(created == 3);
    now += 300s;
    BOOST_TEST((happens().what == outcome::create));
    auto other = web;
    other.name = "other";
    BOOST_TEST((series.on_event(other, failed, now).what == outcome::create));
}

BOOST_AUTO_TEST_CASE(what_is_remembered_is_bounded) {
    auto s = settings;
    s.max_keys = 10;
    event_series series{s};
    const event_series::time_point now{1'000'000s};
    for (int i = 0; i < 1000; ++i) {
        auto about = web;
        about.name = std::to_string(i);
        const auto d = series.on_event(about, failed, now);
        series.on_written(d.series, "shop", about.name, now);
        (void)series.on_event(about, failed, now);
    }
    BOOST_TEST(series.take_due(now, true).size() == 10U);
}

BOOST_AUTO_TEST_CASE(an_event_keeps_within_the_limits_of_its_fields) {
    auto about = web;
    about.namespace_ = "";
    about.name = "system:controller:" + std::string(300, 'x') + "-";
    event_note what;
    what.reason = std::string(500, 'r');
    what.note = std::string(5000, 'n');
    const auto e = make_event(about, what, settings, wall_clock::time_point{} + 1700000000s);
    BOOST_TEST(find_text(e, {"note"}).size() <= 1024U);
    BOOST_TEST(find_text(e, {"note"}).starts_with(std::string(990, 'n')));
    BOOST_TEST(find_text(e, {"note"}).ends_with("n… (cut: 4007 more characters)"));
    BOOST_TEST(find_text(e, {"reason"}).size() == 128U);
    BOOST_TEST(find_text(e, {"action"}).size() == 128U); // required: the reason, when there is none
    BOOST_TEST(namespace_of(e) == "default");
    BOOST_TEST(name_of(e).size() <= 253U);
    BOOST_TEST(name_of(e).starts_with("system-controller-xxx"));
    BOOST_TEST(name_of(e).ends_with("x.17979cfe362a0000"));
    BOOST_TEST(find_text(e, {"regarding", "name"}) == about.name);
    BOOST_TEST(find_text(e, {"eventTime"}) == "2023-11-14T22:13:20.000000Z");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
