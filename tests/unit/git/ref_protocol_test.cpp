// Git's protocol version 2, as bytes: what a server offers, what is asked, and what it answers.
#include "git/ref_protocol.hpp"

#include "git/revision.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace holdfast::git {
namespace {

const std::string one(40, '1');
const std::string two(40, '2');

std::string line(std::string_view text) {
    return fmt::format("{:04x}{}\n", text.size() + 5, text);
}

std::string offer(std::string_view between = {}) {
    return line("version 2") + line("agent=git/2.39") + line("ls-refs=unborn") + std::string{between} +
           "0000";
}

const ref_selection usual{.names = {"HEAD", "refs/pull/7/head"}, .prefixes = {"refs/heads/", "refs/tags/"}};

BOOST_AUTO_TEST_SUITE(ref_protocol)

BOOST_AUTO_TEST_CASE(what_a_server_offers) {
    BOOST_TEST(offers_ref_listing(offer()));
    BOOST_TEST(offers_ref_listing(line("version 2") + line("ls-refs") + "0000"));
    BOOST_TEST(offers_ref_listing(offer(line("object-format=sha1"))));
    // With the line that version 0 begins with, as some servers have it.
    BOOST_TEST(offers_ref_listing(line("# service=git-upload-pack") + "0000" + offer()));
    const std::string others[] = {
        {},
        "0000",
        "<html>no repository</html>",
        offer(line("object-format=sha256")),
        line("version 1") + line("ls-refs") + "0000",
        line("version 2") + line("fetch=shallow") + "0000",
        line("version 2") + line("ls-refs"),                                       // cut
        line("# service=git-upload-pack") + line("version 2") + "0000",            // no flush between
        line("# service=git-upload-pack") + "0000" + line(one + " HEAD") + "0000", // version 0
        "fffgversion 2\n",
        "ffffversion 2\n",
        "0002",
        "0003",
    };
    for (const auto& other : others) {
        BOOST_TEST(!offers_ref_listing(other), other);
    }
}

BOOST_AUTO_TEST_CASE(what_is_asked) {
    BOOST_TEST(
        ls_refs_request({.names = {"HEAD"}, .prefixes = {"refs/heads/"}}) ==
        "0014command=ls-refs\n0017agent=git/holdfast\n0017object-format=sha1\n0001"
        "0009peel\n000csymrefs\n0014ref-prefix HEAD\n001bref-prefix refs/heads/\n0000"
    );
}

BOOST_AUTO_TEST_CASE(what_is_answered_reads_as_git_prints_it) {
    const auto answer = line(one + " HEAD symref-target:refs/heads/main") + line(one + " refs/heads/main") +
                        line(one + " refs/pull/7/head") + line(one + " refs/pull/7/head2") +
                        line(two + " refs/tags/v1 peeled:" + one) + "0000";
    const auto text = listing_text(answer, usual);
    BOOST_REQUIRE(text.has_value());
    BOOST_TEST(
        *text == "ref: refs/heads/main\tHEAD\n" + one + "\tHEAD\n" + one + "\trefs/heads/main\n" + one +
                     "\trefs/pull/7/head\n" + two + "\trefs/tags/v1\n" + one + "\trefs/tags/v1^{}\n"
    );
    const auto refs = ref_list::parse(*text);
    BOOST_REQUIRE(refs.has_value());
    BOOST_TEST(refs->head_branch() == "refs/heads/main");
    BOOST_TEST(refs->find("refs/tags/v1")->commit().hex() == one);
    BOOST_TEST(listing_text("0000", usual).value() == ""); // an empty repository
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_whole_or_not_one_is_none) {
    const std::string others[] = {
        {},
        line(one + " refs/heads/main"),
        line(one + " refs/heads/main") + "00",
        line("ERR access denied") + "0000",
        line(one) + "0000",
        line(one + " refs/heads/main\n" + two + "\trefs/heads/other") + "0000", // a line within a line
        line(one + " refs/heads/a\tb") + "0000",
        line(one + " refs/heads/main") + "0001" + "0000",
        "<html></html>",
    };
    for (const auto& other : others) {
        BOOST_TEST(!listing_text(other, usual).has_value(), other);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git
