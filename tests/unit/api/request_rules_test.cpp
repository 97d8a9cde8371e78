#include "api/request_rules.hpp"

#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::api {
namespace {

namespace asio = boost::asio;

http::request_info asked(std::string method, std::vector<http::header> headers) {
    http::request_info one;
    one.what.method = std::move(method);
    one.what.headers = std::move(headers);
    return one;
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_request_rules)

BOOST_AUTO_TEST_CASE(what_changes_something_comes_from_our_page_or_from_none_and_is_json) {
    const http::header json{"Content-Type", "application/json; charset=utf-8"};
    const struct {
        std::string method;
        std::vector<http::header> headers;
        unsigned status; // 0: taken
    } table[] = {
        {"GET", {}, 0},
        {"GET", {{"Sec-Fetch-Site", "cross-site"}}, 0},
        {"POST", {json}, 0},
        {"POST", {json, {"Sec-Fetch-Site", "same-origin"}}, 0},
        {"POST", {json, {"Sec-Fetch-Site", "same-origin"}, {"Origin", "https://elsewhere"}, {"Host", "a"}}, 0
        },
        {"POST", {json, {"Sec-Fetch-Site", "same-site"}}, 403},
        {"POST", {json, {"Sec-Fetch-Site", "cross-site"}}, 403},
        {"POST", {json, {"Sec-Fetch-Site", "none"}}, 403},
        {"POST", {json, {"Origin", "https://a:8443"}, {"Host", "a:8443"}}, 0},
        {"POST", {json, {"Origin", "http://a:8443"}, {"Host", "a:8443"}}, 403},
        {"POST", {json, {"Origin", "null"}, {"Host", "a:8443"}}, 403},
        {"POST", {}, 415},
        {"POST", {{"Content-Type", "text/plain"}}, 415},
        {"POST", {{"Content-Type", "application/x-www-form-urlencoded"}}, 415},
        {"DELETE", {{"Content-Type", "application/jsonx"}}, 415},
    };
    for (const auto& one : table) {
        const auto refused = refusal_of(asked(one.method, one.headers));
        BOOST_TEST((refused ? refused->status : 0U) == one.status);
    }
}

BOOST_AUTO_TEST_CASE(a_bearer_token_is_read_whatever_the_case_of_its_scheme) {
    BOOST_TEST(bearer_token(asked("GET", {{"authorization", "bearer abc"}})) == "abc");
    BOOST_TEST(bearer_token(asked("GET", {{"Authorization", "Bearer abc"}})) == "abc");
    BOOST_TEST(bearer_token(asked("GET", {{"Authorization", "Basic abc"}})).empty());
    BOOST_TEST(bearer_token(asked("GET", {{"Authorization", "Bearer"}})).empty());
    BOOST_TEST(bearer_token(asked("GET", {})).empty());
}

BOOST_AUTO_TEST_CASE(no_answer_is_framed_or_runs_a_script_from_elsewhere) {
    asio::io_context context;
    const auto safe = with_security_headers([](http::request_info) -> asio::awaitable<http::response> {
        co_return refuse(403, "Forbidden", "no", "patch applications.holdfast.dev");
    });
    const auto answer = test::run(context, safe(asked("GET", {})));
    const std::string policy{answer.find("Content-Security-Policy").value_or("")};
    BOOST_TEST(policy.find("default-src 'self'") != std::string::npos);
    BOOST_TEST(policy.find("frame-ancestors 'none'") != std::string::npos);
    BOOST_TEST(policy.find("unsafe") == std::string::npos);
    BOOST_TEST(answer.find("X-Frame-Options").value_or("") == "DENY");
    BOOST_TEST(answer.find("Cache-Control").value_or("") == "no-store");
    BOOST_TEST(
        answer.body == R"({"code":"Forbidden","message":"no","missing":"patch applications.holdfast.dev"})"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::api
