#include "lua/pattern_cost.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace holdfast::lua {
namespace {

BOOST_AUTO_TEST_SUITE(cost_of_patterns)

BOOST_AUTO_TEST_CASE(grows_with_each_repetition_and_the_length_of_the_text) {
    struct row {
        const char* pattern;
        std::size_t text_size;
        bool is_cheap;
    };
    const std::vector<row> rows{
        {"", 0, true},
        {"Ready", 100'000, true},
        {"^v(%d+)%.(%d+)%.(%d+)$", 60, true},
        {"^%s*(.-)%s*$", 200, true},
        {"%d+", 10'000, true},
        {"a*a*a*a*b", 100, false},
        {"^a*a*a*a*b", 1000, false},
        {"a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?b", 30, false},
        {"%b()%b()%b()", 10'000, false},
        {"%*%+%-", 100'000, true},
        {"[*+-]", 100'000, true},
        {"[]*]", 100'000, true},
        {"[^]*]", 100'000, true},
        {"(.*)", 16'000'000, false},
    };
    for (const auto& r : rows) {
        BOOST_TEST(is_pattern_cheap(r.pattern, r.text_size) == r.is_cheap, r.pattern);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::lua
