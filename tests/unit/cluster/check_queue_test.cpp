#include "cluster/check_queue.hpp"

#include "support/coroutine.hpp"

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <set>
#include <string>

namespace holdfast::cluster {
namespace {

using namespace std::chrono_literals;

kube::object_name named(std::string name) {
    return {"n", std::move(name)};
}

BOOST_AUTO_TEST_SUITE(objects_to_be_checked)

BOOST_AUTO_TEST_CASE(come_once_each_as_they_were_told_last) {
    asio::io_context context;
    check_queue queue;
    const json::object first{{"a", 1}};
    const json::object second{{"a", 2}};
    queue.put(named("a"), &first);
    queue.put(named("a"), &second);
    queue.put(named("b"), nullptr);
    queue.put(named("c"), &first);
    queue.forget(named("c"));
    std::set<std::string> seen;
    for (int i = 0; i < 2; ++i) {
        const auto one = test::run(context, queue.next());
        seen.insert(one.name.name);
        if (one.name.name == "a") {
            BOOST_REQUIRE(one.live != nullptr);
            BOOST_TEST((*one.live == second));
        } else {
            BOOST_TEST((one.live == nullptr));
        }
    }
    BOOST_TEST((seen == std::set<std::string>{"a", "b"}));
}

BOOST_AUTO_TEST_CASE(of_thousands_only_a_few_are_kept_whole) {
    asio::io_context context;
    check_queue queue;
    const json::object live{{"a", 1}};
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 1000; ++i)
            queue.put(named(std::to_string(i)), &live);
        std::size_t kept = 0;
        for (int i = 0; i < 1000; ++i)
            kept += test::run(context, queue.next()).live != nullptr ? 1 : 0;
        BOOST_TEST(kept == check_queue::most_kept);
    }
}

BOOST_AUTO_TEST_CASE(that_are_to_be_tried_again_come_in_time_or_when_they_change) {
    asio::io_context context;
    check_queue queue;
    const json::object live{{"a", 1}};
    queue.put_later(named("later"), steady_clock::now() + 50ms);
    queue.put_later(named("much later"), steady_clock::now() + 1h);
    queue.put_later(named("gone"), steady_clock::now());
    queue.forget(named("gone"));
    BOOST_TEST(test::run(context, queue.next()).name.name == "later");
    queue.put(named("much later"), &live);
    const auto changed = test::run(context, queue.next());
    BOOST_TEST(changed.name.name == "much later");
    BOOST_TEST((changed.live != nullptr));
    // What waits already is not waited for once more.
    queue.put(named("a"), nullptr);
    queue.put_later(named("a"), steady_clock::now());
    BOOST_TEST(test::run(context, queue.next()).name.name == "a");
    queue.put_later(named("b"), steady_clock::now());
    BOOST_TEST(test::run(context, queue.next()).name.name == "b");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
