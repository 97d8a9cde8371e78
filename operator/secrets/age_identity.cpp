#include "secrets/age_identity.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string.h> // explicit_bzero
#include <vector>

namespace holdfast::secrets {

namespace {

// Bech32 (BIP 173), which age writes keys in, without its limit for the length.
constexpr std::string_view digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t checksum_digits = 6;
constexpr std::size_t key_bytes = 32;

// Digits of 5 bits; overwritten when they go.
struct fives {
    fives() = default;
    fives(const fives&) = delete;
    fives& operator=(const fives&) = delete;
    ~fives() { ::explicit_bzero(all.data(), all.size()); }
    std::vector<std::uint8_t> all;
};

class checksum {
public:
    explicit checksum(std::string_view prefix) {
        for (const char c : prefix)
            add(static_cast<std::uint8_t>(static_cast<unsigned char>(c) >> 5U));
        add(0);
        for (const char c : prefix)
            add(static_cast<std::uint8_t>(c & 0x1f));
    }
    void add(std::uint8_t digit) {
        constexpr std::array<std::uint32_t, 5> generator{
            0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3
        };
        const std::uint32_t top = state_ >> 25U;
        state_ = (state_ & 0x1ffffffU) << 5U ^ digit;
        for (std::size_t i = 0; i < generator.size(); ++i) {
            if ((top >> i & 1U) != 0) state_ ^= generator.at(i);
        }
    }
    [[nodiscard]] std::uint32_t value() const noexcept { return state_; }

private:
    std::uint32_t state_ = 1;
};

// What follows the prefix and the "1", with its checksum. `text` is in upper case, `prefix` in lower case.
bool decode(std::string_view text, std::string_view prefix, fives& into) {
    checksum sum{prefix};
    into.all.reserve(text.size());
    for (const char c : text) {
        const bool is_lower = c >= 'a' && c <= 'z';
        const auto digit = digits.find(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
        if (is_lower || digit == std::string_view::npos) return false;
        into.all.push_back(static_cast<std::uint8_t>(digit));
        sum.add(into.all.back());
    }
    return text.size() > checksum_digits && sum.value() == 1;
}

std::string encode(std::string_view prefix, const std::array<unsigned char, key_bytes>& bytes) {
    std::vector<std::uint8_t> all;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const unsigned char byte : bytes) {
        bits = (bits << 8U | byte) & 0xfffU;
        for (count += 8; count >= 5; count -= 5)
            all.push_back(static_cast<std::uint8_t>(bits >> (count - 5) & 0x1fU));
    }
    if (count > 0) all.push_back(static_cast<std::uint8_t>(bits << (5 - count) & 0x1fU));
    checksum sum{prefix};
    for (const auto digit : all)
        sum.add(digit);
    for (std::size_t i = 0; i < checksum_digits; ++i)
        sum.add(0);
    const auto rest = sum.value() ^ 1U;
    for (unsigned i = 0; i < checksum_digits; ++i)
        all.push_back(static_cast<std::uint8_t>(rest >> 5U * (5 - i) & 0x1fU));
    std::string text{prefix};
    text += '1';
    for (const auto digit : all)
        text += digits.at(digit);
    return text;
}

struct free_key {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};

error not_a_key() {
    return user_error("this is not an age key: it does not have the characters that age-keygen wrote (one is "
                      "missing, or another one)");
}

} // namespace

result<std::string> age_recipient_of(std::string_view identity) {
    constexpr std::string_view quantum = "AGE-SECRET-KEY-PQ-1";
    constexpr std::string_view plain = "AGE-SECRET-KEY-1";
    fives read;
    if (identity.starts_with(quantum)) {
        if (!decode(identity.substr(quantum.size()), "age-secret-key-pq-", read)) return not_a_key();
        return std::string{};
    }
    if (!identity.starts_with(plain)) {
        return user_error("this is not an age key: one starts with AGE-SECRET-KEY-1 (age-keygen makes it)");
    }
    if (!decode(identity.substr(plain.size()), "age-secret-key-", read)) return not_a_key();
    std::array<unsigned char, key_bytes + 1> secret{};
    std::size_t size = 0;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (std::size_t i = 0; i + checksum_digits < read.all.size() && size < secret.size(); ++i) {
        bits = (bits << 5U | read.all[i]) & 0xfffU;
        count += 5;
        if (count >= 8) {
            count -= 8;
            secret.at(size++) = static_cast<unsigned char>(bits >> count & 0xffU);
        }
    }
    std::array<unsigned char, key_bytes> open{};
    std::size_t open_size = open.size();
    const std::unique_ptr<EVP_PKEY, free_key> key{
        size == key_bytes ? EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, secret.data(), size)
                          : nullptr
    };
    ::explicit_bzero(secret.data(), secret.size());
    if (key == nullptr || EVP_PKEY_get_raw_public_key(key.get(), open.data(), &open_size) != 1) {
        return not_a_key();
    }
    return encode("age", open);
}

} // namespace holdfast::secrets
