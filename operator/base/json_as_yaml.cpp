#include "base/json_as_yaml.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace holdfast {

namespace {

/// Beyond 1024 characters no YAML reader takes a text for a key that has no question mark before it.
constexpr std::size_t longest_simple_key = 512;

struct character {
    unsigned code;
    std::size_t bytes;
};

/// The character at the begin of `text` where it needs an escape.
std::optional<character> to_escape(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    switch (byte(0)) {
    case 0x7FU: return character{0x7FU, 1};
    case 0xC2U:
        if (byte(1) >= 0x80U && byte(1) < 0xA0U) return character{byte(1), 2};
        break;
    case 0xE2U:
        if (byte(1) == 0x80U && (byte(2) == 0xA8U || byte(2) == 0xA9U)) {
            return character{0x2000U + byte(2) - 0x80U, 3};
        }
        break;
    case 0xEFU:
        if (byte(1) == 0xBBU && byte(2) == 0xBFU) return character{0xFEFFU, 3};
        if (byte(1) == 0xBFU && byte(2) >= 0xBEU) return character{0xFF40U + byte(2), 3};
        break;
    default: break;
    }
    return std::nullopt;
}

/// One past the closing quote of the string that begins at `from`.
std::size_t end_of_string(std::string_view json, std::size_t from) noexcept {
    for (auto at = from + 1; at < json.size(); ++at) {
        if (json[at] == '\\') {
            ++at;
        } else if (json[at] == '"') {
            return at + 1;
        }
    }
    return json.size();
}

} // namespace

std::string json_as_yaml(std::string json) {
    std::string made;
    const std::string_view all{json};
    std::size_t copied = 0; // of `all`, into `made`
    for (std::size_t at = 0; at < all.size();) {
        if (all[at] != '"') {
            ++at;
            continue;
        }
        const auto end = end_of_string(all, at);
        if (end - at > longest_simple_key && end < all.size() && all[end] == ':') {
            made.append(all.substr(copied, at - copied)).append("? ");
            copied = at;
        }
        while (at < end) {
            const auto special = to_escape(all.substr(at, end - at));
            if (!special) {
                ++at;
                continue;
            }
            made.append(all.substr(copied, at - copied)).append(fmt::format("\\u{:04x}", special->code));
            at += special->bytes;
            copied = at;
        }
    }
    if (copied == 0 && made.empty()) {
        return json; // as nearly always
    }
    made.append(all.substr(copied));
    return made;
}

} // namespace holdfast
