#include "secrets/sops.hpp"

#include "render/documents.hpp"
#include "sops_fixture.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

namespace holdfast::secrets::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view plain_secret = R"(apiVersion: v1
kind: Secret
metadata:
  name: creds
  namespace: shop
  labels: {app: web}
type: Opaque
data:
  encoded: czNjcmV0LWJ5dGVz
stringData:
  password: hunter2
  unicode: "pässwörd-🔑 <&>\"\\"
  lines: |
    line one

      line three
  empty: ""
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

BOOST_FIXTURE_TEST_SUITE(sops_suite, with_decryptor)

BOOST_AUTO_TEST_CASE(each_value_of_a_secret_arrives_as_it_was_before_it_was_encrypted) {
    const auto built = build(encrypted_secret());
    BOOST_TEST(is_encrypted(built.front().object));
    BOOST_TEST(built.front().object.at("stringData").at("password").as_string().starts_with("ENC["));
    const auto secret = decrypted_object(encrypted_secret());
    BOOST_TEST(value(secret, "encoded") == "s3cret-bytes");
    BOOST_TEST(value(secret, "password") == "hunter2");
    BOOST_TEST(value(secret, "unicode") == "pässwörd-🔑 <&>\"\\");
    BOOST_TEST(value(secret, "lines") == "line one\n\n  line three\n");
    BOOST_TEST(value(secret, "empty").empty());
    // The same object as from a file that never was encrypted.
    BOOST_TEST((render::hash_of({{secret, {}}}) == render::hash_of(build(plain_secret))));
}

BOOST_AUTO_TEST_CASE(numbers_booleans_and_what_is_not_encrypted_keep_their_values) {
    const auto text = sops_encrypt("--encrypted-regex '^(hidden|data)$' --age " + our_age_key().recipient, R"(
apiVersion: example.org/v1
kind: Thing
metadata: {name: thing}
spec:
  large: 9007199254740993
  ratio: 0.1
  nothing: null
  hidden: {count: 42, large: 9007199254740993, on: true, off: false, ratio: 1.5, list: [1, two, {three: 3}]}
  list: [a, {hidden: x}]
)");
    const auto spec = decrypted_object(text).at("spec");
    BOOST_TEST(
        json::serialize(spec) ==
        R"({"large":9007199254740993,"ratio":1E-1,"nothing":null,"hidden":{"count":42,"large":9007199254740993,)"
        R"("on":true,"off":false,"ratio":1.5E0,"list":[1,"two",{"three":3}]},"list":["a",{"hidden":"x"}]})"
    );
    const auto map = encrypt_for_us(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {port: '8080', on: 'true'}}"
    );
    const auto config = decrypted_object(map);
    BOOST_TEST(json::serialize(config.at("data")) == R"({"port":"8080","on":"true"})");
}

BOOST_AUTO_TEST_CASE(each_rule_of_what_is_encrypted_works) {
    const std::string key = "--age " + our_age_key().recipient;
    for (const std::string rule :
         {"--unencrypted-regex '^(apiVersion|kind|metadata|type)$'", "--encrypted-suffix Data",
          "--encrypted-regex '^stringData$'"}) {
        const auto secret = decrypted_object(sops_encrypt(key + " " + rule, plain_secret));
        BOOST_TEST(value(secret, "password") == "hunter2", rule);
        BOOST_TEST(value(secret, "encoded") == "s3cret-bytes", rule);
    }
    const auto rules = "creation_rules: [{encrypted_regex: ^stringData$, mac_only_encrypted: true, age: " +
                       our_age_key().recipient + "}]";
    const auto text = sops_encrypt("", plain_secret, {}, rules);
    BOOST_TEST(text.find("mac_only_encrypted: true") != std::string::npos);
    BOOST_TEST(value(decrypted_object(text), "password") == "hunter2");
}

BOOST_AUTO_TEST_CASE(one_of_several_recipients_is_enough_whichever) {
    const auto& ours = our_age_key().recipient;
    const auto& other = other_age_key().recipient;
    for (const auto& recipients : {ours + "," + other, other + "," + ours}) {
        const auto text = sops_encrypt("--encrypted-regex '^stringData$' --age " + recipients, plain_secret);
        BOOST_TEST(value(decrypted_object(text), "password") == "hunter2");
        const auto both = keys_of({{"a.agekey", other_age_key().file}, {"b", our_age_key().file}});
        BOOST_TEST(value(decrypted_object(text, both), "password") == "hunter2");
    }
}

BOOST_AUTO_TEST_CASE(many_objects_stay_in_their_order_and_the_others_as_they_are) {
    std::string file = "{apiVersion: v1, kind: ConfigMap, metadata: {name: first}, data: {a: b}}\n";
    for (int i = 0; i < 5; ++i)
        file += "---\n" + named("creds-" + std::to_string(i));
    const auto done = decrypt(build(file));
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().summary().message()));
    BOOST_REQUIRE_EQUAL(done->size(), 6U);
    BOOST_TEST(json::serialize(done->front().object.at("data")) == R"({"a":"b"})");
    for (std::size_t i = 1; i < 6; ++i) {
        const auto& object = (*done)[i].object;
        BOOST_TEST(object.at("metadata").at("name").as_string() == "creds-" + std::to_string(i - 1));
        BOOST_TEST(value(object, "password") == "hunter2");
    }
    // Nothing of it is left on disk.
    for (const auto& each : fs::directory_iterator{directory.path() + "/jobs"})
        BOOST_TEST(!each.path().filename().string().starts_with("job-"));
}

