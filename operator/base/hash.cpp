#include "base/hash.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

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

namespace {

struct sha256_state {
    EVP_MD_CTX* handle = EVP_MD_CTX_new();
    sha256_state() {
        if (handle == nullptr || sha256_algorithm() == nullptr ||
            EVP_DigestInit_ex(handle, sha256_algorithm(), nullptr) != 1) {
            throw std::runtime_error{"SHA-256 is not available in this build of OpenSSL"};
        }
    }
    ~sha256_state() { EVP_MD_CTX_free(handle); }
    sha256_state(const sha256_state&) = delete;
    sha256_state& operator=(const sha256_state&) = delete;

    void add(const void* bytes, std::size_t size) { EVP_DigestUpdate(handle, bytes, size); }
    sha256_digest finish() {
        sha256_digest digest{};
        EVP_DigestFinal_ex(handle, digest.data(), nullptr);
        return digest;
    }
};

} // namespace

struct hasher::context : sha256_state {};
struct byte_hasher::context : sha256_state {};

hasher::hasher() : context_{std::make_unique<context>()} {}
hasher::~hasher() = default;
hasher::hasher(hasher&&) noexcept = default;
hasher& hasher::operator=(hasher&&) noexcept = default;

hasher& hasher::add(std::string_view piece) {
    const std::uint64_t size = piece.size();
    context_->add(&size, sizeof size);
    context_->add(piece.data(), piece.size());
    return *this;
}

sha256_digest hasher::finish() {
    return context_->finish();
}

byte_hasher::byte_hasher() : context_{std::make_unique<context>()} {}
byte_hasher::~byte_hasher() = default;
byte_hasher::byte_hasher(byte_hasher&&) noexcept = default;
byte_hasher& byte_hasher::operator=(byte_hasher&&) noexcept = default;

void byte_hasher::add(std::string_view piece) {
    context_->add(piece.data(), piece.size());
}

sha256_digest byte_hasher::finish() {
    return context_->finish();
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

struct hmac_stream::context {
    EVP_MAC_CTX* handle = nullptr;
    context(hmac_algorithm algorithm, std::string_view key) {
        // Looked up once, as above.
        static EVP_MAC* const kind = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
        handle = kind == nullptr ? nullptr : EVP_MAC_CTX_new(kind);
        std::string name{algorithm == hmac_algorithm::sha256 ? "SHA256" : "SHA512"};
        const std::array<OSSL_PARAM, 2> with{
            OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
            OSSL_PARAM_construct_end()
        };
        // A key at an address even when it is empty: none at all means the one from before.
        const auto* bytes = reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
        if (handle == nullptr || EVP_MAC_init(handle, bytes, key.size(), with.data()) != 1) {
            EVP_MAC_CTX_free(handle);
            throw std::runtime_error{"HMAC is not available in this build of OpenSSL"};
        }
    }
    ~context() { EVP_MAC_CTX_free(handle); }
    context(const context&) = delete;
    context& operator=(const context&) = delete;
};

hmac_stream::hmac_stream(hmac_algorithm algorithm, std::string_view key)
    : context_{std::make_unique<context>(algorithm, key)} {}
hmac_stream::~hmac_stream() = default;
hmac_stream::hmac_stream(hmac_stream&&) noexcept = default;
hmac_stream& hmac_stream::operator=(hmac_stream&&) noexcept = default;

void hmac_stream::add(std::string_view piece) {
    EVP_MAC_update(context_->handle, reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
}

std::string hmac_stream::finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    std::size_t size = 0;
    if (EVP_MAC_final(context_->handle, out.data(), &size, out.size()) != 1) {
        throw std::runtime_error{"an HMAC cannot be computed"};
    }
    return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hmac(hmac_algorithm algorithm, std::string_view key, std::string_view message) {
    hmac_stream one{algorithm, key};
    one.add(message);
    return one.finish();
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
