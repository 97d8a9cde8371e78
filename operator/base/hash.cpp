#include "base/hash.hpp"

#include <openssl/evp.h>

#include <cstdint>
#include <stdexcept>

namespace holdfast {

struct hasher::context {
    EVP_MD_CTX* handle = EVP_MD_CTX_new();
    context() {
        if (handle == nullptr || EVP_DigestInit_ex(handle, EVP_sha256(), nullptr) != 1) {
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
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
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

} // namespace holdfast
