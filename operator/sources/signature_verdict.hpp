#pragma once

#include "base/error.hpp"
#include "base/timestamp.hpp"
#include "crds/repository.hpp"
#include "git/revision.hpp"
#include "git/signature.hpp"
#include "sources/signing_keys.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Whether a signature counts, and what is said where it does not. Pure: what gpg printed and the time are
/// given.
namespace holdfast::sources {

/// What is wrong with a signature.
enum class signature_flaw {
    nothing,
    /// There is none.
    missing,
    /// Of a kind that is not checked: S/MIME, or nobody knows which.
    other_kind,
    /// It cannot be read, or is more than one signature.
    damaged,
    /// It is by a key that is not among those given.
    unknown_key,
    expired_key,
    revoked_key,
    /// The key counts only later.
    early_key,
    /// The signature itself was made to expire.
    expired_signature,
    /// It is over something else: another object's, or the object was changed.
    wrong,
    /// Of SSH: made for something else than Git.
    other_purpose,
    /// Over a digest that can be forged (MD5, SHA-1, RIPEMD-160), or not over the very bytes.
    weak,
    /// For a reason that gpg has no word for.
    refused,
};

struct signature_finding {
    signature_flaw flaw = signature_flaw::nothing;
    /// Who signed, as far as that is known: "Alice <alice@example.com>, OpenPGP key 8D05…".
    std::string signer;
    /// The fingerprint of the key: of OpenPGP that of the primary key, 40 digits; of SSH "SHA256:…".
    std::string key;
    /// More about the flaw.
    std::string detail;
    /// The finding is to be made anew from then on, since keys expire.
    std::optional<wall_clock::time_point> until;

    [[nodiscard]] bool is_good() const noexcept { return flaw == signature_flaw::nothing; }
    bool operator==(const signature_finding&) const = default;
};

/// What is found without any program: no signature, kinds that are not checked.
[[nodiscard]] std::optional<signature_finding> finding_without_program(const git::signed_content& of);

/// What `gpg --status-fd` printed while it verified one signature, and the status that it ended with. Good is
/// only what it calls good and valid, once, and is over the bytes with a digest that nobody can forge.
[[nodiscard]] signature_finding read_gpg_status(std::string_view printed, int status);

/// When the next of the keys expires that `gpg --with-colons --list-keys` printed.
[[nodiscard]] std::optional<wall_clock::time_point>
next_expiry(std::string_view listing, wall_clock::time_point now);

/// Which of the keys made a signature, before it is verified: the key, or why it is not accepted.
struct ssh_choice {
    const ssh_signer* by = nullptr;
    signature_finding finding;
};
[[nodiscard]] ssh_choice
choose_ssh_signer(const git::ssh_signature& signature, const signing_keys& keys, wall_clock::time_point now);

/// An annotated tag that may vouch for a commit.
struct candidate_tag {
    std::string ref; // "refs/tags/v1"
    git::object_id tag;

    bool operator==(const candidate_tag&) const = default;
};

/// The tags that may vouch for a commit, where tags have to be signed: the one that the revision named; of a
/// full SHA (a rollback) those that name this commit. User errors for a branch and for a tag that is not
/// annotated.
result<std::vector<candidate_tag>>
candidate_tags(const git::resolved_revision& at, const git::ref_list& refs);

/// Whether a tag, by what is in it, is the one that its ref says, of that commit. A tag that was signed under
/// one name is not to be brought in under another.
result<void> check_tag(const git::tag_content& tag, const candidate_tag& as, const git::object_id& commit);

/// The sentence for who wants what was refused. `what`: "commit 1234…" or "tag v1"; `rule`: whose rule it is,
/// as "spec.verify of the Repository shop/deploy".
[[nodiscard]] std::string refusal_sentence(
    const signature_finding& finding, const std::string& what, const std::string& url,
    const std::string& rule, const std::string& keys_from
);

} // namespace holdfast::sources
