#include "base/duration.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(duration)

BOOST_AUTO_TEST_CASE(reads_what_go_reads) {
    BOOST_TEST((parse_duration("5s").value() == 5s));
    BOOST_TEST((parse_duration("1h30m").value() == 90min));
    BOOST_TEST((parse_duration("1.5h").value() == 90min));
    BOOST_TEST((parse_duration("250ms").value() == 250ms));
    BOOST_TEST((parse_duration("1m0.5s").value() == 60500ms));
    BOOST_TEST((parse_duration("0").value() == 0s));
    BOOST_TEST((parse_duration("3m").value() == 180s));
}

BOOST_AUTO_TEST_CASE(refuses_the_rest_and_says_how) {
    for (const auto* text : {"", "5", "s", "-5s", "5 s", "5x", "1h30", ".s", "five", "999999999h"}) {
        BOOST_TEST(parse_duration(text).has_error(), text);
    }
    BOOST_TEST(
        parse_duration("five").error().message() == "must be a duration such as 30s, 5m or 1h30m, is \"five\""
    );
}

BOOST_AUTO_TEST_CASE(writes_the_shortest) {
    BOOST_TEST(format_duration(0ms) == "0s");
    BOOST_TEST(format_duration(250ms) == "250ms");
    BOOST_TEST(format_duration(2500ms) == "2.5s");
    BOOST_TEST(format_duration(90min) == "1h30m");
    BOOST_TEST(format_duration(3min) == "3m");
    BOOST_TEST(format_duration(3601001ms) == "1h1.001s");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
