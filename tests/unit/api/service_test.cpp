// Who gets what of each route.

#include "api/service.hpp"

#include "fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

namespace holdfast::api {
namespace {

namespace json = boost::json;

struct serving {
    asio::io_context context;
    written_authority told;
    board shown{"e"};
    std::map<application_name, crds::application> there;
    std::vector<requested_change> written;
    std::optional<error> fails;
    std::string refused;
    std::string secret;
    service_limits limits{.access = {.token = 0s, .right = 0s}};
    std::optional<service> serves;
    http::handler routes;

    serving() {
        for (const auto* ns : {"blog", "shop"}) {
            auto one = application(ns, "web");
            shown.put(row_of(one));
            there.emplace(application_name{ns, "web"}, std::move(one));
        }
        told.tokens = {{"viewer", "vera"}, {"deployer", "dora"}, {"stranger", "sam"}, {"admin", "ada"}};
        told.give("vera", {"list", "get"}, "shop");
        told.give("dora", {"list", "get", "patch"}, "shop");
        told.give("ada", {"list", "get", "patch", "patch/status"}, "");
        start();
    }
    asio::awaitable<result<void>> write(requested_change one) {
        if (fails) {
            co_return *fails;
        }
        written.push_back(std::move(one));
        co_return result<void>{};
    }
    void start() {
        serves.emplace(
            context.get_executor(),
            service_parts{
                .shown = shown,
                .asked = told,
                .find =
                    [this](const application_name& id) {
                        const auto at = there.find(id);
                        return at == there.end() ? nullptr : &at->second;
                    },
                .judge = [this](const auto&, const auto&) { return refused; },
                .write = [this](requested_change one) { return write(std::move(one)); },
                .secret = [this]() -> const std::string& { return secret; },
                .version = "1.2.3"
            },
            limits
        );
        routes = http::make_router(serves->routes());
    }

