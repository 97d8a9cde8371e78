#include "admission/registration.hpp"

#include "admission/authority.hpp"
#include "base/base64.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

namespace holdfast::admission {
namespace {

json::object object(const char* text) {
    return json::parse(text).as_object();
}

json::object installed() {
    return object(R"({"metadata": {"name": "holdfast", "resourceVersion": "7"}, "webhooks": [
        {"name": "applications.holdfast.dev", "clientConfig":
            {"service": {"namespace": "holdfast", "name": "holdfast", "path": "/validate"}, "caBundle": "b2xk"}},
        {"name": "somebody.example.com", "clientConfig": {"url": "https://example.com/"}},
        {"name": "repositories.holdfast.dev", "clientConfig":
            {"service": {"namespace": "holdfast", "name": "holdfast"}}}]})");
}

} // namespace

BOOST_AUTO_TEST_SUITE(admission_registration)

BOOST_AUTO_TEST_CASE(the_host_of_a_url_is_what_a_certificate_is_made_for) {
    BOOST_TEST(host_of("https://10.0.0.7:9443/validate").value() == "10.0.0.7");
    BOOST_TEST(host_of("https://[::1]:9443").value() == "::1");
    BOOST_TEST(host_of("https://host.example").value() == "host.example");
    for (const auto* wrong :
         {"http://host", "https://", "https://[::1", "host", "https://me@host/", "https://a,DNS:b/",
          "https://a,b/", "https://a\nb/", "https://ä.example/", ""}) {
        BOOST_TEST(!host_of(wrong).has_value(), wrong);
    }
}

BOOST_AUTO_TEST_CASE(a_configuration_names_the_addresses_of_our_webhooks_only) {
    BOOST_TEST(
        names_in(installed()) == std::vector<std::string>{"holdfast.holdfast.svc"},
        boost::test_tools::per_element()
    );
    BOOST_TEST(names_in({}).empty());
    const auto own = configuration_for("holdfast", "https://127.0.0.1:9443/validate", "bundle");
    BOOST_TEST(names_in(own) == std::vector<std::string>{"127.0.0.1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_the_bundle_of_our_webhooks_is_filled_in_and_only_when_it_differs) {
    const auto filled = with_bundle(installed(), "bundle");
    BOOST_TEST_REQUIRE(filled.has_value());
    const auto encoded = base64_encode("bundle");
    const auto expected = json::object{
        {"apiVersion", "admissionregistration.k8s.io/v1"},
        {"kind", "ValidatingWebhookConfiguration"},
        {"metadata", {{"name", "holdfast"}}},
        {"webhooks",
         json::array{
             json::object{{"name", "applications.holdfast.dev"}, {"clientConfig", {{"caBundle", encoded}}}},
             json::object{{"name", "repositories.holdfast.dev"}, {"clientConfig", {{"caBundle", encoded}}}}
         }}
    };
    BOOST_TEST((*filled == expected));
    auto live = installed();
    for (auto& webhook : live["webhooks"].as_array()) {
        webhook.as_object()["clientConfig"].as_object()["caBundle"] = encoded;
    }
    BOOST_TEST(!with_bundle(live, "bundle").has_value());
    BOOST_TEST(!with_bundle(installed(), "").has_value());
    BOOST_TEST(!with_bundle(object(R"({"metadata": {"name": "x"}, "webhooks": []})"), "bundle").has_value());
    auto injected = installed();
    injected["metadata"].as_object()["annotations"] = {{"cert-manager.io/inject-ca-from", "holdfast/serving"}
    };
    BOOST_TEST(!with_bundle(injected, "bundle").has_value());
}

BOOST_AUTO_TEST_CASE(a_service_that_no_certificate_can_name_is_passed_over) {
    auto odd = installed();
    odd["webhooks"].as_array()[0].as_object(
    )["clientConfig"] = {{"service", {{"namespace", "holdfast"}, {"name", "a,DNS:evil"}}}};
    BOOST_TEST(
        names_in(odd) == std::vector<std::string>{"holdfast.holdfast.svc"}, boost::test_tools::per_element()
    );
}

BOOST_AUTO_TEST_CASE(trusted_is_what_all_of_our_webhooks_trust) {
    const auto now = wall_clock::now();
    const auto one = make_authority("one", {now, now + std::chrono::hours{1}}).certificate;
    const auto two = make_authority("two", {now, now + std::chrono::hours{1}}).certificate;
    const auto with = [](const std::string& first, const std::string& second) {
        auto live = installed();
        live["webhooks"].as_array()[0].as_object()["clientConfig"].as_object()["caBundle"] =
            base64_encode(first);
        live["webhooks"].as_array()[2].as_object()["clientConfig"].as_object()["caBundle"] =
            base64_encode(second);
        return live;
    };
    BOOST_TEST((trusted_by(with(one + two, two)).value() == std::vector{two}));
    BOOST_TEST((trusted_by(with(one + two, two + one)).value() == std::vector{one, two}));
    BOOST_TEST(trusted_by(with(one, two))->empty());
    BOOST_TEST(trusted_by(with(one, "nonsense"))->empty());
    BOOST_TEST(trusted_by(installed())->empty()); // one has no bundle at all
    auto injected = with(one, one);
    injected["metadata"].as_object()["annotations"] = {{"cert-manager.io/inject-ca-from", "holdfast/serving"}
    };
    BOOST_TEST(!trusted_by(injected).has_value());
    BOOST_TEST(!trusted_by(object(R"({"webhooks": [{"name": "somebody.example.com"}]})")).has_value());
}

BOOST_AUTO_TEST_CASE(what_the_server_adds_is_no_difference) {
    const auto wanted = configuration_for("holdfast", "https://127.0.0.1:1/validate", "bundle");
    auto live = wanted;
    live["metadata"].as_object()["uid"] = "1";
    live["webhooks"].as_array()[0].as_object()["namespaceSelector"] = json::object{};
    BOOST_TEST(has_all(json::value(live), json::value(wanted)));
    live["webhooks"].as_array()[0].as_object()["timeoutSeconds"] = 30;
    BOOST_TEST(!has_all(json::value(live), json::value(wanted)));
    live = wanted;
    live["webhooks"].as_array().pop_back();
    BOOST_TEST(!has_all(json::value(live), json::value(wanted)));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::admission
