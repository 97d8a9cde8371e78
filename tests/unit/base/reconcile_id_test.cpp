#include "base/reconcile_id.hpp"

#include "base/async.hpp"
#include "base/log.hpp"
#include "base/pool_work.hpp"
#include "base/task_group.hpp"
#include "base/worker_pool.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <vector>

using namespace std::chrono_literals;

namespace holdfast {

std::ostream& operator<<(std::ostream& out, const reconcile_id& id) {
    return out << id.text();
}

namespace {

reconcile_id id_here() {
    return reconcile_id::current();
}

asio::awaitable<result<reconcile_id>> id_after_a_wait() {
    co_await sleep_for(1ms);
    co_return id_here();
}

/// What a coroutine, all that it awaits and what runs for it on the pool take themselves to be part of.
asio::awaitable<void> look_around(worker_pool* pool, std::vector<reconcile_id>* seen) {
    for (int i = 0; i < 3; ++i) {
        seen->push_back(id_here());
        co_await sleep_for(1ms);
        seen->push_back(id_here());
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        seen->push_back(id_here());
        auto nested = id_after_a_wait();
        seen->push_back((co_await std::move(nested)).value());
        auto limited = with_deadline(20s, "waiting", id_after_a_wait());
        seen->push_back((co_await std::move(limited)).value());
        seen->push_back(co_await on_pool(*pool, id_here));
        auto stoppable =
            on_pool(*pool, nullptr, [](const std::shared_ptr<const work_stop>&) { return id_here(); });
        seen->push_back(co_await std::move(stoppable));
        seen->push_back(id_here());
    }
}

struct fixture {
    asio::io_context context;
    worker_pool pool{2};
    task_group group{context.get_executor()};

    void run_all() { test::run(context, group.join()); }
};

BOOST_FIXTURE_TEST_SUITE(reconcile_ids, fixture)

BOOST_AUTO_TEST_CASE(each_is_another_one) {
    const auto one = reconcile_id::make();
    const auto other = reconcile_id::make();
    BOOST_TEST(!!one);
    BOOST_TEST(one != other);
    BOOST_TEST(one.text().size() == 16U);
    BOOST_TEST((reconcile_id{0xabc}).text() == "0000000000000abc");
    BOOST_TEST(!reconcile_id::current());
}

BOOST_AUTO_TEST_CASE(scopes_are_nested) {
    const reconcile_scope outer{{1}};
    {
        const reconcile_scope inner{{2}};
        BOOST_TEST(id_here().number == 2U);
    }
    BOOST_TEST(id_here().number == 1U);
}

BOOST_AUTO_TEST_CASE(it_goes_along_with_a_coroutine_and_what_it_awaits_beside_others) {
    std::vector<reconcile_id> of_one;
    std::vector<reconcile_id> of_other;
    std::vector<reconcile_id> of_none;
    {
        const reconcile_scope scope{{1}};
        group.spawn_along("one", look_around(&pool, &of_one));
        group.spawn("its own way", look_around(&pool, &of_none));
    }
    {
        const reconcile_scope scope{{2}};
        group.spawn_along("other", look_around(&pool, &of_other));
    }
    run_all();
    BOOST_TEST(of_one == std::vector<reconcile_id>(24, {1}), boost::test_tools::per_element());
    BOOST_TEST(of_other == std::vector<reconcile_id>(24, {2}), boost::test_tools::per_element());
    BOOST_TEST(of_none == std::vector<reconcile_id>(24, {0}), boost::test_tools::per_element());
    BOOST_TEST(!reconcile_id::current());
    BOOST_TEST(!test::run(context, on_pool(pool, id_here)));
}

BOOST_AUTO_TEST_CASE(what_is_spawned_along_from_within_is_part_of_it_and_what_has_its_own_executor_of_it_too
) {
    std::vector<reconcile_id> seen;
    const auto begin = [](fixture* f, std::vector<reconcile_id>* out) -> asio::awaitable<void> {
        co_await sleep_for(1ms);
        f->group.spawn_along("along", look_around(&f->pool, out));
        task_group own{co_await asio::this_coro::executor};
        own.spawn("own", look_around(&f->pool, out));
        co_await own.join();
    };
    {
        const reconcile_scope scope{{7}};
        group.spawn_along("begin", begin(this, &seen));
    }
    run_all();
    BOOST_TEST(seen == std::vector<reconcile_id>(48, {7}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_executor_can_be_made_another_reconciles) {
    const auto plain = asio::any_io_executor{context.get_executor()};
    const auto one = executor_of({1}, plain);
    BOOST_TEST((executor_of({}, plain) == plain));
    BOOST_TEST((one != plain));
    BOOST_TEST((executor_of({1}, plain) == one));
    const auto other = executor_of({2}, one);
    BOOST_TEST((other != one));
    reconcile_id seen;
    asio::post(other, [&] { seen = id_here(); });
    context.run();
    BOOST_TEST(seen.number == 2U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_one_and_one_that_throws_leave_nothing_behind) {
    {
        const reconcile_scope scope{{5}};
        group.spawn_along("throws", []() -> asio::awaitable<void> {
            co_await sleep_for(1ms);
            throw std::runtime_error{"broken"};
        }());
        group.spawn_along("waits", sleep_for(1h));
    }
    asio::steady_timer soon{context, 20ms};
    soon.async_wait([&](boost::system::error_code) {
        BOOST_TEST(!reconcile_id::current());
        group.cancel();
    });
    run_all();
    BOOST_TEST(!reconcile_id::current());
}

BOOST_AUTO_TEST_CASE(a_line_of_the_log_bears_it_as_the_last_field) {
    BOOST_TEST(log::render(log::level::info, log::format::text, "T", "m", {{"k", "v"}}) == "T info  m k=v");
    const reconcile_scope scope{{0x1f}};
    BOOST_TEST(
        log::render(log::level::info, log::format::text, "T", "m", {{"k", "v"}}) ==
        "T info  m k=v reconcileID=000000000000001f"
    );
    BOOST_TEST(
        log::render(log::level::info, log::format::json, "T", "m", {}) ==
        R"({"ts":"T","level":"info","msg":"m","reconcileID":"000000000000001f"})"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast
