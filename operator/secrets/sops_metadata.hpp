#pragma once

#include "base/error.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace holdfast::secrets {

namespace json = boost::json;

/// What the member `sops` of an object says, as far as it matters here.
struct sops_metadata {
    /// What the program sops is given of it: which fields are encrypted, and the keys that need no service.
    /// So nothing that stands in a repository makes it ask AWS, Google, Azure or a Vault.
    json::object offline;
    /// Recipients of age, fingerprints of PGP keys, and services ("AWS KMS arn:aws:kms:…"): who can decrypt
    /// it.
    std::vector<std::string> age;
    std::vector<std::string> pgp;
    std::vector<std::string> services;
    /// The OpenPGP messages with the data key, or with a part of it where it is shared out
    /// (shamir_threshold).
    std::vector<std::string> messages;
    /// Several groups of keys, of which more than one is needed.
    bool shared_out = false;
};

/// Reads the metadata of an object that is_encrypted. Errors: user, saying what is missing or wrong: a `sops`
/// that SOPS did not write, one that is encrypted for services only, more than 200 keys.
result<sops_metadata> read_sops_metadata(const json::object& object);

/// "age1…, PGP 85D77543…, AWS KMS arn:…": for messages, the first few of them.
std::string recipients_text(const sops_metadata& metadata);

/// Whether a text is a value that SOPS encrypted.
[[nodiscard]] bool is_encrypted_text(std::string_view text) noexcept;

/// Whether such a value has the form that SOPS gives it: "ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]".
[[nodiscard]] bool is_well_formed(std::string_view text) noexcept;

} // namespace holdfast::secrets
