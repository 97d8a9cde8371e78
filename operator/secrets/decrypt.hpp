#pragma once

#include "base/error.hpp"
#include "secrets/decrypted.hpp"
#include "secrets/keys.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::secrets {

struct decrypt_options {
    /// For one call, whatever it decrypts.
    std::chrono::milliseconds deadline{60'000};
    /// Of one decrypted entry, and of all of a call.
    std::size_t max_plain_bytes = std::size_t{1} << 20U;
    std::size_t max_total_bytes = std::size_t{32} << 20U;
    /// Where keyrings are made; on tmpfs.
    std::string directory = "/dev/shm";
    /// The program that does it; empty: "holdfast-keyring" beside this program, or in ../libexec/holdfast of
    /// it.
    std::string program;
};

/// Decrypts OpenPGP messages with GPGME, in a keyring of their own: a program of ours that is given keys and
/// messages in anonymous memory makes a GNUPGHOME in a private directory on tmpfs, runs gpg and an agent
/// there, and ends with both and the directory. So a deadline can end it, gpg's children have a parent that
/// waits for them, and neither key nor plain text passes through a pipe, a log or an argument. One answer for
/// each message, in their order. Errors: user when a key cannot be imported (its sentence says which);
/// transient for the deadline and for a system out of memory or processes; internal when the program is not
/// there.
boost::asio::awaitable<result<std::vector<decrypted>>> decrypt(
    std::shared_ptr<const key_material> keys, std::vector<std::string> messages, decrypt_options with = {}
);

/// Removes keyrings below `directory` whose makers are dead (killed). At start: it blocks for as long as that takes.
void remove_abandoned_keyrings(const std::string& directory = "/dev/shm");

} // namespace holdfast::secrets
