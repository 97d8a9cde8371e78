// Who gets to see which credentials; asserted on what the others saw.
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::charts::test {
namespace {

struct with_hosts : fixture {
    holdfast::test::authority ours;
    holdfast::test::key_pair pair = ours.server({"DNS:localhost", "IP:127.0.0.1"});
    imposter home{{.certificate = pair.certificate, .key = pair.key, .client_ca = {}}};
    imposter other{{.certificate = pair.certificate, .key = pair.key, .client_ca = {}}};
    imposter plain;
    std::string web = chart_tgz("web", "1.0.0");

    [[nodiscard]] git::credentials trusting() const {
        git::credentials c;
        c.ca = ours.certificate();
        return c;
    }
    [[nodiscard]] git::credentials ada() const {
        auto c = with_password();
        c.ca = ours.certificate();
        return c;
    }
    chart_request at_home(const git::credentials& with) const {
        return request(home.url(), "web", "1.0.0", with);
    }
    void index_with(const std::string& archive_url) {
        home.when("GET", "/index.yaml")
            .always(answer(200, index_of("web", {index_entry("1.0.0", digest_of(web), {archive_url})})));
    }
};

BOOST_FIXTURE_TEST_SUITE(charts_trust, with_hosts)

BOOST_AUTO_TEST_CASE(a_password_goes_to_the_repository_and_its_archives) {
    index_with("/a/web.tgz");
    home.when("GET", "/a/web.tgz").always(answer(302, "", "Location: ../b/web.tgz\r\n"));
    home.when("GET", "/b/web.tgz").always(answer(200, web));
    REQUIRE_OK(fetch(at_home(ada())));
    const auto seen = home.requests();
    BOOST_REQUIRE(seen.size() == 3U);
    for (const auto& r : seen) {
        BOOST_TEST(r.header("Authorization") == basic_ada);
    }
}

BOOST_AUTO_TEST_CASE(another_host_sees_no_password_and_has_to_be_trusted_by_the_system) {
    index_with(other.url() + "/web.tgz");
    other.when("GET", "/web.tgz").always(answer(200, web));
    // Its authority is ours alone: another host is none of its business.
    REQUIRE_ERROR(fetch(at_home(ada())), error_kind::forbidden, "certificate");
    BOOST_TEST(other.requests().empty());
}

BOOST_AUTO_TEST_CASE(another_host_sees_no_password_over_http_either) {
    index_with(plain.url() + "/web.tgz");
    plain.when("GET", "/web.tgz").always(answer(200, web));
    REQUIRE_OK(fetch(at_home(ada())));
    BOOST_TEST(plain.requests().at(0).header("Authorization") == "");
}

BOOST_AUTO_TEST_CASE(without_a_digest_an_archive_over_http_is_refused) {
    home.when("GET", "/index.yaml")
        .always(answer(200, index_of("web", {index_entry("1.0.0", {}, {plain.url() + "/web.tgz"})})));
    REQUIRE_ERROR(fetch(at_home(ada())), error_kind::user, "without a digest");
    BOOST_TEST(plain.requests().empty());
}

BOOST_AUTO_TEST_CASE(with_pass_credentials_another_host_sees_them) {
    index_with(other.url() + "/web.tgz");
    other.when("GET", "/web.tgz").always(answer(200, web));
    auto what = at_home(ada());
    what.pass_credentials = true;
    REQUIRE_OK(fetch(what));
    BOOST_TEST(other.requests().at(0).header("Authorization") == basic_ada);
}

BOOST_AUTO_TEST_CASE(a_redirect_to_another_host_goes_without_them_even_so) {
    auto insecure = ada();
    index_with(plain.url() + "/web.tgz");
    imposter third;
    plain.when("GET", "/web.tgz").always(answer(307, "", "Location: " + third.url() + "/x?signed=1\r\n"));
    third.when("GET", "/x?signed=1").always(answer(200, web));
    auto what = at_home(over_http(insecure));
    what.pass_credentials = true;
    REQUIRE_OK(fetch(what));
    BOOST_TEST(plain.requests().at(0).header("Authorization") == basic_ada);
    BOOST_TEST(third.requests().at(0).header("Authorization") == "");
}

BOOST_AUTO_TEST_CASE(who_is_led_back_is_not_trusted_again) {
    imposter http_home;
    http_home.when("GET", "/index.yaml").always(answer(302, "", "Location: " + plain.url() + "/back\r\n"));
    plain.when("GET", "/back").always(answer(302, "", "Location: " + http_home.url() + "/admin\r\n"));
    http_home.when("GET", "/admin").always(answer(200, "entries: {}"));
    REQUIRE_ERROR(
        resolve(request(http_home.url(), "web", "*", over_http(with_password()))), error_kind::not_found,
        "none"
    );
    BOOST_TEST(http_home.requests().at(0).header("Authorization") == basic_ada);
    BOOST_TEST(plain.requests().at(0).header("Authorization") == "");
    BOOST_TEST(http_home.requests().at(1).header("Authorization") == "");
}

BOOST_AUTO_TEST_CASE(https_is_never_left_by_a_redirect) {
    home.when("GET", "/index.yaml")
        .always(answer(301, "", "Location: " + plain.url() + "/index.yaml?token=secret\r\n"));
    REQUIRE_ERROR(resolve(at_home(ada())), error_kind::user, "protection of https");
    BOOST_TEST(plain.requests().empty());
}

BOOST_AUTO_TEST_CASE(redirects_end) {
    home.when("GET", "/").always(answer(302, "", "Location: /again\r\n"));
    REQUIRE_ERROR(resolve(at_home(ada())), error_kind::user, "more than 5 times");
    BOOST_TEST(home.requests().size() == 6U);
    imposter odd;
    odd.when("GET", "/index.yaml").always(answer(302, "", "Location: file:///etc/passwd\r\n"));
    REQUIRE_ERROR(resolve(request(odd.url(), "web", "*")), error_kind::user, "not an http or https URL");
}

BOOST_AUTO_TEST_CASE(a_password_does_not_travel_in_the_clear) {
    REQUIRE_ERROR(
        resolve(request(plain.url(), "web", "*", with_password())), error_kind::user, "travel in the clear"
    );
    BOOST_TEST(plain.connections() == 0U);
    index_with(plain.url() + "/web.tgz");
    auto what = at_home(ada());
    what.pass_credentials = true;
    REQUIRE_ERROR(fetch(what), error_kind::user, "travel in the clear");
    BOOST_TEST(plain.connections() == 0U);
}

BOOST_AUTO_TEST_CASE(refusals_say_what_would_help) {
    home.when("GET", "/index.yaml").always([](const holdfast::test::seen_request& r) {
        return answer(r.header("Authorization").empty() ? 401 : 403, "no");
    });
    REQUIRE_ERROR(resolve(at_home(trusting())), error_kind::forbidden, "the repository has none");
    REQUIRE_ERROR(resolve(at_home(ada())), error_kind::forbidden, "refused the credentials");
    imposter open_index;
    open_index.when("GET", "/index.yaml")
        .always(
            answer(200, index_of("web", {index_entry("1.0.0", digest_of(web), {plain.url() + "/web.tgz"})}))
        );
    plain.when("GET", "/web.tgz").always(answer(401, "no"));
    REQUIRE_ERROR(
        fetch(request(open_index.url(), "web", "1.0.0", over_http(with_password()))), error_kind::forbidden,
        "passCredentials"
    );
}

BOOST_AUTO_TEST_CASE(what_one_may_read_is_not_given_to_another) {
    index_with("web.tgz");
    home.when("GET", "/web.tgz").always([this](const holdfast::test::seen_request& r) {
        return r.header("Authorization") == basic_ada ? answer(200, web) : answer(401, "no");
    });
    REQUIRE_OK(fetch(at_home(ada())));
    REQUIRE_ERROR(fetch(at_home(trusting())), error_kind::forbidden, "401");
    auto eve = ada();
    eve.basic->username = "eve";
    REQUIRE_ERROR(fetch(at_home(eve)), error_kind::forbidden, "401");
    const auto count = home.requests().size();
    REQUIRE_OK(fetch(at_home(ada())));
    BOOST_TEST(home.requests().size() == count);
}

BOOST_AUTO_TEST_CASE(an_unknown_authority_is_forbidden_unless_nothing_is_verified) {
    home.when("GET", "/index.yaml").always(answer(200, "entries: {}"));
    REQUIRE_ERROR(resolve(at_home({})), error_kind::forbidden, "certificate");
    git::credentials careless;
    careless.insecure_skip_tls_verify = true;
    REQUIRE_ERROR(resolve(at_home(careless)), error_kind::not_found, "none");
}

BOOST_AUTO_TEST_CASE(a_client_certificate_goes_to_the_repository_alone) {
    imposter strict{{.certificate = pair.certificate, .key = pair.key, .client_ca = ours.certificate()}};
    strict.when("GET", "/index.yaml").always(answer(200, "entries: {}"));
    auto c = trusting();
    BOOST_TEST(resolve(request(strict.url(), "web", "*", c)).has_error());
    const auto client = ours.client("ada");
    c.client_certificate = client.certificate;
    c.client_key = client.key;
    REQUIRE_ERROR(resolve(request(strict.url(), "web", "*", c)), error_kind::not_found, "none");
    imposter stranger{{.certificate = pair.certificate, .key = pair.key, .client_ca = ours.certificate()}};
    home.when("GET", "/index.yaml").always(answer(302, "", "Location: " + stranger.url() + "/x\r\n"));
    BOOST_TEST(resolve(at_home(c)).has_error());
    BOOST_TEST(stranger.requests().empty());
}

BOOST_AUTO_TEST_CASE(a_proxy_is_gone_through_but_for_its_exceptions) {
    imposter proxy;
    proxy.when("GET", "http://charts.example.com/index.yaml").always(answer(200, "entries: {}"));
    git::credentials c;
    c.proxy = proxy.url();
    REQUIRE_ERROR(
        resolve(request("http://charts.example.com", "web", "*", c)), error_kind::not_found, "none"
    );
    BOOST_TEST(proxy.requests().size() == 1U);
    plain.when("GET", "/index.yaml").always(answer(200, "entries: {}"));
    c.no_proxy = "127.0.0.0/8";
    REQUIRE_ERROR(resolve(request(plain.url(), "web", "*", c)), error_kind::not_found, "none");
    BOOST_TEST(proxy.requests().size() == 1U);
    c.proxy = "socks5://127.0.0.1:1";
    c.no_proxy = {};
    REQUIRE_ERROR(resolve(request(plain.url(), "web", "*", c)), error_kind::user, "SOCKS");
}

BOOST_AUTO_TEST_CASE(a_file_is_downloaded_with_the_same_care) {
    const auto get = [this](const std::string& url, const git::credentials& with, std::size_t most = 1000) {
        return holdfast::test::run(
            context,
            download(context.get_executor(), url, std::make_shared<const git::credentials>(with), most, 5s)
        );
    };
    home.when("GET", "/values.yaml").always(answer(200, "a: b"));
    home.when("GET", "/away").always(answer(302, "", "Location: " + other.url() + "/x\r\n"));
    home.when("GET", "/down").always(answer(302, "", "Location: " + plain.url() + "/x\r\n"));
    home.when("GET", "/stalls").always(script{}.stall());
    BOOST_TEST(*get(home.url() + "/values.yaml?x=secret", ada()) == "a: b");
    BOOST_TEST(home.requests().at(0).header("Authorization") == basic_ada);
    REQUIRE_ERROR(get(home.url() + "/values.yaml", ada(), 2), error_kind::user, "longer than 2 bytes");
    REQUIRE_ERROR(get(home.url() + "/nothing?x=secret", ada()), error_kind::not_found, "/nothing");
    REQUIRE_ERROR(get(home.url() + "/down", ada()), error_kind::user, "protection of https");
    REQUIRE_ERROR(get(home.url() + "/away", ada()), error_kind::forbidden, "certificate");
    REQUIRE_ERROR(get("https://ada:secret@h/x", {}), error_kind::user, "Secret");
    plain.when("GET", "/open").always(answer(200, "open"));
    const auto open_file = holdfast::test::run(
        context, download(context.get_executor(), plain.url() + "/open", nullptr, 100, 5s)
    );
    BOOST_TEST(*open_file == "open");
    const auto late = holdfast::test::run(
        context, download(
                     context.get_executor(), home.url() + "/stalls",
                     std::make_shared<const git::credentials>(ada()), 100, 200ms
                 )
    );
    REQUIRE_ERROR(late, error_kind::transient, "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::charts::test
