#include "control/project_users.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace holdfast::control {
namespace {

using texts = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(users_of_projects)

BOOST_AUTO_TEST_CASE(each_change_tells_of_the_projects_that_it_concerns_and_of_no_others) {
    texts told;
    project_users users{[&told](const std::string& project) { told.push_back(project); }};
    users.note("a/one", "shop", false);
    users.note("a/two", "shop", true);
    users.note("a/three", "other", false);
    BOOST_TEST(told == (texts{"shop", "shop", "other"}), boost::test_tools::per_element());
    BOOST_TEST(
        users.of("shop") == (std::set<std::string>{"a/one", "a/two"}), boost::test_tools::per_element()
    );
    BOOST_TEST(users.forbidden_of("shop") == 1U);

    told.clear();
    users.note("a/one", "shop", false); // no news
    BOOST_TEST(told.empty());
    users.note("a/two", "shop", false);
    BOOST_TEST(users.forbidden_of("shop") == 0U);
    users.note("a/one", "other", false);
    BOOST_TEST(told == (texts{"shop", "other", "shop"}), boost::test_tools::per_element());
    BOOST_TEST(users.of("shop") == (std::set<std::string>{"a/two"}), boost::test_tools::per_element());

    told.clear();
    users.forget("a/two");
    users.forget("a/two");
    BOOST_TEST(told == (texts{"shop"}), boost::test_tools::per_element());
    BOOST_TEST(users.of("shop").empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::control
