#pragma once

// What the ways of signing have in common, for the providers' files.

#include "push/scheme.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::push {

/// A header that must be there once. Twice is ambiguous: a proxy and we might look at different ones.
struct security_header {
    std::string value;
    verdict problem = verdict::genuine;
};
security_header security_header_of(const http::request_info& request, std::string_view name);

/// What a delivery is that the head alone decides upon.
awaited_signature decided(verdict v);

/// A body whose HMAC with one of the secrets is to be this.
awaited_signature
await_hmac(hmac_algorithm algorithm, std::string mac, std::span<const std::string_view> secrets);

/// A header with "sha256=" and an HMAC of the body in hexadecimal. With `bare`: without "sha256=".
awaited_signature await_hex_header(
    const http::request_info& request, std::string_view name, bool bare,
    std::span<const std::string_view> secrets
);

/// Whether a text is one of the secrets.
verdict check_token(std::string_view token, std::span<const std::string_view> secrets);

} // namespace holdfast::push
