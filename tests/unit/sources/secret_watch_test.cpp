#include "sources/secret_watch.hpp"

#include "../kube/fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace holdfast::sources {
namespace {

using namespace std::chrono_literals;
using test::answer_json;
using test::answer_stream;

std::string secret(std::string_view name, std::string_view version, std::string_view key) {
    return R"({"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"n","name":")" + std::string{name} +
           R"(","uid":"u","resourceVersion":")" + std::string{version} + R"("},"data":{")" +
           std::string{key} + R"(":"eA=="}})";
}

std::string list(std::string_view version, const std::string& items) {
    return R"({"kind":"SecretList","apiVersion":"v1","metadata":{"resourceVersion":")" +
           std::string{version} + R"("},"items":[)" + items + "]}";
}

std::string event(std::string_view type, std::string_view object) {
    return R"({"type":")" + std::string{type} + R"(","object":)" + std::string{object} + "}\n";
}

BOOST_FIXTURE_TEST_SUITE(secret_watch_suite, kube::fixture)

BOOST_AUTO_TEST_CASE(it_tells_what_changed_since_the_beginning_and_knows_the_keys) {
    const std::string path = "/api/v1/namespaces/n/secrets";
    server.when("GET", path, "sendInitialEvents")
        .always(answer_json(422, kube::status_text(422, "Invalid", "no streaming lists")));
    server.when("GET", path, "watch=1")
        .then(answer_stream()
                  .chunk(event("MODIFIED", secret("a", "11", "token")))
                  .chunk(event("DELETED", secret("b", "12", "password")))
                  .chunk(event("ERROR", kube::status_text(410, "Expired", "too old resource version")))
                  .last_chunk())
        .always(answer_stream().chunk(event("ADDED", secret("last", "31", "key"))).stall());
    server.when("GET", path)
        .then(answer_json(
            200, list(
                     "10", secret("a", "1", "password") + "," + secret("b", "2", "password") + "," +
                               secret("c", "3", "password") + "," + secret("d", "4", "password")
                 )
        ))
        // Since then one was changed, and another one is gone.
        .then(answer_json(200, list("30", secret("a", "11", "token") + "," + secret("c", "20", "other"))));
    std::vector<std::string> told;
    bool was_known = false;
    secret_watch watch{context.get_executor(), api, "n", "holdfast", [&](const std::string& name) {
                           was_known = was_known || watch.keys("d").has_value();
                           told.push_back(name);
                       }};
    BOOST_TEST(!watch.keys("a").has_value());
    run_until(
        []() -> asio::awaitable<void> {
            for (;;) {
                co_await sleep_for(1s);
            }
        }(),
        [&] { return watch.keys("last").has_value(); }
    );
    run([](secret_watch* w) -> asio::awaitable<bool> {
        co_await w->stop();
        co_return true;
    }(&watch));
    BOOST_TEST(
        told == (std::vector<std::string>{"a", "b", "c", "d", "last"}), boost::test_tools::per_element()
    );
    BOOST_TEST(was_known);
    BOOST_TEST((watch.keys("a") == std::set<std::string>{"token"}));
    BOOST_TEST((watch.keys("c") == std::set<std::string>{"other"}));
    BOOST_TEST(!watch.keys("b").has_value());
    BOOST_TEST(!watch.keys("d").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
