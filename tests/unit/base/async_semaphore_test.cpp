#include "base/async_semaphore.hpp"
#include "base/task_group.hpp"
#include "support/coroutine.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <optional>
#include <string>

using namespace std::chrono_literals;

namespace holdfast {
namespace {

// Takes places under a name, and holds them until it is told to let go.
struct line {
    asio::io_context context;
    async_semaphore places;
    std::map<std::string, async_semaphore::place> inside;

    explicit line(std::size_t count) : places{context.get_executor(), count} {}

    static asio::awaitable<void> take(line* self, std::string name, std::size_t count) {
        auto place = co_await self->places.enter(count);
        self->inside.insert_or_assign(std::move(name), std::move(place));
    }

    // Whatever can run without waiting for a clock has run.
    void settle() {
        context.restart();
        context.poll();
    }

    std::string who() {
        settle();
        std::string all;
        for (const auto& [name, place] : inside) {
            all += name;
        }
        return all;
    }
};

BOOST_AUTO_TEST_SUITE(semaphore)

BOOST_AUTO_TEST_CASE(places_are_counted_and_nobody_overtakes) {
    line l{10};
    task_group group{l.context.get_executor()};
    group.spawn("a", line::take(&l, "a", 6));
    group.spawn("b", line::take(&l, "b", 4));
    group.spawn("c", line::take(&l, "c", 9));
    group.spawn("d", line::take(&l, "d", 1));
    BOOST_TEST(l.who() == "ab");
    BOOST_TEST(!l.places.is_free());
    l.inside.erase("b");
    BOOST_TEST(l.who() == "a"); // d would fit, but c is before it
    l.inside.erase("a");
    BOOST_TEST(l.who() == "cd");
    l.inside.clear();
    BOOST_TEST(l.who().empty());
    BOOST_TEST(l.places.is_free());
    // More than there are: all of them.
    group.spawn("e", line::take(&l, "e", 1000));
    group.spawn("f", line::take(&l, "f", 1));
    BOOST_TEST(l.who() == "e");
    l.inside.clear();
    BOOST_TEST(l.who() == "f");
    l.inside.clear();
}

BOOST_AUTO_TEST_CASE(who_leaves_the_line_lets_those_behind_in) {
    line l{10};
    task_group first{l.context.get_executor()};
    task_group impatient{l.context.get_executor()};
    first.spawn("a", line::take(&l, "a", 6));
    impatient.spawn("b", line::take(&l, "b", 8));
    first.spawn("c", line::take(&l, "c", 2));
    BOOST_TEST(l.who() == "a");
    impatient.cancel();
    BOOST_TEST(l.who() == "ac");
    // Cancelled in the moment in which it gets its places: they are not lost.
    impatient.spawn("d", line::take(&l, "d", 10));
    l.settle();
    l.inside.clear();
    impatient.cancel();
    l.settle();
    l.inside.clear();
    first.spawn("e", line::take(&l, "e", 10));
    BOOST_TEST(l.who() == "e");
    l.inside.clear();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
