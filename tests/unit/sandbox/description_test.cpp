#include "sandbox/description.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sandbox {
namespace {

BOOST_AUTO_TEST_SUITE(sandbox_description)

BOOST_AUTO_TEST_CASE(a_job_comes_out_as_it_went_in) {
    description d;
    d.program = "/usr/bin/helm";
    d.argv = {"helm", "template", "", "a\nb 7 c"};
    d.environment = {"A=1", std::string("B=\0x", 4)};
    d.root = "/tmp/x";
    d.ports = {443, 22};
    d.only_given_programs = true;
    d.network = true;
    d.landlock = 7;
    d.memory = ~0ULL;
    d.open_files = 3;
    BOOST_TEST((decode(encode(d)) == d));
}

BOOST_AUTO_TEST_CASE(what_is_not_a_job_is_refused) {
    const auto good = encode(description{});
    BOOST_TEST(decode(good).has_value());
    BOOST_TEST(!decode(good + "1").has_value());
    for (std::size_t length = 0; length < good.size(); ++length) {
        BOOST_TEST(!decode(std::string_view{good}.substr(0, length)).has_value());
    }
    BOOST_TEST(!decode("99999999999 x").has_value());
}

BOOST_AUTO_TEST_CASE(a_report_comes_out_as_it_went_in) {
    const auto r =
        decode_report(encode(report{.end = ending::memory, .status = 137, .killed = 3, .text = "why"}));
    BOOST_REQUIRE(r.has_value());
    BOOST_TEST((r->end == ending::memory));
    BOOST_TEST(r->status == 137U);
    BOOST_TEST(r->killed == 3U);
    BOOST_TEST(r->text == "why");
    BOOST_TEST(!decode_report("").has_value());
    BOOST_TEST(!decode_report("99 0 0 0 ").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sandbox
