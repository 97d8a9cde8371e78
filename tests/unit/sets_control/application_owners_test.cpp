// Whose Applications are, and whether a telling is news.

#include "sets_control/application_owners.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::sets_control {
namespace {

json::object told(const std::string& metadata, int generation = 1) {
    return json::parse(
               R"({"metadata": {"name": "a", "namespace": "team", "uid": "u", "generation": )" +
               std::to_string(generation) + metadata + "}, \"status\": {}}"
    )
        .as_object();
}

const std::string owned =
    R"(, "ownerReferences": [{"apiVersion": "holdfast.dev/v1alpha1", "kind": "ApplicationSet", "name": "shop",
       "uid": "s", "controller": true}])";

using names = std::set<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(owners_of_applications)

BOOST_AUTO_TEST_CASE(an_application_is_found_by_its_owner_and_by_its_annotation) {
    application_owners all;
    auto news = all.put(told(owned));
    BOOST_TEST(news.sets == names{"team/shop"}, boost::test_tools::per_element());
    BOOST_TEST(news.is_other);
    BOOST_TEST(!news.is_being_deleted);
    BOOST_TEST(all.of_set("team/shop") == names{"a"}, boost::test_tools::per_element());
    BOOST_REQUIRE(all.owners_of("team/a").size() == 1U);
    BOOST_TEST(all.owners_of("team/a").front().uid == "s");
    BOOST_TEST(all.owners_of("team/b").empty());

    // A status is no news; the rest is.
    BOOST_TEST(!all.put(told(owned)).is_other);
    BOOST_TEST(all.put(told(owned, 2)).is_other);
    BOOST_TEST(all.put(told(owned + R"(, "labels": {"x": "y"})", 2)).is_other);
    BOOST_TEST(all.put(told(owned + R"(, "deletionTimestamp": "2026-01-01T00:00:00Z")", 2)).is_being_deleted);

    // Handed over: both sets are told.
    news = all.put(told(R"(, "annotations": {"holdfast.dev/application-set": "other"})"));
    BOOST_TEST(news.sets == (names{"team/other", "team/shop"}), boost::test_tools::per_element());
    BOOST_TEST(all.of_set("team/shop").empty());
    BOOST_TEST(all.of_set("team/other") == names{"a"}, boost::test_tools::per_element());
    // Nobody's any more.
    news = all.put(told(""));
    BOOST_TEST(news.sets == names{"team/other"}, boost::test_tools::per_element());
    BOOST_TEST(all.of_set("team/other").empty());
    BOOST_TEST(all.put(told("")).sets.empty());
    BOOST_TEST(all.erase("team/a").sets.empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::sets_control
