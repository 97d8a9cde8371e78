#include "match/semver.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>

namespace holdfast::match {
namespace {

enum class answer { yes, no, badrange, badversion };

std::ostream& operator<<(std::ostream& out, answer a) {
    constexpr std::array names{"yes", "no", "badrange", "badversion"};
    return out << names.at(static_cast<std::size_t>(a));
}

answer ask(std::string_view range, std::string_view with) {
    const auto r = version_range::parse(range);
    if (!r) {
        return answer::badrange;
    }
    const auto v = version::parse(with);
    if (!v) {
        return answer::badversion;
    }
    return r->contains(*v) ? answer::yes : answer::no;
}

struct row {
    std::string_view range;
    std::string_view version;
    answer expected;
};

// What github.com/Masterminds/semver/v3 v3.3.1 answers (tests/oracle/semver).
constexpr row table[] = {
    {"^1.2.3", "1.2.3", answer::yes},
    {"^1.2.3", "1.9.0", answer::yes},
    {"^1.2.3", "2.0.0", answer::no},
    {"^1.2.3", "1.2.2", answer::no},
    {"^1.2.3", "1.3.0-beta", answer::no},
    {"^1.2.3-0", "1.3.0-beta", answer::yes},
    {"^1.2", "1.2.0", answer::yes},
    {"^1.2", "1.1.9", answer::no},
    {"^1", "1.99.99", answer::yes},
    {"^1", "0.9.9", answer::no},
    {"^0.2.3", "0.2.9", answer::yes},
    {"^0.2.3", "0.3.0", answer::no},
    {"^0.2", "0.2.0", answer::yes},
    {"^0.2", "0.3.0", answer::no},
    {"^0.0.3", "0.0.3", answer::yes},
    {"^0.0.3", "0.0.4", answer::no},
    {"^0.0", "0.0.9", answer::yes},
    {"^0.0", "0.1.0", answer::no},
    {"^0", "0.9.9", answer::yes},
    {"^0", "1.0.0", answer::no},
    {"^1.x", "1.5.0", answer::yes},
    {"^*", "3.4.5", answer::no},
    {"~1.2.3", "1.2.9", answer::yes},
    {"~1.2.3", "1.3.0", answer::no},
    {"~1.2", "1.2.7", answer::yes},
    {"~1.2", "1.3.0", answer::no},
    {"~1", "1.9.9", answer::yes},
    {"~1", "2.0.0", answer::no},
    {"~>1.2", "1.2.7", answer::yes},
    {"~0.0.0", "9.9.9", answer::yes},
    {"~1.2.3", "1.2.3-beta", answer::no},
    {"~1.2.3-alpha", "1.2.3-beta", answer::yes},
    {"1.2.3", "1.2.3", answer::yes},
    {"1.2.3", "v1.2.3", answer::yes},
    {"1.2.3", "1.2.3+build", answer::yes},
    {"=1.2.3", "1.2.4", answer::no},
    {"1.2", "1.2.9", answer::yes},
    {"1.2", "1.3.0", answer::no},
    {"1", "1.9.9", answer::yes},
    {"1.x", "1.9.9", answer::yes},
    {"1.x", "2.0.0", answer::no},
    {"1.X.X", "1.0.0", answer::yes},
    {"1.2.x", "1.2.9", answer::yes},
    {"1.2.*", "1.3.0", answer::no},
    {"*", "0.0.1", answer::yes},
    {"*", "1.0.0-rc.1", answer::no},
    {"*-0", "1.0.0-rc.1", answer::yes},
    {"x", "7.0.0", answer::yes},
    {">=0.0.0-0", "1.0.0-rc.1", answer::yes},
    {"!=1.2.3", "1.2.3", answer::no},
    {"!=1.2.3", "1.2.4", answer::yes},
    {"!=1.x", "1.5.0", answer::no},
    {"!=1.x", "2.0.0", answer::yes},
    {"!=1.2.x", "1.2.7", answer::no},
    {"!=1.2.x", "1.3.0", answer::yes},
    {">1.2.3", "1.2.4", answer::yes},
    {">1.2.3", "1.2.3", answer::no},
    {">1", "1.9.9", answer::no},
    {">1", "2.0.0", answer::yes},
    {">1.2", "1.2.9", answer::no},
    {">1.2", "1.3.0", answer::yes},
    {">=1.2", "1.2.0", answer::yes},
    {">=1.2", "1.1.9", answer::no},
    {"=>1.2", "1.2.0", answer::yes},
    {"<1.2.3", "1.2.2", answer::yes},
    {"<1.2.3", "1.2.3", answer::no},
    {"<2", "1.9.9", answer::yes},
    {"<2", "2.0.0", answer::no},
    {"<2", "2.0.0-rc.1", answer::no},
    {"<2-0", "1.9.0-rc.1", answer::yes},
    {"<=1.2", "1.2.9", answer::yes},
    {"<=1.2", "1.3.0", answer::no},
    {"<=1", "1.9.9", answer::yes},
    {"=<1", "2.0.0", answer::no},
    {">=1.2 <2", "1.5.0", answer::yes},
    {">=1.2 <2", "2.0.0", answer::no},
    {">=1.2, <2", "1.5.0", answer::yes},
    {">=1.2,<2", "1.1.0", answer::no},
    {">= 1.2 , < 2", "1.3.0", answer::yes},
    {">=1 !=1.5.0", "1.5.0", answer::no},
    {">=1 !=1.5.0", "1.6.0", answer::yes},
    {"<1 || >=2", "1.5.0", answer::no},
    {"<1 || >=2", "0.5.0", answer::yes},
    {"<1||>=2", "2.5.0", answer::yes},
    {"1.0 - 2.0", "1.5.0", answer::yes},
    {"1.0 - 2.0", "2.0.5", answer::yes},
    {"1.0 - 2.0", "2.1.0", answer::no},
    {"1.2.3 - 1.4", "1.2.2", answer::no},
    {"1.0 - 2.0 || 4", "4.4.4", answer::yes},
    {"1.0||2.0 - 3.0", "2.5.0", answer::yes},
    {"v1.2", "v1.2.5", answer::yes},
    {"^v1.2", "1.4.0", answer::yes},
    {"^1.2.3-beta.2", "1.2.3-beta.1", answer::no},
    {"^1.2.3-beta.2", "1.2.3-beta.10", answer::yes},
    {"^1.2.3-beta.2", "1.2.3", answer::yes},
    {">1.0.0-alpha", "1.0.0-alpha.1", answer::yes},
    {">1.0.0-alpha.1", "1.0.0-alpha.beta", answer::yes},
    {">1.0.0-beta.2", "1.0.0-beta.11", answer::yes},
    {">1.0.0-rc.1", "1.0.0", answer::yes},
    {">1.0.0-1", "1.0.0-alpha", answer::yes},
    {">=1.2.3-99", "1.2.3-103", answer::yes},
    {"=1.2.3", "1.2.3-rc.1", answer::no},
    {"1.2.3.4", "1.2.3", answer::badrange},
    {">>1", "1.2.3", answer::badrange},
    {"1..2", "1.2.3", answer::badrange},
    {"^", "1.2.3", answer::badrange},
    {"main", "1.2.3", answer::badrange},
    {"1.2 ||", "1.2.3", answer::badrange},
    {">=1.2,", "1.2.3", answer::badrange},
    {">=1<2", "1.2.3", answer::badrange},
    {"01.2", "1.2.0", answer::badrange},
    {"1.2-01", "1.2.0", answer::badrange},
    {"^1", "1.02.3", answer::badversion},
    {"^1", "latest", answer::badversion},
    {"^1", "1.2.3.4", answer::badversion},
    {"^1", "1.2.3-01", answer::badversion},
    {"^1", "V1.2.3", answer::badversion},
};

BOOST_AUTO_TEST_SUITE(semver)

BOOST_AUTO_TEST_CASE(ranges_hold_what_they_hold_for_argo_cd) {
    for (const auto& r : table) {
        BOOST_TEST_CONTEXT(r.range << " with " << r.version) {
            BOOST_TEST(ask(r.range, r.version) == r.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(versions_are_ordered_as_semver_org_orders_them) {
    constexpr std::array ascending{"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
                                   "1.0.0-beta",  "1.0.0-beta.2",  "1.0.0-beta.11",
                                   "1.0.0-rc.1",  "1.0.0",         "1.0.1",
                                   "1.2",         "1.10",          "2"};
    for (std::size_t i = 0; i < ascending.size(); ++i) {
        for (std::size_t j = 0; j < ascending.size(); ++j) {
            const auto a = version::parse(ascending.at(i));
            const auto b = version::parse(ascending.at(j));
            BOOST_REQUIRE((a && b));
            BOOST_TEST((a->compare(*b) < 0) == (i < j));
            BOOST_TEST((a->compare(*b) > 0) == (i > j));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_highest_that_is_in_the_range_is_chosen_and_what_is_no_version_passed_over) {
    const auto range = version_range::parse("^1.2");
    BOOST_REQUIRE(range.has_value());
    BOOST_TEST(
        range->highest({"latest", "v1.2.0", "1.10.0", "v1.9.0", "2.0.0", "1.11.0-rc.1"}).value() == 2U
    );
    BOOST_TEST(!range->highest({"latest", "0.9", "2.0.0"}).has_value());
    BOOST_TEST(range->highest({"v1.3.0", "1.3.0"}).value() == 0U);
}

BOOST_AUTO_TEST_CASE(a_range_that_is_none_is_refused_with_examples) {
    BOOST_TEST(
        version_range::parse("latest").error().message() ==
        "\"latest\" is not a version range: write it like \"^1.2\", \"~1.2.3\", \"1.x\", \">=1.2 <2\" or \"1.0 "
        "- 2.0\""
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::match
