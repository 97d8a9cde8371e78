#include "admission/authority.hpp"

#include "base/process.hpp"
#include "support/coroutine.hpp"
#include "trust.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

namespace holdfast::admission {
namespace {

using namespace std::chrono_literals;
using test::distrust;

const wall_clock::time_point now{std::chrono::seconds{1'760'000'000}};
const validity good{now - 1h, now + 24h};

// A second opinion. `inherited` is at /dev/fd/3 and on.
process_result
openssl(std::vector<std::string> argv, std::vector<std::string> inherited, const std::string& input) {
    boost::asio::io_context context;
    process_options options;
    options.argv = std::move(argv);
    options.environment = {"PATH=/usr/bin:/bin"};
    options.inherited = std::move(inherited);
    options.input = input;
    return holdfast::test::run(context, run_process(std::move(options))).value();
}

std::string serial_of(const std::string& certificate) {
    const auto shown = openssl({"openssl", "x509", "-noout", "-serial"}, {}, certificate).output;
    const auto begin = shown.find('=') + 1;
    return shown.substr(begin, shown.find('\n') - begin);
}

} // namespace

BOOST_AUTO_TEST_SUITE(admission_authority)

BOOST_AUTO_TEST_CASE(a_serving_certificate_is_good_for_each_of_its_names_and_for_no_other) {
    const auto ca = make_authority("holdfast admission", good);
    const auto served = make_serving(ca, {"holdfast.holdfast.svc", "127.0.0.1", "::1"}, good);
    BOOST_TEST_REQUIRE(served.has_value());
    for (const auto* name : {"holdfast.holdfast.svc", "127.0.0.1", "::1"}) {
        BOOST_TEST(distrust(ca.certificate, served->certificate, name, now) == "");
        BOOST_TEST(is_for_name(served->certificate, name));
    }
    for (const auto* name : {"holdfast.other.svc", "svc", "127.0.0.2", "::2", "", "*.holdfast.svc"}) {
        BOOST_TEST(!is_for_name(served->certificate, name), name);
    }
    BOOST_TEST(distrust(ca.certificate, served->certificate, "holdfast.other.svc", now) != "");
    BOOST_TEST(fits(served->certificate, served->key));
    BOOST_TEST(is_signed_by(served->certificate, ca.certificate));
}

BOOST_AUTO_TEST_CASE(it_is_good_within_its_time_only) {
    const auto ca = make_authority("holdfast admission", {now - 100h, now + 100h});
    const auto served = make_serving(ca, {"a.svc"}, good).value();
    BOOST_TEST(
        distrust(ca.certificate, served.certificate, "a.svc", now - 2h) == "certificate is not yet valid"
    );
    BOOST_TEST(distrust(ca.certificate, served.certificate, "a.svc", now + 25h) == "certificate has expired");
    const auto told = validity_of(served.certificate);
    BOOST_TEST_REQUIRE(told.has_value());
    BOOST_TEST((told->begin == good.begin && told->end == good.end));
}

BOOST_AUTO_TEST_CASE(two_authorities_of_one_name_are_not_taken_for_each_other) {
    const auto one = make_authority("holdfast admission", good);
    const auto other = make_authority("holdfast admission", good);
    const auto served = make_serving(one, {"a.svc"}, good).value();
    BOOST_TEST(distrust(other.certificate, served.certificate, "a.svc", now) != "");
    BOOST_TEST(!is_signed_by(served.certificate, other.certificate));
    // Side by side either is found, in whichever order.
    BOOST_TEST(distrust(other.certificate + one.certificate, served.certificate, "a.svc", now) == "");
    BOOST_TEST(distrust(one.certificate + other.certificate, served.certificate, "a.svc", now) == "");
    BOOST_TEST(is_signed_by(served.certificate, other.certificate + one.certificate));
    BOOST_TEST(!fits(one.certificate, other.key));
}

BOOST_AUTO_TEST_CASE(a_serving_certificate_signs_nothing_and_an_authority_serves_nothing) {
    const auto ca = make_authority("holdfast admission", good);
    const auto served = make_serving(ca, {"a.svc"}, good).value();
    const auto by_leaf = make_serving(served, {"b.svc"}, good);
    if (by_leaf) {
        BOOST_TEST(distrust(ca.certificate + served.certificate, by_leaf->certificate, "b.svc", now) != "");
    }
    BOOST_TEST(distrust(ca.certificate, ca.certificate, "holdfast admission", now) != "");
}

BOOST_AUTO_TEST_CASE(openssl_says_the_same_of_a_chain) {
    const auto real_now = wall_clock::now();
    const auto today = validity{real_now - 1h, real_now + 24h};
    const auto ca = make_authority("holdfast admission", today);
    const auto other = make_authority("holdfast admission", today);
    const auto served = make_serving(ca, {"holdfast.holdfast.svc", "127.0.0.1"}, today).value();
    const auto verify = [&](const std::string& bundle, std::vector<std::string> more) {
        std::vector<std::string> argv{"openssl", "verify",    "-x509_strict", "-purpose",   "sslserver",
                                      "-CAfile", "/dev/fd/3", "-no-CApath",   "-no-CAstore"};
        argv.insert(argv.end(), more.begin(), more.end());
        return openssl(std::move(argv), {bundle}, served.certificate);
    };
    BOOST_TEST(verify(ca.certificate, {"-verify_hostname", "holdfast.holdfast.svc"}).status == 0);
    BOOST_TEST(verify(ca.certificate, {"-verify_ip", "127.0.0.1"}).status == 0);
    BOOST_TEST(verify(other.certificate + ca.certificate, {}).status == 0);
    BOOST_TEST(verify(ca.certificate, {"-verify_hostname", "other.holdfast.svc"}).status == 2);
    BOOST_TEST(verify(ca.certificate, {"-verify_ip", "127.0.0.2"}).status == 2);
    BOOST_TEST(verify(other.certificate, {}).status == 2);
    const auto later = std::to_string(wall_clock::to_time_t(real_now + 25h));
    BOOST_TEST(verify(ca.certificate, {"-attime", later}).status == 2);
    BOOST_TEST(openssl({"openssl", "ec", "-noout", "-check"}, {}, served.key).status == 0);
}

BOOST_AUTO_TEST_CASE(they_are_p256_with_the_usages_of_what_they_are_for) {
    const auto ca = make_authority("holdfast admission", good);
    const auto served = make_serving(ca, {"a.svc", "10.0.0.7", "fd00::7"}, good).value();
    const auto shown = [](const std::string& certificate) {
        return openssl({"openssl", "x509", "-noout", "-text"}, {}, certificate).output;
    };
    const auto has = [](const std::string& text, const char* part) {
        BOOST_TEST(text.find(part) != std::string::npos, part << " is not in " << text);
    };
    const auto authority = shown(ca.certificate);
    for (const auto* part :
         {"Version: 3", "ASN1 OID: prime256v1", "Signature Algorithm: ecdsa-with-SHA256",
          "Basic Constraints: critical\n                CA:TRUE, pathlen:0",
          "Key Usage: critical\n                Certificate Sign, CRL Sign", "Subject Key Identifier"}) {
        has(authority, part);
    }
    BOOST_TEST(authority.find("Extended Key Usage") == std::string::npos);
    const auto leaf = shown(served.certificate);
    for (const auto* part :
         {"Version: 3", "ASN1 OID: prime256v1", "Signature Algorithm: ecdsa-with-SHA256",
          "Basic Constraints: critical\n                CA:FALSE",
          "Key Usage: critical\n                Digital Signature\n",
          "Extended Key Usage: \n                TLS Web Server Authentication\n", "Authority Key Identifier",
          "DNS:a.svc, IP Address:10.0.0.7, IP Address:FD00:0:0:0:0:0:0:7"}) {
        has(leaf, part);
    }
}

BOOST_AUTO_TEST_CASE(no_serial_number_and_no_key_is_used_twice) {
    std::set<std::string> serials;
    std::set<std::string> keys;
    const auto ca = make_authority("holdfast admission", good);
    const auto note = [&](const issued& one) {
        const auto number = serial_of(one.certificate);
        // RFC 5280 §4.1.2.2: positive, and of 20 octets at most; unguessable, so not a short one.
        BOOST_TEST(!number.starts_with("-"), number);
        BOOST_TEST((number.size() > 16U && number.size() <= 40U), number);
        serials.insert(number);
        keys.insert(one.key);
    };
    note(ca);
    for (int i = 0; i < 20; ++i) {
        note(make_authority("holdfast admission", good));
        note(make_serving(ca, {"a.svc"}, good).value());
    }
    BOOST_TEST(serials.size() == 41U);
    BOOST_TEST(keys.size() == 41U);
}

BOOST_AUTO_TEST_CASE(no_certificate_is_made_for_what_is_no_name) {
    const auto ca = make_authority("holdfast admission", good);
    for (const auto* wrong :
         {"", "a,DNS:evil.example", "a b", "a\nb", "email:me@example.com", "ä.example", "@a"}) {
        BOOST_TEST(!can_be_named(wrong), wrong);
        const auto made = make_serving(ca, {"a.svc", wrong}, good);
        BOOST_TEST_REQUIRE(made.has_error());
        BOOST_TEST(made.error().message().find("must be a DNS name or an address") != std::string::npos);
    }
    // Long ones are right, and longer than what fits into a common name.
    const std::string long_name = std::string(60, 'a') + "." + std::string(60, 'b') + ".svc";
    const auto made = make_serving(ca, {long_name}, good);
    BOOST_TEST_REQUIRE(made.has_value());
    BOOST_TEST(distrust(ca.certificate, made->certificate, long_name, now) == "");
    // A common name alone is no name: API servers do not look at it.
    const auto nameless = make_serving(ca, {}, good).value();
    BOOST_TEST(!is_for_name(nameless.certificate, "holdfast"));
}

BOOST_AUTO_TEST_CASE(certificates_are_told_apart_as_texts_however_they_are_written) {
    const auto one = make_authority("one", good).certificate;
    const auto two = make_authority("two", good).certificate;
    auto windows = one;
    for (auto at = windows.find('\n'); at != std::string::npos; at = windows.find('\n', at + 2)) {
        windows.insert(at, "\r");
    }
    BOOST_TEST((certificates_in("a comment\n" + windows + "\n" + two) == std::vector{one, two}));
    BOOST_TEST(certificates_in("nonsense").empty());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_an_error_and_fits_nothing) {
    const auto ca = make_authority("holdfast admission", good);
    for (const auto* text :
         {"", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
        BOOST_TEST(validity_of(text).has_error());
        BOOST_TEST(!fits(text, ca.key));
        BOOST_TEST(!fits(ca.certificate, text));
        BOOST_TEST(!is_for_name(text, "a"));
        BOOST_TEST(!is_signed_by(text, ca.certificate));
        BOOST_TEST(!is_signed_by(ca.certificate, text));
        BOOST_TEST(make_serving({text, ca.key}, {"a"}, good).has_error());
        BOOST_TEST(make_serving({ca.certificate, text}, {"a"}, good).has_error());
    }
}

BOOST_AUTO_TEST_CASE(a_bundle_has_each_good_certificate_once) {
    const auto one = make_authority("one", good).certificate;
    const auto two = make_authority("two", good).certificate;
    const auto over = make_authority("over", {now - 2h, now - 1h}).certificate;
    BOOST_TEST(bundle_of({one, two}, now) == one + two);
    BOOST_TEST(bundle_of({one, over, two + one, "", "nonsense"}, now) == one + two);
    BOOST_TEST(bundle_of({over}, now) == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace holdfast::admission
