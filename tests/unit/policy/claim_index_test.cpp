// Which Applications claim the same objects, and that finding out takes no longer where there are many.

#include "policy/claim_index.hpp"

#include "fake_surroundings.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::policy {
namespace {

using test::application;

crds::application
claiming(const std::string& name, const std::string& path, int created, const std::string& ns = "holdfast") {
    auto made = application(
        R"({"metadata": {"name": ")" + name + R"("}, "spec": {"source": {"path": ")" + path + R"("}}})"
    );
    made.metadata.namespace_ = ns;
    made.metadata.creation_timestamp = crds::timestamp{std::chrono::seconds{created}};
    return made;
}

std::string rival(const claim_index& claims, const crds::application& value) {
    const auto claim = claims.claim_of(value, *value.spec.source);
    const auto* key = claim ? claims.rival_of(value, *claim) : nullptr;
    return key == nullptr ? "" : *key;
}

using keys = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(claim_indexes)

BOOST_AUTO_TEST_CASE(the_oldest_is_right_and_those_to_whom_it_matters_are_told) {
    claim_index claims{"holdfast"};
    const auto first = claiming("a", "shop", 1);
    const auto second = claiming("b", "shop", 2);
    const auto third = claiming("c", "./shop/", 3);
    BOOST_TEST(claims.put(second).empty());
    BOOST_TEST(claims.put(third).empty()); // who it was before stays right
    BOOST_TEST(claims.put(first) == (keys{"holdfast/b", "holdfast/c"}));
    BOOST_TEST(rival(claims, first).empty());
    BOOST_TEST(rival(claims, second) == "holdfast/a");
    BOOST_TEST(rival(claims, third) == "holdfast/a");
    BOOST_TEST(claims.put(first).empty()); // nothing new
    // Elsewhere, or another path: no concern of theirs.
    BOOST_TEST(claims.put(claiming("d", "other", 1)).empty());
    BOOST_TEST(claims.erase("holdfast/a") == (keys{"holdfast/b", "holdfast/c"}));
    BOOST_TEST(rival(claims, second).empty());
    BOOST_TEST(rival(claims, third) == "holdfast/b");
    BOOST_TEST(claims.put(claiming("b", "moved", 2)) == keys{"holdfast/c"});
    BOOST_TEST(claims.erase("holdfast/nobody").empty());
}

BOOST_AUTO_TEST_CASE(the_same_in_another_cluster_is_no_rival_however_that_is_named) {
    std::string east = "https://east";
    claim_index claims{"holdfast", [&](const crds::application_destination& to) {
                           return to.name == "east"             ? east
                                  : to.server == "https://east" ? to.server
                                                                : std::string{};
                       }};
    const auto here = claiming("a", "shop", 1);
    auto by_name = claiming("b", "shop", 2);
    by_name.spec.destination = {.server = {}, .name = "east", .namespace_ = here.spec.destination.namespace_};
    auto by_server = claiming("c", "shop", 3);
    by_server.spec.destination = {
        .server = "https://east", .name = {}, .namespace_ = here.spec.destination.namespace_
    };
    BOOST_TEST(claims.put(here).empty());
    BOOST_TEST(claims.put(by_name).empty());
    BOOST_TEST(rival(claims, by_name).empty());
    BOOST_TEST(claims.put(by_server).empty());
    BOOST_TEST(rival(claims, by_server) == "holdfast/b");
    // The name means another cluster by now: entered anew, nobody is in the other's way.
    east = "https://moved";
    BOOST_TEST(claims.put(by_name) == keys{"holdfast/c"});
    BOOST_TEST(rival(claims, by_server).empty());
}

BOOST_AUTO_TEST_CASE(who_goes_or_may_not_deploy_there_or_turns_out_to_be_a_chart_claims_nothing) {
    claim_index claims{"holdfast"};
    const auto mine = claiming("z", "shop", 9);
    auto other = claiming("a", "shop", 1);
    BOOST_TEST(claims.put(other).empty());
    BOOST_TEST(rival(claims, mine) == "holdfast/a");
    other.status.source_type = crds::source_type::helm;
    (void)claims.put(other);
    BOOST_TEST(rival(claims, mine).empty());
    other.status.source_type = crds::source_type::directory;
    (void)claims.put(other);
    BOOST_TEST(rival(claims, mine) == "holdfast/a");
    other.metadata.deletion_timestamp = crds::timestamp{std::chrono::seconds{2}};
    (void)claims.put(other);
    BOOST_TEST(rival(claims, mine).empty());
    // In a namespace of its own it may not deploy into "shop".
    (void)claims.put(claiming("a", "shop", 1, "team"));
    BOOST_TEST(rival(claims, mine).empty());
}

BOOST_AUTO_TEST_CASE(who_is_older_elsewhere_or_has_nothing_stands_in_nobodys_way) {
    claim_index claims{"holdfast"};
    const auto platforms = claiming("z", "shop", 9);
    auto tenants = claiming("a", "shop", 1, "shop");
    tenants.spec.destination.namespace_ = target_namespace(platforms);
    tenants.metadata.namespace_ = target_namespace(platforms);
    (void)claims.put(tenants);
    BOOST_TEST(rival(claims, platforms).empty());
    auto unborn = platforms;
    unborn.metadata.creation_timestamp.reset();
    BOOST_TEST(rival(claims, unborn).empty()); // nor at its creation
    // And the tenant's is the one that is told.
    BOOST_TEST(claims.put(platforms) == keys{tenants.metadata.namespace_ + "/a"});
    BOOST_TEST(rival(claims, tenants) == "holdfast/z");
    (void)claims.erase("holdfast/z");
    (void)claims.erase(tenants.metadata.namespace_ + "/a");

    // Of one namespace: who was found to have nothing is right after who was not looked at, and he after who
    // has objects.
    auto first = claiming("a", "shop", 1);
    const auto second = claiming("b", "shop", 2);
    auto third = claiming("c", "shop", 3);
    (void)claims.put(first);
    (void)claims.put(second);
    BOOST_TEST(rival(claims, second) == "holdfast/a");
    crds::set_condition(
        first.status.conditions, {.type = "ComparisonError", .status = "True", .message = "no such path"}
    );
    BOOST_TEST(claims.put(first) == keys{"holdfast/b"});
    BOOST_TEST(rival(claims, second).empty());
    BOOST_TEST(rival(claims, first) == "holdfast/b");
    third.status.resources_count = 1;
    (void)claims.put(third);
    BOOST_TEST(rival(claims, second) == "holdfast/c");
    // Who has objects keeps his right, whatever is wrong with him now.
    crds::set_condition(
        third.status.conditions, {.type = "ComparisonError", .status = "True", .message = "no such path"}
    );
    (void)claims.put(third);
    BOOST_TEST(rival(claims, second) == "holdfast/c");
}

BOOST_AUTO_TEST_CASE(the_repository_is_the_same_however_it_is_reached_and_the_options_are_not) {
    const auto claim = [](const std::string& source) {
        const auto made = application(R"({"spec": {"source": )" + source + "}}");
        return claim_of(made, *made.spec.source);
    };
    const auto plain = claim("{}");
    BOOST_REQUIRE(plain.has_value());
    BOOST_TEST(*claim(R"({"repoURL": "git@git.example.com:team/deploy.git"})") == *plain);
    BOOST_TEST(*claim(R"({"targetRevision": "HEAD"})") == *claim(R"({"targetRevision": ""})"));
    // Two branches: two versions side by side.
    BOOST_TEST(*claim(R"({"targetRevision": "v2"})") != *plain);
    BOOST_TEST(*claim(R"({"targetRevision": "v1"})") != *claim(R"({"targetRevision": "v2"})"));
    BOOST_TEST(*claim(R"({"targetRevision": "refs/heads/v2"})") == *claim(R"({"targetRevision": "v2"})"));
    BOOST_TEST(*claim(R"({"kustomize": {"namePrefix": "a-"}})") != *plain);
    BOOST_TEST(*claim(R"({"directory": {"recurse": true}})") != *plain);
    BOOST_TEST(!claim(R"({"helm": {"values": "a: 1"}})").has_value());
    BOOST_TEST(claim(R"({"helm": {"releaseName": "r"}})").has_value());
    BOOST_TEST(!claim(R"({"repoURL": "nonsense"})").has_value());
    BOOST_TEST(!claim(R"({"path": "", "ref": "values"})").has_value());
}

BOOST_AUTO_TEST_CASE(an_application_is_judged_without_looking_at_the_others) {
    const auto looked_at_with = [](int count) {
        claim_index claims{"holdfast"};
        for (int i = 0; i < count; ++i) { // half of them for the same
            const auto n = std::to_string(i);
            (void)claims.put(claiming("app-" + n, i % 2 == 0 ? "shop" : "path-" + n, 1 + i));
        }
        const auto begin = claims.looked_at();
        (void)rival(claims, claiming("app-100", "shop", 101));
        (void)rival(claims, claiming("app-101", "path-101", 102));
        (void)claims.put(claiming("another", "shop", count + 1));
        (void)claims.erase("holdfast/another");
        return claims.looked_at() - begin;
    };
    BOOST_TEST(looked_at_with(200) == looked_at_with(2000));
    BOOST_TEST(looked_at_with(2000) < 10U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::policy
