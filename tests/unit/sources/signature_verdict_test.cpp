// What is made of what gpg prints, and which tags vouch for a commit.

#include "sources/signature_verdict.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sources {
namespace {

constexpr auto key = "8D051E4601594E07E4261357E9338DC0D960EF1F";

std::string
valid(const std::string& digest = "8", const std::string& kind = "00", const std::string& expiry = "0") {
    return std::string{"[GNUPG:] VALIDSIG "} + key + " 2026-11-30 1796068804 " + expiry + " 4 0 22 " +
           digest + " " + kind + " " + key + "\n";
}

constexpr auto good = "[GNUPG:] GOODSIG E9338DC0D960EF1F Alice <a@example.org>\n";

BOOST_AUTO_TEST_SUITE(signature_verdict)

BOOST_AUTO_TEST_CASE(only_what_gpg_calls_good_and_valid_once_is_good) {
    struct one {
        std::string printed;
        int status;
        signature_flaw flaw;
    };
    const std::string other = "[GNUPG:] GOODSIG AAAAAAAAAAAAAAAA Mallory\n";
    const std::vector<one> cases{
        {good + valid(), 0, signature_flaw::nothing},
        {good + valid(), 1, signature_flaw::refused},
        {good, 0, signature_flaw::refused},
        {valid(), 0, signature_flaw::refused},
        {"", 0, signature_flaw::refused},
        {"gpg: Good signature from Alice\n", 0, signature_flaw::refused},
        // A user id cannot make a line of its own; one that looks like a status is part of the line.
        {"[GNUPG:] BADSIG E9338DC0D960EF1F Alice [GNUPG:] GOODSIG\n" + valid(), 0, signature_flaw::wrong},
        {good + valid("2"), 0, signature_flaw::weak},
        {good + valid("1"), 0, signature_flaw::weak},
        {good + valid("8", "01"), 0, signature_flaw::weak},
        {good + valid() + other + valid(), 0, signature_flaw::damaged},
        {other + good + valid(), 0, signature_flaw::damaged},
        {"[GNUPG:] PLAINTEXT 62 0 x\n" + (good + valid()), 0, signature_flaw::damaged},
        {"[GNUPG:] EXPSIG E9338DC0D960EF1F Alice\n" + valid(), 0, signature_flaw::expired_signature},
        {"[GNUPG:] EXPKEYSIG E9338DC0D960EF1F Alice\n" + valid(), 0, signature_flaw::expired_key},
        {"[GNUPG:] REVKEYSIG E9338DC0D960EF1F Alice\n" + valid(), 0, signature_flaw::revoked_key},
        {std::string{"[GNUPG:] ERRSIG E9338DC0D960EF1F 22 8 00 1796068804 9 "} + key + "\n", 2,
         signature_flaw::unknown_key},
        {"[GNUPG:] ERRSIG E9338DC0D960EF1F 22 8 00 1796068804 4 -\n", 2, signature_flaw::refused},
        {"[GNUPG:] NODATA 4\n", 2, signature_flaw::damaged},
    };
    for (const auto& c : cases) {
        BOOST_TEST((read_gpg_status(c.printed, c.status).flaw == c.flaw), c.printed);
    }
    const auto found = read_gpg_status(good + valid("8", "00", "1800000000"), 0);
    BOOST_TEST(found.signer == std::string{"Alice <a@example.org>, OpenPGP key "} + key);
    BOOST_TEST(found.key == key);
    BOOST_TEST((found.until == wall_clock::time_point{std::chrono::seconds{1'800'000'000}}));
}

BOOST_AUTO_TEST_CASE(the_next_key_to_expire_is_found) {
    const auto at = [](int seconds) { return wall_clock::time_point{std::chrono::seconds{seconds}}; };
    const auto* listing = "tru:t:0:0:0:0:0:0\n"
                          "pub:-:255:22:E9338DC0D960EF1F:100:3000::-:::scSC:::::ed25519:::0:\n"
                          "fpr:::::::::8D051E4601594E07E4261357E9338DC0D960EF1F:\n"
                          "sub:-:255:22:AAAAAAAAAAAAAAAA:100:2000:::::s:::::ed25519::\n"
                          "pub:-:255:22:BBBBBBBBBBBBBBBB:100:::-:::scSC:::::ed25519:::0:\n";
    BOOST_TEST((next_expiry(listing, at(1000)) == at(2000)));
    BOOST_TEST((next_expiry(listing, at(2000)) == at(3000)));
    BOOST_TEST(!next_expiry(listing, at(3000)).has_value());
    BOOST_TEST(!next_expiry("", at(0)).has_value());
}

BOOST_AUTO_TEST_CASE(which_tags_may_vouch_for_a_commit) {
    const auto id = [](char c) { return *git::object_id::from_hex(std::string(40, c)); };
    const auto line = [](char c, const std::string& name) { return std::string(40, c) + "\t" + name + "\n"; };
    const auto refs =
        git::ref_list::parse(
            line('c', "refs/heads/main") + line('1', "refs/tags/v1") + line('c', "refs/tags/v1^{}") +
            line('2', "refs/tags/v2") + line('c', "refs/tags/v2^{}") + line('c', "refs/tags/light") +
            line('3', "refs/tags/other") + line('d', "refs/tags/other^{}")
        )
            .value();
    const auto tags = [&](char commit, const std::string& ref) {
        return candidate_tags({id(commit), ref}, refs);
    };
    BOOST_TEST((tags('c', "refs/tags/v2").value() == std::vector<candidate_tag>{{"refs/tags/v2", id('2')}}));
    BOOST_TEST(
        (tags('c', "").value() ==
         std::vector<candidate_tag>{{"refs/tags/v1", id('1')}, {"refs/tags/v2", id('2')}})
    );
    // It moved on since it was looked up: others may say the same of the commit.
    BOOST_TEST(tags('c', "refs/tags/other").value().size() == 2U);
    const std::vector<std::tuple<char, std::string, std::string>> refused{
        {'c', "refs/heads/main", "targetRevision leads to refs/heads/main, which is not a tag"},
        {'c', "HEAD", "which is not a tag"},
        {'c', "refs/tags/light", "the tag light is a lightweight one"},
        {'e', "", "no annotated tag names this commit"},
    };
    for (const auto& [commit, ref, expected] : refused) {
        const auto said = tags(commit, ref);
        BOOST_REQUIRE(!said.has_value());
        BOOST_TEST(said.error().message().find(expected) != std::string::npos, said.error().message());
    }
}

BOOST_AUTO_TEST_CASE(a_tag_is_good_under_its_own_name_and_for_its_own_commit) {
    const auto commit = *git::object_id::from_hex(std::string(40, 'c'));
    const candidate_tag as{"refs/tags/v2", {}};
    const auto tag = [&](const std::string& name, const std::string& kind, const git::object_id& target) {
        return git::tag_content{.target = target, .target_kind = kind, .name = name, .content = {}};
    };
    BOOST_TEST(check_tag(tag("v2", "commit", commit), as, commit).has_value());
    BOOST_TEST(!check_tag(tag("v1", "commit", commit), as, commit).has_value()
    ); // an old one under a new name
    BOOST_TEST(!check_tag(tag("v2", "commit", {}), as, commit).has_value());
    BOOST_TEST(!check_tag(tag("v2", "tag", commit), as, commit).has_value());
}

BOOST_AUTO_TEST_CASE(a_refusal_says_what_why_and_what_would_be_right) {
    const auto said = [](signature_finding finding) {
        return refusal_sentence(
            finding, "commit 1234", "https://git.example.com/shop",
            "spec.verify of the Repository shop/deploy", "Secret shop/signers"
        );
    };
    BOOST_TEST(
        said({.flaw = signature_flaw::missing}) ==
        "commit 1234 of https://git.example.com/shop is refused by spec.verify of the Repository shop/deploy: it is "
        "not signed; sign it with a key of Secret shop/signers (git commit -S, git tag -s)"
    );
    BOOST_TEST(
        said({.flaw = signature_flaw::unknown_key, .signer = "OpenPGP key AB"})
            .ends_with(
                "it is signed by the OpenPGP key AB, which is not in Secret shop/signers; sign it with a key "
                "that is there, or put this public key there if it is to be trusted"
            )
    );
    for (int flaw = 1; flaw <= static_cast<int>(signature_flaw::refused); ++flaw) {
        const auto text = said({.flaw = static_cast<signature_flaw>(flaw), .signer = "Alice", .detail = "x"});
        BOOST_TEST(text.find(": ") + 5 < text.size(), text);
        BOOST_TEST(text.find("commit 1234") == 0U, text);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
