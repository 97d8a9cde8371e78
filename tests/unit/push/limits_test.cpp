// What was received before.

#include "push/replay_guard.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::push {
namespace {

using namespace std::chrono_literals;
using time = std::chrono::steady_clock::time_point;

const time begin{std::chrono::hours{1}};

} // namespace

BOOST_AUTO_TEST_SUITE(push_limits)

BOOST_AUTO_TEST_CASE(what_was_received_is_known_for_a_while) {
    replay_guard seen{100, 1h};
    BOOST_TEST(!seen.knows("a", begin));
    seen.remember("a", begin);
    BOOST_TEST(seen.knows("a", begin + 59min));
    BOOST_TEST(!seen.knows("b", begin));
    BOOST_TEST(!seen.knows("a", begin + 61min));
    BOOST_TEST(seen.size() == 0U);
}

BOOST_AUTO_TEST_CASE(the_oldest_is_forgotten_first_when_there_is_too_much) {
    replay_guard seen{100, 1h};
    for (int i = 0; i < 1000; ++i) {
        seen.remember(std::to_string(i), begin + std::chrono::milliseconds{i});
        seen.remember(std::to_string(i), begin + std::chrono::milliseconds{i}); // twice is once
    }
    BOOST_TEST(seen.size() == 100U);
    BOOST_TEST(seen.knows("999", begin + 1s));
    BOOST_TEST(seen.knows("900", begin + 1s));
    BOOST_TEST(!seen.knows("899", begin + 1s));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::push
