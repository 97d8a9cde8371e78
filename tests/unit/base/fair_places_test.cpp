#include "base/fair_places.hpp"

#include "base/task_group.hpp"
#include "support/coroutine.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

// Work that goes on until it is told to end, in the order in which it was let in.
struct workshop {
    asio::io_context context;
    fair_places places;
    task_group tasks{context.get_executor()};
    asio::steady_timer hold{context, asio::steady_timer::time_point::max()};
    std::vector<std::string> inside;

    explicit workshop(std::size_t n) : places{context.get_executor(), n} {}

    void begin(const std::string& tenant) { tasks.spawn(tenant, work(this, tenant)); }
    void turn() { test::run(context, sleep_for(1ms)); }
    // Everything that is inside leaves.
    void leave() {
        hold.cancel();
        turn();
    }
    static asio::awaitable<void> work(workshop* self, std::string tenant) {
        const auto place = co_await self->places.enter(tenant);
        self->inside.push_back(tenant);
        boost::system::error_code ignored;
        co_await self->hold.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    void end() {
        for (int i = 0; i < 100 && tasks.size() > 0; ++i) {
            leave();
        }
        BOOST_TEST(tasks.size() == 0U);
        BOOST_TEST(places.taken() == 0U);
        BOOST_TEST(places.tenants() == 0U);
    }
};

using names = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(places_for_several_tenants)

BOOST_AUTO_TEST_CASE(who_is_alone_has_all_of_them) {
    workshop w{2};
    for (int i = 0; i < 6; ++i) {
        w.begin("a");
    }
    w.turn();
    BOOST_TEST(w.inside == (names{"a", "a"}), boost::test_tools::per_element());
    w.end();
    BOOST_TEST(w.inside.size() == 6U);
}

// Six that never end, and one of somebody else.
BOOST_AUTO_TEST_CASE(anothers_work_begins_while_ones_never_ends) {
    workshop w{2};
    w.places.note("b");
    for (int i = 0; i < 6; ++i) {
        w.begin("a");
    }
    w.turn();
    BOOST_TEST(w.inside == names{"a"}, boost::test_tools::per_element());
    w.begin("b");
    w.turn();
    BOOST_TEST(w.inside == (names{"a", "b"}), boost::test_tools::per_element());
    w.end();
}

// Where there is one place they take turns.
BOOST_AUTO_TEST_CASE(one_place_goes_round) {
    workshop w{1};
    for (int i = 0; i < 3; ++i) {
        w.begin("a");
    }
    w.turn();
    for (const auto* tenant : {"b", "b", "c"}) {
        w.begin(tenant);
    }
    w.end();
    BOOST_TEST(w.inside.size() == 6U);
    BOOST_TEST(w.inside[0] == "a");
    BOOST_TEST(w.inside[1] == "b"); // it has none, as "a" by then, and "a" had one last
    BOOST_TEST(w.inside[2] == "c");
}

BOOST_AUTO_TEST_CASE(who_is_cancelled_leaves_the_line) {
    workshop w{1};
    w.begin("a");
    w.turn();
    w.begin("b");
    w.turn();
    BOOST_TEST(w.places.tenants() == 2U);
    w.tasks.cancel();
    w.turn();
    BOOST_TEST(w.places.taken() == 0U);
    BOOST_TEST(w.places.tenants() == 0U);
    w.end();
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
