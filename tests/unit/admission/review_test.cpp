// What the API server sends and what it is answered.
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request

#include "admission/review.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::admission {
namespace {

const char* const documented = R"({
  "apiVersion": "admission.k8s.io/v1",
  "kind": "AdmissionReview",
  "request": {
    "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
    "kind": {"group": "holdfast.dev", "version": "v1alpha1", "kind": "Application"},
    "resource": {"group": "holdfast.dev", "version": "v1alpha1", "resource": "applications"},
    "requestKind": {"group": "holdfast.dev", "version": "v1alpha1", "kind": "Application"},
    "name": "shop",
    "namespace": "team",
    "operation": "UPDATE",
    "userInfo": {"username": "admin", "uid": "014fbff9a07c", "groups": ["system:authenticated"]},
    "object": {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Application", "metadata": {"name": "shop"}},
    "oldObject": {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Application", "metadata": {"name": "before"}},
    "options": {"apiVersion": "meta.k8s.io/v1", "kind": "UpdateOptions"},
    "dryRun": true
  }
})";

std::string error_of(const std::string& body) {
    const auto r = read_review(body);
    return r ? "no error" : r.error().message();
}

std::string changed(std::string_view from, std::string_view to) {
    std::string text{documented};
    text.replace(text.find(from), from.size(), to);
    return text;
}

json::object response_to(const review& of, const decision& answer) {
    const auto whole = json::parse(write_answer(of, answer)).as_object();
    BOOST_TEST((whole.at("apiVersion") == "admission.k8s.io/v1"));
    BOOST_TEST((whole.at("kind") == "AdmissionReview"));
    return whole.at("response").as_object();
}

} // namespace

BOOST_AUTO_TEST_SUITE(admission_review)

BOOST_AUTO_TEST_CASE(a_review_is_read) {
    const auto r = read_review(documented);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->uid == "705ab4f5-6393-11e8-b7cc-42010a800002");
    BOOST_TEST(r->operation == "UPDATE");
    BOOST_TEST(r->group == "holdfast.dev");
    BOOST_TEST(r->version == "v1alpha1");
    BOOST_TEST(r->kind == "Application");
    BOOST_TEST(r->namespace_ == "team");
    BOOST_TEST(r->name == "shop");
    BOOST_TEST(r->subresource == "");
    BOOST_TEST((r->object.at("metadata") == json::object{{"name", "shop"}}));
    BOOST_TEST((r->old_object.at("metadata") == json::object{{"name", "before"}}));
}

BOOST_AUTO_TEST_CASE(what_is_none_is_refused_with_what_it_lacks) {
    BOOST_TEST(error_of("").starts_with("the body must be an AdmissionReview in JSON: "));
    BOOST_TEST(error_of("{").starts_with("the body must be an AdmissionReview in JSON: "));
    BOOST_TEST(
        error_of(std::string(100'000, '[')).starts_with("the body must be an AdmissionReview in JSON: ")
    );
    BOOST_TEST(error_of("[]") == "the body must be an object of kind AdmissionReview");
    BOOST_TEST(error_of(R"({"kind": "Pod"})") == "the body must be an object of kind AdmissionReview");
    for (const auto* version : {"admission.k8s.io/v1beta1", "admission.k8s.io/v2", "v1"}) {
        BOOST_TEST(
            error_of(changed("admission.k8s.io/v1", version)) ==
            "apiVersion must be admission.k8s.io/v1, which is all that is spoken here"
        );
    }
    BOOST_TEST(error_of(changed("\"request\"", "\"response\"")) == "request must be an object");
    BOOST_TEST(
        error_of(changed("\"705ab4f5-6393-11e8-b7cc-42010a800002\"", "5")) == "request.uid must be a text"
    );
    BOOST_TEST(
        error_of(changed("\"operation\"", "\"op\"")) == "request.operation and request.kind must be there"
    );
    BOOST_TEST(error_of(changed("\"object\"", "\"thing\"")) == "request.object must be there for UPDATE");
    BOOST_TEST(
        error_of(changed(
            R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Application", "metadata": {"name": "shop"}})",
            "5"
        )) == "request.object must be an object"
    );
}

BOOST_AUTO_TEST_CASE(a_deletion_has_no_object) {
    auto text = changed("UPDATE", "DELETE");
    const std::string object =
        R"({"apiVersion": "holdfast.dev/v1alpha1", "kind": "Application", "metadata": {"name": "shop"}})";
    text.replace(text.find(object), object.size(), "null");
    const auto r = read_review(text);
    BOOST_TEST_REQUIRE(r.has_value());
    BOOST_TEST(r->object.empty());
}

BOOST_AUTO_TEST_CASE(an_answer_has_the_requests_uid_and_nothing_that_is_not_needed) {
    const auto r = read_review(documented).value();
    const auto allowed = response_to(r, {});
    BOOST_TEST((allowed == json::object{{"uid", r.uid}, {"allowed", true}}));
    const auto refused = response_to(
        r,
        {.allowed = false, .message = "spec.a: must be b", .causes = {{"spec.a", "must be b"}}, .warnings = {}
        }
    );
    BOOST_TEST(
        (refused ==
         json::object{
             {"uid", r.uid},
             {"allowed", false},
             {"status",
              {{"status", "Failure"},
               {"code", 422},
               {"reason", "Invalid"},
               {"message", "spec.a: must be b"},
               {"details",
                {{"causes", json::array{json::object{
                                {"reason", "FieldValueInvalid"}, {"field", "spec.a"}, {"message", "must be b"}
                            }}}}}}}
         })
    );
}

BOOST_AUTO_TEST_CASE(warnings_are_cut_between_words_and_never_within_a_character) {
    const auto r = read_review(documented).value();
    std::string words;
    while (words.size() < 400) {
        words += "äöü word ";
    }
    const auto one = response_to(r, {.warnings = {words, "short"}}).at("warnings").as_array();
    BOOST_TEST_REQUIRE(one.size() == 2U);
    const std::string cut{one[0].as_string()};
    BOOST_TEST(cut.size() <= 256U);
    BOOST_TEST(cut.ends_with("…"));
    BOOST_TEST((cut.ends_with("word…") || cut.ends_with("äöü…")), cut);
    BOOST_TEST((one[1] == "short"));
    std::string no_blank;
    while (no_blank.size() < 400) {
        no_blank += "→";
    }
    const std::string unbroken{response_to(r, {.warnings = {no_blank}}).at("warnings").at(0).as_string()};
    BOOST_TEST(unbroken.size() % 3 == 0U); // of "→" and "…" each
    BOOST_TEST(unbroken.size() <= 256U);
    const std::vector<std::string> many(1000, std::string(100, 'x'));
    BOOST_TEST(response_to(r, {.warnings = many}).at("warnings").as_array().size() == 40U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::admission
