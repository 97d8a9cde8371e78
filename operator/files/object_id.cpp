#include "files/object_id.hpp"

namespace holdfast::files {

namespace {

int digit(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

} // namespace

std::optional<object_id> object_id::from_hex(std::string_view text) {
    if (text.size() != 2 * size) {
        return std::nullopt;
    }
    object_id id;
    for (std::size_t i = 0; i < size; ++i) {
        const int high = digit(text[2 * i]);
        const int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        id.bytes_[i] = static_cast<unsigned char>(high * 16 + low);
    }
    return id;
}

std::string object_id::hex() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * size);
    for (const auto b : bytes_) {
        text.push_back(digits[b >> 4U]);
        text.push_back(digits[b & 15U]);
    }
    return text;
}

} // namespace holdfast::files
