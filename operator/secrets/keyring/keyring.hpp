#pragma once

#include "secrets/decrypted.hpp"
#include "secrets/sensitive.hpp"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::keyring {

/// What the owner of the keys can change.
class wrong_key : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Private keys in a GNUPGHOME, used through GPGME. Throws std::runtime_error for what should not happen.
class keyring {
public:
    explicit keyring(const std::string& home);
    ~keyring();
    keyring(const keyring&) = delete;
    keyring& operator=(const keyring&) = delete;

    /// Throws wrong_key, which names `name`, when there is no private key in it that can be used.
    void import(std::string_view name, std::string_view key);
    /// To be called once, after the last import. The views live on.
    void ready(std::vector<std::string_view> passphrases);

    /// Takes the passphrases off the keys in the home, for those who use it after us. After ready(). Throws
    /// wrong_key when there are keys and none of them can be opened.
    void unprotect(const std::vector<std::string_view>& passphrases) const;

    secrets::decrypted decrypt(std::string_view message, std::size_t max_plain_bytes);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace holdfast::keyring