BOOST_AUTO_TEST_CASE(objects_that_are_not_encrypted_need_neither_key_nor_program) {
    settings.program = "/nowhere";
    const auto done =
        decrypt(build("{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {c: aGVsbG8=}}"), nullptr);
    BOOST_REQUIRE(done.has_value());
    BOOST_TEST(value(done->front().object, "c") == "hello");
}

BOOST_AUTO_TEST_CASE(what_kustomize_and_helm_print_can_be_decrypted) {
    std::ofstream{directory.path() + "/secret.yaml"} << encrypted_secret();
    std::ofstream{directory.path() + "/kustomization.yaml"}
        << "resources: [secret.yaml]\nnamePrefix: my-\nnamespace: other\nlabels: [{pairs: {team: x}}]\n"
           "commonAnnotations: {note: here}\n";
    const auto customized = decrypted_object(shell(directory.path(), program("kustomize") + " build ."));
    BOOST_TEST(customized.at("metadata").at("name").as_string() == "my-creds");
    BOOST_TEST(customized.at("metadata").at("labels").at("team").as_string() == "x");
    BOOST_TEST(value(customized, "password") == "hunter2");
    BOOST_TEST(value(customized, "lines") == "line one\n\n  line three\n");

    fs::create_directories(directory.path() + "/chart/templates");
    std::ofstream{directory.path() + "/chart/Chart.yaml"}
        << "{apiVersion: v2, name: chart, version: 1.0.0}\n";
    std::ofstream{directory.path() + "/chart/templates/secret.yaml"}
        << replaced(encrypted_secret(), "name: creds", "name: {{ .Release.Name }}-creds");
    const auto templated =
        decrypted_object(shell(directory.path(), "HOME=$PWD " + program("helm") + " template web chart"));
    BOOST_TEST(templated.at("metadata").at("name").as_string() == "web-creds");
    BOOST_TEST(value(templated, "password") == "hunter2");
    BOOST_TEST(value(templated, "encoded") == "s3cret-bytes");
}

BOOST_AUTO_TEST_CASE(a_program_that_everybody_may_run_is_run_as_another_user) {
    // As root, jobs run as a user of their own where that gets to all they need.
    fs::permissions(directory.path(), fs::perms{0755});
    fs::copy_file(settings.program, directory.path() + "/sops");
    fs::copy_file(
        fs::read_symlink("/proc/self/exe").parent_path() / "holdfast-sops-gpg", directory.path() + "/gpg"
    );
    settings.program = directory.path() + "/sops";
    settings.gpg = directory.path() + "/gpg";
    BOOST_TEST(value(decrypted_object(encrypted_secret()), "password") == "hunter2");
}

// ---- what goes wrong
// ---------------------------------------------------------------------------------------

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
            "app/secret.yaml:1: Secret shop/creds, stringData.unicode: this is not what SOPS encrypted"
        ),
        said
    );

    const auto password = line_of(encrypted_secret(), "password");
    const auto moved = replaced(encrypted_secret(), password, replaced(password, "password", "renamed"));
    BOOST_TEST(errors(build(moved)).find("stringData.renamed: this is not what") != std::string::npos);

    const auto swapped =
        replaced(encrypted_secret(), line, "    unicode: " + password.substr(password.find("ENC")));
    BOOST_TEST(errors(build(swapped)).find("stringData.unicode: this is not what") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plain_value_among_the_encrypted_ones_is_named_and_not_repeated) {
    const auto line = line_of(encrypted_secret(), "unicode");
    const auto said = errors(build(replaced(encrypted_secret(), line, "    unicode: hunter2-in-plain-text")));
    BOOST_TEST(
        said.find("Secret shop/creds, stringData.unicode: this is not what SOPS encrypted") !=
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
    BOOST_TEST(said.find("stringData.password: this is not what") != std::string::npos, said);
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
            said.starts_with("app/secret.yaml:1: Secret shop/a: its member \"sops\" is not what SOPS writes: "
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
        key.find("Secret shop/creds: it cannot be decrypted: what \"sops\" has for an age key is damaged") !=
            std::string::npos,
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
        said.find("Secret shop/a, stringData.port: what was encrypted here is a number or a boolean") !=
            std::string::npos,
        said
    );
    const auto text = encrypt_for_us(
        "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop}, data: {password: hunter2!}}"
    );
    const auto not_base64 = errors(build(text));
    BOOST_TEST(
        not_base64.find("Secret shop/a, data.password: what was encrypted here is not base64") !=
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
