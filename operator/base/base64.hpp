#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// Standard base64 with padding (RFC 4648 §4), as in Secrets and kubeconfigs.
std::string base64_encode(std::string_view bytes);

/// The bytes; nothing when `text` is not base64. Line breaks and blanks inside are skipped, as Kubernetes
/// does.
std::optional<std::string> base64_decode(std::string_view text);

/// base64url without padding (RFC 4648 §5), as in JSON web tokens.
std::string base64url_encode(std::string_view bytes);

/// The bytes; nothing when `text` is not base64url. Without padding, and nothing is skipped.
std::optional<std::string> base64url_decode(std::string_view text);

} // namespace holdfast
