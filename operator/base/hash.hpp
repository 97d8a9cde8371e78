#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// A SHA-256. Compares by value; all zero when default-made, which stands for "none".
using sha256_digest = std::array<unsigned char, 32>;

/// SHA-256 over pieces fed one after the other. Every piece is preceded by its length, so that ("ab","c") and
/// ("a","bc") differ. One object, one thread.
class hasher {
public:
    hasher();
    ~hasher();
    hasher(hasher&&) noexcept;
    hasher& operator=(hasher&&) noexcept;

    hasher& add(std::string_view piece);
    /// Ends the hashing; the object is not to be fed afterwards.
    sha256_digest finish();

private:
    struct context;
    std::unique_ptr<context> context_;
};

/// SHA-256 of plain bytes that come in pieces, whose borders count for nothing. One object, one thread.
class byte_hasher {
public:
    byte_hasher();
    ~byte_hasher();
    byte_hasher(byte_hasher&&) noexcept;
    byte_hasher& operator=(byte_hasher&&) noexcept;

    void add(std::string_view piece);
    /// Ends the hashing; the object is not to be fed afterwards.
    sha256_digest finish();

private:
    struct context;
    std::unique_ptr<context> context_;
};

/// SHA-256 of plain bytes, as sha256sum prints it.
sha256_digest sha256(std::string_view bytes);

/// Lower-case hexadecimal.
std::string to_hex(const unsigned char* bytes, std::size_t count);
inline std::string to_hex(const sha256_digest& digest) {
    return to_hex(digest.data(), digest.size());
}

enum class hmac_algorithm { sha256, sha512 };

/// HMAC (RFC 2104) of plain bytes: 32 or 64 bytes.
std::string hmac(hmac_algorithm algorithm, std::string_view key, std::string_view message);

/// The same over bytes that come in pieces, whose borders count for nothing. One object, one thread.
class hmac_stream {
public:
    hmac_stream(hmac_algorithm algorithm, std::string_view key);
    ~hmac_stream();
    hmac_stream(hmac_stream&&) noexcept;
    hmac_stream& operator=(hmac_stream&&) noexcept;

    void add(std::string_view piece);
    /// Ends it; the object is not to be fed afterwards.
    std::string finish();

private:
    struct context;
    std::unique_ptr<context> context_;
};

/// Whether two texts are the same, in a time that tells neither where they differ nor how long the secret one
/// is.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

/// The bytes of hexadecimal digits of either case; nothing for everything else.
std::optional<std::string> from_hex(std::string_view text);

} // namespace holdfast
