#include "base/trim.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>

namespace holdfast {

BOOST_AUTO_TEST_SUITE(trim)

BOOST_AUTO_TEST_CASE(only_what_stands_at_the_ends_goes) {
    struct {
        std::string_view text;
        std::string_view left;
    } const table[] = {{"", ""},     {" \t\r\n", ""}, {"a", "a"},        {"  a b\n", "a b"},
                       {"a\t", "a"}, {"\r\na", "a"},  {"\va\f", "\va\f"}};
    for (const auto& [text, left] : table) {
        BOOST_TEST(trimmed(text) == left, text);
    }
    BOOST_TEST(trimmed("\v a\n", " \v") == "a\n");
    BOOST_TEST(trimmed("xx", "x").empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast
