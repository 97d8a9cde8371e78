#include "sops_fixture.hpp"

#include "base/base64.hpp"
#include "render/documents.hpp"
#include "support/coroutine.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace holdfast::secrets::test {

std::string program(const std::string& name) {
    const char* directory = std::getenv("HOLDFAST_PROGRAMS"); // NOLINT(concurrency-mt-unsafe)
    if (directory == nullptr) {
        throw std::runtime_error{
            "HOLDFAST_PROGRAMS is not set: it names the directory with kustomize, helm and sops, "
            "which tools/programs/build makes and ./dev test sets"
        };
    }
    return std::string{directory} + '/' + name;
}

age_key::age_key() {
    const temporary_directory directory;
    file = shell(directory.path(), "age-keygen 2>/dev/null");
    std::ofstream{directory.path() + "/key"} << file;
    recipient = shell(directory.path(), "age-keygen -y key");
    recipient.pop_back();
}

const age_key& our_age_key() {
    static const age_key key;
    return key;
}

const age_key& other_age_key() {
    static const age_key key;
    return key;
}

std::string sops_encrypt(
    const std::string& options, std::string_view yaml, const std::string& gpg_home, std::string_view rules
) {
    const temporary_directory directory;
    std::ofstream{directory.path() + "/secret.yaml"} << yaml;
    if (!rules.empty()) std::ofstream{directory.path() + "/.sops.yaml"} << rules;
    const auto home = gpg_home.empty() ? directory.path() : gpg_home;
    return shell(
        directory.path(),
        "export GNUPGHOME='" + home + "'\n" + program("sops") + " encrypt " + options + " secret.yaml"
    );
}

std::string encrypt_for_us(std::string_view yaml) {
    return sops_encrypt("--encrypted-regex '^(data|stringData)$' --age " + our_age_key().recipient, yaml);
}

objects build(std::string_view yaml) {
    render::collected into;
    render::collect("app/secret.yaml", yaml, {}, into);
    if (!into.errors.all.empty()) throw std::runtime_error{into.errors.summary().message()};
    return std::move(into.output.objects);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error{"there is no " + std::string{from} + " in " + text};
    return text.replace(at, from.size(), to);
}

std::shared_ptr<const sops_keys> keys_of(
    std::initializer_list<std::pair<std::string_view, std::string_view>> data, const json::object* passphrase
) {
    const auto secret = secret_of("sops-keys", data);
    return read_sops_keys({&secret}, passphrase).value();
}

std::shared_ptr<const sops_keys> our_keys() {
    return keys_of({{"shop.agekey", our_age_key().file}});
}

with_decryptor::with_decryptor() {
    settings.program = program("sops");
    auto opened = sandbox::open(context.get_executor(), pool, {.directory = directory.path() + "/jobs"});
    BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message()));
    runner = std::move(*opened);
}

render::render_result<objects> with_decryptor::decrypt(objects all, std::shared_ptr<const sops_keys> keys) {
    sops_decryptor decryptor{context.get_executor(), pool, *runner, settings};
    return holdfast::test::run(
        context, decryptor.decrypt(std::move(all), std::move(keys)), std::chrono::seconds{60}
    );
}

json::object with_decryptor::decrypted_object(std::string_view yaml, std::shared_ptr<const sops_keys> keys) {
    auto done = decrypt(build(yaml), std::move(keys));
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().summary().message()));
    BOOST_REQUIRE_EQUAL(done->size(), 1U);
    BOOST_TEST(!done->front().object.contains("sops"));
    return std::move(done->front().object);
}

std::string with_decryptor::value(const json::object& secret, std::string_view key) {
    BOOST_TEST(!secret.contains("stringData"));
    return *base64_decode(secret.at("data").at(key).as_string());
}

std::string with_decryptor::errors(objects all, std::shared_ptr<const sops_keys> keys) {
    const auto done = decrypt(std::move(all), std::move(keys));
    BOOST_REQUIRE(done.has_error());
    std::string text;
    for (const auto& each : done.error().all) {
        text += to_string(each) + '\n';
        BOOST_TEST((each.kind == error_kind::user), text);
    }
    for (const std::string_view hidden : {"hunter2", "s3cret", "AGE-SECRET-KEY", "wr0ng-passphrase"})
        BOOST_TEST(text.find(hidden) == std::string::npos, text);
    return text;
}

} // namespace holdfast::secrets::test
