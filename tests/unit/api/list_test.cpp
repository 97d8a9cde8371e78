#include "api/list.hpp"

#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::api {
namespace {

rows made() {
    rows all;
    const auto add = [&](std::string ns, std::string name, std::string project, crds::sync_code sync,
                         crds::health_code health) {
        auto one = application(std::move(ns), std::move(name));
        one.spec.project = std::move(project);
        one.status.sync.status = sync;
        one.status.health.status = health;
        auto as_row = row_of(one);
        all.emplace(as_row.id, std::move(as_row));
    };
    add("shop", "web", "team-a", crds::sync_code::synced, crds::health_code::healthy);
    add("shop", "db", "team-a", crds::sync_code::synced, crds::health_code::degraded);
    add("shop", "Cache", "team-b", crds::sync_code::out_of_sync, crds::health_code::healthy);
    add("blog", "web", "team-b", crds::sync_code::synced, crds::health_code::healthy);
    return all;
}

std::string names(const list_page& page) {
    std::string all;
    for (const auto* one : page.items) {
        all += (all.empty() ? "" : " ") + one->id.namespace_ + "/" + one->id.name;
    }
    return all;
}

list_page listed(const std::string& query, const std::string& hidden = {}) {
    static const auto all = made();
    const auto read = read_list_query(*http::read_query("/?" + query));
    BOOST_TEST_REQUIRE(read.has_value(), query << ": " << (read ? "" : read.error().message()));
    return list(all, *read, [&](const row& one) { return one.id.namespace_ != hidden; }).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_list)

BOOST_AUTO_TEST_CASE(filters_agree_and_their_values_are_alternatives) {
    const struct {
        std::string query;
        std::string found;
    } table[] = {
        {"", "shop/db shop/Cache blog/web shop/web"}, // what is broken first
        {"namespace=blog", "blog/web"},
        {"namespace=blog&namespace=shop&health=Healthy", "shop/Cache blog/web shop/web"},
        {"project=team-a", "shop/db shop/web"},
        {"sync=OutOfSync", "shop/Cache"},
        {"sync=OutOfSync&health=Degraded", ""},
        {"q=web", "blog/web shop/web"},
        {"q=WEB+shop", "shop/web"},
        {"q=cache", "shop/Cache"},
        {"q=!web", "shop/db shop/Cache"},
        {"q=!web+!cache", "shop/db"},
        {"q=%21", "shop/db shop/Cache blog/web shop/web"},
        {"q=nothing", ""},
    };
    for (const auto& one : table) {
        BOOST_TEST(names(listed(one.query)) == one.found, one.query);
    }
}

BOOST_AUTO_TEST_CASE(nobody_is_shown_or_told_the_number_of_what_they_may_not_see) {
    const auto page = listed("", "shop");
    BOOST_TEST(names(page) == "blog/web");
    BOOST_TEST(page.total == 1U);
    BOOST_TEST(page.facets.at("namespace").size() == 1U);
    BOOST_TEST(page.facets.at("project").size() == 1U);
}

BOOST_AUTO_TEST_CASE(facets_go_by_all_other_filters) {
    const auto page = listed("namespace=shop&health=Healthy");
    BOOST_TEST(page.total == 2U);
    BOOST_TEST(page.facets.at("health").at("Healthy") == 2U);
    BOOST_TEST(page.facets.at("health").at("Degraded") == 1U);
    BOOST_TEST(page.facets.at("namespace").at("blog") == 1U);
    BOOST_TEST(page.facets.at("namespace").at("shop") == 2U);
    BOOST_TEST(page.facets.at("sync").at("Synced") == 1U);
    BOOST_TEST(page.facets.at("sync").at("OutOfSync") == 1U);
}

BOOST_AUTO_TEST_CASE(pages_follow_each_other_without_a_gap_whatever_is_gone_meanwhile) {
    auto all = made();
    list_query query;
    query.limit = 1;
    std::string seen;
    for (int i = 0; i < 10; ++i) {
        const auto page = list(all, query, [](const row&) { return true; }).value();
        BOOST_TEST(page.total == all.size());
        if (!page.items.empty()) {
            seen += names(page) + " ";
            all.erase(application_name{page.items.front()->id});
        }
        query.after = page.next;
        if (query.after.empty()) {
            break;
        }
    }
    BOOST_TEST(seen == "shop/db shop/Cache blog/web shop/web ");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_query_is_told) {
    const struct {
        std::string query;
        std::string said;
    } table[] = {
        {"limit=0", "limit: must be a number from 1 to 500"},
        {"limit=501", "limit: must be"},
        {"limit=a", "is \"a\""},
        {"limit=-1", "limit: must be"},
        {"sync=Synched", "sync: must be one of Synced, OutOfSync, Unknown, is \"Synched\""},
        {"health=x", "health: must be one of Healthy"},
        {"nmespace=x", "there is no parameter \"nmespace\""},
    };
    for (const auto& one : table) {
        const auto read = read_list_query(*http::read_query("/?" + one.query));
        BOOST_TEST_REQUIRE(!read.has_value(), one.query);
        BOOST_TEST(read.error().message().find(one.said) != std::string::npos, read.error().message());
    }
    list_query query;
    for (const std::string after : {"x", "", "!!!", "OS9hL2I", "MC9h"}) {
        query.after = after;
        BOOST_TEST(list(made(), query, [](const row&) { return true; }).has_value() == after.empty(), after);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::api
