#include "api/event_stream.hpp"

#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::api {
namespace {

struct streaming {
    asio::io_context context;
    written_authority told;
    board shown{"e", 4};
    std::optional<access> rights;
    bool is_over = false;
    bool may_see_detail = true;
    event_stream::settings how{.pace = 0ms, .check = 1h, .look = 1ms};

    streaming() {
        told.tokens["t"] = "vera";
        told.give("vera", {"list"}, "shop");
        rights.emplace(context.get_executor(), told, access_limits{.token = 0s, .right = 0s});
        put("shop", "web");
        put("blog", "web");
    }
    void put(std::string ns, std::string name, crds::health_code health = crds::health_code::healthy) {
        auto one = application(std::move(ns), std::move(name));
        one.status.health.status = health;
        shown.put(row_of(one));
    }
    asio::awaitable<result<std::optional<std::string>>> detail(application_name id) {
        std::optional<std::string> said;
        if (may_see_detail && shown.find(id) != nullptr) {
            said = "{\"of\":\"" + id.name + "\"}";
        }
        co_return said;
    }
    event_stream begin(const std::string& topics, std::optional<change_number> after) {
        event_stream::parts parts{
            .shown = shown,
            .rights = *rights,
            .detail = [this](const identity&, const application_name& id) { return detail(id); },
            .is_over = [this] { return is_over; }
        };
        const viewer vera{
            .who = {.user = "vera", .uid = {}, .groups = {"people"}, .extra = {}},
            .token = "t",
            .peer = "10.0.0.1:1"
        };
        return event_stream{std::move(parts), how, vera, read_topics(topics).value(), after, nullptr};
    }
    std::string next(event_stream& of) {
        const auto piece = test::run(context, of.next());
        return piece ? *piece : "END";
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_stream, streaming)

BOOST_AUTO_TEST_CASE(a_viewer_is_told_what_changes_and_only_of_what_they_see) {
    auto of = begin("applications", shown.now());
    BOOST_TEST(next(of) == "retry: 2000\n\n");
    BOOST_TEST(next(of).empty());
    put("blog", "web", crds::health_code::degraded);
    BOOST_TEST(next(of).empty());
    put("shop", "web", crds::health_code::degraded);
    put("shop", "web", crds::health_code::missing);
    const auto text = next(of);
    BOOST_TEST(text.starts_with("id: e.5\nevent: applications\ndata: {\"upsert\":[{\"namespace\":\"shop\""));
    BOOST_TEST(text.find("Missing") != std::string::npos);
    BOOST_TEST(text.find("Degraded") == std::string::npos); // that is past
    BOOST_TEST(text.find("blog") == std::string::npos);
    BOOST_TEST(text.ends_with("\n\n"));
    shown.remove({"shop", "web"});
    BOOST_TEST(
        next(of) == "id: e.6\nevent: applications\n"
                    "data: {\"upsert\":[],\"remove\":[{\"namespace\":\"shop\",\"name\":\"web\"}]}\n\n"
    );
}

BOOST_AUTO_TEST_CASE(an_open_application_is_told_as_a_whole_and_that_it_is_gone) {
    auto of = begin("application:shop/web", shown.now());
    (void)next(of);
    put("shop", "other");
    BOOST_TEST(next(of).empty());
    put("shop", "web"); // nothing of its row
    BOOST_TEST(next(of) == "id: e.4\nevent: application\ndata: {\"of\":\"web\"}\n\n");
    shown.remove({"shop", "web"});
    BOOST_TEST(
        next(of) ==
        "id: e.5\nevent: application\ndata: {\"gone\":{\"namespace\":\"shop\",\"name\":\"web\"}}\n\n"
    );
}

BOOST_AUTO_TEST_CASE(only_the_last_of_several_events_says_where_the_stream_is) {
    auto of = begin("applications,application:shop/web", shown.now());
    (void)next(of);
    put("shop", "web", crds::health_code::degraded);
    const auto text = next(of);
    BOOST_TEST(text.starts_with("event: applications\n"));
    BOOST_TEST(text.find("\n\nid: e.3\nevent: application\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stream_goes_on_where_it_was_and_begins_anew_where_that_is_forgotten) {
    put("shop", "a");
    auto again = begin("applications", 2);
    (void)next(again);
    BOOST_TEST(next(again).starts_with("id: e.3\nevent: applications\n"));
    for (int i = 0; i < 10; ++i) {
        put("shop", "a");
    }
    BOOST_TEST(next(again) == "id: e.13\nevent: reset\ndata: {}\n\n");
    BOOST_TEST(next(again).empty());
    auto unknown = begin("applications", std::nullopt);
    (void)next(unknown);
    BOOST_TEST(next(unknown) == "id: e.13\nevent: reset\ndata: {}\n\n");
}

BOOST_AUTO_TEST_CASE(a_token_that_is_not_valid_any_more_ends_the_stream) {
    how.check = 0ms;
    auto of = begin("applications", shown.now());
    (void)next(of);
    BOOST_TEST(next(of) == "event: alive\ndata: {}\n\n");
    told.is_away = true;
    BOOST_TEST(next(of) == "event: alive\ndata: {}\n\n");
    told.is_away = false;
    told.tokens.clear();
    BOOST_TEST(next(of).starts_with("event: session\ndata: {\"reason\":"));
    BOOST_TEST(next(of) == "END");
}

BOOST_AUTO_TEST_CASE(other_rights_have_the_viewer_load_anew) {
    how.check = 0ms;
    auto of = begin("applications", shown.now());
    (void)next(of);
    BOOST_TEST(next(of) == "event: alive\ndata: {}\n\n");
    told.give("vera", {"list"}, "blog");
    BOOST_TEST(next(of).find("event: reset") != std::string::npos);
    told.rights.clear();
    BOOST_TEST(next(of).find("event: reset") != std::string::npos);
    BOOST_TEST(next(of) == "event: alive\ndata: {}\n\n");
}

BOOST_AUTO_TEST_CASE(an_operator_that_stops_ends_it) {
    auto of = begin("applications", shown.now());
    (void)next(of);
    is_over = true;
    BOOST_TEST(next(of) == "END");
}

BOOST_AUTO_TEST_CASE(topics_are_read) {
    const auto all = read_topics("applications,application:shop/web,application:a/b").value();
    BOOST_TEST(all.applications);
    BOOST_TEST(all.opened.size() == 2U);
    BOOST_TEST((all.opened[0] == application_name{"shop", "web"}));
    std::string many;
    for (int i = 0; i < 11; ++i) {
        many += "application:a/b,";
    }
    for (const auto& text :
         {std::string{}, std::string{"all"}, std::string{"application:"}, std::string{"application:a/"}, many
         }) {
        BOOST_TEST(!read_topics(text).has_value(), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::api
