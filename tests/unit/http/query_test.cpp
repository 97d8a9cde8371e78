#include "http/query.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::http {

BOOST_AUTO_TEST_SUITE(http_query)

BOOST_AUTO_TEST_CASE(names_and_values_are_decoded_in_their_order) {
    const struct {
        std::string_view target;
        query_values values;
    } table[] = {
        {"/a", {}},
        {"/a?", {}},
        {"/a?b=1", {{"b", "1"}}},
        {"/a?b=1&b=2&c", {{"b", "1"}, {"b", "2"}, {"c", ""}}},
        {"/a?&&b=&", {{"b", ""}}},
        {"/a?q=x+y%20z%2B&%71=1=2", {{"q", "x y z+"}, {"q", "1=2"}}},
    };
    for (const auto& one : table) {
        BOOST_TEST((read_query(one.target) == one.values), one.target);
    }
}

BOOST_AUTO_TEST_CASE(what_is_wrongly_encoded_is_nothing) {
    for (const std::string_view target : {"/a?b=%", "/a?b=%1", "/a?%zz=1"}) {
        BOOST_TEST(!read_query(target).has_value(), target);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
