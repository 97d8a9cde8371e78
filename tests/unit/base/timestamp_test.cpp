#include "base/timestamp.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

BOOST_AUTO_TEST_SUITE(timestamp)

BOOST_AUTO_TEST_CASE(writes_and_reads_rfc_3339) {
    const auto t = parse_time("2026-02-28T23:59:59.000123Z");
    BOOST_REQUIRE(t.has_value());
    BOOST_TEST(format_time(*t) == "2026-02-28T23:59:59Z");
    BOOST_TEST(format_micro_time(*t) == "2026-02-28T23:59:59.000123Z");
    BOOST_TEST(format_time(parse_time("2026-03-01T01:59:59+02:00").value()) == "2026-02-28T23:59:59Z");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not) {
    for (const auto* text :
         {"", "2026", "2026-02-30T00:00:00Z", "2026-02-28 00:00:00Z", "2026-02-28T24:00:00Z",
          "2026-02-28T00:00:00", "2026-02-28T00:00:00.Z", "2026-02-28T00:00:00Zx"}) {
        BOOST_TEST(!parse_time(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
