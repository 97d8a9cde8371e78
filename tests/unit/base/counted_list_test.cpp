#include "base/counted_list.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast {
namespace {

BOOST_AUTO_TEST_CASE(a_counted_list_names_the_first_few_and_counts_the_rest) {
    counted_list all{2};
    BOOST_TEST(all.empty());
    BOOST_TEST(all.text().empty());
    all.add("a");
    BOOST_TEST(!all.empty());
    BOOST_TEST(all.text() == "a");
    all.add("b");
    BOOST_TEST(all.text() == "a; b");
    all.add("c");
    BOOST_TEST(all.text() == "a; b; and 1 more");
    all.add("d");
    BOOST_TEST(all.text() == "a; b; and 2 more");
    counted_list commas{1, ", "};
    commas.add("a");
    commas.add("b");
    BOOST_TEST(commas.text() == "a, and 1 more");
}

} // namespace
} // namespace holdfast
