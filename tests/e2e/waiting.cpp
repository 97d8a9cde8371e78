#include "e2e/waiting.hpp"

#include "e2e/world.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>
#include <utility>

namespace holdfast::test {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

// Between two looks. Most are a request over a kept connection; some are a kubectl, 60 ms of a processor.
constexpr auto pause_between = 50ms;

// Of the operator that cases share, where there is one.
std::string last_words() {
    auto* w = world::made();
    return w != nullptr ? w->shared_operator().last_words() : std::string{};
}

} // namespace

void eventually(
    const std::function<bool()>& holds, const std::string& what, std::chrono::seconds limit,
    const std::function<std::string()>& instead
) {
    const auto deadline = clock::now() + limit;
    while (!holds()) {
        if (auto* w = world::made();
            w != nullptr && w->shared_operator().pid() > 0 && !w->shared_operator().ended_as_expected()) {
            BOOST_FAIL(what << ": the operator ended by itself" << last_words());
        }
        if (clock::now() >= deadline) {
            const auto said = instead();
            BOOST_FAIL(
                what << ": not within " << limit.count() << " s" << (said.empty() ? "" : "; instead:\n")
                     << said << last_words()
            );
        }
        std::this_thread::sleep_for(pause_between);
    }
    BOOST_TEST_MESSAGE(what);
    BOOST_TEST(true); // a case that only waits has checked something
}

std::string
settled(const std::function<std::string()>& value, const std::string& what, std::chrono::milliseconds time) {
    auto last = value();
    auto since = clock::now();
    eventually(
        [&] {
            if (auto now = value(); now != last) {
                last = std::move(now);
                since = clock::now();
            }
            return clock::now() - since >= time;
        },
        what + " settles", 60s, [&] { return last; }
    );
    return last;
}

void throughout(std::chrono::milliseconds time, const std::function<bool()>& holds, const std::string& what) {
    const auto end = clock::now() + time;
    do {
        BOOST_REQUIRE_MESSAGE(holds(), what << last_words());
        std::this_thread::sleep_for(pause_between);
    } while (clock::now() < end);
}

} // namespace holdfast::test
