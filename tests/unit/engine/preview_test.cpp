// Which objects that may be somebody else's are looked at, and when: the number of requests is bounded, and
// nothing is asked where nothing is due.

#include "engine/preview.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <functional>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace holdfast::engine {
namespace {

const steady_clock::time_point start{1000h};

sync::planned_object plan(const std::string& name) {
    sync::planned_object made;
    made.id = {"apps", "Deployment", "shop", name};
    made.version = "v1";
    made.hash[0] = 1;
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(previews)

BOOST_AUTO_TEST_CASE(what_is_looked_at) {
    struct row {
        std::string name;
        std::function<void(sync::planned_object&, look_candidate&)> made;
        bool is_looked_at;
        bool is_looked_at_anew;
    };
    outside_object same{.live = {}, .changes = {}, .differs = {}, .why = {}};
    same.hash[0] = 1;
    outside_object older = same;
    older.hash[0] = 2;
    const std::vector<row> rows{
        {"of which nothing is known", [](auto&, auto&) {}, true, true},
        {"that a watch tells of", [](auto&, auto& c) { c.has_record = true; }, false, false},
        {"that is as wanted", [](auto& p, auto&) { p.in_sync = true; }, false, false},
        {"that is a hook", [](auto& p, auto&) { p.orders.is_hook = true; }, false, false},
        {"that is skipped", [](auto& p, auto&) { p.orders.skip = true; }, false, false},
        {"that the operator makes up", [](auto& p, auto&) { p.synthetic = true; }, false, false},
        {"that was looked at", [&](auto&, auto& c) { c.seen = &same; }, false, true},
        {"of which something else is wanted by now", [&](auto&, auto& c) { c.seen = &older; }, true, true},
    };
    for (const auto& one : rows) {
        auto p = plan("web");
        std::vector<look_candidate> wanted{{.plan = &p}};
        one.made(p, wanted.front());
        BOOST_TEST(!objects_to_look_at(wanted, false).empty() == one.is_looked_at, one.name);
        BOOST_TEST(!objects_to_look_at(wanted, true).empty() == one.is_looked_at_anew, one.name);
    }
}

BOOST_AUTO_TEST_CASE(no_more_than_so_many_are_looked_at_and_always_the_same) {
    std::deque<sync::planned_object> plans;
    std::vector<look_candidate> wanted;
    for (std::size_t i = 0; i < most_looked_at + 100; ++i) {
        wanted.push_back({.plan = &plans.emplace_back(plan("web-" + std::to_string(i)))});
    }
    const auto first = objects_to_look_at(wanted, false);
    BOOST_TEST(first.size() == most_looked_at);
    outside_object seen{.live = {}, .changes = {}, .differs = {}, .why = {}};
    seen.hash[0] = 1;
    for (std::size_t i = 0; i < most_looked_at; ++i) {
        wanted[i].seen = &seen;
    }
    BOOST_TEST(objects_to_look_at(wanted, false).empty()); // not the others, one after the other
    BOOST_TEST((objects_to_look_at(wanted, true) == first));
}

BOOST_AUTO_TEST_CASE(it_is_looked_once_and_again_ever_more_rarely) {
    look_pace pace;
    BOOST_TEST((look_due(pace, "a", start, start) == look::at_new));
    pace = after_look(pace, look::at_new, "a", start);
    BOOST_TEST((look_due(pace, "a", start, start) == look::none));
    BOOST_TEST((look_due(pace, "a", start, start + 59s) == look::none));
    std::vector<std::int64_t> minutes;
    auto now = start;
    for (int i = 0; i < 8; ++i) {
        minutes.push_back(std::chrono::duration_cast<std::chrono::minutes>(pace.next - now).count());
        now = pace.next;
        BOOST_TEST((look_due(pace, "a", start, now) == look::at_all));
        pace = after_look(pace, look::at_all, "a", now);
    }
    const std::vector<std::int64_t> expected{1, 2, 4, 8, 16, 32, 60, 60};
    BOOST_TEST(minutes == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_wanted_anew_and_what_is_asked_for_is_looked_at_at_once) {
    auto pace = after_look({}, look::at_new, "a", start);
    pace = after_look(pace, look::at_all, "a", pace.next);
    const auto now = pace.last + 1s;
    BOOST_TEST((look_due(pace, "b", start, now) == look::at_new));
    BOOST_TEST((look_due(pace, "a", now, now) == look::at_all)); // a refresh, or another specification
    const auto next = after_look(pace, look::at_all, "a", now);
    BOOST_TEST((next.next - now == steady_clock::duration{1min})); // somebody looks: soon again
    BOOST_TEST((look_due(next, "a", now, now + 1s) == look::none));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::engine
