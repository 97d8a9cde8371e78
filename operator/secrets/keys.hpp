#pragma once

#include "base/error.hpp"
#include "secrets/sensitive.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
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

class packer;
/// What pack() takes.
[[nodiscard]] std::size_t packed_size(const key_material& keys) noexcept;
/// Writes them as keyring/main.cpp reads them.
void pack(packer& to, const key_material& keys) noexcept;

/// Reads the Secrets that keySecretRef and passphraseSecretRef name (`passphrase` may be nullptr): every key
/// of their `data` counts, whatever it is called. One newline at the end of a passphrase is not part of it.
/// Errors: user, naming Secret and key: no data, not base64, a public key, not a key at all.
result<std::shared_ptr<const key_material>>
read_keys(const json::object& keys, const json::object* passphrase);

/// What opens the objects that SOPS encrypted: age keys, and private keys of PGP. Immutable and shared; wiped
/// when the last holder lets go.
struct sops_keys {
    /// An age key file: one AGE-SECRET-KEY-1… in each line.
    sensitive age;
    /// Who those are, as far as it is known ("age1…"): public.
    std::vector<std::string> age_recipients;
    /// Never nullptr; without private keys where there are none.
    std::shared_ptr<const key_material> pgp;
    /// For messages: "Secret shop/sops-keys", or several of them.
    std::string from;
};

/// Reads the keys out of Secrets as Flux's users make them: a key of `data` that ends in ".agekey", or whose
/// text holds AGE-SECRET-KEY-1…, has age keys (age-keygen's file); one that ends in ".asc", or holds a block
/// of a PGP private key, has PGP keys (gpg --export-secret-keys). Others, such as "sops.aws-kms", say nothing
/// here. `passphrase` may be nullptr; it has what protects the PGP keys, as for read_keys. Errors: user,
/// naming Secret and key: no data, not base64, a key that is damaged, public or itself encrypted, a Secret
/// without any key.
result<std::shared_ptr<const sops_keys>>
read_sops_keys(const std::vector<const json::object*>& secrets, const json::object* passphrase = nullptr);

} // namespace holdfast::secrets
