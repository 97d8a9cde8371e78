// Who was a nuisance too often.

#include "http/rate_limit.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::http {
namespace {

using namespace std::chrono_literals;
using time = std::chrono::steady_clock::time_point;

const time begin{std::chrono::hours{1}};

} // namespace

BOOST_AUTO_TEST_SUITE(http_rate_limit)

BOOST_AUTO_TEST_CASE(a_source_has_its_burst_and_then_its_rate) {
    rate_limit limit{{.per_second = 2, .burst = 5, .most_sources = 100}};
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST(!limit.spent("a", begin).has_value()); // to ask costs nothing
    }
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(!limit.spent("a", begin).has_value());
        limit.charge("a", 1, begin);
    }
    const auto wait = limit.spent("a", begin);
    BOOST_TEST_REQUIRE(wait.has_value());
    BOOST_TEST(wait->count() == 1);
    BOOST_TEST(!limit.spent("b", begin).has_value());
    BOOST_TEST(!limit.spent("a", begin + 500ms).has_value());
    // It fills up to the burst and no further.
    limit.charge("a", 5, begin + 1h);
    BOOST_TEST(limit.spent("a", begin + 1h).has_value());
}

BOOST_AUTO_TEST_CASE(a_nuisance_is_made_to_wait_longer_and_not_for_ever) {
    rate_limit limit{{.per_second = 1, .burst = 10, .most_sources = 100}};
    for (int i = 0; i < 1000; ++i) {
        limit.charge("a", 5, begin);
    }
    const auto wait = limit.spent("a", begin);
    BOOST_TEST_REQUIRE(wait.has_value());
    BOOST_TEST(wait->count() == 11);
    BOOST_TEST(!limit.spent("a", begin + 11s).has_value());
}

BOOST_AUTO_TEST_CASE(sources_are_forgotten_when_there_are_too_many_the_longest_silent_first) {
    rate_limit limit{{.per_second = 0.001, .burst = 1, .most_sources = 3}};
    for (const auto* source : {"a", "b", "c"}) {
        limit.charge(source, 1, begin);
    }
    BOOST_TEST(limit.spent("a", begin).has_value()); // heard of again
    BOOST_TEST(!limit.spent("d", begin).has_value());
    BOOST_TEST(limit.sources() == 3U);
    BOOST_TEST(limit.spent("a", begin).has_value());
    BOOST_TEST(!limit.spent("b", begin).has_value()); // forgotten, so it is new
    for (int i = 0; i < 10'000; ++i) {
        static_cast<void>(limit.spent(std::to_string(i), begin));
    }
    BOOST_TEST(limit.sources() == 3U);
}

BOOST_AUTO_TEST_CASE(a_clock_that_stands_still_or_goes_back_gives_nothing) {
    rate_limit limit{{.per_second = 1, .burst = 1, .most_sources = 3}};
    limit.charge("a", 1, begin);
    BOOST_TEST(limit.spent("a", begin - 1h).has_value());
    BOOST_TEST(limit.spent("a", begin - 1h).has_value());
}

BOOST_AUTO_TEST_CASE(a_source_is_an_address_or_a_customers_network) {
    BOOST_TEST(source_of("10.0.0.7:41234") == "10.0.0.7");
    BOOST_TEST(source_of("[2001:db8:1:2:3:4:5:6]:443") == "2001:db8:1:2::/64");
    BOOST_TEST(source_of("[2001:db8:1:2:ffff::1]:1") == "2001:db8:1:2::/64");
    BOOST_TEST(source_of("[::ffff:10.0.0.7]:443") == "10.0.0.7");
    BOOST_TEST(source_of("[::1]:80") == "::/64");
    BOOST_TEST(source_of("unknown:1") == "unknown");
    BOOST_TEST(source_of("").empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
