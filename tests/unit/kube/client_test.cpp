#include "fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::kube {
namespace {

const std::string web = R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}})";

BOOST_FIXTURE_TEST_SUITE(client_calls, fixture)

BOOST_AUTO_TEST_CASE(an_object_is_read_and_the_request_says_who_asks) {
    server.when("GET", "/apis/apps/v1/namespaces/shop/deployments/web").then(answer_json(200, web));
    const auto got = run(api.get(deployments(), "shop", "web"));
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST(name_of(*got) == "web");
    const auto asked = server.requests().at(0);
    BOOST_TEST(asked.header("User-Agent").starts_with("holdfast/"));
    BOOST_TEST(asked.header("Accept") == "application/json");
}

BOOST_AUTO_TEST_CASE(server_side_apply_says_what_it_is) {
    server.when("PATCH", "/").then(answer_json(200, web));
    const auto object = named("Deployment", "shop", "web");
    const apply_options how{.field_manager = "holdfast", .force = true, .dry_run = true};
    BOOST_TEST(run(api.apply(deployments(), object, how)).has_value());
    const auto asked = server.requests().at(0);
    BOOST_TEST(
        asked.target == "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=holdfast&dryRun=All&"
                        "fieldValidation=Strict&force=true"
    );
    BOOST_TEST(asked.header("Content-Type") == "application/apply-patch+yaml");
    BOOST_TEST((json::parse(asked.body) == json::value(object)));
}

