#include "engine/retry.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace std::chrono_literals;

namespace holdfast::engine {
namespace {

const wall_clock::time_point now{1'700'000'000s};

crds::operation_state running(bool automated, std::int64_t retries = 0) {
    crds::operation_state state;
    state.operation.sync.emplace();
    state.operation.initiated_by = crds::operation_initiator{.username = {}, .automated = automated};
    state.retry_count = retries;
    return state;
}

crds::retry_strategy strategy(std::int64_t limit) {
    crds::retry_strategy s;
    s.limit = limit;
    s.backoff.duration = crds::duration{10s};
    s.backoff.max_duration = crds::duration{1min};
    return s;
}

} // namespace

BOOST_AUTO_TEST_SUITE(retries)

BOOST_AUTO_TEST_CASE(each_attempt_waits_longer_until_there_is_none_left) {
    std::vector<std::int64_t> waits;
    for (std::int64_t retries = 0;; ++retries) {
        const auto next = after_attempt(running(true, retries), strategy(5), "no", now);
        waits.push_back(std::chrono::duration_cast<std::chrono::seconds>(next.wait).count());
        if (!next.next_at) {
            break;
        }
        BOOST_TEST((*next.next_at == now + next.wait));
    }
    // The last is the rest of an automatic operation, no shorter than three minutes.
    const std::vector<std::int64_t> expected{10, 20, 40, 60, 60, 180};
    BOOST_TEST(waits == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(whose_strategy_counts) {
    const auto tries_again = [](crds::operation_state state, std::optional<crds::retry_strategy> of_spec) {
        return after_attempt(state, of_spec, "no", now).next_at.has_value();
    };
    BOOST_TEST(tries_again(running(true), std::nullopt));
    BOOST_TEST(!tries_again(running(false), std::nullopt)); // a person asked for one sync
    BOOST_TEST(tries_again(running(false), strategy(1)));
    BOOST_TEST(!tries_again(running(true), strategy(0)));
    auto own = running(true);
    own.operation.retry = strategy(0);
    BOOST_TEST(!tries_again(own, strategy(5)));
    own.operation.retry = strategy(-1);
    own.retry_count = 1'000'000;
    BOOST_TEST(tries_again(own, strategy(0)));
}

BOOST_AUTO_TEST_CASE(the_message_says_why_and_when) {
    const auto next = after_attempt(running(true, 1), strategy(5), "apps/Deployment:shop/web: refused", now);
    BOOST_TEST(next.message == "apps/Deployment:shop/web: refused (attempt 3 at 2023-11-14T22:13:40Z)");
    BOOST_TEST(after_attempt(running(true, 5), strategy(5), "refused", now).message == "refused");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
