#pragma once

#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/timestamp.hpp"
#include "http/server.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The webhooks by which Git providers tell that somebody pushed.
namespace holdfast::push {

enum class provider {
    github,
    gitlab,
    gitea,
    forgejo,
    gogs,
    bitbucket_cloud,
    bitbucket_data_center,
    azure_devops,
    /// Anything that signs what it sends with an HMAC.
    generic,
};

/// "github", "bitbucket-cloud" …: in the status of a Repository, in metrics, in the log.
[[nodiscard]] std::string_view to_string(provider p) noexcept;

/// Whose delivery it is, going by its headers; nothing when they are of none that is known.
[[nodiscard]] std::optional<provider> recognise(const http::request_info& request);

/// What a delivery says, before anybody knows whether it is genuine. Nothing in it is to be believed: it
/// tells whose secrets to look at, and later what to look at again.
struct claim {
    provider from = provider::generic;
    enum class kind {
        /// Refs of a repository moved.
        push,
        /// The webhook was set up, and its provider tries it.
        ping,
        /// Something that is not of interest: an issue, a star.
        other,
    };
    kind what = kind::other;
    /// As the provider names it: "push", "Tag Push Hook", "repo:refs_changed".
    std::string event;
    /// Empty where the provider gives none.
    std::string delivery_id;
    /// Addresses of the repository, whichever the body names; empty for a ping of an organisation's webhook.
    std::vector<std::string> urls;
    /// Which moved: "refs/heads/main". Empty: not told.
    std::vector<std::string> refs;
};

inline constexpr std::size_t max_urls = 16;
inline constexpr std::size_t max_refs = 64;

/// Reads the claim out of a body that comes in pieces. Takes memory for what is kept, whatever the body's
/// size.
class claim_reader {
public:
    /// `request` is the delivery's head; its body is not looked at. It outlives this.
    claim_reader(provider from, const http::request_info& request);
    ~claim_reader();
    claim_reader(const claim_reader&) = delete;
    claim_reader& operator=(const claim_reader&) = delete;

    /// User errors say which field is of the wrong type; they quote nothing longer than a word.
    result<void> add(std::string_view piece);
    /// What the pieces said so far: a claim that may still lack something.
    [[nodiscard]] claim so_far() const;
    /// What the whole body says. User errors as of add(), and for a field that is missing.
    result<claim> finish();

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

/// The same of a body that is there as a whole.
[[nodiscard]] result<claim> read_claim(provider from, const http::request_info& request);

/// Whether a delivery is genuine. All but `genuine` are refusals, and the client is told the same for each.
enum class verdict {
    genuine,
    /// There is no secret to check it with.
    no_secret,
    /// It bears no signature (or token, or password) at all.
    unsigned_delivery,
    /// Its signature cannot be read, is there twice, or is by an algorithm that is not good enough.
    unreadable_signature,
    /// It was signed too long ago, or will be.
    stale,
    /// None of the secrets made this signature.
    wrong_signature,
};

/// A sentence for the administrator: "its signature was made with none of the secrets".
[[nodiscard]] std::string_view explain(verdict v) noexcept;

/// Checks the signature over a raw body that comes in pieces, with each of the secrets, in a time that tells
/// nothing about them. An empty secret is none. One line break at the end of a secret, as editors leave it,
/// does not belong to it.
class signature_check {
public:
    /// `request` is the delivery's head; its body is not looked at.
    signature_check(
        provider from, const http::request_info& request, std::span<const std::string> secrets,
        wall_clock::time_point now
    );

    void add(std::string_view piece);
    [[nodiscard]] verdict finish();

private:
    // Decided by the head alone where the body does not belong to it.
    verdict known_ = verdict::no_secret;
    // What the signature must be: one of these, of one of those.
    std::vector<std::string> macs_;
    std::vector<hmac_stream> streams_;
    // Of a signature that is right.
    verdict if_right_ = verdict::genuine;
};

/// The same of a body that is there as a whole.
[[nodiscard]] verdict verify(
    provider from, const http::request_info& request, std::span<const std::string> secrets,
    wall_clock::time_point now
);

/// True where the delivery's signature covers its body, so that the same bytes again are a replay whatever
/// delivery id they bear. Not so for tokens and passwords, and not for `generic`, whose senders may well say
/// the same twice.
[[nodiscard]] bool signs_each_body(provider from, const http::request_info& request);

} // namespace holdfast::push
