#include "secrets/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace holdfast::secrets {

namespace {

// A lead byte says how many follow, and between what the first of them lies (Unicode 15, table 3-7).
struct lead {
    std::size_t followers;
    std::uint8_t low;
    std::uint8_t high;
};

constexpr lead none{9, 0, 0};

constexpr lead lead_of(std::uint8_t byte) noexcept {
    if (byte < 0x80) return {0, 0, 0};
    if (byte < 0xc2) return none;
    if (byte < 0xe0) return {1, 0x80, 0xbf};
    if (byte < 0xf0) {
        return {
            2, static_cast<std::uint8_t>(byte == 0xe0 ? 0xa0 : 0x80),
            static_cast<std::uint8_t>(byte == 0xed ? 0x9f : 0xbf)
        };
    }
    if (byte < 0xf5) {
        return {
            3, static_cast<std::uint8_t>(byte == 0xf0 ? 0x90 : 0x80),
            static_cast<std::uint8_t>(byte == 0xf4 ? 0x8f : 0xbf)
        };
    }
    return none;
}

} // namespace

bool is_utf8(std::string_view bytes) noexcept {
    const auto at = [bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    for (std::size_t i = 0; i < bytes.size();) {
        const auto expected = lead_of(at(i));
        if (expected.followers >= bytes.size() - i) return false;
        if (expected.followers > 0 && (at(i + 1) < expected.low || at(i + 1) > expected.high)) return false;
        for (std::size_t k = 2; k <= expected.followers; ++k) {
            if ((at(i + k) & 0xc0U) != 0x80U) return false;
        }
        i += expected.followers + 1;
    }
    return true;
}

} // namespace holdfast::secrets
