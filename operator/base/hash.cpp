#include "base/hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdint>
#include <stdexcept>

namespace holdfast {

namespace {

// Looked up once: OpenSSL does so with every digest of EVP_sha256(), under a lock that all threads share.
const EVP_MD* sha256_algorithm() {
    static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return found;
}

} // namespace

struct hasher::context {
    EVP_MD_CTX* handle = EVP_MD_CTX_new();
    context() {
        if (handle == nullptr || sha256_algorithm() == nullptr ||
            EVP_DigestInit_ex(handle, sha256_algorithm(), nullptr) != 1) {
            throw std::runtime_error{"SHA-256 is not available in this build of OpenSSL"};
        }
    }
    ~context() { EVP_MD_CTX_free(handle); }
    context(const context&) = delete;
    context& operator=(const context&) = delete;
};

hasher::hasher() : context_{std::make_unique<context>()} {}
hasher::~hasher() = default;
hasher::hasher(hasher&&) noexcept = default;
hasher& hasher::operator=(hasher&&) noexcept = default;

hasher& hasher::add(std::string_view piece) {
    const std::uint64_t size = piece.size();
    EVP_DigestUpdate(context_->handle, &size, sizeof size);
    EVP_DigestUpdate(context_->handle, piece.data(), piece.size());
    return *this;
}

sha256_digest hasher::finish() {
    sha256_digest digest{};
    EVP_DigestFinal_ex(context_->handle, digest.data(), nullptr);
    return digest;
}

sha256_digest sha256(std::string_view bytes) {
    sha256_digest digest{};
    if (sha256_algorithm() == nullptr ||
        EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, sha256_algorithm(), nullptr) != 1) {
        throw std::runtime_error{"SHA-256 is not available in this build of OpenSSL"};
    }
    return digest;
}

std::string to_hex(const unsigned char* bytes, std::size_t count) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(count * 2);
    for (std::size_t i = 0; i < count; ++i) {
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
    return text;
}

std::string hmac(hmac_algorithm algorithm, std::string_view key, std::string_view message) {
    const auto* digest = algorithm == hmac_algorithm::sha256 ? EVP_sha256() : EVP_sha512();
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
    if (HMAC(digest, key.data(), static_cast<int>(key.size()), bytes, message.size(), out.data(), &size) ==
        nullptr) {
        throw std::runtime_error{"HMAC is not available in this build of OpenSSL"};
    }
    return {reinterpret_cast<const char*>(out.data()), size};
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    // Digests are of one length, whatever the texts are.
    const auto x = sha256(a);
    const auto y = sha256(b);
    return CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0;
}

std::optional<std::string> from_hex(std::string_view text) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = digit(text[i]);
        const int low = digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

} // namespace holdfast
