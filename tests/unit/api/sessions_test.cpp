#include "api/sessions.hpp"

#include "api/sealing.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::api {
namespace {

using namespace std::chrono_literals;

const wall_clock::time_point begin{std::chrono::seconds{1'800'000'000}};

session one_at(wall_clock::time_point begun, wall_clock::time_point seen) {
    return {.token = "the-token", .begun = begun, .seen = seen};
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_sessions)

BOOST_AUTO_TEST_CASE(what_is_sealed_is_read_by_its_key_only_and_unchanged_only) {
    const auto key = random_key();
    const auto sealed = seal(key, "secret");
    BOOST_TEST(sealed.find("secret") == std::string::npos);
    BOOST_TEST(unseal(key, sealed).value_or("") == "secret");
    BOOST_TEST(seal(key, "secret") != sealed);
    BOOST_TEST(!unseal(random_key(), sealed).has_value());
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        if (i + 1 < sealed.size()) { // the last letter may have bits that mean nothing
            BOOST_TEST(!unseal(key, changed).has_value(), i);
        }
        BOOST_TEST(!unseal(key, sealed.substr(0, i)).has_value(), i);
    }
    BOOST_TEST(key_for("a", "secret") != key_for("b", "secret"));
    BOOST_TEST(key_for("a", "secret").size() == 32U);
}

BOOST_AUTO_TEST_CASE(a_session_ends_when_it_rests_and_when_it_is_old) {
    const std::string secret(32, 's');
    const sessions all{
        [&]() -> const std::string& { return secret; }, {.idle = 1h, .whole = 12h, .renewed = 5min}
    };
    const struct {
        wall_clock::duration since_begin;
        wall_clock::duration since_seen;
        bool is_there;
    } table[] = {
        {0s, 0s, true}, {59min, 59min, true}, {60min, 60min, false}, {11h, 1min, true}, {12h, 1min, false},
    };
    for (const auto& one : table) {
        const auto now = begin + one.since_begin;
        const auto cookie = all.write(one_at(begin, now - one.since_seen));
        BOOST_TEST_REQUIRE(cookie.has_value());
        const auto read = all.read(*cookie, now);
        BOOST_TEST(
            read.has_value() == one.is_there, one.since_begin.count() << " " << one.since_seen.count()
        );
        BOOST_TEST((!read || read->token == "the-token"));
    }
    BOOST_TEST(!all.is_due(one_at(begin, begin), begin + 4min));
    BOOST_TEST(all.is_due(one_at(begin, begin), begin + 5min));
}

BOOST_AUTO_TEST_CASE(replicas_read_each_others_and_a_session_outlives_that_the_secret_becomes_known) {
    std::string secret;
    const sessions one{[&]() -> const std::string& { return secret; }};
    const sessions other{[&]() -> const std::string& { return secret; }};
    const auto early = one.write(one_at(begin, begin)).value();
    BOOST_TEST(one.read(early, begin).has_value());
    BOOST_TEST(!other.read(early, begin).has_value());
    secret = std::string(32, 's');
    BOOST_TEST(one.read(early, begin).has_value());
    const auto late = one.write(one_at(begin, begin)).value();
    BOOST_TEST(other.read(late, begin).has_value());
    secret = std::string(32, 't');
    BOOST_TEST(!other.read(late, begin).has_value());
    BOOST_TEST(!other.read("", begin).has_value());
    BOOST_TEST(!other.read(std::string(5'000, 'A'), begin).has_value());
}

BOOST_AUTO_TEST_CASE(a_token_too_long_for_a_cookie_makes_no_session) {
    const std::string secret;
    const sessions all{[&]() -> const std::string& { return secret; }};
    BOOST_TEST(all.write({.token = std::string(2'800, 'x'), .begun = begin, .seen = begin}).has_value());
    BOOST_TEST(!all.write({.token = std::string(3'500, 'x'), .begun = begin, .seen = begin}).has_value());
}

BOOST_AUTO_TEST_CASE(a_cookie_is_found_by_its_whole_name) {
    BOOST_TEST(find_cookie("a=1; __Host-holdfast=x=y; b=2", session_cookie) == "x=y");
    BOOST_TEST(find_cookie("__Host-holdfast=x", session_cookie) == "x");
    BOOST_TEST(find_cookie("x__Host-holdfast=x", session_cookie).empty());
    BOOST_TEST(find_cookie("__Host-holdfast2=x;__Host-holdfast=", session_cookie).empty());
    BOOST_TEST(find_cookie("", session_cookie).empty());
    BOOST_TEST(set_cookie("v") == "__Host-holdfast=v; Path=/; Secure; HttpOnly; SameSite=Lax");
    BOOST_TEST(remove_cookie().ends_with("Max-Age=0"));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::api
