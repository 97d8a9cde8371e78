#include "secrets/sops.hpp"

#include "render/documents.hpp"
#include "sops_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace holdfast::secrets::test {
namespace {

constexpr std::string_view plain_secret = R"(apiVersion: v1
kind: Secret
metadata: {name: creds, namespace: shop}
data: {encoded: czNjcmV0LWJ5dGVz}
stringData: {password: hunter2, unicode: "pässwörd-🔑"}
)";

const std::string& encrypted_secret() {
    static const auto text = encrypt_for_us(plain_secret);
    return text;
}

std::string named(std::string_view name) {
    return replaced(encrypted_secret(), "name: creds", "name: " + std::string{name});
}

// The line of the file with the field, as sops wrote it.
std::string line_of(const std::string& file, const std::string& field) {
    const auto begin = file.find("    " + field + ": ENC[");
    return file.substr(begin, file.find('\n', begin) - begin);
}

BOOST_FIXTURE_TEST_SUITE(sops_refusal_suite, with_decryptor)

BOOST_AUTO_TEST_CASE(without_the_right_key_it_is_said_who_has_one) {
    const auto none = errors(build("---\n---\n" + encrypted_secret()), nullptr);
    BOOST_TEST(none.starts_with("app/secret.yaml:"), none);
    BOOST_TEST(
        none.find("Secret shop/creds: it is encrypted by SOPS (for " + our_age_key().recipient) !=
            std::string::npos,
        none
    );
    BOOST_TEST(none.find("spec.decryption.secretRef") != std::string::npos, none);
    const auto wrong = errors(build(encrypted_secret()), keys_of({{"x.agekey", other_age_key().file}}));
    BOOST_TEST(
        wrong.find(
            "Secret shop/creds: it cannot be decrypted: it is encrypted for " + our_age_key().recipient
        ) != std::string::npos,
        wrong
    );
    BOOST_TEST(
        wrong.find("the keys in Secret shop/sops-keys are " + other_age_key().recipient) != std::string::npos,
        wrong
    );
}

