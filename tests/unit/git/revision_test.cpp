#include "git/revision.hpp"

#include <boost/test/unit_test.hpp>

#include <array>

namespace holdfast::git {
namespace {

const std::string a(40, 'a');
const std::string b(40, 'b');
const std::string c(40, 'c');
const std::string d(40, 'd');

ref_list listing(const std::string& text) {
    auto l = ref_list::parse(text);
    BOOST_REQUIRE_MESSAGE(l.has_value(), l.error().message());
    return std::move(*l);
}

ref_list sample() {
    return listing(
        "ref: refs/heads/main\tHEAD\n" + a + "\tHEAD\n" + a + "\trefs/heads/main\n" + b +
        "\trefs/heads/both\n" + b + "\trefs/heads/1.x\n" + b + "\trefs/heads/2.x\n" + b +
        "\trefs/heads/deadbeef\n" + c + "\trefs/tags/both\n" + c + "\trefs/tags/1.0.0\n" + d +
        "\trefs/tags/v1.5.0\n" + c + "\trefs/tags/v1.5.0^{}\n" + c + "\trefs/tags/shop/v3.0.0\n" + d +
        "\trefs/tags/shop/v3.1.0\n"
    );
}

std::string lead(const std::string& text, std::string_view prefix = {}) {
    const auto r = match::revision::parse(text);
    BOOST_REQUIRE_MESSAGE(r.has_value(), text);
    const auto found = resolve(*r, sample(), prefix);
    return found ? found->commit.hex().substr(0, 1) + " " + found->ref : found.error().message();
}

BOOST_AUTO_TEST_SUITE(git_revision)

BOOST_AUTO_TEST_CASE(names_lead_where_argo_cd_goes) {
    BOOST_TEST(lead("") == "a refs/heads/main");
    BOOST_TEST(lead("HEAD") == "a refs/heads/main");
    BOOST_TEST(lead("main") == "a refs/heads/main");
    BOOST_TEST(lead("both") == "b refs/heads/both"); // a branch before a tag
    BOOST_TEST(lead("refs/tags/both") == "c refs/tags/both");
    BOOST_TEST(lead("tags/both") == "c refs/tags/both");
    BOOST_TEST(lead("v1.5.0") == "c refs/tags/v1.5.0"); // peeled
    BOOST_TEST(lead("1.0.0") == "c refs/tags/1.0.0");   // a plain version is a name
    BOOST_TEST(lead("1.x") == "c refs/tags/v1.5.0");    // a range before a branch of that name
    BOOST_TEST(lead("2.x") == "b refs/heads/2.x");      // unless no tag is in it
    BOOST_TEST(lead("^1") == "c refs/tags/v1.5.0");
    BOOST_TEST(lead("deadbeef") == "b refs/heads/deadbeef"); // a branch before an abbreviated SHA
    BOOST_TEST(lead(d) == "d ");
    BOOST_TEST(lead("aaaaaaa") == "a ");
    BOOST_TEST(lead("AAAAAAAA") == "a ");
}

BOOST_AUTO_TEST_CASE(a_tag_prefix_is_taken_off_before_comparing) {
    BOOST_TEST(lead("^3", "shop/v") == "d refs/tags/shop/v3.1.0");
    BOOST_TEST(lead("~3.0", "shop/") == "c refs/tags/shop/v3.0.0");
    BOOST_TEST(
        lead("^1", "shop/") ==
        "no tag that starts with \"shop/\" is in the version range \"^1\", and no branch has that name"
    );
}

BOOST_AUTO_TEST_CASE(what_leads_nowhere_says_so) {
    BOOST_TEST(lead("nope") == "the repository has no branch or tag \"nope\"");
    BOOST_TEST(lead("refs/pull/1/head") == "the repository has no ref \"refs/pull/1/head\"");
    BOOST_TEST(lead("^9") == "no tag is in the version range \"^9\", and no branch has that name");
    BOOST_TEST(
        lead("123456f") == "\"123456f\" is not a branch or tag, and as an abbreviated SHA it cannot be asked "
                           "for: give all 40 digits"
    );
    const auto empty = resolve(*match::revision::parse("main"), ref_list{});
    BOOST_TEST(
        empty.error().message() ==
        "the repository is empty: it has no branch, tag or commit yet (or what answers there is a web server "
        "that answers everything)"
    );
    const auto headless = resolve(
        *match::revision::parse(""), listing("ref: refs/heads/gone\tHEAD\n" + a + "\trefs/heads/x\n")
    );
    BOOST_TEST(
        headless.error().message() ==
        "the repository's HEAD is refs/heads/gone, which does not exist: name a branch as targetRevision"
    );
}

BOOST_AUTO_TEST_CASE(an_abbreviation_of_two_commits_is_refused) {
    const auto two = listing("abcdef1000000000000000000000000000000000\trefs/heads/x\n"
                             "abcdef1111111111111111111111111111111111\trefs/heads/y\n");
    const auto r = resolve(*match::revision::parse("abcdef1"), two);
    BOOST_REQUIRE(r.has_error());
    BOOST_TEST((r.error().kind() == error_kind::user));
    BOOST_TEST(resolve(*match::revision::parse("abcdef10"), two).has_value());
}

BOOST_AUTO_TEST_CASE(a_listing_is_read_and_what_git_forbids_left_out) {
    const auto l =
        listing(a + "\trefs/heads/good\n" + a + "\trefs/heads/../evil\n" + a + "\trefs/heads/-x\n");
    BOOST_TEST(l.refs().size() == 2U); // "-x" is a name below refs/heads/
    BOOST_TEST(l.find("refs/heads/good") != nullptr);
    BOOST_TEST(l.find("refs/heads/../evil") == nullptr);
    BOOST_TEST(ref_list::parse("nonsense\n").has_error());
    BOOST_TEST(ref_list::parse("zz\trefs/heads/x\n").has_error());
    BOOST_TEST(
        ref_list::parse(std::string(64, 'a') + "\tHEAD\n").error().message().find("SHA-256") !=
        std::string::npos
    );
    BOOST_TEST(listing("").empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git
