// Whose signatures count, by what a Secret says.

#include "sources/signing_keys.hpp"

#include "base/base64.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::sources {
namespace {

constexpr auto key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHA0hJEPfTW+Kz/xmrCyVFnNumdvOngUFEbkIFbQ7JVI";

std::string refused(const git::secret_data& data) {
    const auto read = read_signing_keys(data, "Secret shop/signers");
    return read ? "nothing" : read.error().message();
}

BOOST_AUTO_TEST_SUITE(signing_keys_)

BOOST_AUTO_TEST_CASE(both_forms_of_ssh_keys_are_read) {
    const auto text = std::string{"# comments and empty lines\n\n"} + key + " alice@example.org\n" +
                      "bob@example.org " + key + "\n" +
                      "\"carol@example.org,c@example.org\" namespaces=\"git,file\",valid-after=\"20260102\","
                      "valid-before=\"202602030405Z\" " +
                      key + " carol\r\n" + "files@example.org namespaces=\"file\" " + key + "\n";
    const auto read = read_signing_keys({{"people.sshpub", text}}, "Secret shop/signers");
    BOOST_REQUIRE_MESSAGE(read.has_value(), read.error().message());
    BOOST_REQUIRE(read->ssh.size() == 3U); // the last is for files
    BOOST_TEST(read->ssh[0].name == "alice@example.org");
    BOOST_TEST(read->ssh[1].name == "bob@example.org");
    BOOST_TEST(read->ssh[2].name == "carol@example.org,c@example.org");
    BOOST_TEST((read->ssh[2].valid_after == parse_time("2026-01-02T00:00:00Z")));
    BOOST_TEST((read->ssh[2].valid_before == parse_time("2026-02-03T04:05:00Z")));
    BOOST_TEST(
        allowed_signers_of(read->ssh[2]) ==
        "holdfast namespaces=\"git\",valid-after=\"20260102000000\",valid-before=\"20260203040500\" " +
            std::string{key} + "\n"
    );
    BOOST_TEST(allowed_signers_of(read->ssh[0]) == "holdfast namespaces=\"git\" " + std::string{key} + "\n");
}

BOOST_AUTO_TEST_CASE(other_keys_are_another_set_and_the_rest_of_the_secret_is_not) {
    const git::secret_data one{{"a.sshpub", std::string{key} + "\n"}};
    const git::secret_data more{{"a.sshpub", std::string{key} + "\n"}, {"note", "x"}};
    const git::secret_data other{{"a.sshpub", std::string{key} + " a\n"}};
    const auto id = [](const git::secret_data& data) { return read_signing_keys(data, "").value().id; };
    BOOST_TEST(id(one) == id(more));
    BOOST_TEST(id(one) != id(other));
}

BOOST_AUTO_TEST_CASE(what_is_no_public_key_is_named) {
    const std::vector<std::pair<git::secret_data, std::string>> cases{
        {{}, "Secret shop/signers has no key that signatures are checked with"},
        {{{"alice", "-----BEGIN PGP PUBLIC KEY BLOCK-----"}}, "Secret shop/signers has no key that signatures"
        },
        {{{"a.asc", "-----BEGIN PGP PRIVATE KEY BLOCK-----"}}, "key \"a.asc\": this is a private key"},
        {{{"a.asc", key}}, "key \"a.asc\": this is not an OpenPGP public key in armour"},
        {{{"a.sshpub", "-----BEGIN OPENSSH PRIVATE KEY-----"}}, "key \"a.sshpub\": this is a private key"},
        {{{"a.sshpub", std::string{key} + "\nhello world\n"}}, "key \"a.sshpub\", line 2: "},
        {{{"a.sshpub", "ssh-ed25519 AAAA"}}, "line 1: this is not an SSH public key"},
        {{{"a.sshpub", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHA0hJEPfTW+Kz/xmrCyVFnNumdvOngUFEbkIFbQ7JVI"}},
         "line 1: this is not an SSH public key"},
        {{{"a.sshpub", std::string{"* cert-authority "} + key}}, "certificate authorities are not served"},
        {{{"a.sshpub", std::string{"a@x valid-before=\"tomorrow\" "} + key}},
         "valid-before=\"tomorrow\" is not a time"},
        {{{"a.sshpub", std::string{"a@x valid-before=\"20261301\" "} + key}}, "is not a time"},
        {{{"a.sshpub", std::string{"a@x no-pty "} + key}}, "\"no-pty\" is not an option of allowed_signers"},
        {{{"a.sshpub", "# nobody\n"}}, "has no key that signatures are checked with"},
    };
    for (const auto& [data, expected] : cases) {
        const auto said = refused(data);
        BOOST_TEST(said.find(expected) != std::string::npos, expected << " <> " << said);
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::sources
