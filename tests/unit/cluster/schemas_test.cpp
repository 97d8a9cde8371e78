// The schemas of a server whose kinds change while they are asked for.

#include "cluster/schemas.hpp"

#include "../kube/fixture.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::cluster {
namespace {

using test::answer_json;

std::string index_with(const std::string& hash) {
    return R"({"paths":{"apis/x.example/v1":{"serverRelativeURL":"/openapi/v3/apis/x.example/v1?hash=)" +
           hash + R"("}}})";
}

std::string document_with(const std::string& field) {
    return R"({"openapi":"3.0.0","components":{"schemas":{"example.x.v1.Thing":{"type":"object",)"
           R"("x-kubernetes-group-version-kind":[{"group":"x.example","version":"v1","kind":"Thing"}],)"
           R"("properties":{"apiVersion":{"type":"string"},"kind":{"type":"string"},"metadata":{"type":"object"},)"
           R"("spec":{"type":"object","properties":{")" +
           field + R"(":{"type":"string"}}}}}}}})";
}

struct with_server : kube::fixture {
    schemas all{api};

    result<void> load() { return run(all.load({{"x.example", "v1", "Thing"}})); }
    std::size_t problems(const std::string& field) {
        return all.all()
            .check(boost::json::parse(
                       R"({"apiVersion":"x.example/v1","kind":"Thing","metadata":{"name":"a"},"spec":{")" +
                       field + R"(":"v"}})"
            )
                       .as_object())
            .size();
    }
};

BOOST_FIXTURE_TEST_SUITE(cluster_schemas, with_server)

BOOST_AUTO_TEST_CASE(a_document_that_changed_since_it_was_listed_is_listed_again) {
    server.when("GET", "/openapi/v3/apis/x.example/v1?hash=OLD").always(answer_json(301, ""));
    server.when("GET", "/openapi/v3/apis/x.example/v1?hash=NEW")
        .always(answer_json(200, document_with("newer")));
    server.when("GET", "/openapi/v3")
        .then(answer_json(200, index_with("OLD")))
        .always(answer_json(200, index_with("NEW")));
    const auto loaded = load();
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), loaded.error().message());
    BOOST_TEST(problems("newer") == 0U);
    BOOST_TEST(problems("older") == 1U);
}

BOOST_AUTO_TEST_CASE(a_document_that_went_since_it_was_listed_is_not_asked_for_any_more) {
    server.when("GET", "/openapi/v3/apis/x.example/v1").always(answer_json(404, ""));
    server.when("GET", "/openapi/v3")
        .then(answer_json(200, index_with("OLD")))
        .always(answer_json(200, R"({"paths":{}})"));
    const auto loaded = load();
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), loaded.error().message());
    BOOST_TEST(problems("anything") == 0U);
}

BOOST_AUTO_TEST_CASE(a_server_that_leads_on_for_ever_is_left) {
    server.when("GET", "/openapi/v3/apis/x.example/v1").always(answer_json(301, ""));
    server.when("GET", "/openapi/v3").always(answer_json(200, index_with("OLD")));
    BOOST_TEST(load().has_error());
    BOOST_TEST(server.requests().size() <= 10U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::cluster
