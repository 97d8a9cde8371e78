#pragma once

#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "render/manifest.hpp"
#include "render/manifest_cache.hpp"
#include "sandbox/sandbox.hpp"
#include "secrets/resolver.hpp"
#include "secrets/sops.hpp"
#include "secrets/store_copy.hpp"
#include "sources/secret_stores.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <vector>

namespace holdfast::sources {

/// The compact form of what a build gave, with what there is to know about secrets in it: whether it needs
/// any, and of which entries. With `is_secret` the output holds secrets itself: it is overwritten when the
/// last holder lets go. On the pool. User errors for a PassSecret that is wrong.
result<std::shared_ptr<const render::packed_output>>
pack_output(render::render_output output, bool is_secret);

/// What builds are given of secrets: values in their objects, and stores for programs that read them. On the
/// loop's thread.
class build_secrets {
public:
    using manifests = std::vector<render::manifest>;
    using store_ptr = std::shared_ptr<const secrets::store_copy>;
    using value_list = std::shared_ptr<std::vector<secrets::sensitive>>;

    struct filled {
        manifests objects;
        /// What was put into them: not in what is said of them.
        value_list values;
    };

    /// All outlive it.
    build_secrets(
        asio::any_io_executor executor, worker_pool& pool, sandbox::runner& sandbox, secret_stores& stores
    );

    /// Puts values of password stores in place of references, then plain text in place of what SOPS
    /// encrypted: a value that was decrypted and looks like a reference is none. Errors are those of
    /// secrets::resolver and secrets::sops_decryptor, and why a store could not be looked at. `of` is awaited
    /// with it.
    asio::awaitable<result<filled>> fill(manifests objects, const stores_in_use& of);

    /// A copy of the application's default store, for a program that is given one. A user error where there
    /// is none. `of` is awaited with it.
    asio::awaitable<result<store_ptr>> copy_default_store(const stores_in_use& of);

private:
    asio::awaitable<result<manifests>>
    with_values(manifests objects, const stores_in_use& of, value_list values);
    asio::awaitable<result<manifests>>
    decrypted(manifests objects, const stores_in_use& of, value_list values);

    worker_pool& pool_;
    secret_stores& stores_;
    secrets::resolver resolver_;
    secrets::sops_decryptor decryptor_;
};

} // namespace holdfast::sources
