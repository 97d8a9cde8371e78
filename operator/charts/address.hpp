#pragma once

// What the addresses of chart repositories, charts and registries mean. Pure.

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::charts {

/// An http or https URL. Its query may be a secret (a signed link): it is asked for and never said.
struct web_address {
    bool tls = true;
    /// In lower case; an IPv6 address without its brackets.
    std::string host;
    std::uint16_t port = 443;
    /// Percent-encoded, begins with '/'.
    std::string path = "/";
    /// Without its '?'.
    std::string query;

    /// A user error for another scheme, for credentials in it (they belong into a Secret), and for what
    /// cannot be sent. A fragment is left out; blanks are percent-encoded.
    static result<web_address> parse(std::string_view text);

    /// What a reference found at this address leads to (RFC 3986 §5).
    [[nodiscard]] result<web_address> resolve(std::string_view reference) const;

    /// "https://host:port".
    [[nodiscard]] std::string origin() const;
    /// What is sent: path and query.
    [[nodiscard]] std::string target() const;
    /// What people are shown: without the query.
    [[nodiscard]] std::string shown() const { return origin() + path; }
};

/// Whether what is meant for `home` may be shown to `other`: the same scheme, host and port, or the same host
/// where http became https on their own ports.
[[nodiscard]] bool same_place(const web_address& home, const web_address& other) noexcept;

/// The address of a file of a chart repository, "index.yaml" or what an entry of it says. Relative ones are
/// below the repository's, whether or not it ends with a slash, and get its query, as helm has it.
result<web_address> below_repository(const web_address& repository, std::string_view reference);

/// A chart in an OCI registry.
struct oci_address {
    /// The registry, with an empty path; https.
    web_address registry;
    /// "bitnamicharts/nginx".
    std::string repository;
    /// "1.2.3_build.4"; empty where none was named.
    std::string tag;

    /// "oci://host:port/path".
    [[nodiscard]] std::string shown() const;
};

/// Whether a repository is in an OCI registry: "oci://…", or no scheme at all.
[[nodiscard]] bool is_oci(std::string_view repository) noexcept;

/// The chart `name` (which may have slashes) of "oci://host[:port]/path", with or without the scheme. User
/// errors name what is wrong.
result<oci_address> parse_oci(std::string_view repository, std::string_view name);

/// What an entry of an index says: "oci://host/path/name:tag".
result<oci_address> parse_oci_reference(std::string_view text);

/// Tags cannot have the '+' that versions have; helm writes '_'.
[[nodiscard]] std::string tag_of(std::string_view version);
[[nodiscard]] std::string version_of(std::string_view tag);
/// Whether a registry could have it.
[[nodiscard]] bool is_tag(std::string_view text) noexcept;

/// A user error unless it is a name that a chart can have: letters, digits, '-', '_' and '.', and where
/// `with_slashes` several of those.
result<void> check_chart_name(std::string_view name, bool with_slashes);

/// The query "name=value" with what it must have percent-encoded.
[[nodiscard]] std::string query_pair(std::string_view name, std::string_view value);

} // namespace holdfast::charts
