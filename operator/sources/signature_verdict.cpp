#include "sources/signature_verdict.hpp"

#include "base/bounded_text.hpp"
#include "base/take_line.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::sources {

namespace {

constexpr std::size_t most_tags = 8;
constexpr std::size_t longest_name = 200;

// Numbers of RFC 4880 §9.4.
constexpr std::array<std::string_view, 3> weak_digests{"1", "2", "3"};

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const auto blank = line.find(' ');
        if (blank != 0) {
            words.push_back(line.substr(0, blank));
        }
        line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
    }
    return words;
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

std::string day(wall_clock::time_point time) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(wall_clock::to_time_t(time)));
}

// What gpg prints of a user id has its control characters escaped; others are not ours to print.
std::string named(std::string_view user) {
    std::string text = cut_to_characters(valid_utf8(user), longest_name);
    std::ranges::replace_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    return text;
}

std::string openpgp_signer(std::string_view user, std::string_view key) {
    return (user.empty() ? std::string{} : named(user) + ", ") + "OpenPGP key " + std::string{key};
}

std::string ssh_signer_text(const ssh_signer* one, const std::string& fingerprint) {
    const bool is_named = one != nullptr && !one->name.empty();
    return (is_named ? named(one->name) + ", " : std::string{}) + "SSH key " + fingerprint;
}

signature_flaw flaw_of(std::string_view keyword) {
    if (keyword == "GOODSIG") return signature_flaw::nothing;
    if (keyword == "BADSIG") return signature_flaw::wrong;
    if (keyword == "EXPSIG") return signature_flaw::expired_signature;
    if (keyword == "EXPKEYSIG") return signature_flaw::expired_key;
    if (keyword == "REVKEYSIG") return signature_flaw::revoked_key;
    return signature_flaw::refused;
}

} // namespace

std::optional<signature_finding> finding_without_program(const git::signed_content& of) {
    switch (of.format) {
    case git::signature_format::none: return signature_finding{.flaw = signature_flaw::missing};
    case git::signature_format::x509:
        return signature_finding{
            .flaw = signature_flaw::other_kind, .detail = "it is signed by S/MIME (gpgsm)"
        };
    case git::signature_format::other:
        return signature_finding{
            .flaw = signature_flaw::other_kind, .detail = "it has something else in place of a signature"
        };
    case git::signature_format::openpgp:
    case git::signature_format::ssh: break;
    }
    return std::nullopt;
}

