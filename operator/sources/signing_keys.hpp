#pragma once

#include "base/error.hpp"
#include "base/timestamp.hpp"
#include "git/credentials.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Whose signatures are accepted: public keys out of a Secret. Pure.
namespace holdfast::sources {

/// A public key of SSH.
struct ssh_signer {
    /// As in authorized_keys, decoded.
    std::string public_key;
    /// Who that is, as the Secret says; for messages. May be empty.
    std::string name;
    /// When signatures count, where the Secret limits it.
    std::optional<wall_clock::time_point> valid_after;
    std::optional<wall_clock::time_point> valid_before;

    bool operator==(const ssh_signer&) const = default;
};

/// What the Secret of spec.verify has.
struct signing_keys {
    struct openpgp_file {
        /// The Secret's key, as "alice.asc".
        std::string name;
        /// Armoured.
        std::string text;
    };
    std::vector<openpgp_file> openpgp;
    std::vector<ssh_signer> ssh;
    /// For messages: "Secret shop/signers".
    std::string from;
    /// The same for the same keys, and for no others.
    std::string id;
};

/// Reads the data of a Secret: keys that end in ".asc" hold OpenPGP public keys (gpg --armor --export), those
/// that end in ".sshpub" SSH public keys, one in a line, as in authorized_keys or as in allowed_signers
/// (ssh-keygen(1)). Others count for nothing. `from` is for messages. User errors, which name the Secret's key
/// and the line: private keys, what is none, no key at all, certificate authorities.
result<signing_keys> read_signing_keys(const git::secret_data& data, std::string from);

/// A file for `ssh-keygen -Y verify`, in which this one alone may sign what git does, as "holdfast".
[[nodiscard]] std::string allowed_signers_of(const ssh_signer& one);

} // namespace holdfast::sources
