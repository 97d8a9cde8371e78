#include "admission/registration.hpp"

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
    for (const auto* wrong : {"http://host", "https://", "https://[::1", "host", "https://me@host/", ""}) {
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
    BOOST_TEST(trusts(live, "bundle"));
    BOOST_TEST(!trusts(installed(), "bundle"));
    BOOST_TEST(!with_bundle(installed(), "").has_value());
    BOOST_TEST(!with_bundle(object(R"({"metadata": {"name": "x"}, "webhooks": []})"), "bundle").has_value());
    auto injected = installed();
    injected["metadata"].as_object()["annotations"] = {{"cert-manager.io/inject-ca-from", "holdfast/serving"}
    };
    BOOST_TEST(!with_bundle(injected, "bundle").has_value());
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
