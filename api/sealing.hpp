#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::api {

/// A key for one purpose, made of a secret that has others too: 32 bytes.
[[nodiscard]] std::string key_for(std::string_view purpose, std::string_view secret);
/// A key that nobody else has: 32 random bytes. Throws std::runtime_error where there is no randomness.
[[nodiscard]] std::string random_key();

/// Encrypts and authenticates (AES-256-GCM with a random nonce), as base64url. `key` has 32 bytes.
[[nodiscard]] std::string seal(std::string_view key, std::string_view plain);
/// What was sealed with this key; nothing for everything else.
[[nodiscard]] std::optional<std::string> unseal(std::string_view key, std::string_view sealed);

} // namespace holdfast::api
