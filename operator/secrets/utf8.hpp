#pragma once

#include <string_view>

namespace holdfast::secrets {

/// Whether bytes are UTF-8 as Unicode defines it (no surrogates, no overlong forms, up to U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

} // namespace holdfast::secrets
