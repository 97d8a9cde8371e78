#include "engine/findings.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;

namespace holdfast::engine {

BOOST_AUTO_TEST_SUITE(found)

BOOST_AUTO_TEST_CASE(the_earliest_time_counts) {
    findings f;
    BOOST_TEST(!f.requeue_after.has_value());
    f.requeue(10s);
    f.requeue(1min);
    BOOST_TEST((*f.requeue_after == steady_clock::duration{10s}));
    f.requeue(recheck::answer);
    BOOST_TEST((*f.requeue_after == steady_clock::duration{1s}));
    f.requeue(-5s);
    BOOST_TEST((*f.requeue_after == steady_clock::duration{0s}));
}

BOOST_AUTO_TEST_CASE(what_a_later_part_says_takes_the_place_of_what_was_said) {
    findings f;
    f.problems["ComparisonError"] = "first";
    f.reason = "First";
    f.requeue(1min);
    findings later;
    later.problems["ComparisonError"] = "second";
    later.problems["SyncError"] = "third";
    later.undecided = true;
    later.requeue(10s);
    f.add(later);
    BOOST_TEST(f.problems.at("ComparisonError") == "second");
    BOOST_TEST(f.problems.at("SyncError") == "third");
    BOOST_TEST(f.reason == "First");
    BOOST_TEST(f.undecided);
    BOOST_TEST((*f.requeue_after == steady_clock::duration{10s}));
    f.add({});
    BOOST_TEST(f.undecided);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
