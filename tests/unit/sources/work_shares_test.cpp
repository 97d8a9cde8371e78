#include "sources/work_shares.hpp"

#include "base/task_group.hpp"
#include "support/coroutine.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

namespace holdfast::sources {
namespace {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(shares_of_the_pool)

BOOST_AUTO_TEST_CASE(one_tenant_waits_for_its_own_and_for_nobody_elses) {
    asio::io_context context;
    work_shares shares{context.get_executor(), 2};
    std::vector<std::string> inside;
    asio::steady_timer hold{context, asio::steady_timer::time_point::max()};
    task_group tasks{context.get_executor()};
    const auto work = [](work_shares& s, std::vector<std::string>& in, asio::steady_timer& h,
                         std::string tenant) -> asio::awaitable<void> {
        const auto place = co_await s.enter(tenant);
        in.push_back(tenant);
        boost::system::error_code ignored;
        co_await h.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    };
    for (int i = 0; i < 5; ++i) {
        tasks.spawn("greedy", work(shares, inside, hold, "greedy"));
    }
    tasks.spawn("other", work(shares, inside, hold, "other"));
    test::run(
        context,
        [](asio::steady_timer& h, task_group& t, work_shares& s,
           std::vector<std::string>& in) -> asio::awaitable<void> {
            co_await sleep_for(20ms);
            BOOST_TEST((in == std::vector<std::string>{"greedy", "greedy", "other"}));
            BOOST_TEST(s.tenants() == 2U);
            while (t.size() > 0) {
                h.cancel();
                co_await sleep_for(1ms);
            }
            BOOST_TEST(in.size() == 6U);
            BOOST_TEST(s.tenants() == 0U); // nothing is kept of who has gone
        }(hold, tasks, shares, inside)
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
