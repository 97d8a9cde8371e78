#pragma once

#include "secrets/sensitive.hpp"

#include <cstdint>
#include <string>

namespace holdfast::secrets {

/// How one message fared.
enum class decrypt_outcome : std::uint8_t {
    done = 0,
    /// None of the private keys is one of those that it is encrypted for.
    no_key = 1,
    /// The key is there, but what it is protected with was not given, or is not right.
    bad_passphrase = 2,
    /// The key is there and has expired.
    expired_key = 3,
    /// The key is there and is revoked or disabled.
    revoked_key = 4,
    /// Not an OpenPGP message, or a damaged one.
    bad_data = 5,
    too_large = 6,
    /// gpg said something else; `detail` is its error's name.
    failed = 7,
};

struct decrypted {
    decrypt_outcome outcome = decrypt_outcome::failed;
    /// Ids of the keys that it is encrypted for, where there was no key; otherwise what outcome says, or
    /// empty. Never a secret.
    std::string detail;
    sensitive plain;
};

} // namespace holdfast::secrets
