#include "base/json_pointer.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {

namespace {

using names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(json_pointers)

BOOST_AUTO_TEST_CASE(the_names_on_the_way_are_read) {
    BOOST_TEST((read_pointer("") == names{}));
    BOOST_TEST((read_pointer("/") == names{""}));
    BOOST_TEST((read_pointer("/spec/replicas") == names{"spec", "replicas"}));
    BOOST_TEST((read_pointer("/a//b/") == names{"a", "", "b", ""}));
    // "~01" is "~1" as it stands, and not '/': RFC 6901, section 4.
    BOOST_TEST((read_pointer("/m~0n/a~1b/~01") == names{"m~n", "a/b", "~1"}));
}

BOOST_AUTO_TEST_CASE(what_is_not_a_pointer_is_not_read) {
    for (const auto* text : {"spec", "spec/replicas", "/a~", "/a~2", "/a~/b"}) {
        BOOST_TEST(!read_pointer(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(any_name_can_be_a_token) {
    for (const auto* name : {"", "a", "a/b", "~", "~1", "~01", "//~~"}) {
        BOOST_TEST((read_pointer("/" + pointer_token(name)) == names{name}), name);
    }
}

BOOST_AUTO_TEST_CASE(an_item_is_one_that_the_list_has) {
    BOOST_TEST((pointer_index("0", 1) == 0U));
    BOOST_TEST((pointer_index("12", 13) == 12U));
    for (const auto* name : {"", "1", "-", "-0", "+0", "0x", " 0", "99999999999999999999"}) {
        BOOST_TEST(!pointer_index(name, 1).has_value(), name);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast
