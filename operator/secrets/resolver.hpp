#pragma once

// The last step of a build: values in place of references. It is taken right before comparing and applying,
// on objects that are kept nowhere; what caches keep has references.

#include "base/async_semaphore.hpp"
#include "base/worker_pool.hpp"
#include "files/file_source.hpp"
#include "render/manifest.hpp"
#include "secrets/access.hpp"
#include "secrets/decrypt.hpp"
#include "secrets/find.hpp"
#include "secrets/keys.hpp"
#include "secrets/password_store.hpp"
#include "secrets/sensitive.hpp"
#include "secrets/store_index.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::secrets {

/// A store that an application may use, at one commit, and what is needed to open it.
struct usable_store {
    /// The URL, as messages and references name it; without credentials.
    std::string url;
    /// The commit that the application's build was made with.
    files::file_source at;
    /// Where in the repository the store is.
    std::string path;
    /// nullptr: nothing can be decrypted, which is an error when something has to be.
    std::shared_ptr<const key_material> keys;
    /// How messages call the Secret that the keys are from: "Secret shop/pass-key".
    std::string keys_from;
    access_rules access;
    /// For references that name no store. At most one of an application's stores.
    bool is_default = false;
};

struct resolver_settings {
    decrypt_options decryption;
    password_store_limits store;
    /// Keyrings that are open at the same time; more wait in line.
    std::size_t concurrency = 2;
    /// Different entries that one application may refer to.
    std::size_t max_entries = 1000;
};

/// Puts values in place of references. On one executor's thread; any number of calls at once.
class resolver {
public:
    /// `pool` reads the stores; it outlives this.
    resolver(boost::asio::any_io_executor executor, worker_pool& pool, resolver_settings settings = {});

    /// Puts the values in place of all references of an application's objects, with one decryption per entry
    /// and one keyring per store. Either all of them, or an error and no object: all errors at once, each
    /// naming the object's file, the field, the entry and the store, and never a value. Kinds: not_found and
    /// user for what is missing or wrong; forbidden for an entry that the application may not read; transient
    /// when a reference was made with another version of its entry (the store moved since the build) and for
    /// a passed deadline.
    ///
    /// The objects given back hold secrets: keep them nowhere, and `wipe` them when done. Objects without
    /// references (has_references) need not be given. Each value that was put in is also added to `values`,
    /// if there.
    boost::asio::awaitable<render::render_result<std::vector<render::manifest>>> resolve(
        std::vector<render::manifest> objects, std::vector<usable_store> stores, requester who,
        places where = places::secrets_only, std::shared_ptr<std::vector<sensitive>> values = nullptr
    );

private:
    worker_pool& pool_;
    resolver_settings settings_;
    async_semaphore keyrings_;
};

/// What builds of `who` are given of the stores: names and ids, of the entries that it may read. On the pool.
result<store_index> make_index(
    const std::vector<usable_store>& stores, const requester& who, const password_store_limits& limits = {}
);

} // namespace holdfast::secrets
