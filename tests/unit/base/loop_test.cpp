// Long work on the loop: how it gives the loop back, and how it is measured that it does not.

#include "base/loop_turns.hpp"
#include "base/loop_watch.hpp"
#include "support/coroutine.hpp"
#include "support/needs.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast {
namespace {

struct watched {
    asio::io_context context{1};
    loop_watch loop{context};
    std::vector<loop_watch::clock::duration> told; // with what it was not given
    loop_watch::clock::duration without_processor{};

    watched() {
        loop.tell([this](loop_watch::silence found) {
            told.push_back(found.busy + found.without_processor);
            without_processor += found.without_processor;
        });
    }
    [[nodiscard]] loop_watch::clock::duration longest() const {
        return told.empty() ? loop_watch::clock::duration{} : *std::max_element(told.begin(), told.end());
    }
};

// Holds the processor, as work does; not only the thread.
void work_for(std::chrono::milliseconds time) {
    const auto end = steady_clock::now() + time;
    while (steady_clock::now() < end) {
    }
}

asio::awaitable<void> in_pieces(loop_turns* turns, std::string* order) {
    for (int i = 0; i < 3; ++i) {
        *order += 'w';
        co_await turns->give_back();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(loops)

BOOST_AUTO_TEST_CASE(what_many_short_pieces_take_together_is_one_silence) {
    watched w;
    for (int i = 0; i < 10; ++i) {
        asio::post(w.context, [] { work_for(10ms); });
    }
    w.loop.run();
    BOOST_TEST((w.longest() >= 100ms));
}

BOOST_AUTO_TEST_CASE(the_first_piece_after_a_rest_is_measured_and_the_rest_is_not) {
    watched w;
    asio::steady_timer timer{w.context, 700ms};
    timer.async_wait([](boost::system::error_code) { work_for(80ms); });
    asio::steady_timer later{w.context, 900ms};
    later.async_wait([](boost::system::error_code) {});
    w.loop.run();
    // By what the thread burned, which on a busy machine is less than what the clock says.
    BOOST_TEST_REQUIRE(!w.told.empty());
    BOOST_TEST((w.longest() >= 10ms));
    BOOST_TEST((w.told.front() < 700ms));
}

BOOST_AUTO_TEST_CASE(nothing_is_measured_while_nothing_happens) {
    watched w;
    asio::steady_timer timer{w.context, 300ms};
    timer.async_wait([](boost::system::error_code) {});
    w.loop.run();
    BOOST_TEST(w.told.size() <= 2U);
}

std::string lacks_schedstat() {
    return std::filesystem::exists("/proc/thread-self/schedstat")
               ? ""
               : "this kernel does not say how long a thread waited for a processor";
}

// Two threads on one processor: half of the time of either is the other's, which is no work of the loop.
BOOST_AUTO_TEST_CASE(a_wait_for_a_processor_is_told_apart_from_work, *test::needs(lacks_schedstat)) {
    cpu_set_t before;
    BOOST_TEST_REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &before)) {
            CPU_SET(i, &one);
            break;
        }
    }
    BOOST_TEST_REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    std::atomic<bool> done = false;
    std::thread other{[&] { // on the same processor: a thread inherits that
        while (!done) {
        }
    }};
    watched w;
    asio::post(w.context, [] { work_for(400ms); });
    asio::post(w.context, [] {}); // a loop without work stops, and ends no measurement
    w.loop.run();
    done = true;
    other.join();
    ::sched_setaffinity(0, sizeof before, &before);
    BOOST_TEST((w.longest() >= 400ms));
    BOOST_TEST((w.without_processor >= 50ms));
    BOOST_TEST((w.without_processor < w.longest()));
}

BOOST_AUTO_TEST_CASE(a_stopped_loop_returns_and_an_exception_comes_through) {
    watched w;
    asio::steady_timer timer{w.context, 1h};
    timer.async_wait([](boost::system::error_code) {});
    asio::post(w.context, [&] { w.context.stop(); });
    w.loop.run();
    w.context.restart();
    asio::post(w.context, [] { throw std::runtime_error{"broken"}; });
    BOOST_CHECK_THROW(w.loop.run(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(between_two_pieces_everybody_else_has_a_turn) {
    const auto order_with = [](steady_clock::duration longest) {
        asio::io_context context;
        std::string order;
        loop_turns turns{longest};
        asio::co_spawn(context, in_pieces(&turns, &order), [](std::exception_ptr) {});
        int left = 6;
        std::function<void()> other = [&] {
            order += 'o';
            if (--left > 0) {
                asio::post(context, other);
            }
        };
        asio::post(context, other);
        context.run();
        return order;
    };
    BOOST_TEST(order_with(0ms).find("ww") == std::string::npos);
    BOOST_TEST(order_with(1h).find("www") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast
