#include "base/directory_lock.hpp"

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <thread>

namespace holdfast {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(directory_locks)

BOOST_AUTO_TEST_CASE(a_directory_has_one_owner_at_a_time) {
    const test::temporary_directory directory;
    const auto path = directory.path().string();
    {
        const auto first = directory_lock::take(path);
        BOOST_TEST_REQUIRE(first.has_value());
        const auto second = directory_lock::take(path, 0ms);
        BOOST_TEST_REQUIRE(second.has_error());
        BOOST_TEST(second.error().is_transient());
        BOOST_TEST(second.error().message().find(path) != std::string::npos);
    }
    BOOST_TEST(directory_lock::take(path, 0ms).has_value());
}

// As by a child of a process that was killed, in the moment before it becomes its program.
BOOST_AUTO_TEST_CASE(what_is_let_go_of_in_a_moment_is_waited_for) {
    const test::temporary_directory directory;
    const auto path = directory.path().string();
    auto first = directory_lock::take(path);
    BOOST_TEST_REQUIRE(first.has_value());
    std::optional held{std::move(*first)};
    std::thread soon{[&] {
        std::this_thread::sleep_for(100ms);
        held.reset();
    }};
    BOOST_TEST(directory_lock::take(path, 1min).has_value());
    soon.join();
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there_is_named) {
    const auto taken = directory_lock::take("/nowhere/at/all", 0ms);
    BOOST_TEST_REQUIRE(taken.has_error());
    BOOST_TEST(taken.error().message().find("/nowhere/at/all") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast
