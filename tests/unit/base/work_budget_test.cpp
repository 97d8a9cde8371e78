#include "base/pool_work.hpp"
#include "base/task_group.hpp"
#include "support/coroutine.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(work_budgets)

BOOST_AUTO_TEST_CASE(without_a_budget_there_is_no_bound) {
    for (int i = 0; i < 10; ++i) {
        BOOST_TEST(spend_looks(1'000'000'000).has_value());
    }
}

BOOST_AUTO_TEST_CASE(the_first_error_stays) {
    work_budget budget{"reading x", {.looks = 10}};
    const work_budget::scope inside{budget};
    BOOST_TEST(spend_looks(10, "a").has_value());
    const auto over = spend_looks(1, "b/\nc");
    BOOST_REQUIRE(over.has_error());
    BOOST_TEST(
        over.error().message() == "reading x takes more than 10 look-ups in the repository, the limit for "
                                  "one source; it was at \"b/?c\""
    );
    BOOST_TEST((spend_looks(0, "d").error() == over.error()));
}

BOOST_AUTO_TEST_CASE(the_innermost_budget_counts) {
    work_budget outer{"outer", {.looks = 10}};
    const work_budget::scope outside{outer};
    {
        work_budget inner{"inner"};
        const work_budget::scope inside{inner};
        BOOST_TEST(spend_looks(1000).has_value());
        BOOST_TEST(inner.spent() == 1000U);
    }
    BOOST_TEST(outer.spent() == 0U);
    BOOST_TEST(spend_looks(11).has_error());
}

BOOST_AUTO_TEST_CASE(a_stop_ends_with_the_one_above) {
    const auto above = std::make_shared<work_stop>();
    const work_stop below{above};
    BOOST_TEST(!below.requested());
    above->request();
    BOOST_TEST(below.requested());
}

// Looks until it is stopped: it would never end otherwise.
auto endless(std::atomic<int>& begun) {
    return [&begun](const std::shared_ptr<const work_stop>& stop) -> result<int> {
        work_budget budget{"endless", {.looks = ~std::uint64_t{0}, .time = 1h}, stop};
        const work_budget::scope inside{budget};
        ++begun;
        while (true) {
            if (const auto enough = spend_looks(1); !enough) {
                return enough.error();
            }
        }
    };
}

BOOST_AUTO_TEST_CASE(work_on_the_pool_ends_when_it_is_no_longer_wanted) {
    asio::io_context context;
    worker_pool pool{1};
    std::atomic<int> begun = 0;
    const auto stop = std::make_shared<work_stop>();
    asio::steady_timer later{context, 1ms};
    std::function<void(boost::system::error_code)> once_begun = [&](boost::system::error_code) {
        if (begun > 0) {
            stop->request();
            return;
        }
        later.expires_after(1ms);
        later.async_wait(once_begun);
    };
    later.async_wait(once_begun);
    const auto ended =
        test::run(context, on_pool(pool, std::shared_ptr<const work_stop>{stop}, endless(begun)));
    BOOST_REQUIRE(ended.has_error());
    BOOST_TEST((ended.error().kind() == error_kind::cancelled));
    BOOST_TEST(test::run(context, on_pool(pool, [] { return 7; })) == 7); // the thread is free
}

BOOST_AUTO_TEST_CASE(work_on_the_pool_ends_when_who_waits_for_it_is_cancelled) {
    asio::io_context context;
    worker_pool pool{1};
    std::atomic<int> begun = 0;
    std::optional<error_kind> ended;
    task_group tasks{context.get_executor()};
    tasks.spawn(
        "work",
        [](worker_pool& p, std::atomic<int>& b, std::optional<error_kind>& e) -> asio::awaitable<void> {
            auto work = endless(b);
            const auto outcome = co_await on_pool(p, std::shared_ptr<const work_stop>{}, std::move(work));
            e = outcome.error().kind();
        }(pool, begun, ended)
    );
    test::run(context, [](task_group& t, std::atomic<int>& b) -> asio::awaitable<void> {
        while (b == 0) {
            co_await sleep_for(1ms);
        }
        t.cancel();
        co_await t.join();
    }(tasks, begun));
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST((*ended == error_kind::cancelled));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
