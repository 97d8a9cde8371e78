// Commits and tags, taken apart as git(1) does it, and what stands in place of signatures.

#include "git/signature.hpp"

#include "base/base64.hpp"
#include "servers.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::git::test {
namespace {

const std::string head = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
                         "author A <a@example.org> 1 +0000\ncommitter A <a@example.org> 1 +0000\n";
const std::string signature =
    "gpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----\n";
const std::string message = "\nA message\n\ngpgsig is a word in it\n";

std::string armour(std::string_view bytes) {
    return "-----BEGIN PGP SIGNATURE-----\n\n" + base64_encode(bytes) +
           "\n=abcd\n-----END PGP SIGNATURE-----\n";
}

BOOST_AUTO_TEST_SUITE(signatures)

BOOST_AUTO_TEST_CASE(a_commit_is_taken_apart) {
    const auto plain = take_commit_apart(head + message);
    BOOST_REQUIRE(plain.has_value());
    BOOST_TEST((plain->format == signature_format::none));
    BOOST_TEST(plain->payload == head + message);
    const auto made = take_commit_apart(head + signature + "encoding x\n" + message);
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made->payload == head + "encoding x\n" + message);
    BOOST_TEST(made->signature == "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n");
    BOOST_TEST((made->format == signature_format::openpgp));
    // That of SHA-256 is no part of what is signed, and none of ours.
    const auto other = take_commit_apart(head + "gpgsig-sha256 x\n y\n" + message);
    BOOST_TEST(other->payload == head + message);
    BOOST_TEST((other->format == signature_format::none));
    // A merged tag's signature stays what it is: a part of the commit.
    const auto merge = head + "mergetag object 1\n type commit\n -----BEGIN PGP SIGNATURE-----\n" + message;
    BOOST_TEST(take_commit_apart(merge)->payload == merge);
    BOOST_TEST((take_commit_apart(merge)->format == signature_format::none));

    BOOST_TEST(!take_commit_apart(head + signature + signature + message).has_value());
    BOOST_TEST(!take_commit_apart(signature + head + message).has_value()); // what is read is what is signed
    BOOST_TEST(!take_commit_apart("").has_value());
    BOOST_TEST((take_commit_apart(head + "gpgsig hello\n" + message)->format == signature_format::other));
}

BOOST_AUTO_TEST_CASE(a_tag_is_taken_apart) {
    const std::string begin = "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype commit\ntag v1\n"
                              "tagger A <a@example.org> 1 +0000\n\nA tag\n";
    const std::string ssh = "-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----\n";
    const auto made = take_tag_apart(begin + ssh);
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made->name == "v1");
    BOOST_TEST(made->target_kind == "commit");
    BOOST_TEST(made->target.hex() == "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    BOOST_TEST(made->content.payload == begin);
    BOOST_TEST(made->content.signature == ssh);
    BOOST_TEST((made->content.format == signature_format::ssh));
    BOOST_TEST((take_tag_apart(begin)->content.format == signature_format::none));
    // Of two the last: the first is part of what it is over.
    BOOST_TEST(take_tag_apart(begin + ssh + ssh)->content.payload == begin + ssh);
    BOOST_TEST(!take_tag_apart("type commit\n" + begin).has_value());
}

BOOST_AUTO_TEST_CASE(only_one_signature_packet_is_an_openpgp_signature) {
    using namespace std::string_literals;
    const auto body = std::string(300, 'x');
    const std::vector<std::tuple<std::string, std::string, bool>> cases{
        {"old form, one digit",
         "\x88\x03"s
         "abc",
         true},
        {"old form, two digits", "\x89\x01\x2c"s + body, true},
        {"new form",
         "\xc2\x03"s
         "abc",
         true},
        {"new form, two digits", "\xc2\xc0\x6c"s + body, true},
        {"new form, five digits",
         "\xc2\xff\x00\x00\x00\x03"s
         "abc",
         true},
        {"in pieces",
         "\xc2\xe1"s
         "ab\x01"s
         "c",
         false},
        {"until the end",
         "\x8b"s
         "abc",
         false},
        {"two of them",
         "\x88\x03"s
         "abc\x88\x03"s
         "abc",
         false},
        {"a one-pass message",
         "\x90\x03"s
         "abc",
         false},
        {"a literal",
         "\xcb\x03"s
         "abc",
         false},
        {"cut",
         "\x88\x04"s
         "abc",
         false},
        {"more than it says",
         "\x88\x02"s
         "abc",
         false},
        {"nothing", "", false},
        {"no packet", "abc", false},
    };
    for (const auto& [name, bytes, good] : cases) {
        const auto read = openpgp_signature_of(armour(bytes));
        BOOST_TEST(read.has_value() == good, name);
        BOOST_TEST((!read || *read == bytes), name);
    }
    const auto one = armour("\x88\x03"s
                            "abc");
    BOOST_TEST(openpgp_signature_of(one + "\n").has_value());
    BOOST_TEST(!openpgp_signature_of(one + one).has_value());
    BOOST_TEST(!openpgp_signature_of(one + "more\n").has_value());
    BOOST_TEST(!openpgp_signature_of(one.substr(0, one.size() - 20)).has_value());
    BOOST_TEST(
        !openpgp_signature_of("-----BEGIN PGP SIGNATURE-----\nno header\n" + one.substr(31)).has_value()
    );
}

BOOST_AUTO_TEST_CASE(an_ssh_signature_says_whose_it_is_and_what_for) {
    temporary_directory directory;
    shell(
        directory.path(), "ssh-keygen -q -t ed25519 -N '' -f key; echo hello > text; "
                          "ssh-keygen -q -Y sign -n git -f key text 2>/dev/null"
    );
    const auto text = read_file(directory / "text.sig");
    const auto read = read_ssh_signature(text);
    BOOST_REQUIRE_MESSAGE(read.has_value(), read.error().message());
    BOOST_TEST(read->made_for == "git");
    BOOST_TEST(read->armoured == text);
    BOOST_TEST(ssh_key_kind(read->public_key) == "ssh-ed25519");
    BOOST_TEST(
        ssh_fingerprint(read->public_key) ==
        shell(directory.path(), "ssh-keygen -l -f key.pub | cut -d' ' -f2")
    );
    BOOST_TEST(!read_ssh_signature(text + text).has_value());
    BOOST_TEST(!read_ssh_signature(text.substr(0, 200)).has_value());
    BOOST_TEST(!read_ssh_signature("").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::git::test
