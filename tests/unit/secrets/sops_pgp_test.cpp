#include "secrets/sops.hpp"

#include "sops_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

namespace holdfast::secrets::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view plain_secret = "{apiVersion: v1, kind: Secret, metadata: {name: creds, namespace: "
                                          "shop}, stringData: {password: hunter2}}";

std::string encrypt(gpg_user& user, const std::string& keys) {
    return sops_encrypt("--encrypted-regex '^stringData$' " + keys, plain_secret, user.home());
}

std::shared_ptr<const sops_keys>
key_of(gpg_user& user, const std::string& id, const std::string& passphrase = {}) {
    return keys_of({{"shop.asc", user.private_key(id, passphrase)}});
}

std::size_t keyrings() {
    std::size_t count = 0;
    for (const auto& each : fs::directory_iterator{"/dev/shm"}) {
        if (each.path().filename().string().starts_with("holdfast-keyring-")) ++count;
    }
    return count;
}

struct with_gpg : with_decryptor {
    gpg_user user;
};

BOOST_FIXTURE_TEST_SUITE(sops_pgp_suite, with_gpg)

BOOST_AUTO_TEST_CASE(a_pgp_key_opens_what_is_encrypted_for_it_and_leaves_nothing) {
    const auto key = user.make_key("ours");
    const auto other = user.make_key("other");
    const auto before = keyrings();
    for (const auto& keys :
         {"--pgp " + key, "--pgp " + other + "," + key, "--pgp " + key + " --age " + our_age_key().recipient
         }) {
        const auto secret = decrypted_object(encrypt(user, keys), key_of(user, key));
        BOOST_TEST(value(secret, "password") == "hunter2", keys);
    }
    // Both kinds at once, each for an object of its own.
    const auto both = keys_of({{"a.asc", user.private_key(key)}, {"b.agekey", our_age_key().file}});
    const auto done =
        decrypt(build(encrypt(user, "--pgp " + key) + "---\n" + encrypt_for_us(plain_secret)), both);
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().summary().message()));
    for (const auto& each : *done)
        BOOST_TEST(value(each.object, "password") == "hunter2");
    BOOST_TEST(keyrings() == before);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_shared_out_comes_together_from_both_kinds) {
    const auto key = user.make_key("ours");
    const auto rules =
        "creation_rules: [{encrypted_regex: ^stringData$, shamir_threshold: 2, key_groups: [{age: [" +
        our_age_key().recipient + "]}, {pgp: [" + key + "]}]}]";
    const auto text = sops_encrypt("", plain_secret, user.home(), rules);
    BOOST_REQUIRE(text.find("shamir_threshold: 2") != std::string::npos);
    const auto pgp = user.private_key(key);
    const auto both = keys_of({{"a.asc", pgp}, {"b.agekey", our_age_key().file}});
    BOOST_TEST(value(decrypted_object(text, both), "password") == "hunter2");
    const auto one = errors(build(text));
    BOOST_TEST(
        one.find(
            "its key is shared out (shamir_threshold) among " + our_age_key().recipient + ", PGP " + key
        ) != std::string::npos,
        one
    );
}

BOOST_AUTO_TEST_CASE(a_passphrase_opens_a_protected_key) {
    const auto key = user.make_key("guarded", "the-passphrase");
    const auto text = encrypt(user, "--pgp " + key);
    const auto exported = user.private_key(key, "the-passphrase");
    const auto right = secret_of("passphrase", {{"p", "the-passphrase\n"}});
    const auto wrong = secret_of("passphrase", {{"p", "wr0ng-passphrase"}});
    BOOST_TEST(
        value(decrypted_object(text, keys_of({{"a.asc", exported}}, &right)), "password") == "hunter2"
    );
    const auto said = errors(build(text), keys_of({{"a.asc", exported}}, &wrong));
    BOOST_TEST(
        said.find("Secret shop/creds: it cannot be decrypted: the private key ") != std::string::npos, said
    );
    BOOST_TEST(said.find("is protected, and the passphrase is wrong") != std::string::npos, said);
    const auto none = errors(build(text), keys_of({{"a.asc", exported}}));
    BOOST_TEST(none.find("is protected, and there is no passphrase") != std::string::npos, none);
}

BOOST_AUTO_TEST_CASE(a_key_that_does_not_fit_or_does_not_count_is_explained) {
    const auto key = user.make_key("ours");
    const auto other = user.make_key("other");
    const auto text = encrypt(user, "--pgp " + other);
    const auto said = errors(build(text), key_of(user, key));
    BOOST_TEST(said.find("it is encrypted for PGP " + other) != std::string::npos, said);
    BOOST_TEST(
        said.find("are the PGP key of Secret shop/sops-keys, key \"shop.asc\"") != std::string::npos, said
    );
    const auto damaged = errors(
        build(replaced(
            encrypt(user, "--pgp " + key), "-----BEGIN PGP MESSAGE-----", "-----BEGIN PGP MASSAGE-----"
        )),
        key_of(user, key)
    );
    BOOST_TEST(
        damaged.find("the entry of \"sops\" for a PGP key is not an OpenPGP message, or is damaged") !=
            std::string::npos,
        damaged
    );
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::secrets::test
