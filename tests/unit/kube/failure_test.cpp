#include "kube/failure.hpp"

#include "http/client.hpp"
#include "kube/object.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;

namespace holdfast::kube {
namespace {

http::response answer(unsigned status, std::string body, std::vector<http::header> headers = {}) {
    http::response r;
    r.status = status;
    r.body = std::move(body);
    r.headers = std::move(headers);
    return r;
}

BOOST_AUTO_TEST_SUITE(failures)

BOOST_AUTO_TEST_CASE(the_status_says_what_may_be_done) {
    const std::pair<unsigned, error_kind> table[] = {
        {400, error_kind::user},      {401, error_kind::forbidden}, {403, error_kind::forbidden},
        {404, error_kind::not_found}, {408, error_kind::transient}, {409, error_kind::conflict},
        {410, error_kind::conflict},  {413, error_kind::user},      {422, error_kind::user},
        {429, error_kind::transient}, {500, error_kind::transient}, {503, error_kind::transient},
        {302, error_kind::internal},
    };
    for (const auto& [status, kind] : table) {
        BOOST_TEST_CONTEXT(status) {
            const auto f = failure_from_response(answer(status, ""), "get Pod a/b");
            BOOST_TEST((f.kind() == kind));
            BOOST_TEST(f.status() == status);
            BOOST_TEST(f.message().starts_with("get Pod a/b: "));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_cause_is_in_the_sentence_once) {
    const auto f = failure_from_response(
        answer(422, R"({"kind":"Status","status":"Failure","reason":"Invalid","code":422,
            "message":"Deployment.apps \"web\" is invalid: spec.replicas: must be positive",
            "details":{"causes":[
                {"reason":"FieldValueInvalid","field":"spec.replicas","message":"must be positive"},
                {"reason":"FieldValueRequired","field":"spec.selector","message":"Required value"}]}})"),
        "apply apps/Deployment shop/web"
    );
    BOOST_TEST(
        f.message() ==
        "apply apps/Deployment shop/web: Deployment.apps \"web\" is invalid: spec.replicas: must "
        "be positive; spec.selector: Required value"
    );
    BOOST_TEST(f.is_invalid());
    BOOST_TEST(f.reason() == "Invalid");
    BOOST_REQUIRE(f.causes().size() == 2U);
    BOOST_TEST(f.causes()[1].field == "spec.selector");
}

BOOST_AUTO_TEST_CASE(two_kinds_of_409_are_told_apart) {
    const auto exists = failure_from_response(
        answer(409, R"({"kind":"Status","reason":"AlreadyExists","message":"there","code":409})"), ""
    );
    BOOST_TEST(exists.is_already_exists());
    BOOST_TEST(!exists.is_conflict());
    const auto conflict = failure_from_response(
        answer(409, R"({"kind":"Status","reason":"Conflict","message":"changed","code":409})"), ""
    );
    BOOST_TEST(conflict.is_conflict());
    BOOST_TEST(!conflict.is_already_exists());
}

BOOST_AUTO_TEST_CASE(how_long_to_wait_is_read_from_header_and_body) {
    BOOST_TEST((failure_from_response(answer(429, "", {{"Retry-After", "7"}}), "").retry_after() == 7s));
    BOOST_TEST((failure_from_response(answer(429, "", {{"Retry-After", "99999"}}), "").retry_after() == 300s)
    );
    BOOST_TEST(!failure_from_response(answer(429, "", {{"Retry-After", "soon"}}), "").retry_after());
    const auto body =
        R"({"kind":"Status","code":504,"reason":"Timeout","message":"Timeout: Too large resource version: 9",
            "details":{"retryAfterSeconds":1,"causes":[{"reason":"ResourceVersionTooLarge","message":"x"}]}})";
    const auto f = failure_from_response(answer(504, body), "");
    BOOST_TEST((f.retry_after() == 1s));
    BOOST_TEST(f.is_too_large_resource_version());
}

BOOST_AUTO_TEST_CASE(the_status_of_a_watch_error_is_read) {
    const auto status = json::parse(
                            R"({"kind":"Status","status":"Failure","reason":"Expired","code":410,
                                "message":"too old resource version: 1"})"
    )
                            .as_object();
    const auto f = failure_from_status(status, "watch ConfigMap");
    BOOST_TEST(f.is_expired());
    BOOST_TEST((f.kind() == error_kind::conflict));
    BOOST_TEST(f.message() == "watch ConfigMap: too old resource version: 1");
}

BOOST_AUTO_TEST_CASE(what_a_proxy_says_is_kept_short_and_html_is_left_out) {
    const auto text = failure_from_response(answer(502, "upstream is\nnot there\n"), "get");
    BOOST_TEST(text.message() == "get: the server is not available (upstream is not there)");
    const auto html = failure_from_response(answer(502, "<html>" + std::string(9999, 'x')), "get");
    BOOST_TEST(html.message() == "get: the server is not available");
    const auto huge = failure_from_response(answer(500, std::string(99'999, 'x')), "get");
    BOOST_TEST(huge.message().size() < 400U);
}

BOOST_AUTO_TEST_CASE(a_failure_slices_into_an_error) {
    const reply<int> r = failure{error{error_kind::not_found, "gone"}, 404, "NotFound"};
    const auto plain = [&]() -> result<int> { return r.error(); }();
    BOOST_TEST((plain.error().kind() == error_kind::not_found));
    BOOST_TEST(r.error().within("x").message() == "x: gone");
    BOOST_TEST(r.error().within("x").status() == 404U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
