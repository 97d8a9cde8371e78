#include "secrets/keys.hpp"

#include "secrets/age_identity.hpp"
#include "sops_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>

namespace holdfast::secrets::test {
namespace {

// The key of the file of age-keygen.
std::string identity() {
    const auto& file = our_age_key().file;
    const auto at = file.find("AGE-SECRET-KEY-1");
    return file.substr(at, file.find('\n', at) - at);
}

std::string error_of(std::initializer_list<std::pair<std::string_view, std::string_view>> data) {
    const auto secret = secret_of("sops-keys", data);
    const auto read = read_sops_keys({&secret});
    BOOST_REQUIRE(read.has_error());
    BOOST_TEST((read.error().kind() == error_kind::user));
    BOOST_TEST(read.error().message().find("AGE-SECRET-KEY-1Q") == std::string::npos);
    return read.error().message();
}

BOOST_AUTO_TEST_SUITE(sops_keys_suite)

BOOST_AUTO_TEST_CASE(the_recipient_of_an_age_key_is_that_of_age_keygen) {
    BOOST_TEST(age_recipient_of(identity()).value() == our_age_key().recipient);
    // What `age-keygen -y` says of a key that does not change from run to run.
    BOOST_TEST(
        age_recipient_of("AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6")
            .value() == "age1w3tyke4gev25vaxxsvcgqu4484rf6ejpmavs57p6yz6lhy2sfs5swrvwyn"
    );
    // A post-quantum key of a test of sops.
    BOOST_TEST(
        age_recipient_of("AGE-SECRET-KEY-PQ-1JPDDEMSK6G9MG0VNJRSA0QKZ05CF4H6TK50YZGDKZKTRGC5Z7KEQUDUPG6")
            .value()
            .empty()
    );
}

BOOST_AUTO_TEST_CASE(a_mistyped_age_key_is_noticed_and_not_repeated) {
    const auto right = identity();
    for (std::size_t i = 16; i < right.size(); ++i) {
        auto wrong = right;
        wrong[i] = wrong[i] == 'Q' ? 'P' : 'Q';
        const auto read = age_recipient_of(wrong);
        BOOST_REQUIRE(read.has_error());
        BOOST_TEST(read.error().message().find(wrong.substr(16, 10)) == std::string::npos);
    }
    for (const auto& wrong :
         {right.substr(0, right.size() - 1), right + "Q", std::string{"AGE-SECRET-KEY-1"}, std::string{},
          std::string{"AGE-PLUGIN-YUBIKEY-1QQ"}, our_age_key().recipient})
        BOOST_TEST(age_recipient_of(wrong).has_error(), wrong);
}

BOOST_AUTO_TEST_CASE(keys_are_found_by_their_name_or_by_what_they_hold) {
    const auto& user = shared_user();
    static_cast<void>(user);
    const auto pgp = shared_user().private_key("shop");
    const auto keys = keys_of(
        {{"a.agekey", our_age_key().file},
         {"identity", other_age_key().file},
         {"b.asc", pgp},
         {"sops.aws-kms", "aws_access_key_id: x"}}
    );
    BOOST_TEST((keys->age_recipients == std::vector{our_age_key().recipient, other_age_key().recipient}));
    BOOST_REQUIRE_EQUAL(keys->pgp->private_keys.size(), 1U);
    BOOST_TEST(keys->pgp->private_keys.front().name == "Secret shop/sops-keys, key \"b.asc\"");
    BOOST_TEST(keys->from == "Secret shop/sops-keys");
    const auto first = secret_of("first", {{"x", pgp}});
    const auto second = secret_of("second", {{"k.agekey", "# made today\r\n\r\n  " + identity() + "  \r\n"}});
    const auto both = read_sops_keys({&first, &second}).value();
    BOOST_TEST(both->from == "Secret shop/first, Secret shop/second");
    BOOST_TEST(both->age.view() == identity() + "\n");
    BOOST_TEST(both->pgp->private_keys.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_key_is_said_with_its_place) {
    BOOST_TEST(
        error_of({{"a.agekey", "hello"}}) ==
        "Secret shop/sops-keys, key \"a.agekey\", line 1: this is not an age key: one "
        "starts with AGE-SECRET-KEY-1 (age-keygen makes it)"
    );
    BOOST_TEST(
        error_of({{"a.agekey", "# nothing\n"}}).find("there is no age key in it") != std::string::npos
    );
    BOOST_TEST(
        error_of({{"a", "# x\nAGE-SECRET-KEY-1QQQQ\n"}}).find("key \"a\", line 2: this is not an age key") !=
        std::string::npos
    );
    BOOST_TEST(
        error_of({{"a.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"}}).find("this is a public key") !=
        std::string::npos
    );
    BOOST_TEST(
        error_of({{"a.asc", "hello"}}).find("key \"a.asc\": this is not an OpenPGP private key") !=
        std::string::npos
    );
    BOOST_TEST(
        error_of({{"sops.aws-kms", "x"}}).find("Secret shop/sops-keys has no key for SOPS: ") !=
        std::string::npos
    );
    BOOST_TEST(error_of({}) == "Secret shop/sops-keys has no data");
    const temporary_directory directory;
    std::ofstream{directory.path() + "/key"} << our_age_key().file;
    const auto encrypted = shell(directory.path(), "age --armor -r " + other_age_key().recipient + " key");
    BOOST_TEST(
        error_of({{"a.agekey", encrypted}}).find("is protected by a passphrase, which is not supported") !=
        std::string::npos
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::secrets::test
