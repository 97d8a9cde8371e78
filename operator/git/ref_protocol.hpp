#pragma once

// What of Git's protocol version 2 a listing of refs needs (git's Documentation/gitprotocol-v2.txt and
// gitprotocol-common.txt), as bytes, without any input or output.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::git {

/// Which refs of a remote to list.
struct ref_selection {
    /// Exactly these: "HEAD", "refs/pull/7/head".
    std::vector<std::string> names;
    /// All below: "refs/heads/".
    std::vector<std::string> prefixes;

    [[nodiscard]] bool has(std::string_view name) const noexcept;
};

/// Whether a server that was asked for "info/refs?service=git-upload-pack" with "Git-Protocol: version=2"
/// speaks version 2, lists refs in it, and names its objects by SHA-1.
[[nodiscard]] bool offers_ref_listing(std::string_view advertisement) noexcept;

/// The body of the request for the refs, with what annotated tags stand for and where HEAD leads.
[[nodiscard]] std::string ls_refs_request(const ref_selection& which);

/// The answer to it, as `git ls-remote --symref` prints the selected refs. Nothing where it is no whole
/// answer, or says that something is wrong.
[[nodiscard]] std::optional<std::string> listing_text(std::string_view answer, const ref_selection& which);

} // namespace holdfast::git
