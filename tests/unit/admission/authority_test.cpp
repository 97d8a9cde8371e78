#include "admission/authority.hpp"

#include "trust.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::admission {
namespace {

using namespace std::chrono_literals;
using test::distrust;

const wall_clock::time_point now{std::chrono::seconds{1'760'000'000}};
const validity good{now - 1h, now + 24h};

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
