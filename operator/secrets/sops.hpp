#pragma once

// Objects that SOPS encrypted, as a last step of a build: in repositories, builds and caches they stay
// encrypted; right before comparing and applying they are decrypted in memory.

#include "base/async_semaphore.hpp"
#include "base/worker_pool.hpp"
#include "render/manifest.hpp"
#include "render/normalise.hpp"
#include "sandbox/sandbox.hpp"
#include "secrets/decrypt.hpp"
#include "secrets/keys.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::secrets {

/// Whether an object has to be decrypted.
using render::is_encrypted;

struct sops_settings {
    /// The program; empty: "programs/sops" beside this program, or in ../libexec/holdfast of it.
    std::string program;
    /// The program that gives sops what PGP keys opened; empty: "holdfast-sops-gpg", looked for likewise.
    std::string gpg;
    /// For what is encrypted for PGP keys.
    decrypt_options pgp;
    /// Encrypted objects of one call, the size of one, and of all.
    std::size_t max_objects = 500;
    std::size_t max_object_bytes = std::size_t{2} << 20U;
    std::size_t max_total_bytes = std::size_t{32} << 20U;
    /// For one call, and for one object.
    std::chrono::milliseconds deadline{120'000};
    std::chrono::milliseconds object_deadline{30'000};
    /// Objects of one call that are decrypted at the same time.
    std::size_t concurrency = 2;
    /// Keyrings of PGP that are open at the same time, of all calls.
    std::size_t keyrings = 2;
    /// What names the Secret with the keys, for messages when there is none.
    std::string keys_field = "spec.decryption.secretRef";
};

/// Decrypts objects with the program sops, in the sandbox and without a network, one run for each object.
/// Only keys that need no service are used: those of age and of PGP.
///
/// The message authentication code over the whole object is not looked at (--ignore-mac): it covers fields
/// that are not encrypted too, and kustomize, helm and our own normalising change those, as users want them
/// to. Each encrypted value is authenticated by itself, with the names of the fields that lead to it: one
/// that was changed, or moved to another field or another file's object, is refused. What is not encrypted
/// (the object's name, say) is as trustworthy as the repository it is from, like that of every other object.
///
/// On one executor's thread; any number of calls at once.
class sops_decryptor {
public:
    /// `pool` and `runner` outlive this.
    sops_decryptor(
        boost::asio::any_io_executor executor, worker_pool& pool, sandbox::runner& runner,
        sops_settings settings = {}
    );

    /// Decrypts those of an application's objects that are encrypted, and leaves the others as they are:
    /// values in plain text, without `sops`, and as render::normalise makes them (a Secret's `stringData` is
    /// `data`). `keys` may be nullptr, which is an error when something is encrypted. Either all of them, or
    /// an error and no object: all errors at once, each with the object's file and name, and never a value.
    /// Kinds: user for what is missing or wrong, transient for a passed deadline or a machine that is short
    /// of something.
    ///
    /// The objects given back hold secrets: keep them nowhere, and `wipe` them when done.
    boost::asio::awaitable<render::render_result<std::vector<render::manifest>>>
    decrypt(std::vector<render::manifest> objects, std::shared_ptr<const sops_keys> keys);

private:
    worker_pool& pool_;
    sandbox::runner& runner_;
    sops_settings settings_;
    async_semaphore keyrings_;
};

} // namespace holdfast::secrets
