#include "api/sealing.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstddef>
#include <memory>
#include <stdexcept>

namespace holdfast::api {

namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;

using context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

context make_context() {
    context made{EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
    if (!made) {
        throw std::runtime_error{"no memory for a cipher"};
    }
    return made;
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    if (RAND_bytes(bytes_of(bytes), static_cast<int>(count)) != 1) {
        throw std::runtime_error{"no random bytes"};
    }
    return bytes;
}

void require_key(std::string_view key) {
    if (key.size() != key_bytes) {
        throw std::invalid_argument{"a key to seal with has 32 bytes"};
    }
}

} // namespace

std::string key_for(std::string_view purpose, std::string_view secret) {
    return hmac(hmac_algorithm::sha256, secret, purpose);
}

std::string random_key() {
    return random_bytes(key_bytes);
}

std::string seal(std::string_view key, std::string_view plain) {
    require_key(key);
    const auto nonce = random_bytes(nonce_bytes);
    std::string secret(plain.size(), '\0');
    std::string tag(tag_bytes, '\0');
    const auto with = make_context();
    int written = 0;
    int last = 0;
    if (EVP_EncryptInit_ex(with.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) != 1 ||
        EVP_EncryptUpdate(
            with.get(), bytes_of(secret), &written, bytes_of(plain), static_cast<int>(plain.size())
        ) != 1 ||
        EVP_EncryptFinal_ex(with.get(), bytes_of(secret) + written, &last) != 1 ||
        EVP_CIPHER_CTX_ctrl(with.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes), tag.data()) != 1) {
        throw std::runtime_error{"AES-256-GCM does not work here"};
    }
    return base64url_encode(nonce + secret + tag);
}

std::optional<std::string> unseal(std::string_view key, std::string_view sealed) {
    require_key(key);
    const auto all = base64url_decode(sealed);
    if (!all || all->size() < nonce_bytes + tag_bytes) {
        return std::nullopt;
    }
    const auto whole = std::string_view{*all};
    const auto secret = whole.substr(nonce_bytes, whole.size() - nonce_bytes - tag_bytes);
    std::string tag{whole.substr(whole.size() - tag_bytes)};
    std::string plain(secret.size(), '\0');
    const auto with = make_context();
    int written = 0;
    int last = 0;
    if (EVP_DecryptInit_ex(with.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(whole)) != 1 ||
        EVP_DecryptUpdate(
            with.get(), bytes_of(plain), &written, bytes_of(secret), static_cast<int>(secret.size())
        ) != 1 ||
        EVP_CIPHER_CTX_ctrl(with.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_bytes), tag.data()) != 1 ||
        EVP_DecryptFinal_ex(with.get(), bytes_of(plain) + written, &last) != 1) {
        return std::nullopt;
    }
    return plain;
}

} // namespace holdfast::api
