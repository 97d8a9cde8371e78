#pragma once

// A real store: made by gpg and pass, committed with git. One for a whole test program, since keys take time.

#include "git/snapshot.hpp"
#include "secrets/keys.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace holdfast::secrets::test {

namespace json = boost::json;

/// Runs a shell script in `directory` with `environment` before it ("A=b C=d"), and gives what it printed to
/// standard output, as it is. Throws when it fails, with all that it said.
std::string shell(const std::string& directory, const std::string& script);

class temporary_directory {
public:
    /// On tmpfs: sockets of agents need short paths.
    temporary_directory();
    ~temporary_directory();
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

/// A user of gpg and pass with a GNUPGHOME of its own, whose agent ends with it.
class gpg_user {
public:
    gpg_user();
    ~gpg_user();
    gpg_user(const gpg_user&) = delete;
    gpg_user& operator=(const gpg_user&) = delete;

    /// Makes a key with an encryption subkey; `passphrase` may be empty; `expire` as gpg takes it ("0",
    /// "1d"). Gives its fingerprint.
    std::string make_key(
        const std::string& name, const std::string& passphrase = {}, const std::string& expire = "0",
        const std::string& more = {}
    );
    /// Armoured.
    std::string private_key(const std::string& id, const std::string& passphrase = {});
    /// A script with GNUPGHOME and PASSWORD_STORE_DIR set, in the home.
    std::string run(const std::string& script);

    [[nodiscard]] const std::string& home() const noexcept { return home_.path(); }
    /// The store, a Git repository from the first `pass git init` on.
    [[nodiscard]] std::string store() const { return home_.path() + "/store"; }
    /// What `pass` gives to `pass insert -m`, byte for byte.
    void insert(const std::string& entry, std::string_view content);
    /// The newest commit of the store.
    git::snapshot snapshot();

private:
    temporary_directory home_;
};

/// A Secret with these data.
json::object
secret_of(std::string_view name, std::initializer_list<std::pair<std::string_view, std::string_view>> data);

/// The user and the store that most tests use; its key has no passphrase.
gpg_user& shared_user();
/// Its keys.
std::shared_ptr<const key_material> shared_keys();

} // namespace holdfast::secrets::test
