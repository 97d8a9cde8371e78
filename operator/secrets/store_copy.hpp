#pragma once

#include "base/error.hpp"
#include "secrets/resolver.hpp"
#include "secrets/sensitive.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace holdfast::secrets {

/// A password store as a directory, for programs that call `pass` themselves, and what opens it.
struct store_copy {
    struct file {
        /// Below PASSWORD_STORE_DIR.
        std::string path;
        /// Of entries: encrypted.
        std::string bytes;
    };
    std::vector<file> files;
    /// "holdfast-keyring prepare DIRECTORY" takes this at descriptor 3, and makes a GNUPGHOME of it whose
    /// keys ask for no passphrase.
    sensitive keyring;
    /// The program holdfast-keyring.
    std::string program;
    /// How messages call the store: its URL.
    std::string name;
};

/// Encrypted entries of one copy, together.
inline constexpr std::size_t max_copied_bytes = std::size_t{32} << 20U;

/// The entries of a store that `who` may read, and no others. Errors: user for a store without keys, or with
/// more than `max_copied_bytes` of entries; those of password_store. On the pool.
result<store_copy>
copy_store(const usable_store& store, const requester& who, const password_store_limits& limits = {});

} // namespace holdfast::secrets
