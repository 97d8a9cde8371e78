#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::match {

enum class transport { https, http, ssh, file };

/// The address of a Git repository: https://, http://, ssh://, user@host:path, or file:// (for tests and for
/// local mirrors).
class url {
public:
    /// A user error for everything that is none of these, for a leading '-', control characters, a query or a
    /// fragment, and for credentials inside the URL (they belong into a Secret). A mere user in an http(s)
    /// URL is left out, "ada%40corp.example@" too: Azure DevOps and Bitbucket give such addresses out. What
    /// no URL may have in its path (blanks, umlauts) is percent-encoded, and "a/../" taken out, as every
    /// client does before it asks.
    static result<url> parse(std::string_view text);
    /// The same for the prefix of a group of repositories, whose path may be empty or end anywhere on a
    /// border.
    static result<url> parse_prefix(std::string_view text);

    /// As it was written (but for what parse() changes), which is what git(1) is given.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    [[nodiscard]] transport kind() const noexcept { return kind_; }
    /// In lower case; an IPv6 address without brackets; empty for file://.
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    /// Only where one is written.
    [[nodiscard]] std::optional<std::uint16_t> port() const noexcept { return port_; }
    /// The user of an ssh URL; empty where none is written.
    [[nodiscard]] const std::string& user() const noexcept { return user_; }
    /// Decoded, with its leading '/' (but for user@host:path without one).
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// The form in which two addresses of one repository are equal, whatever the scheme, the user, the case
    /// of the host, a default port, a trailing '/' or ".git": "host[:port]/path"; "file:/path" for file://.
    /// Of hosts that ignore the case of paths (github.com, gitlab.com, bitbucket.org, Azure DevOps) in lower
    /// case.
    /// It says which repository is meant, and not how it is reached: what is fetched goes by identity().
    [[nodiscard]] const std::string& normalised() const noexcept { return normalised_; }
    /// Equal for two addresses only where git(1) does the same with both: the scheme, the user of ssh, the
    /// port and the path as it is written belong to it. Copies of repositories, their refs and who is asked
    /// for them go by it, so that what one person writes never decides how another one's is reached.
    [[nodiscard]] const std::string& identity() const noexcept { return identity_; }
    /// What credentials are for: "https://host[:port][/path]", "file:///path", the normal form with its
    /// transport. That of a prefix covers() those of its repositories.
    [[nodiscard]] std::string scope() const;

private:
    std::string text_;
    transport kind_ = transport::https;
    std::string host_;
    std::optional<std::uint16_t> port_;
    std::string user_;
    std::string path_;
    std::string normalised_;
    std::string identity_;

    static result<url> parse(std::string_view text, bool path_required);
};

/// The same normal form of the prefix of a group of repositories, whose path may be empty or end anywhere on
/// a border: "https://github.com/acme/" → "github.com/acme".
result<std::string> normalise_prefix(std::string_view text);

/// True when `normalised` is what `prefix` (both in normal form, or both scopes) says or lies below it:
/// "host/acme" covers "host/acme/shop" but not "host/acme-evil".
[[nodiscard]] bool covers(std::string_view prefix, std::string_view normalised) noexcept;

/// True when both texts are addresses of one repository. False when either is none.
[[nodiscard]] bool same_repository(std::string_view a, std::string_view b);

} // namespace holdfast::match
