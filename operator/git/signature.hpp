#pragma once

#include "base/error.hpp"
#include "git/object_id.hpp"

#include <string>
#include <string_view>

/// What a commit or a tag has of signatures, and what they are over. All pure: the bytes come from whoever
/// could push, and nothing here says that a signature is good.
namespace holdfast::git {

enum class signature_format {
    /// There is none.
    none,
    openpgp,
    ssh,
    /// S/MIME, as `gpgsm` makes it.
    x509,
    /// Something else stands where a signature belongs.
    other,
};

/// A commit or a tag, taken apart.
struct signed_content {
    /// What the signature is over: the object without it, byte for byte as git(1) computes it.
    std::string payload;
    /// Armoured, as it stands there; empty where there is none.
    std::string signature;
    signature_format format = signature_format::none;
};

/// An annotated tag.
struct tag_content {
    /// What it names, and what that is ("commit").
    object_id target;
    std::string target_kind;
    /// Its own name, which is part of what is signed: the ref that leads to it may have another.
    std::string name;
    signed_content content;
};

/// Takes a commit apart. User error for one with more than one signature, and for bytes that begin like no
/// commit.
result<signed_content> take_commit_apart(std::string_view object);

/// The same for an annotated tag.
result<tag_content> take_tag_apart(std::string_view object);

/// The bytes of an armoured OpenPGP signature, when they are exactly one signature packet. User error for all
/// else: a message that carries content of its own, more than one signature, damage.
result<std::string> openpgp_signature_of(std::string_view armoured);

/// What an SSH signature says of itself (OpenSSH's PROTOCOL.sshsig).
struct ssh_signature {
    /// As in authorized_keys, decoded.
    std::string public_key;
    /// What it was made for; of commits and tags that is "git".
    std::string made_for;
    /// All of it, armoured anew.
    std::string armoured;
};

/// User error for what is none.
result<ssh_signature> read_ssh_signature(std::string_view armoured);

/// How OpenSSH names a public key: "SHA256:" and 43 characters.
std::string ssh_fingerprint(std::string_view public_key);

/// The kind of key that the bytes begin with, as "ssh-ed25519"; empty for what is none.
std::string ssh_key_kind(std::string_view public_key);

} // namespace holdfast::git
