#include "sources/late_builds.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sources {
namespace {

using namespace std::chrono_literals;

const steady_clock::time_point begin{1h};

BOOST_AUTO_TEST_SUITE(builds_that_take_too_long)

BOOST_AUTO_TEST_CASE(the_same_build_rests_longer_each_time) {
    late_builds late;
    const auto why = transient_error("helm did not finish within 1m");
    BOOST_TEST(!late.resting("k", begin).has_value());
    auto now = begin;
    for (const auto rest : {60s, 120s, 240s, 480s, 960s, 1800s, 1800s}) {
        late.failed("k", "a", why, 60s, now);
        BOOST_TEST((late.resting("k", now) == why));
        BOOST_TEST(late.resting("k", now + rest - 1s).has_value());
        BOOST_TEST(!late.resting("k", now + rest).has_value());
        now += rest;
    }
    BOOST_TEST(!late.resting("other", now).has_value());
    late.succeeded("k");
    late.failed("k", "a", why, 60s, now);
    BOOST_TEST(!late.resting("k", now + 60s).has_value());
}

BOOST_AUTO_TEST_CASE(what_failed_at_once_is_tried_as_before) {
    late_builds late;
    late.failed("k", "a", transient_error("the disk is full"), 1s, begin);
    BOOST_TEST(!late.resting("k", begin).has_value());
}

BOOST_AUTO_TEST_CASE(who_asks_for_it_has_it_tried) {
    late_builds late;
    late.failed("k", "a", transient_error("late"), 60s, begin);
    late.failed("l", "b", transient_error("late"), 60s, begin);
    late.retry("a");
    BOOST_TEST(!late.resting("k", begin).has_value());
    BOOST_TEST(late.resting("l", begin).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
