#include "sources/build_memory.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sources {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

// What reading takes at most: the text, values of which a list that grows is there almost twice, and the
// output.
std::size_t at_most(const build_allowance& allowance, std::size_t text) {
    return (text + 2 * allowance.limits.max_memory + allowance.limits.max_output_bytes) / mebibyte;
}

BOOST_AUTO_TEST_SUITE(build_memory)

BOOST_AUTO_TEST_CASE(an_allowance_asks_for_what_its_limits_come_to) {
    const auto ordinary = ordinary_allowance();
    BOOST_TEST(ordinary.mebibytes >= at_most(ordinary, ordinary.limits.max_file_bytes));
    // Lists of that size do not come beside texts and outputs of that size: all are made of the same source.
    const auto largest = largest_allowance();
    BOOST_TEST(largest.mebibytes >= 2 * largest.limits.max_memory / mebibyte);
    BOOST_TEST(largest.limits.max_memory == render::directory_limits{}.max_memory);
    BOOST_TEST(largest.limits.max_output_bytes == render::directory_limits{}.max_output_bytes);
    BOOST_TEST(ordinary.limits.max_memory < largest.limits.max_memory);
    BOOST_TEST(ordinary.limits.max_total_bytes < largest.limits.max_total_bytes);
    BOOST_TEST(ordinary.limits.max_output_bytes < largest.limits.max_output_bytes);
}

BOOST_AUTO_TEST_CASE(objects_that_are_small_are_not_counted) {
    BOOST_TEST(mebibytes_for_objects(0) == 0U);
    BOOST_TEST(mebibytes_for_objects(mebibyte - 1) == 0U);
    BOOST_TEST(mebibytes_for_objects(mebibyte) == 2U);
    BOOST_TEST(mebibytes_for_objects(20 * mebibyte) == 40U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
