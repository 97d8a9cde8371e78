#pragma once

#include "base/error.hpp"
#include "secrets/sensitive.hpp"

#include <boost/json/object.hpp>

#include <memory>
#include <string>
#include <vector>

namespace holdfast::secrets {

namespace json = boost::json;

/// What opens a store: private keys, and the passphrases that protect them. Immutable and shared; wiped when
/// the last holder lets go.
struct key_material {
    struct private_key {
        /// For messages: "Secret shop/pass-key, key \"private.asc\"".
        std::string name;
        /// As `gpg --export-secret-keys` gives it, armoured or not.
        sensitive key;
    };
    std::vector<private_key> private_keys;
    /// Tried one after another where a key asks for one.
    std::vector<sensitive> passphrases;
};

/// Reads the Secrets that keySecretRef and passphraseSecretRef name (`passphrase` may be nullptr): every key
/// of their `data` counts, whatever it is called. One newline at the end of a passphrase is not part of it.
/// Errors: user, naming Secret and key: no data, not base64, a public key, not a key at all.
result<std::shared_ptr<const key_material>>
read_keys(const json::object& keys, const json::object* passphrase);

} // namespace holdfast::secrets
