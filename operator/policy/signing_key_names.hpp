#pragma once

#include <string_view>

namespace holdfast::policy {

/// Whether a key of a Secret is one that holds public keys of those who may sign (spec.verify).
[[nodiscard]] inline bool is_signing_key_name(std::string_view name) noexcept {
    return name.ends_with(".asc") || name.ends_with(".sshpub");
}

} // namespace holdfast::policy
