#include "engine/pacing.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace std::chrono_literals;

namespace holdfast::engine {

BOOST_AUTO_TEST_SUITE(pacing)

BOOST_AUTO_TEST_CASE(what_may_pass_by_itself_is_tried_again_ever_more_slowly) {
    std::vector<std::int64_t> seconds;
    for (std::uint32_t tries = 0; tries < 10; ++tries) {
        const auto delay = retry_delay(error_kind::transient, tries);
        BOOST_TEST_REQUIRE(delay.has_value());
        seconds.push_back(std::chrono::duration_cast<std::chrono::seconds>(*delay).count());
    }
    const std::vector<std::int64_t> expected{2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
    BOOST_TEST(seconds == expected, boost::test_tools::per_element());
    BOOST_TEST((retry_delay(error_kind::transient, 4'000'000'000U) == steady_clock::duration{5min}));
}

BOOST_AUTO_TEST_CASE(what_only_a_change_mends_is_not_tried_again) {
    BOOST_TEST(!retry_delay(error_kind::user, 0).has_value());
    BOOST_TEST(!retry_delay(error_kind::not_found, 3).has_value());
}

// No kind is retried at once, none is forgotten for longer than five minutes.
BOOST_AUTO_TEST_CASE(every_kind_of_error_has_a_pace_or_none) {
    for (const auto kind :
         {error_kind::transient, error_kind::user, error_kind::conflict, error_kind::not_found,
          error_kind::forbidden, error_kind::cancelled, error_kind::internal}) {
        for (const std::uint32_t tries : {0U, 1U, 5U, 63U, 64U, 1000U}) {
            if (const auto delay = retry_delay(kind, tries)) {
                BOOST_TEST((*delay >= 1s), to_string(kind) << " after " << tries);
                BOOST_TEST((*delay <= 5min), to_string(kind) << " after " << tries);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
