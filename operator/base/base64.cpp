#include "base/base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace holdfast {

namespace {

constexpr std::string_view standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(std::string_view bytes, std::string_view alphabet, bool padded) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    const auto byte = [&](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(bytes[i]); };
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = byte(i) << 16U;
        group |= count > 1 ? byte(i + 1) << 8U : 0U;
        group |= count > 2 ? byte(i + 2) : 0U;
        for (std::size_t k = 0; k < 4; ++k) {
            if (k <= count) {
                text += alphabet[(group >> (18U - 6U * k)) & 63U];
            } else if (padded) {
                text += '=';
            }
        }
    }
    return text;
}

constexpr std::array<std::int8_t, 256> make_reverse() {
    std::array<std::int8_t, 256> table{};
    for (auto& entry : table) {
        entry = -1;
    }
    for (std::size_t i = 0; i < standard.size(); ++i) {
        table[static_cast<unsigned char>(standard[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}

constexpr auto reverse = make_reverse();

} // namespace

std::string base64_encode(std::string_view bytes) {
    return encode(bytes, standard, true);
}

std::string base64url_encode(std::string_view bytes) {
    return encode(bytes, url_safe, false);
}

std::optional<std::string> base64_decode(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    int held = 0;
    int padding = 0;
    for (const char c : text) {
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
            continue;
        }
        if (c == '=') {
            ++padding;
            continue;
        }
        const auto value = reverse[static_cast<unsigned char>(c)];
        if (value < 0 || padding > 0) {
            return std::nullopt;
        }
        group = (group << 6U) | static_cast<std::uint32_t>(value);
        if (++held == 4) {
            bytes += static_cast<char>(group >> 16U & 255U);
            bytes += static_cast<char>(group >> 8U & 255U);
            bytes += static_cast<char>(group & 255U);
            group = 0;
            held = 0;
        }
    }
    if ((held == 0 && padding != 0) || held == 1 || (held > 1 && padding != 4 - held)) {
        return std::nullopt;
    }
    if (held >= 2) {
        group <<= 6U * static_cast<unsigned>(4 - held);
        bytes += static_cast<char>(group >> 16U & 255U);
        if (held == 3) {
            bytes += static_cast<char>(group >> 8U & 255U);
        }
    }
    return bytes;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    if (text.find_first_not_of(url_safe) != std::string_view::npos) {
        return std::nullopt;
    }
    std::string plain{text};
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    plain.append((4 - plain.size() % 4) % 4, '=');
    return base64_decode(plain);
}

} // namespace holdfast
