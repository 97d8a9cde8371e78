#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::git {

enum class transport { https, http, ssh, file };

/// The address of a Git repository: https://, http://, ssh://, user@host:path, or file:// (for tests and for
/// local mirrors).
class url {
public:
    /// A user error for everything that is none of these, for a leading '-', control characters, a query or a
    /// fragment, and for credentials inside the URL (they belong into a Secret). A mere user in an http(s)
    /// URL is left out: Azure DevOps and Bitbucket give such addresses out.
    static result<url> parse(std::string_view text);

    /// As it was written (without the user of an http(s) URL), which is what git(1) is given.
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
    [[nodiscard]] const std::string& normalised() const noexcept { return normalised_; }

private:
    std::string text_;
    transport kind_ = transport::https;
    std::string host_;
    std::optional<std::uint16_t> port_;
    std::string user_;
    std::string path_;
    std::string normalised_;

    friend result<std::string> normalise_prefix(std::string_view text);
    static result<url> parse(std::string_view text, bool path_required);
};

/// The same normal form of the prefix of a group of repositories, whose path may be empty or end anywhere on
/// a border: "https://github.com/acme/" → "github.com/acme".
result<std::string> normalise_prefix(std::string_view text);

/// True when `normalised` is what `prefix` (both in normal form) says or lies below it: "host/acme" covers
/// "host/acme/shop" but not "host/acme-evil".
[[nodiscard]] bool covers(std::string_view prefix, std::string_view normalised) noexcept;

/// The index of the longest of `prefixes` (normal forms) that covers `normalised`; nothing when none does.
/// The first of equals.
[[nodiscard]] std::optional<std::size_t>
longest_prefix(const std::vector<std::string>& prefixes, std::string_view normalised) noexcept;

/// True when both texts are addresses of one repository. False when either is none.
[[nodiscard]] bool same_repository(std::string_view a, std::string_view b);

} // namespace holdfast::git
