// Values as Go prints them.
#include "sets/go_text.hpp"
#include "sets/parameters.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>

namespace holdfast::sets {
namespace {

BOOST_AUTO_TEST_SUITE(go_texts)

BOOST_AUTO_TEST_CASE(numbers_have_an_exponent_from_a_million_on_and_below_a_ten_thousandth) {
    const std::pair<double, std::string_view> table[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-12, "-12"},
        {999999, "999999"},
        {999999.5, "999999.5"},
        {1e6, "1e+06"},
        {12345678, "1.2345678e+07"},
        {123456789012, "1.23456789012e+11"},
        {2.5, "2.5"},
        {0.1, "0.1"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.5e-7, "1.5e-07"},
        {1e100, "1e+100"},
        {9007199254740993, "9.007199254740992e+15"},
        {std::numeric_limits<double>::infinity(), "+Inf"},
    };
    for (const auto& [number, expected] : table)
        BOOST_TEST(go_number(number) == expected);
}

BOOST_AUTO_TEST_CASE(lists_and_maps_are_printed_as_there) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"null", "<nil>"},
        {"true", "true"},
        {R"("a b")", "a b"},
        {"[]", "[]"},
        {R"(["x", 1, null])", "[x 1 <nil>]"},
        {R"({"b": 1, "a": {"c": [true]}})", "map[a:map[c:[true]] b:1]"},
        {"12345678901234567890", "1.2345678901234567e+19"},
    };
    for (const auto& [text, expected] : table)
        BOOST_TEST(go_text(json::parse(text)) == expected);
}

BOOST_AUTO_TEST_CASE(names_are_normalized) {
    const std::pair<std::string, std::string> table[] = {
        {"Feat/A_b", "feat-a-b"},
        {".", ""},
        {"", ""},
        {"-.a.-", "a"},
        {"prod_1", "prod-1"},
        {"\xC3\xA4x", "x"}, // one character, one dash, which is cut at the end
        {"x\xC3\xA4y", "x-y"},
        {"x\xFF\xFFy", "x--y"},
        {"\xE2\x84\xAAx", "kx"},
        {std::string(300, 'A'), std::string(253, 'a')},
    };
    for (const auto& [name, expected] : table)
        BOOST_TEST(normalized(name) == expected, name);
}

BOOST_AUTO_TEST_CASE(parameters_of_go_are_merged_deeply) {
    const auto object = [](std::string_view text) { return json::parse(text).as_object(); };
    // Case 27: what is there first wins, an empty text too; lists are taken whole.
    BOOST_TEST(
        json::serialize(merged_first_wins(
            object(R"({"k": "a", "m": {"p": 1}, "e": "", "l": ["a"], "n": null})"),
            object(R"({"k": "b", "m": {"p": 2, "q": 2}, "e": "b", "l": ["b", "c"], "n": 1})")
        )) == R"({"k":"a","m":{"p":1,"q":2},"e":"","l":["a"],"n":1})"
    );
    BOOST_TEST(
        json::serialize(merged_last_wins(
            object(R"({"k": "a", "m": {"p": 1}, "l": ["a"]})"), object(R"({"k": "", "m": {"q": 2}, "l": []})")
        )) == R"({"k":"","m":{"p":1,"q":2},"l":[]})"
    );
    BOOST_TEST(
        json::serialize(flattened(object(R"({"a": {"b": [1, {"c": null}], "d": {}, "e": []}, "f.g": "h"})"))
        ) == R"({"a.b.0":"1","a.b.1.c":"<nil>","f.g":"h"})"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sets