BOOST_AUTO_TEST_CASE(all_errors_are_said_at_once_and_no_object_is_given) {
    const auto foreign = replaced(
        sops_encrypt("--encrypted-regex '^stringData$' --age " + other_age_key().recipient, plain_secret),
        "name: creds", "name: foreign"
    );
    const auto said = errors(build(
        named("good") + "---\n" + foreign + "---\n" + replaced(foreign, "name: foreign", "name: second")
    ));
    BOOST_TEST(said.find("Secret shop/foreign: ") != std::string::npos, said);
    BOOST_TEST(said.find("(document 3): Secret shop/second: ") != std::string::npos, said);
    BOOST_TEST(said.find("shop/good") == std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(a_value_that_was_changed_or_moved_is_named) {
    const auto line = line_of(encrypted_secret(), "unicode");
    const auto at = line.find("data:") + 5;
    const std::string other = line[at] == 'A' ? "B" : "A";
    auto changed = line;
    changed.replace(at, 1, other);
    const auto said = errors(build(replaced(encrypted_secret(), line, changed)));
    BOOST_TEST(
        said.starts_with(
            "app/secret.yaml:1: Secret shop/creds, stringData.unicode: this value was not encrypted by SOPS"
        ),
        said
    );

    const auto password = line_of(encrypted_secret(), "password");
    const auto moved = replaced(encrypted_secret(), password, replaced(password, "password", "renamed"));
    BOOST_TEST(errors(build(moved)).find("stringData.renamed: this value was not") != std::string::npos);

    const auto swapped =
        replaced(encrypted_secret(), line, "    unicode: " + password.substr(password.find("ENC")));
    BOOST_TEST(errors(build(swapped)).find("stringData.unicode: this value was not") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plain_value_among_the_encrypted_ones_is_named_and_not_repeated) {
    const auto line = line_of(encrypted_secret(), "unicode");
    const auto said = errors(build(replaced(encrypted_secret(), line, "    unicode: hunter2-in-plain-text")));
    BOOST_TEST(
        said.find("Secret shop/creds, stringData.unicode: this value was not encrypted by SOPS") !=
            std::string::npos,
        said
    );
    BOOST_TEST(said.find("or is not encrypted") != std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(a_value_of_another_file_is_refused) {
    const auto theirs = encrypt_for_us(plain_secret);
    const auto said = errors(build(
        replaced(encrypted_secret(), line_of(encrypted_secret(), "password"), line_of(theirs, "password"))
    ));
    BOOST_TEST(said.find("stringData.password: this value was not") != std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(a_damaged_value_is_named_without_a_run) {
    const auto line = line_of(encrypted_secret(), "unicode");
    settings.program = "/nowhere";
    for (const auto& damaged :
         {line.substr(0, line.size() - 1), replaced(line, ",iv:", ",vi:"), replaced(line, "data:", "data:!")
         }) {
        const auto said = errors(build(replaced(encrypted_secret(), line, damaged)));
        BOOST_TEST(
            said.find("Secret shop/creds, stringData.unicode: its encrypted value is damaged") !=
                std::string::npos,
            said
        );
    }
}

BOOST_AUTO_TEST_CASE(a_sops_that_is_not_of_SOPS_is_named) {
    const std::string head = "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop}, "
                             "stringData: {x: hunter2}, sops: ";
    const auto said_of = [&](const std::string& sops) { return errors(build(head + sops + "}")); };
    for (const std::string sops :
         {"true", "[]", "{}", "{lastmodified: x, age: yes}", "{lastmodified: x, age: [{}]}",
          "{lastmodified: x, pgp: [{enc: x}]}"}) {
        const auto said = said_of(sops);
        BOOST_TEST(
            said.starts_with("app/secret.yaml:1: Secret shop/a: its member \"sops\" was not written by SOPS: "
            ),
            said
        );
    }
    const auto status =
        errors(build(replaced(encrypted_secret(), "lastmodified: \"2", "lastmodified: \"x2")));
    BOOST_TEST(
        status.find("Secret shop/creds: sops cannot read its member \"sops\" (status 1)") !=
            std::string::npos,
        status
    );
    const auto key = errors(build(replaced(encrypted_secret(), "-----BEGIN AGE", "-----BEGIN EGA")));
    BOOST_TEST(
        key.find("Secret shop/creds: it cannot be decrypted: the entry of \"sops\" for an age key is damaged"
        ) != std::string::npos,
        key
    );
    // SOPS itself takes a rule that does not compile for one that nothing fits.
    const auto rule = errors(
        build(replaced(encrypted_secret(), "encrypted_regex: ^(data|stringData)$", "encrypted_regex: ("))
    );
    BOOST_TEST(
        rule.find("Secret shop/creds, stringData.password: it is encrypted, but the rule") !=
            std::string::npos,
        rule
    );
}

BOOST_AUTO_TEST_CASE(keys_that_a_service_keeps_are_not_supported_and_never_asked) {
    const std::string arn = "arn:aws:kms:eu-west-1:111122223333:key/abc";
    const auto kms = "kms: [{arn: '" + arn + "', created_at: '2024-01-01T00:00:00Z', enc: AAAA}]";
    const auto only = errors(build(
        "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop}, sops: {lastmodified: "
        "'2024-01-01T00:00:00Z', " +
        kms + "}}"
    ));
    BOOST_TEST(
        only.find(
            "Secret shop/a: it is encrypted for AWS KMS " + arn +
            " only. Keys that a service keeps are not supported"
        ) != std::string::npos,
        only
    );
    // Beside an age key they are no obstacle.
    const auto both = replaced(encrypted_secret(), "\nsops:\n", "\nsops:\n    " + kms + "\n");
    BOOST_TEST(value(decrypted_object(both), "password") == "hunter2");
}

BOOST_AUTO_TEST_CASE(what_a_secret_cannot_hold_is_said_once_it_is_decrypted) {
    const auto number = encrypt_for_us(
        "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop}, stringData: {port: 8080}}"
    );
    const auto said = errors(build(number));
    BOOST_TEST(
        said.find("Secret shop/a, stringData.port: the encrypted value is a number or a boolean") !=
            std::string::npos,
        said
    );
    const auto text = encrypt_for_us(
        "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop}, data: {password: hunter2!}}"
    );
    const auto not_base64 = errors(build(text));
    BOOST_TEST(
        not_base64.find("Secret shop/a, data.password: the encrypted value is not base64") !=
            std::string::npos,
        not_base64
    );
}

BOOST_AUTO_TEST_CASE(an_object_that_is_encrypted_as_a_whole_is_refused_where_it_is_read) {
    render::collected into;
    render::collect(
        "app/secret.yaml", sops_encrypt("--age " + our_age_key().recipient, plain_secret), {}, into
    );
    BOOST_REQUIRE_EQUAL(into.errors.all.size(), 1U);
    const auto said = to_string(into.errors.all.front());
    BOOST_TEST(said.starts_with("app/secret.yaml:1:"), said);
    BOOST_TEST(said.find("apiVersion is encrypted by SOPS") != std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(limits_are_kept) {
    settings.max_objects = 1;
    BOOST_TEST(
        errors(build(named("a") + "---\n" + named("b"))).find("more than 1 objects") != std::string::npos
    );
    settings.max_objects = 10;
    settings.max_object_bytes = 1024;
    BOOST_TEST(
        errors(build(named("a"))).find("Secret shop/a: it is encrypted and has more than 1 KiB") !=
        std::string::npos
    );
    settings.max_object_bytes = 1U << 20U;
    settings.deadline = std::chrono::milliseconds{0};
    const auto late = decrypt(build(named("a")));
    BOOST_REQUIRE(late.has_error());
    BOOST_TEST((late.error().all.front().kind == error_kind::transient));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::secrets::test
