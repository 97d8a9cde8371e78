#include "http/eviction.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto waiting = occupation::waiting;
constexpr auto transferring = occupation::transferring;
constexpr auto answering = occupation::answering;

struct one {
    std::string_view host;
    occupation doing;
    milliseconds for_so_long;
};

struct example {
    std::string_view what;
    std::vector<one> all;
    std::optional<std::size_t> wanted;
    // From now on; nothing: never.
    std::optional<milliseconds> look_again;
};

BOOST_AUTO_TEST_SUITE(http_eviction)

BOOST_AUTO_TEST_CASE(who_makes_room) {
    const std::vector<example> examples{
        {"nobody is there", {}, {}, {}},
        {"the only one, new as it is", {{"a", waiting, 0ms}}, 0, {}},
        {"the oldest of those that wait", {{"a", waiting, 1s}, {"a", waiting, 9s}, {"a", waiting, 5s}}, 1, {}
        },
        {"who waits, before who is slow", {{"a", transferring, 60s}, {"a", waiting, 1ms}}, 1, {}},
        {"who is slow, when none waits", {{"a", transferring, 2s}, {"a", transferring, 3s}}, 1, {}},
        {"nobody who began just now", {{"a", transferring, 100ms}, {"a", transferring, 300ms}}, {}, 700ms},
        {"nobody whose request is worked on", {{"a", answering, 1h}, {"b", answering, 2h}}, {}, {}},
        {"the idle one beside them", {{"a", answering, 1h}, {"b", waiting, 1ms}, {"a", answering, 2h}}, 1, {}
        },
        {"who takes most places, though another waits longer",
         {{"api", waiting, 60s}, {"x", waiting, 2s}, {"x", waiting, 1s}, {"x", transferring, 1s}},
         1,
         {}},
        {"who takes most places, though by requests that are worked on",
         {{"api", waiting, 60s}, {"x", waiting, 1s}, {"x", answering, 5s}},
         1,
         {}},
    };
    const auto now = std::chrono::steady_clock::time_point{} + 1000h;
    for (const auto& e : examples) {
        std::vector<open_connection> all;
        for (const auto& c : e.all)
            all.push_back({c.host, c.doing, now - c.for_so_long});
        const auto choice = choose_eviction(all, now);
        BOOST_TEST((choice.index == e.wanted), e.what);
        const auto again = e.look_again ? now + *e.look_again : std::chrono::steady_clock::time_point::max();
        BOOST_TEST((choice.look_again == again || choice.index), e.what);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::http