signature_finding read_gpg_status(std::string_view printed, int status) {
    constexpr std::string_view mark = "[GNUPG:] ";
    signature_finding found{.flaw = signature_flaw::refused};
    std::size_t signatures = 0;
    bool is_valid = false;
    bool has_content = false;
    std::string user;
    while (!printed.empty()) {
        auto line = take_line(printed);
        if (!line.starts_with(mark)) {
            continue;
        }
        line.remove_prefix(mark.size());
        const auto words = words_of(line);
        const auto keyword = words.empty() ? std::string_view{} : words.front();
        if (keyword == "GOODSIG" || keyword == "BADSIG" || keyword == "EXPSIG" || keyword == "EXPKEYSIG" ||
            keyword == "REVKEYSIG") {
            ++signatures;
            found.flaw = flaw_of(keyword);
            const auto id = words.size() > 1 ? words[1] : std::string_view{};
            const auto at = line.find(id) + id.size();
            user = at < line.size() ? line.substr(at + 1) : std::string_view{};
            found.key = id;
        } else if (keyword == "ERRSIG") {
            // key, algorithm, digest, class, time, why, fingerprint
            ++signatures;
            constexpr std::string_view no_such_key = "9";
            found.flaw = words.size() > 6 && words[6] == no_such_key ? signature_flaw::unknown_key
                                                                     : signature_flaw::refused;
            found.key = words.size() > 7 && words[7] != "-" ? words[7]
                        : words.size() > 1                  ? words[1]
                                                            : std::string_view{};
        } else if (keyword == "VALIDSIG" && words.size() > 10) {
            // fingerprint, day, time, expiry, version, -, algorithm, digest, class, primary key's fingerprint
            is_valid = true;
            found.key = words[10];
            if (std::ranges::find(weak_digests, words[8]) != weak_digests.end()) {
                found.detail = "over a digest that can be forged (MD5, SHA-1 or RIPEMD-160)";
            } else if (words[9] != "00") {
                found.detail = "over a text, not over the very bytes";
            }
            if (const auto expiry = number(words[4]); expiry && *expiry > 0) {
                found.until = wall_clock::time_point{std::chrono::seconds{*expiry}};
            }
        } else if (keyword == "PLAINTEXT" || keyword == "UNEXPECTED" || keyword == "NODATA" ||
                   keyword == "BADARMOR") {
            has_content = true;
        }
    }
    found.signer = found.key.empty() ? std::string{} : openpgp_signer(user, found.key);
    if (has_content || signatures > 1) {
        found.flaw = signature_flaw::damaged;
        found.detail = signatures > 1
                           ? "it has more than one signature, of which only one could be the right one"
                           : "its signature is damaged, or has content of its own";
    } else if (found.is_good() && (!is_valid || status != 0)) {
        found.flaw = signature_flaw::refused;
    } else if (found.is_good() && !found.detail.empty()) {
        found.flaw = signature_flaw::weak;
    }
    return found;
}

std::optional<wall_clock::time_point> next_expiry(std::string_view listing, wall_clock::time_point now) {
    std::optional<wall_clock::time_point> next;
    while (!listing.empty()) {
        auto line = take_line(listing);
        if (!line.starts_with("pub:") && !line.starts_with("sub:")) {
            continue;
        }
        for (int field = 1; field < 7 && !line.empty(); ++field) { // the seventh
            const auto colon = line.find(':');
            line.remove_prefix(colon == std::string_view::npos ? line.size() : colon + 1);
        }
        const auto expiry = number(line.substr(0, line.find(':')));
        const auto time = wall_clock::time_point{std::chrono::seconds{expiry.value_or(0)}};
        if (expiry && time > now && (!next || time < *next)) {
            next = time;
        }
    }
    return next;
}

ssh_choice
choose_ssh_signer(const git::ssh_signature& signature, const signing_keys& keys, wall_clock::time_point now) {
    ssh_choice made;
    auto& found = made.finding;
    found.key = git::ssh_fingerprint(signature.public_key);
    found.flaw = signature_flaw::unknown_key;
    for (const auto& one : keys.ssh) {
        if (one.public_key != signature.public_key) {
            continue;
        }
        found.signer = ssh_signer_text(&one, found.key);
        if (one.valid_before && now > *one.valid_before) {
            found.flaw = signature_flaw::expired_key;
            found.detail = "on " + day(*one.valid_before);
        } else if (one.valid_after && now < *one.valid_after) {
            found.flaw = signature_flaw::early_key;
            found.detail = "from " + day(*one.valid_after) + " on";
            found.until = one.valid_after;
        } else {
            made.by = &one;
            found = {.signer = found.signer, .key = found.key, .detail = {}, .until = one.valid_before};
            break; // another line may say less of the same key
        }
    }
    if (made.by == nullptr && found.signer.empty()) {
        found.signer = ssh_signer_text(nullptr, found.key);
    }
    if (made.by != nullptr && signature.made_for != "git") {
        found.flaw = signature_flaw::other_purpose;
        found.detail = named(signature.made_for);
        made.by = nullptr;
    }
    return made;
}

