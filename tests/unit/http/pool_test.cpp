#include "http/pool.hpp"

#include "base/task_group.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <vector>

namespace holdfast::http {

using namespace std::chrono_literals;

namespace {

struct line {
    asio::io_context context;
    std::shared_ptr<pool> connections;
    explicit line(std::size_t bound, std::size_t waiting = 10)
        : connections{std::make_shared<pool>(
              context.get_executor(),
              pool::limits{.connections = bound, .waiting = waiting, .keep_alive = 60s}
          )} {}
};

auto soon() {
    return steady_clock::now() + 20s;
}

asio::awaitable<void> wait_in_line(std::shared_ptr<pool> p, int number, std::vector<int>* served) {
    const auto slot = co_await p->acquire(soon());
    if (slot) {
        served->push_back(number);
    }
    co_await sleep_for(1ms);
}

} // namespace

BOOST_AUTO_TEST_SUITE(line_for_connections)

BOOST_AUTO_TEST_CASE(those_who_wait_are_served_in_their_order) {
    line l{1};
    std::vector<int> served;
    task_group group{l.context.get_executor()};
    for (int i = 0; i < 5; ++i) {
        group.spawn("waiter", wait_in_line(l.connections, i, &served));
    }
    test::run(l.context, group.join());
    BOOST_TEST(served == (std::vector<int>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_line_that_is_full_refuses_at_once) {
    line l{1, 1};
    test::run(l.context, [](line* all) -> asio::awaitable<void> {
        auto held = co_await all->connections->acquire(soon());
        task_group group{all->context.get_executor()};
        std::vector<int> served;
        group.spawn("waiter", wait_in_line(all->connections, 1, &served));
        co_await sleep_for(1ms);
        const auto refused = co_await all->connections->acquire(soon());
        BOOST_TEST(!refused);
        BOOST_TEST(refused.error().is_transient());
        held.value().reset();
        co_await group.join();
        BOOST_TEST(served.size() == 1u);
    }(&l));
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_too_long_gives_up_its_place) {
    line l{1};
    test::run(l.context, [](line* all) -> asio::awaitable<void> {
        auto held = co_await all->connections->acquire(soon());
        const auto late = co_await all->connections->acquire(steady_clock::now() + 5ms);
        BOOST_TEST(!late);
        held.value().reset();
        const auto after = co_await all->connections->acquire(soon());
        BOOST_TEST(after.has_value());
    }(&l));
}

BOOST_AUTO_TEST_CASE(a_slot_granted_to_someone_cancelled_goes_to_the_next) {
    line l{1};
    test::run(l.context, [](line* all) -> asio::awaitable<void> {
        std::vector<int> served;
        auto held = co_await all->connections->acquire(soon());
        task_group leaving{all->context.get_executor()};
        task_group staying{all->context.get_executor()};
        leaving.spawn("first", wait_in_line(all->connections, 1, &served));
        co_await sleep_for(1ms);
        staying.spawn("second", wait_in_line(all->connections, 2, &served));
        co_await sleep_for(1ms);
        // Granted and cancelled in the same turn.
        held.value().reset();
        leaving.cancel();
        co_await leaving.join();
        co_await staying.join();
        BOOST_TEST(served.back() == 2);
        const auto after = co_await all->connections->acquire(soon());
        BOOST_TEST(after.has_value());
    }(&l));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