    http::response
    ask(std::string method, const std::string& path, const std::string& token, std::string body = {},
        std::vector<http::header> more = {}) {
        http::request_info info;
        info.what.method = std::move(method);
        info.what.target = "/api/holdfast/v1/" + path;
        info.what.headers = std::move(more);
        info.what.headers.push_back({"Content-Type", "application/json"});
        if (!token.empty()) {
            info.what.headers.push_back({"Authorization", "Bearer " + token});
        }
        info.what.body = std::move(body);
        info.peer = "10.0.0.1:1";
        return test::run(context, routes(std::move(info)));
    }
    std::size_t listed(const std::string& token) {
        return json::parse(ask("GET", "applications", token).body).at("total").to_number<std::size_t>();
    }
};

std::string cookie_of(const http::response& answer) {
    const std::string said{answer.find("Set-Cookie").value_or("")};
    return said.substr(0, said.find(';'));
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(api_service, serving)

BOOST_AUTO_TEST_CASE(each_route_does_for_each_person_what_the_cluster_lets_them_do) {
    const std::string web = "applications/shop/web";
    const std::string other = "applications/blog/web";
    const struct {
        std::string method;
        std::string path;
        unsigned nobody;
        unsigned stranger;
        unsigned viewer;
        unsigned deployer;
        unsigned admin;
    } table[] = {
        {"GET", "me", 401, 200, 200, 200, 200},
        {"GET", "applications", 401, 200, 200, 200, 200},
        {"GET", web, 401, 404, 200, 200, 200},
        {"GET", other, 401, 404, 404, 404, 200},
        {"GET", "applications/shop/none", 401, 404, 404, 404, 404},
        {"POST", web + "/sync", 401, 404, 403, 202, 202},
        {"POST", web + "/refresh", 401, 404, 403, 202, 202},
        {"POST", other + "/sync", 401, 404, 404, 404, 202},
        {"POST", web + "/terminate", 401, 404, 403, 403, 409}, // none runs
        {"GET", "watch?topics=applications", 401, 200, 200, 200, 200},
        {"GET", "nothing", 404, 404, 404, 404, 404},
        {"DELETE", "session", 200, 200, 200, 200, 200},
        {"PUT", web, 405, 405, 405, 405, 405},
    };
    for (const auto& one : table) {
        const auto status = [&](const std::string& token) { return ask(one.method, one.path, token).status; };
        BOOST_TEST_CONTEXT(one.method << " " << one.path) {
            BOOST_TEST(status("") == one.nobody);
            BOOST_TEST(status("stranger") == one.stranger);
            BOOST_TEST(status("viewer") == one.viewer);
            BOOST_TEST(status("deployer") == one.deployer);
            BOOST_TEST(status("admin") == one.admin);
        }
    }
    BOOST_TEST(ask("GET", "me", "guessed").status == 401U);
    BOOST_TEST(listed("stranger") == 0U);
    BOOST_TEST(listed("viewer") == 1U);
    BOOST_TEST(listed("admin") == 2U);
    const auto refused = json::parse(ask("POST", web + "/sync", "viewer").body);
    BOOST_TEST(refused.at("missing").as_string() == "patch applications.holdfast.dev in the namespace shop");
}

BOOST_AUTO_TEST_CASE(a_write_says_who_asked_and_what_admission_refuses_is_not_written) {
    BOOST_TEST(ask("POST", "applications/shop/web/sync", "deployer", R"({"prune":true})").status == 202U);
    BOOST_TEST_REQUIRE(written.size() == 1U);
    BOOST_TEST(written[0].made.then.operation->initiated_by->username == "dora");
    BOOST_TEST(written[0].told.note == "dora asks for a sync, with pruning, by the page");

    refused = "the window is closed";
    const auto answer = ask("POST", "applications/shop/web/sync", "deployer");
    BOOST_TEST(answer.status == 422U);
    BOOST_TEST(answer.body.find("the window is closed") != std::string::npos);
    refused.clear();
    BOOST_TEST(ask("POST", "applications/shop/web/sync", "deployer", R"({"x":1})").status == 400U);
    there.at({"shop", "web"}).status.operation_state.emplace().phase = crds::operation_phase::running;
    BOOST_TEST(ask("POST", "applications/shop/web/sync", "deployer").status == 409U);
    BOOST_TEST(ask("POST", "applications/shop/web/terminate", "admin").status == 202U);
    BOOST_TEST(written.size() == 2U);

    const struct {
        error_kind kind;
        unsigned status;
    } table[] = {
        {error_kind::not_found, 404}, {error_kind::conflict, 409},  {error_kind::user, 422},
        {error_kind::transient, 503}, {error_kind::forbidden, 500},
    };
    for (const auto& one : table) {
        fails = error{one.kind, "why"};
        BOOST_TEST(ask("POST", "applications/shop/web/refresh", "deployer").status == one.status);
    }
}

BOOST_AUTO_TEST_CASE(a_login_gives_a_cookie_that_is_as_good_as_its_token_and_no_longer) {
    const auto in = ask("POST", "session", "", R"({"token":"viewer"})");
    BOOST_TEST(in.status == 200U);
    BOOST_TEST(json::parse(in.body).at("username").as_string() == "vera");
    const auto cookie = cookie_of(in);
    BOOST_TEST(cookie.starts_with("__Host-holdfast="));
    BOOST_TEST(cookie.find("viewer") == std::string::npos);
    const auto with_cookie = [&](const std::string& path) {
        return ask("GET", path, "", {}, {{"Cookie", "a=b; " + cookie}}).status;
    };
    BOOST_TEST(with_cookie("me") == 200U);
    BOOST_TEST(with_cookie("applications/shop/web") == 200U);
    told.tokens.erase("viewer");
    BOOST_TEST(with_cookie("me") == 401U);

    BOOST_TEST(ask("POST", "session", "", R"({"token":"guess"})").status == 401U);
    BOOST_TEST(ask("POST", "session", "", R"({"token":""})").status == 400U);
    BOOST_TEST(ask("POST", "session", "", "nonsense").status == 400U);
    BOOST_TEST(
        ask("POST", "session", "", R"({"token":"deployer"})", {{"Sec-Fetch-Site", "cross-site"}}).status ==
        403U
    );
    BOOST_TEST(cookie_of(ask("DELETE", "session", "")) == "__Host-holdfast=");
    for (int i = 0; i < 10; ++i) {
        ask("POST", "session", "", R"({"token":"guess"})");
    }
    const auto slowed = ask("POST", "session", "", R"({"token":"deployer"})");
    BOOST_TEST(slowed.status == 429U);
    BOOST_TEST(slowed.find("Retry-After").has_value());
}

BOOST_AUTO_TEST_CASE(a_list_that_is_as_it_was_is_not_sent_again) {
    const auto first = ask("GET", "applications", "viewer");
    const std::string tag{first.find("ETag").value_or("")};
    BOOST_TEST(!tag.empty());
    const auto again = [&] {
        return ask("GET", "applications", "viewer", {}, {{"If-None-Match", tag}}).status;
    };
    BOOST_TEST(again() == 304U);
    auto hidden = application("blog", "web");
    hidden.status.health.status = crds::health_code::degraded;
    shown.put(row_of(hidden));
    BOOST_TEST(again() == 304U);
    auto seen = application("shop", "web");
    seen.status.health.status = crds::health_code::degraded;
    shown.put(row_of(seen));
    BOOST_TEST(again() == 200U);
    BOOST_TEST(ask("GET", "applications?limit=no", "viewer").status == 400U);
    BOOST_TEST(ask("GET", "applications?q=%zz", "viewer").status == 400U);
}

BOOST_AUTO_TEST_CASE(nobody_is_thrown_out_by_an_api_server_that_is_away) {
    told.is_away = true;
    BOOST_TEST(ask("GET", "applications", "viewer").status == 503U);
    BOOST_TEST(ask("POST", "session", "", R"({"token":"viewer"})").status == 503U);
    BOOST_TEST(ask("POST", "applications/shop/web/sync", "deployer").status == 503U);
}

BOOST_AUTO_TEST_CASE(streams_have_a_bound_for_each_and_for_all) {
    limits.most_streams = 3;
    limits.most_streams_of_one = 2;
    start();
    const auto open = [&](const std::string& token) {
        return ask("GET", "watch?topics=applications", token);
    };
    auto first = open("viewer");
    const auto second = open("viewer");
    BOOST_TEST(open("viewer").status == 503U);
    const auto third = open("deployer");
    BOOST_TEST(third.status == 200U);
    BOOST_TEST(open("admin").status == 503U);
    first.more.reset();
    BOOST_TEST(open("admin").status == 200U);
    BOOST_TEST(ask("GET", "watch", "viewer").status == 400U);
    BOOST_TEST(ask("GET", "watch?topics=all", "viewer").status == 400U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::api
