#include "http/router.hpp"

#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::http {
namespace {

namespace asio = boost::asio;

asio::awaitable<response> say(std::string what, request_info info) {
    for (const auto& [name, value] : info.parameters) {
        what += " " + name + "=" + value;
    }
    co_return text_response(200, what);
}

route named(std::string method, std::string path) {
    auto says = method + " " + path;
    return {std::move(method), std::move(path), [says](request_info info) {
                return say(says, std::move(info));
            }};
}

response ask(const handler& router, std::string method, std::string target) {
    asio::io_context context;
    request_info info;
    info.what.method = std::move(method);
    info.what.target = std::move(target);
    return test::run(context, router(std::move(info)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(http_router)

BOOST_AUTO_TEST_CASE(the_path_itself_wins_then_braces_then_the_longest_begin) {
    const auto router = make_router(
        {named("GET", "/"), named("GET", "/a/"), named("GET", "/a/{one}"), named("GET", "/a/b"),
         named("GET", "/a/{one}/c/{two}"), named("POST", "/a/{one}")}
    );
    const struct {
        std::string method;
        std::string target;
        std::string said;
    } table[] = {
        {"GET", "/a/b", "GET /a/b"},
        {"GET", "/a/x", "GET /a/{one} one=x"},
        {"HEAD", "/a/x?y=1", "GET /a/{one} one=x"},
        {"POST", "/a/x", "POST /a/{one} one=x"},
        {"GET", "/a/x%2Fy", "GET /a/{one} one=x/y"},
        {"GET", "/a/x/c/y", "GET /a/{one}/c/{two} one=x two=y"},
        {"GET", "/a/x/d/y", "GET /a/"},
        {"GET", "/a/x/c/", "GET /a/"},
        {"GET", "/a/", "GET /a/"},
        {"GET", "/z", "GET /"},
        {"GET", "/a/x%", "GET /a/"},
    };
    for (const auto& one : table) {
        BOOST_TEST(ask(router, one.method, one.target).body == one.said, one.target);
    }
}

BOOST_AUTO_TEST_CASE(a_method_that_a_path_does_not_have_is_told_from_no_such_path) {
    const auto router = make_router({named("GET", "/a/{one}"), named("POST", "/a/{one}")});
    const auto refused = ask(router, "DELETE", "/a/x");
    BOOST_TEST(refused.status == 405U);
    BOOST_TEST(refused.find("Allow").value_or("") == "GET, HEAD, POST");
    BOOST_TEST(ask(router, "GET", "/b").status == 404U);
    BOOST_TEST(ask(router, "GET", "/a/x/y").status == 404U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::http
