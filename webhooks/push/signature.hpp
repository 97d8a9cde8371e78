#pragma once

// What the ways of signing have in common, for the providers' files.

#include "base/hash.hpp"
#include "push/delivery.hpp"

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

/// Whether one of the secrets made this HMAC of the message. Every secret is tried, whichever it is.
verdict check_hmac(
    hmac_algorithm algorithm, std::string_view mac, std::string_view message,
    std::span<const std::string_view> secrets
);

/// A header with "sha256=" and an HMAC of the body in hexadecimal. With `bare`: without "sha256=".
verdict check_hex_header(
    const http::request_info& request, std::string_view name, bool bare,
    std::span<const std::string_view> secrets
);

/// Whether a text is one of the secrets.
verdict check_token(std::string_view token, std::span<const std::string_view> secrets);

} // namespace holdfast::push
