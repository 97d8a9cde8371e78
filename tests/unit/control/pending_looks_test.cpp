#include "control/cluster_places.hpp"
#include "control/pending_looks.hpp"
#include "control/wanted_index.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace holdfast::control {
namespace {

using namespace std::chrono_literals;

const std::string repository = "git.example.com/shop";
const std::vector<std::string> urls{repository};

BOOST_AUTO_TEST_SUITE(looks_that_are_pending)

BOOST_AUTO_TEST_CASE(an_application_is_waited_for_until_it_has_been_looked_at) {
    const auto t = steady_clock::now();
    pending_looks looks;
    BOOST_TEST(!looks.awaited(urls, {"team"}, "team/a", t).has_value());
    looks.expect(repository, "team", "team/b", t);
    BOOST_TEST(looks.awaited(urls, {"team"}, "team/a", t).value() == "team/b");
    BOOST_TEST(!looks.awaited(urls, {"team"}, "team/b", t).has_value()); // not for itself
    BOOST_TEST(!looks.awaited(urls, {"other"}, "other/a", t).has_value());
    BOOST_TEST(!looks.awaited({"another"}, {"team"}, "team/a", t).has_value());
    BOOST_TEST(looks.is_pending("team/b", t));
    const auto begun = looks.begin_look();
    looks.end_look("team/b", begun, true, t);
    BOOST_TEST(!looks.is_pending("team/b", t));
    // What it created is told of by a watch.
    BOOST_TEST(looks.awaited(urls, {"team"}, "team/a", t + 500ms).has_value());
    BOOST_TEST(!looks.awaited(urls, {"team"}, "team/a", t + 1s).has_value());
}

BOOST_AUTO_TEST_CASE(a_look_that_had_begun_before_says_nothing) {
    const auto t = steady_clock::now();
    pending_looks looks;
    const auto begun = looks.begin_look();
    looks.expect(repository, "team", "team/b", t);
    looks.end_look("team/b", begun, true, t);
    BOOST_TEST(looks.is_pending("team/b", t));
}

BOOST_AUTO_TEST_CASE(every_wait_has_an_end) {
    const auto t = steady_clock::now();
    pending_looks looks;
    looks.expect(repository, "team", "team/b", t);
    BOOST_TEST(looks.is_pending("team/b", t + 4min));
    BOOST_TEST(!looks.is_pending("team/b", t + 5min));
    BOOST_TEST(!looks.awaited(urls, {"team"}, "team/a", t + 5min).has_value());
    // Whose sources are broken is waited for a minute, however often it is looked at.
    for (int i = 0; i < 5; ++i) {
        const auto begun = looks.begin_look();
        looks.end_look("team/b", begun, false, t + i * 10s);
    }
    BOOST_TEST(looks.is_pending("team/b", t + 59s));
    BOOST_TEST(!looks.is_pending("team/b", t + 60s));
    looks.begin_move(repository, t);
    BOOST_TEST(looks.awaited(urls, {"x"}, "x/a", t).value().empty());
    BOOST_TEST(looks.is_moving(urls, t + 59s));
    BOOST_TEST(!looks.is_moving(urls, t + 60s));
    looks.end_move(repository);
    BOOST_TEST(!looks.is_moving(urls, t));
}

BOOST_AUTO_TEST_CASE(who_is_gone_is_waited_for_by_nobody) {
    const auto t = steady_clock::now();
    pending_looks looks;
    looks.expect(repository, "team", "team/b", t);
    looks.forget("team/b");
    BOOST_TEST(!looks.is_pending("team/b", t));
    BOOST_TEST(!looks.awaited(urls, {"team"}, "team/a", t).has_value());
}

BOOST_AUTO_TEST_CASE(the_index_knows_who_wants_what_now) {
    wanted_index index;
    const sync::object_id claim{"", "PersistentVolumeClaim", "shop", "data"};
    const sync::object_id map{"", "ConfigMap", "shop", "data"};
    index.set("team/a", {}, {claim, map});
    index.set("team/b", {}, {map});
    BOOST_TEST((index.wanting({}, claim) == std::vector<std::string>{"team/a"}));
    BOOST_TEST((index.wanting({}, map) == std::vector<std::string>{"team/a", "team/b"}));
    index.set("team/c", "https://east", {map});
    BOOST_TEST((index.wanting({}, map) == std::vector<std::string>{"team/a", "team/b"}));
    BOOST_TEST((index.wanting("https://east", map) == std::vector<std::string>{"team/c"}));
    index.forget("team/c");
    index.set("team/a", {}, {map});
    index.set("team/b", {}, {map, claim});
    BOOST_TEST((index.wanting({}, claim) == std::vector<std::string>{"team/b"}));
    index.forget("team/b");
    BOOST_TEST(index.wanting({}, claim).empty());
    BOOST_TEST((index.wanting({}, map) == std::vector<std::string>{"team/a"}));
    index.forget("team/a");
    BOOST_TEST(index.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_slow_cluster_leaves_places_for_the_others) {
    cluster_places places{2};
    BOOST_TEST(places.take("east", "a"));
    BOOST_TEST(places.take("east", "b"));
    BOOST_TEST(!places.take("east", "c"));
    BOOST_TEST(!places.take("east", "d"));
    BOOST_TEST(!places.take("east", "c")); // it waits already
    for (int i = 0; i < 100; ++i) {
        BOOST_TEST(places.take("", "home")); // the operator's own has no bound here
    }
    BOOST_TEST(places.take("west", "e"));
    BOOST_TEST(places.give_back("east").value() == "c");
    BOOST_TEST(places.take("east", "c"));
    BOOST_TEST(places.give_back("east").value() == "d");
    BOOST_TEST(!places.give_back("east").has_value());
    BOOST_TEST(!places.give_back("east").has_value());
    BOOST_TEST(!places.give_back("").has_value());
    BOOST_TEST(places.take("east", "f")); // nothing is left of what was
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::control
