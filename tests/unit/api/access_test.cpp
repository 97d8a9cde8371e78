#include "api/access.hpp"

#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::api {
namespace {

struct asking {
    asio::io_context context;
    written_authority told;

    login who(access& of, std::string token, std::string peer = "10.0.0.1:1") {
        return test::run(context, of.who(std::move(token), std::move(peer))).value();
    }
    identity alice{.user = "alice", .uid = "1", .groups = {"people"}, .extra = {}};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_access, asking)

BOOST_AUTO_TEST_CASE(answers_are_remembered_for_a_while_and_mistakes_are_not) {
    told.tokens["t"] = "alice";
    access a{context.get_executor(), told, {.token = 1h, .right = 1h}};
    BOOST_TEST(who(a, "t").who->user == "alice");
    BOOST_TEST(who(a, "t").who->user == "alice");
    BOOST_TEST(told.asked_who == 1);
    BOOST_TEST(!who(a, "x").who.has_value());
    BOOST_TEST(!who(a, "x").who.has_value());
    BOOST_TEST(told.asked_who == 3);

    access forgetful{context.get_executor(), told, {.token = 0s, .right = 0s}};
    BOOST_TEST(who(forgetful, "t").who.has_value());
    told.tokens.clear();
    BOOST_TEST(!who(forgetful, "t").who.has_value());

    told.is_away = true;
    BOOST_TEST(test::run(context, forgetful.who("t", "10.0.0.1:1")).has_error());
    BOOST_TEST(who(a, "t").who.has_value()); // known still
}

BOOST_AUTO_TEST_CASE(who_guesses_tokens_is_slowed_and_nobody_else) {
    told.tokens["t"] = "alice";
    told.tokens["u"] = "bob";
    access a{context.get_executor(), told, {.failures = {.per_second = 0.1, .burst = 3, .most_sources = 10}}};
    BOOST_TEST(who(a, "t").who.has_value());
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(!who(a, "guess" + std::to_string(i)).wait.has_value());
    }
    const auto asked = told.asked_who;
    BOOST_TEST(who(a, "guess").wait.value_or(0s).count() > 0);
    BOOST_TEST(who(a, "u").wait.has_value()); // one that nobody asked about yet
    BOOST_TEST(told.asked_who == asked);
    BOOST_TEST(who(a, "t").who.has_value()); // who is in, is in
    BOOST_TEST(who(a, "u", "10.0.0.2:1").who->user == "bob");
}

BOOST_AUTO_TEST_CASE(rights_are_those_of_the_user_and_of_the_question) {
    told.give("alice", {"list"}, "shop");
    access a{context.get_executor(), told};
    const auto may = [&](const identity& who, right what) {
        return test::run(context, a.may(who, what)).value() == verdict::allowed;
    };
    const right in_shop{.verb = "list", .subresource = {}, .namespace_ = "shop", .name = {}};
    BOOST_TEST(may(alice, in_shop));
    BOOST_TEST(may(alice, in_shop));
    BOOST_TEST(told.asked_may == 1);
    auto elsewhere = in_shop;
    elsewhere.namespace_ = "blog";
    BOOST_TEST(!may(alice, elsewhere));
    auto other = in_shop;
    other.verb = "patch";
    BOOST_TEST(!may(alice, other));
    auto named = in_shop;
    named.name = "web";
    BOOST_TEST(may(alice, named));
    auto bob = alice;
    bob.user = "bob";
    BOOST_TEST(!may(bob, in_shop));
    auto other_group = alice;
    other_group.groups = {"others"};
    const auto asked = told.asked_may;
    (void)may(other_group, in_shop);
    BOOST_TEST(told.asked_may == asked + 1); // somebody of other groups is somebody else
}

BOOST_AUTO_TEST_CASE(namespaces_are_asked_about_one_by_one_unless_all_may_be_seen) {
    told.give("alice", {"list"}, "shop");
    told.give("root", {"list"}, "");
    access a{context.get_executor(), told};
    const auto seen = test::run(context, a.visible(alice, {"blog", "shop"})).value();
    BOOST_TEST(!seen.everywhere);
    BOOST_TEST(seen.sees("shop"));
    BOOST_TEST(!seen.sees("blog"));
    BOOST_TEST(told.asked_may == 3);
    auto root = alice;
    root.user = "root";
    BOOST_TEST(test::run(context, a.visible(root, {"blog", "shop"})).value().everywhere);
    BOOST_TEST(told.asked_may == 4);
    told.is_away = true;
    BOOST_TEST(test::run(context, a.visible(alice, {"blog", "shop"})).value().sees("shop"));
    BOOST_TEST(test::run(context, a.visible(alice, {"new"})).has_error());
}

BOOST_AUTO_TEST_CASE(a_right_is_said_as_kubectl_says_it) {
    BOOST_TEST(
        describe({.verb = "patch", .subresource = "status", .namespace_ = "shop", .name = "web"}) ==
        "patch applications.holdfast.dev/status in the namespace shop"
    );
    BOOST_TEST(
        describe({.verb = "list", .subresource = {}, .namespace_ = {}, .name = {}}) ==
        "list applications.holdfast.dev in all namespaces"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::api
