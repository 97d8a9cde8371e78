#include "secrets/sops.hpp"

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

BOOST_AUTO_TEST_SUITE_END()

} // namespace
} // namespace holdfast::secrets::test
