#include "base/worker_pool.hpp"

#include "base/async.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace holdfast {
namespace {

BOOST_AUTO_TEST_SUITE(worker_pool_)

BOOST_AUTO_TEST_CASE(all_that_was_posted_is_done_when_join_returns_and_in_order_on_one_thread) {
    std::vector<int> done; // by one thread, and read when it has ended
    worker_pool pool{1};
    for (int i = 0; i < 10000; ++i) {
        pool.post([&done, i] { done.push_back(i); });
    }
    pool.join();
    std::vector<int> all(10000);
    std::iota(all.begin(), all.end(), 0);
    BOOST_TEST((done == all));
}

BOOST_AUTO_TEST_CASE(many_may_post_at_once_and_nothing_is_done_twice_or_never) {
    std::vector<std::atomic<int>> times(8000);
    {
        worker_pool pool{4};
        std::vector<std::thread> posting;
        for (int t = 0; t < 4; ++t) {
            posting.emplace_back([&, t] {
                for (int i = 0; i < 2000; ++i) {
                    pool.post([&times, n = (t * 2000) + i] { ++times[static_cast<std::size_t>(n)]; });
                }
            });
        }
        for (auto& thread : posting)
            thread.join();
        pool.join();
    }
    BOOST_TEST(std::ranges::all_of(times, [](const auto& n) { return n == 1; }));
}

BOOST_AUTO_TEST_CASE(after_stop_nothing_begins_and_what_waited_is_destroyed_with_the_pool) {
    std::promise<void> began;
    std::promise<void> may_end;
    bool ran = false;
    const auto held = std::make_shared<int>(1);
    {
        worker_pool pool{1};
        pool.post([&] {
            began.set_value();
            may_end.get_future().wait();
        });
        pool.post([&ran, held] { ran = true; });
        began.get_future().wait();
        pool.stop();
        may_end.set_value();
        pool.join();
        BOOST_TEST(held.use_count() == 2);
    }
    BOOST_TEST(!ran);
    BOOST_TEST(held.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(an_exception_comes_to_the_one_who_waits) {
    asio::io_context context;
    worker_pool pool{1};
    const auto said = test::run(context, [](worker_pool& p) -> asio::awaitable<std::string> {
        try {
            co_await on_pool(p, [] { throw std::runtime_error{"no such page"}; });
        } catch (const std::runtime_error& e) {
            co_return e.what();
        }
        co_return "nothing";
    }(pool));
    BOOST_TEST(said == "no such page");
}

BOOST_AUTO_TEST_CASE(what_the_work_held_is_gone_when_its_caller_goes_on) {
    asio::io_context context;
    worker_pool pool{1};
    const auto most = test::run(context, [](worker_pool& p) -> asio::awaitable<long> {
        auto held = std::make_shared<int>(1); // const, each move of the work would leave a copy behind
        long worst = 0;
        for (int i = 0; i < 1000; ++i) {
            auto work = [held] { return *held; };
            auto done = on_pool(p, std::move(work));
            co_await std::move(done);
            worst = std::max(worst, held.use_count());
        }
        co_return worst;
    }(pool));
    BOOST_TEST(most == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