result<std::vector<candidate_tag>>
candidate_tags(const git::resolved_revision& at, const git::ref_list& refs) {
    constexpr std::string_view prefix = "refs/tags/";
    if (!at.ref.empty() && !at.ref.starts_with(prefix)) {
        return user_error(
            "targetRevision leads to " + at.ref +
            ", which is not a tag: name an annotated tag that is signed (git tag -s), as v1.2.3 or a range of "
            "versions"
        );
    }
    std::vector<candidate_tag> all;
    if (const auto* named_ref = at.ref.empty() ? nullptr : refs.find(at.ref);
        named_ref != nullptr && named_ref->commit() == at.commit) {
        if (!named_ref->peeled) {
            return user_error(
                "the tag " + at.ref.substr(prefix.size()) +
                " is a lightweight one, which cannot be signed: make an annotated one (git tag -s)"
            );
        }
        all.push_back({.ref = at.ref, .tag = named_ref->target});
        return all;
    }
    // A commit by its SHA, as of a rollback; or a tag that moved on since.
    for (const auto& one : refs.refs()) {
        if (one.name.starts_with(prefix) && one.peeled && *one.peeled == at.commit &&
            all.size() < most_tags) {
            all.push_back({.ref = one.name, .tag = one.target});
        }
    }
    if (all.empty()) {
        return user_error(
            "no annotated tag names this commit: name one that is signed (git tag -s) as targetRevision"
        );
    }
    return all;
}

result<void> check_tag(const git::tag_content& tag, const candidate_tag& as, const git::object_id& commit) {
    if (tag.target_kind != "commit" || tag.target != commit) {
        return user_error("it does not name the commit itself but another " + named(tag.target_kind));
    }
    if ("refs/tags/" + tag.name != as.ref) {
        return user_error(
            "it was made and signed as \"" + named(tag.name) +
            "\" and stands under another name: it says nothing of this one"
        );
    }
    return {};
}

std::string refusal_sentence(
    const signature_finding& finding, const std::string& what, const std::string& url,
    const std::string& rule, const std::string& keys_from
) {
    const auto by = finding.signer.empty() ? std::string{"a key that it does not name"} : finding.signer;
    const auto why = [&]() -> std::string {
        switch (finding.flaw) {
        case signature_flaw::nothing: return "";
        case signature_flaw::missing:
            return "it is not signed; sign it with a key of " + keys_from + " (git commit -S, git tag -s)";
        case signature_flaw::other_kind:
            return finding.detail + "; only signatures by OpenPGP (gpg) and SSH keys are checked";
        case signature_flaw::damaged: return finding.detail + "; sign it again with a key of " + keys_from;
        case signature_flaw::unknown_key:
            return "it is signed by the " + by + ", which is not in " + keys_from +
                   "; sign it with a key that is there, or put this public key there if it is to be trusted";
        case signature_flaw::expired_key:
            return "it is signed by " + by + ", a key that has expired" +
                   (finding.detail.empty() ? "" : " " + finding.detail) + "; sign it with another key of " +
                   keys_from + ", or put the key there with its new time";
        case signature_flaw::revoked_key:
            return "it is signed by " + by + ", a key that is revoked; sign it with another key of " +
                   keys_from;
        case signature_flaw::early_key:
            return "it is signed by " + by + ", a key that counts only " + finding.detail;
        case signature_flaw::expired_signature:
            return "its signature by " + by + " was made for a time, which is over; sign it again";
        case signature_flaw::wrong:
            return "its signature by " + by +
                   " is not over this content: that was changed after it was signed, or the signature was "
                   "taken from something else";
        case signature_flaw::other_purpose:
            return "its signature by " + by + " was made for \"" + finding.detail +
                   "\", not for \"git\"; sign it with git";
        case signature_flaw::weak:
            return "its signature by " + by + " is " + finding.detail +
                   "; sign it again with gpg as it is today";
        case signature_flaw::refused:
            return "its signature by " + by +
                   " is not accepted by the program that checks it; sign it again with a key of " + keys_from;
        }
        return "";
    }();
    return what + " of " + url + " is refused by " + rule + ": " + why;
}

} // namespace holdfast::sources
