#include "api/board.hpp"

#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::api {
namespace {

row with(std::string name, crds::health_code health = crds::health_code::healthy) {
    auto one = application("shop", std::move(name));
    one.status.health.status = health;
    return row_of(one);
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_board)

BOOST_AUTO_TEST_CASE(changes_are_told_once_for_each_application_whatever_happened_in_between) {
    board b{"e"};
    b.put(with("a"));
    const auto from = b.now();
    b.put(with("b"));
    b.put(with("a")); // nothing of its row
    b.put(with("b", crds::health_code::degraded));
    b.put(with("c"));
    b.remove({"shop", "c"});
    b.remove({"shop", "never"});
    const auto made = b.since(from);
    BOOST_TEST_REQUIRE(made.has_value());
    BOOST_TEST((made->rows == std::set<application_name>{{"shop", "b"}, {"shop", "c"}}));
    BOOST_TEST((made->any == std::set<application_name>{{"shop", "a"}, {"shop", "b"}, {"shop", "c"}}));
    BOOST_TEST(b.find({"shop", "c"}) == nullptr);
    BOOST_TEST((b.find({"shop", "b"})->health == crds::health_code::degraded));
    BOOST_TEST(b.since(b.now())->any.empty());
    BOOST_TEST(b.namespaces().size() == 1U);
}

BOOST_AUTO_TEST_CASE(who_is_too_far_behind_begins_anew) {
    board b{"e", 3};
    for (int i = 0; i < 5; ++i) {
        b.put(with("a"));
    }
    BOOST_TEST(b.now() == 5U);
    BOOST_TEST(!b.since(1).has_value());
    BOOST_TEST(b.since(2).has_value());
    BOOST_TEST(!b.since(6).has_value());
}

BOOST_AUTO_TEST_CASE(numbers_of_another_process_mean_nothing) {
    board b{"e"};
    b.put(with("a"));
    BOOST_TEST(b.name_of(1) == "e.1");
    BOOST_TEST(b.read_name("e.1").value_or(9) == 1U);
    BOOST_TEST(b.read_name("e.0").value_or(9) == 0U);
    for (const std::string_view text : {"", "1", "e", "e.", "e.2", "e.1x", "e.-1", "f.1", "ee.1"}) {
        BOOST_TEST(!b.read_name(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::api
