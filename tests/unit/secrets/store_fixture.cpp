#include "store_fixture.hpp"

#include "base/base64.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <sys/wait.h>

namespace holdfast::secrets::test {

namespace fs = std::filesystem;

std::string shell(const std::string& directory, const std::string& script) {
    const temporary_directory scratch;
    const auto file = scratch.path() + "/script";
    std::ofstream{file
    } << "set -e\nexport GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t "
         "GIT_COMMITTER_EMAIL=t@example.org GIT_CONFIG_GLOBAL=/dev/null\ncd '"
      << directory << "'\n"
      << script << '\n';
    FILE* pipe = ::popen(("bash " + file + " 2>" + scratch.path() + "/errors").c_str(), "re");
    if (pipe == nullptr) throw std::runtime_error{"no shell"};
    std::string output;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        output.append(buffer.data(), n);
    }
    if (::pclose(pipe) != 0) {
        std::ifstream errors{scratch.path() + "/errors"};
        throw std::runtime_error{
            "the script failed: " + script + "\n" + output +
            std::string{std::istreambuf_iterator<char>{errors}, {}}
        };
    }
    return output;
}

temporary_directory::temporary_directory() {
    std::string name = "/dev/shm/hf-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
    path_ = name;
}

temporary_directory::~temporary_directory() {
    std::error_code ec;
    fs::remove_all(path_, ec);
}

gpg_user::gpg_user() = default;

gpg_user::~gpg_user() {
    try {
        run("gpgconf --kill all");
    } catch (const std::exception&) { // its home goes, which ends an agent too
    }
}

std::string gpg_user::run(const std::string& script) {
    return shell(
        home_.path(), "export GNUPGHOME='" + home_.path() + "' PASSWORD_STORE_DIR='" + store() +
                          "' PASSWORD_STORE_ENABLE_EXTENSIONS=false\n" + script
    );
}

std::string gpg_user::make_key(
    const std::string& name, const std::string& passphrase, const std::string& expire, const std::string& more
) {
    const auto gpg =
        "gpg --batch --quiet " + more + " --pinentry-mode loopback --passphrase '" + passphrase + "' ";
    const auto id = "'" + name + " <" + name + "@example.org>'";
    run(gpg + "--quick-generate-key " + id + " ed25519 sign " + expire);
    auto fingerprint =
        run("gpg --batch --list-keys --with-colons '" + name +
            "@example.org' | awk -F: '/^fpr/{print $10; exit}'");
    fingerprint.pop_back();
    run(gpg + "--quick-add-key " + fingerprint + " cv25519 encr " + expire);
    return fingerprint;
}

std::string gpg_user::private_key(const std::string& id, const std::string& passphrase) {
    return run(
        "gpg --batch --pinentry-mode loopback --passphrase '" + passphrase +
        "' --armor --export-secret-keys " + id
    );
}

void gpg_user::insert(const std::string& entry, std::string_view content) {
    std::ofstream{home_.path() + "/content", std::ios::binary} << content;
    run("pass insert -m -f '" + entry + "' < content; rm content");
}

git::snapshot gpg_user::snapshot() {
    auto head = run("git -C store rev-parse HEAD");
    head.pop_back();
    return git::snapshot::open(store() + "/.git", *git::object_id::from_hex(head)).value();
}

json::object
secret_of(std::string_view name, std::initializer_list<std::pair<std::string_view, std::string_view>> data) {
    json::object encoded;
    for (const auto& [key, value] : data)
        encoded.emplace(key, base64_encode(value));
    return {
        {"apiVersion", "v1"},
        {"kind", "Secret"},
        {"metadata", json::object{{"name", name}, {"namespace", "shop"}}},
        {"data", std::move(encoded)}
    };
}

gpg_user& shared_user() {
    static gpg_user user;
    static const bool made = [] {
        const auto key = user.make_key("shop");
        user.run("pass init " + key + " >/dev/null; pass git init >/dev/null");
        user.insert("shop/db", "s3cret-first\nuser: shop-user\nurl:   postgres://db/shop  \r\nUser: other\n");
        user.insert("shop/plain", "one-line-value");
        user.insert("shop/newline", "ends-with-newline\n");
        user.insert("shop/newlines", "ends-with-two\n\n");
        user.insert("shop/multi", "line one\nline two\n\n  line four\n");
        user.insert("shop/unicode", "pässwörd-🔑\nnutzer: Zoë\n");
        user.insert("shop/binary", std::string_view{"\x00\xff\xfe\x80 bytes\n", 11});
        user.insert("shop/empty", "");
        user.insert("other team/with + sign", "odd-name-value\n");
        user.insert("nested/ref", "ref+pass://shop/db+\n");
        return true;
    }();
    static_cast<void>(made);
    return user;
}

std::shared_ptr<const key_material> shared_keys() {
    static const auto keys =
        read_keys(secret_of("pass-key", {{"any-name", shared_user().private_key("shop")}}), nullptr).value();
    return keys;
}

} // namespace holdfast::secrets::test
