#include "base/async.hpp"
#include "base/backoff.hpp"
#include "base/side_by_side.hpp"
#include "base/task_group.hpp"
#include "support/coroutine.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace std::chrono_literals;

namespace holdfast {
namespace {

asio::awaitable<result<int>> answer_after(steady_clock::duration delay, bool* cleaned) {
    struct on_exit {
        bool* flag;
        ~on_exit() { *flag = true; }
    } guard{cleaned};
    co_await sleep_for(delay);
    co_return 42;
}

asio::awaitable<result<int>> throws() {
    co_await sleep_for(1ms);
    throw std::runtime_error{"broken"};
}

BOOST_AUTO_TEST_SUITE(async)

BOOST_AUTO_TEST_CASE(a_deadline_lets_a_quick_answer_through) {
    asio::io_context context;
    bool cleaned = false;
    const auto r = test::run(context, with_deadline(5s, "asking", answer_after(1ms, &cleaned)));
    BOOST_TEST(r.has_value());
    BOOST_TEST(r.value() == 42);
}

BOOST_AUTO_TEST_CASE(a_deadline_cuts_a_slow_one_and_says_what) {
    asio::io_context context;
    bool cleaned = false;
    const auto r = test::run(context, with_deadline(20ms, "asking example.com", answer_after(1h, &cleaned)));
    BOOST_REQUIRE(r.has_error());
    BOOST_TEST(r.error().is_transient());
    BOOST_TEST(r.error().message() == "asking example.com: no answer within 20ms");
    BOOST_TEST(cleaned);
}

BOOST_AUTO_TEST_CASE(a_deadline_lets_an_exception_through_at_once) {
    asio::io_context context;
    BOOST_CHECK_THROW(test::run(context, with_deadline(1h, "asking", throws())), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_cancelled_group_ends_its_tasks) {
    asio::io_context context;
    task_group group{context.get_executor()};
    bool cleaned = false;
    group.spawn("waits", [](bool* flag) -> asio::awaitable<void> {
        (void)co_await answer_after(1h, flag);
    }(&cleaned));
    group.spawn("throws", []() -> asio::awaitable<void> { (void)co_await throws(); }());
    test::run(context, [](task_group& g) -> asio::awaitable<void> {
        co_await sleep_for(20ms);
        BOOST_TEST(g.size() == 1U); // the one that threw is gone, the other unharmed
        g.cancel();
        co_await g.join();
    }(group));
    BOOST_TEST(cleaned);
    BOOST_TEST(group.size() == 0U);
}

BOOST_AUTO_TEST_CASE(the_pool_works_elsewhere_and_answers_here) {
    asio::io_context context;
    worker_pool pool{1};
    const auto here = std::this_thread::get_id();
    const auto there = test::run(context, [](worker_pool& p) -> asio::awaitable<std::thread::id> {
        const auto home = std::this_thread::get_id();
        const auto away = co_await on_pool(p, [] { return std::this_thread::get_id(); });
        BOOST_TEST((std::this_thread::get_id() == home));
        co_return away;
    }(pool));
    BOOST_TEST((there != here));
}

BOOST_AUTO_TEST_CASE(backoff_grows_to_its_cap_and_starts_anew) {
    backoff b{{.base = 100ms, .cap = 1s, .factor = 2.0, .jitter = 0.0}};
    BOOST_TEST(b.next().count() == 100);
    BOOST_TEST(b.next().count() == 200);
    BOOST_TEST(b.next().count() == 400);
    BOOST_TEST(b.next().count() == 800);
    BOOST_TEST(b.next().count() == 1000);
    BOOST_TEST(b.next().count() == 1000);
    b.reset();
    BOOST_TEST(b.next().count() == 100);
}

BOOST_AUTO_TEST_CASE(tasks_side_by_side_have_all_ended_when_it_returns_and_none_are_at_once) {
    asio::io_context context;
    int ended = 0;
    const auto one = [](int* of) -> asio::awaitable<void> {
        co_await sleep_for(1ms);
        ++*of;
    };
    for (const std::size_t count : {0U, 1U, 3U}) {
        ended = 0;
        std::vector<asio::awaitable<void>> tasks;
        tasks.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            tasks.push_back(one(&ended));
        }
        test::run(context, all_of(std::move(tasks)));
        BOOST_TEST(ended == static_cast<int>(count));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
