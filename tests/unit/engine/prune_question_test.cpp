#include "engine/prune_question.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;

namespace holdfast::engine {
namespace {

const wall_clock::time_point now{2'000'000s};

sync::blocked_step blocked(std::size_t objects, const std::string& token) {
    sync::blocked_step step;
    step.token = token;
    for (std::size_t i = 0; i < objects; ++i) {
        step.objects.push_back({"apps", "Deployment", "shop", "web-" + std::to_string(i)});
    }
    return step;
}

} // namespace

BOOST_AUTO_TEST_SUITE(prune_questions)

BOOST_AUTO_TEST_CASE(it_says_how_many_there_are_and_names_some) {
    const auto asked = question_of(blocked(25, "t1"), 10, std::nullopt, now);
    BOOST_TEST(asked.token == "t1");
    BOOST_TEST(asked.count == 25);
    BOOST_TEST(asked.limit == 10);
    BOOST_TEST((asked.requested_at == now));
    BOOST_TEST_REQUIRE(asked.resources.size() == 20U);
    BOOST_TEST(asked.resources.front() == "apps/Deployment:shop/web-0");
}

BOOST_AUTO_TEST_CASE(the_same_question_keeps_its_time_and_another_one_does_not) {
    const auto first = question_of(blocked(11, "t1"), 10, std::nullopt, now);
    BOOST_TEST((question_of(blocked(11, "t1"), 10, first, now + 1h) == first));
    const auto other = question_of(blocked(12, "t2"), 10, first, now + 1h);
    BOOST_TEST((other.requested_at == now + 1h));
    BOOST_TEST(other.count == 12);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
