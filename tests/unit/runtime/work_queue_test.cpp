#include "runtime/work_queue.hpp"

#include "base/reconcile_id.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast::runtime {
namespace {

struct fixture {
    asio::io_context context;
    std::vector<std::string> handled;
    std::map<std::string, int> active;
    int most_of_one = 0;
    int most_together = 0;
    int together = 0;

    work_queue::handler handler() {
        return [this](std::string key) -> asio::awaitable<void> { return handle(this, std::move(key)); };
    }

    static asio::awaitable<void> handle(fixture* f, std::string key) {
        f->most_of_one = std::max(f->most_of_one, ++f->active[key]);
        f->most_together = std::max(f->most_together, ++f->together);
        co_await sleep_for(2ms);
        --f->active[key];
        --f->together;
        f->handled.push_back(key);
    }

    static asio::awaitable<void> again(fixture* f, work_queue* queue, std::string key) {
        f->handled.push_back(key);
        queue->add_after(key, 1h);
        co_return;
    }

    void run_until(const std::function<bool()>& done) {
        const auto end = steady_clock::now() + 20s;
        while (!done() && steady_clock::now() < end) {
            context.restart();
            context.run_one_for(50ms);
        }
        BOOST_REQUIRE(done());
    }

    void stop(work_queue& queue) { test::run(context, queue.stop()); }
};

BOOST_FIXTURE_TEST_SUITE(work_queues, fixture)

BOOST_AUTO_TEST_CASE(each_handling_is_a_reconcile_of_its_own) {
    std::map<std::string, std::vector<reconcile_id>> seen;
    work_queue queue{context.get_executor(), "test", 4, [&](std::string key) {
                         return [](std::vector<reconcile_id>* out) -> asio::awaitable<void> {
                             out->push_back(reconcile_id::current());
                             co_await sleep_for(2ms);
                             out->push_back(reconcile_id::current());
                         }(&seen[key]);
                     }};
    queue.add("a");
    queue.add("b");
    run_until([&] { return seen["a"].size() == 2 && seen["b"].size() == 2; });
    queue.add("a");
    run_until([&] { return seen["a"].size() == 4; });
    stop(queue);
    BOOST_TEST(!!seen["a"][0]);
    BOOST_TEST((seen["a"][0] == seen["a"][1]));
    BOOST_TEST((seen["b"][0] == seen["b"][1]));
    BOOST_TEST((seen["a"][2] == seen["a"][3]));
    BOOST_TEST((seen["a"][0] != seen["b"][0]));
    BOOST_TEST((seen["a"][0] != seen["a"][2]));
    BOOST_TEST(!reconcile_id::current());
}

BOOST_AUTO_TEST_CASE(what_is_held_is_handled_when_it_is_released) {
    work_queue queue{context.get_executor(), "test", 4, handler()};
    queue.hold();
    queue.add("a");
    queue.add("b");
    queue.add_after("c", 1ms);
    context.run_for(20ms);
    BOOST_TEST(handled.empty());
    queue.release();
    run_until([&] { return handled.size() == 3; });
    stop(queue);
}

BOOST_AUTO_TEST_CASE(draining_ends_what_is_at_work_and_begins_nothing) {
    work_queue queue{context.get_executor(), "test", 1, handler()};
    queue.add("a");
    queue.add("b");
    run_until([&] { return active["a"] == 1; });
    test::run(context, queue.drain(10s));
    BOOST_TEST(handled.size() == 1U);
    BOOST_TEST(queue.running() == 0U);
    BOOST_TEST(queue.contains("b"));
    stop(queue);
}

BOOST_AUTO_TEST_CASE(flushing_handles_what_waits_for_its_time_and_each_once) {
    work_queue queue{
        context.get_executor(), "test", 4,
        [this, &queue](std::string key) -> asio::awaitable<void> {
            return again(this, &queue, std::move(key));
        }
    };
    queue.add_after("a", 1h);
    queue.add_after("b", 1h);
    test::run(context, queue.flush(10s));
    BOOST_TEST(handled.size() == 2U);
    BOOST_TEST(queue.waiting() == 2U); // each set itself another time, at once
    stop(queue);
}

BOOST_AUTO_TEST_CASE(a_key_that_waits_is_handled_once_and_one_at_work_once_more) {
    work_queue queue{context.get_executor(), "test", 4, handler()};
    queue.add("a");
    queue.add("a");
    run_until([&] { return active["a"] == 1; });
    queue.add("a");
    queue.add("a");
    run_until([&] { return queue.running() == 0 && queue.waiting() == 0; });
    BOOST_TEST(handled.size() == 2U);
    BOOST_TEST(most_of_one == 1);
    stop(queue);
}

BOOST_AUTO_TEST_CASE(different_keys_run_side_by_side_within_the_bound) {
    work_queue queue{context.get_executor(), "test", 3, handler()};
    for (int i = 0; i < 20; ++i) {
        queue.add("k" + std::to_string(i));
    }
    run_until([&] { return handled.size() == 20; });
    BOOST_TEST(most_together == 3);
    stop(queue);
}

BOOST_AUTO_TEST_CASE(between_two_keys_that_are_due_everybody_else_has_a_turn) {
    std::string order;
    work_queue queue{context.get_executor(), "test", 128, [&](std::string) -> asio::awaitable<void> {
                         return [](std::string* into) -> asio::awaitable<void> {
                             *into += 'k'; // done at once, as a look at an application that is wrong
                             co_return;
                         }(&order);
                     }};
    std::function<void()> other = [&] {
        order += 'o';
        if (std::count(order.begin(), order.end(), 'k') < 100) {
            asio::post(context, other);
        }
    };
    for (int i = 0; i < 100; ++i) {
        queue.add("k" + std::to_string(i));
    }
    asio::post(context, other);
    run_until([&] { return std::count(order.begin(), order.end(), 'k') == 100; });
    BOOST_TEST(order.find("kk") == std::string::npos);
    // The same where their time has come, and where they were held.
    order.clear();
    queue.hold();
    for (int i = 0; i < 100; ++i) {
        queue.add_after("k" + std::to_string(i), 1ms);
    }
    context.run_for(20ms);
    queue.release();
    asio::post(context, other);
    run_until([&] { return std::count(order.begin(), order.end(), 'k') == 100; });
    BOOST_TEST(order.find("kk") == std::string::npos);
    stop(queue);
}

BOOST_AUTO_TEST_CASE(of_two_times_the_earlier_wins) {
    work_queue queue{context.get_executor(), "test", 1, handler()};
    queue.add_after("a", 1h);
    queue.add_after("a", 5ms);
    queue.add_after("a", 2h);
    run_until([&] { return handled.size() == 1; });
    BOOST_TEST(queue.waiting() == 0U);
    queue.add_after("b", 1ms);
    queue.forget("b");
    queue.add_after("c", 10ms);
    run_until([&] { return handled.size() == 2; });
    BOOST_TEST(handled.back() == "c");
    stop(queue);
}

BOOST_AUTO_TEST_CASE(an_exception_is_tried_again_and_hurts_nobody_else) {
    int tries = 0;
    work_queue queue{context.get_executor(), "test", 1, [&](std::string key) -> asio::awaitable<void> {
                         return [](int* count, fixture* f, std::string k) -> asio::awaitable<void> {
                             if (k == "bad" && ++*count == 1) {
                                 throw std::runtime_error{"broken"};
                             }
                             co_await fixture::handle(f, k);
                         }(&tries, this, std::move(key));
                     }};
    queue.add("bad");
    queue.add("good");
    run_until([&] { return handled.size() == 2; });
    BOOST_TEST(handled.front() == "good");
    BOOST_TEST(tries == 2);
    stop(queue);
}

BOOST_AUTO_TEST_CASE(stopping_ends_what_runs_and_starts_nothing) {
    work_queue queue{context.get_executor(), "test", 1, [&](std::string) -> asio::awaitable<void> {
                         return sleep_for(1h);
                     }};
    queue.add("a");
    queue.add("b");
    run_until([&] { return queue.running() == 1; });
    stop(queue);
    queue.add("c");
    BOOST_TEST(queue.running() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::runtime