BOOST_AUTO_TEST_CASE(a_call_in_anothers_name_says_so) {
    server.when("GET", "/").then(answer_json(200, web));
    call_options options;
    options.as = impersonation{
        .user = "system:serviceaccount:a:b", .groups = {"g1", "g2"}, .uid = "", .extra = {{"k/x", "v"}}
    };
    BOOST_TEST(run(api.get(deployments(), "shop", "web", options)).has_value());
    const auto head = server.requests().at(0).head;
    BOOST_TEST(head.find("Impersonate-User: system:serviceaccount:a:b\r\n") != std::string::npos);
    BOOST_TEST(head.find("Impersonate-Group: g1\r\n") != std::string::npos);
    BOOST_TEST(head.find("Impersonate-Group: g2\r\n") != std::string::npos);
    BOOST_TEST(head.find("Impersonate-Extra-k%2Fx: v\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_with_a_line_break_does_not_become_a_header) {
    call_options options;
    options.as = impersonation{.user = "a\r\nImpersonate-User: admin", .groups = {}, .uid = "", .extra = {}};
    const auto got = run(api.get(deployments(), "shop", "web", options));
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST((got.error().kind() == error_kind::user));
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(warnings_reach_the_caller) {
    server.when("GET", "/")
        .then(answer_json(
            200, web, "Warning: 299 - \"apps/v1beta1 is \\\"old\\\"\"\r\nWarning: 299 - \"second\"\r\n"
        ));
    std::vector<std::string> warnings;
    call_options options;
    options.on_warning = [&](std::string_view text) { warnings.emplace_back(text); };
    BOOST_TEST(run(api.get(deployments(), "shop", "web", options)).has_value());
    BOOST_REQUIRE(warnings.size() == 2U);
    BOOST_TEST(warnings[0] == "apps/v1beta1 is \"old\"");
    BOOST_TEST(warnings[1] == "second");
}

BOOST_AUTO_TEST_CASE(a_busy_server_that_says_when_is_asked_again_whatever_the_verb) {
    server.when("POST", "/")
        .then(answer_json(429, status_text(429, "TooManyRequests", "busy"), "Retry-After: 0\r\n"))
        .then(answer_json(503, status_text(503, "ServiceUnavailable", "down"), "Retry-After: 0\r\n"))
        .then(answer_json(201, web));
    BOOST_TEST(run(api.create(deployments(), named("Deployment", "shop", "web"), "holdfast")).has_value());
    BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_busy_server_that_does_not_say_when_is_left_alone) {
    server.when("GET", "/").always(answer_json(503, ""));
    const auto got = run(api.get(deployments(), "shop", "web"));
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST(got.error().is_transient());
    BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(tries_are_counted) {
    server.when("GET", "/").always(answer_json(429, "", "Retry-After: 0\r\n"));
    const call_options options{.max_retries = 2};
    BOOST_TEST(run(api.get(deployments(), "shop", "web", options)).error().is_too_many_requests());
    BOOST_TEST(server.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(nobody_waits_beyond_the_deadline) {
    server.when("GET", "/").always(answer_json(429, "", "Retry-After: 100\r\n"));
    const auto begin = steady_clock::now();
    const auto got = run(api.get(deployments(), "shop", "web", {.deadline = 5s}));
    BOOST_TEST(got.error().is_too_many_requests());
    BOOST_TEST((got.error().retry_after() == 100s));
    BOOST_TEST((steady_clock::now() - begin < 50s));
}

BOOST_AUTO_TEST_CASE(a_read_is_repeated_when_the_network_fails_and_a_write_is_not) {
    server.when("GET", "/").then(script{}.reset()).then(script{}.reset()).always(answer_json(200, web));
    server.when("POST", "/").always(script{}.reset());
    BOOST_TEST(run(api.get(deployments(), "shop", "web")).has_value());
    const auto created = run(api.create(deployments(), named("Deployment", "shop", "web"), "holdfast"));
    BOOST_REQUIRE(created.has_error());
    BOOST_TEST(created.error().is_network());
    std::size_t posts = 0;
    for (const auto& request : server.requests()) {
        posts += request.method == "POST" ? 1U : 0U;
    }
    BOOST_TEST(posts == 1U);
}

BOOST_AUTO_TEST_CASE(a_list_is_read_page_by_page_and_its_items_know_their_kind) {
    server.when("GET", "/api/v1/configmaps?", "continue=t%2B1")
        .then(answer_json(200, R"({"kind":"ConfigMapList","apiVersion":"v1",
            "metadata":{"resourceVersion":"7"},"items":[{"metadata":{"name":"b"}}]})"));
    server.when("GET", "/api/v1/configmaps?limit=500")
        .then(answer_json(200, R"({"kind":"ConfigMapList","apiVersion":"v1",
            "metadata":{"resourceVersion":"7","continue":"t+1"},"items":[{"metadata":{"name":"a"}}]})"));
    const auto got = run(api.list(resources::config_maps()));
    BOOST_REQUIRE(got.has_value());
    BOOST_REQUIRE(got->items.size() == 2U);
    BOOST_TEST(name_of(got->items[1]) == "b");
    BOOST_TEST(kind_of(got->items[1]) == "ConfigMap");
    BOOST_TEST(api_version_of(got->items[0]) == "v1");
    BOOST_TEST(got->resource_version == "7");
}

BOOST_AUTO_TEST_CASE(a_list_whose_token_expires_is_read_whole) {
    server.when("GET", "/api/v1/configmaps?", "continue=")
        .then(answer_json(410, status_text(410, "Expired", "x")));
    server.when("GET", "/api/v1/configmaps?limit=500")
        .then(answer_json(200, R"({"metadata":{"resourceVersion":"7","continue":"t"},
            "items":[{"metadata":{"name":"a"}}]})"));
    server.when("GET", "/api/v1/configmaps")
        .then(answer_json(200, R"({"metadata":{"resourceVersion":"9"},"items":[
            {"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]})"));
    const auto got = run(api.list(resources::config_maps()));
    BOOST_REQUIRE(got.has_value());
    BOOST_TEST(got->items.size() == 2U);
    BOOST_TEST(got->resource_version == "9");
    BOOST_TEST(server.requests().back().target == "/api/v1/configmaps");
}

BOOST_AUTO_TEST_CASE(an_object_that_is_too_large_is_refused_by_its_size) {
    auto object = named("ConfigMap", "n", "big");
    object["data"] = json::object{{"x", std::string(4U << 20U, 'x')}};
    const auto got = run(api.apply(resources::config_maps(), object, {.field_manager = "holdfast"}));
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST((got.error().kind() == error_kind::user));
    BOOST_TEST(
        got.error().message() ==
        "apply ConfigMap n/big: the object has 4194400 bytes, more than the 3145728 that an API "
        "server accepts; split it or leave something out"
    );
    BOOST_TEST(server.requests().empty());

    server.when("PATCH", "/")
        .then(answer_json(413, status_text(413, "RequestEntityTooLarge", "limit is 3145728")));
    const auto small =
        run(api.apply(resources::config_maps(), named("ConfigMap", "n", "a"), {.field_manager = "h"}));
    BOOST_TEST((small.error().kind() == error_kind::user));
    BOOST_TEST(
        small.error().message().starts_with("the object of 78 bytes is too large: apply ConfigMap n/a: ")
    );
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_no_object_is_no_success) {
    server.when("GET", "/").then(answer_json(200, "[1")).then(answer_json(200, "[]"));
    BOOST_TEST((run(api.get(deployments(), "shop", "web")).error().kind() == error_kind::internal));
    BOOST_TEST((run(api.get(deployments(), "shop", "web")).error().kind() == error_kind::internal));
}

BOOST_AUTO_TEST_CASE(deletions_are_told_apart) {
    server.when("DELETE", "/")
        .then(answer_json(200, R"({"kind":"Status","status":"Success"})"))
        .then(answer_json(200, R"({"kind":"Pod","metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"}})"))
        .then(answer_json(202, "{}"))
        .then(answer_json(404, status_text(404, "NotFound", "none")))
        .then(answer_json(409, status_text(409, "Conflict", "another uid")));
    delete_options how;
    how.uid = "u-1";
    how.policy = propagation::foreground;
    how.grace_period = 3s;
    const auto remove = [&] { return run(api.remove(deployments(), "shop", "web", how)); };
    BOOST_TEST((remove().value() == deletion::done));
    BOOST_TEST((remove().value() == deletion::started));
    BOOST_TEST((remove().value() == deletion::started));
    BOOST_TEST((remove().value() == deletion::was_gone));
    BOOST_TEST(remove().error().is_conflict());
    const auto body = json::parse(server.requests().at(0).body).as_object();
    BOOST_TEST(find_text(body, {"preconditions", "uid"}) == "u-1");
    BOOST_TEST(find_text(body, {"propagationPolicy"}) == "Foreground");
    BOOST_TEST(find_path(body, {"gracePeriodSeconds"})->as_int64() == 3);
}

BOOST_AUTO_TEST_CASE(versions_with_a_plus_are_read) {
    server.when("GET", "/version")
        .then(answer_json(200, R"({"major":"1","minor":"37+","gitVersion":"v1.37.2-x"})"));
    const auto v = run(api.version());
    BOOST_REQUIRE(v.has_value());
    BOOST_TEST(v->minor == 37U);
    BOOST_TEST(v->git_version == "v1.37.2-x");
}

BOOST_AUTO_TEST_CASE(the_openapi_index_gives_documents_with_their_hashes) {
    server.when("GET", "/openapi/v3?").then(answer_json(404, ""));
    server.when("GET", "/openapi/v3/apis").then(answer_json(200, R"({"openapi":"3.0.0"})"));
    server.when("GET", "/openapi/v3")
        .then(answer_json(
            200, R"({"paths":{"apis/apps/v1":{"serverRelativeURL":"/openapi/v3/apis/apps/v1?hash=AB12"}}})"
        ));
    const auto index = run(api.openapi_v3_index());
    BOOST_REQUIRE(index.has_value());
    BOOST_REQUIRE(index->size() == 1U);
    BOOST_TEST(index->at(0).hash == "AB12");
    BOOST_TEST(run(api.openapi_v3(index->at(0).url)).value() == R"({"openapi":"3.0.0"})");
}

BOOST_AUTO_TEST_CASE(access_reviews_ask_and_are_answered) {
    server.when("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        .then(answer_json(201, R"({"status":{"allowed":true,"reason":"RBAC"}})"))
        .then(answer_json(201, R"({"status":{"allowed":false}})"));
    const access_question question{
        .verb = "patch", .group = "apps", .plural = "deployments", .namespace_ = "shop"
    };
    const auto yes = run(api.access_review(question));
    BOOST_TEST(yes->allowed);
    BOOST_TEST(yes->reason == "RBAC");
    BOOST_TEST(!run(api.access_review(question))->allowed);
    const auto body = json::parse(server.requests().at(0).body).as_object();
    BOOST_TEST(find_text(body, {"spec", "resourceAttributes", "resource"}) == "deployments");
}

BOOST_AUTO_TEST_CASE(a_refused_watch_says_why) {
    server.when("GET", "/").then(answer_json(403, status_text(403, "Forbidden", "not you")));
    const auto got = run(api.watch(resources::config_maps(), {}, {.resource_version = "5"}));
    BOOST_REQUIRE(got.has_error());
    BOOST_TEST((got.error().kind() == error_kind::forbidden));
    BOOST_TEST(got.error().message() == "watch ConfigMap: not you");
    BOOST_TEST(
        server.requests().at(0).target ==
        "/api/v1/configmaps?watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=5"
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::kube
