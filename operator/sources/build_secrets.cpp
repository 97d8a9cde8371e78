#include "sources/build_secrets.hpp"

#include "base/pool_work.hpp"
#include "secrets/find.hpp"
#include "secrets/pass_secret.hpp"
#include "secrets/sensitive.hpp"
#include "secrets/value_mask.hpp"
#include "sources/within_budget.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::sources {

namespace {

constexpr std::size_t most_errors = 20;

secrets::sops_settings sops_settings() {
    secrets::sops_settings made;
    made.keys_field = "spec.secrets[].sops.keySecretRef";
    return made;
}

// Overwritten when the last holder lets go.
struct secret_output {
    explicit secret_output(std::shared_ptr<render::packed_output> o) : held{std::move(o)} {}
    secret_output(const secret_output&) = delete;
    secret_output& operator=(const secret_output&) = delete;
    ~secret_output() {
        for (auto& one : held->objects) {
            secrets::wipe(one.text);
        }
    }
    std::shared_ptr<render::packed_output> held;
};

// A store that is missing may be one that could not be looked at: that is said first, and may pass.
error with_failed_stores(error why, const std::vector<error>& failed) {
    for (const auto& one : failed) {
        why = error{one.kind(), one.message() + "; " + why.message()};
    }
    return why;
}

// Only what needs something is given to those who do it.
struct picked {
    template <class Predicate>
    picked(std::vector<render::manifest>& from, Predicate needed) {
        for (std::size_t i = 0; i < from.size(); ++i) {
            if (needed(from[i].object)) {
                where.push_back(i);
                objects.push_back(std::move(from[i]));
            }
        }
    }

    void put_back(std::vector<render::manifest>& into, std::vector<render::manifest> done) const {
        for (std::size_t i = 0; i < where.size(); ++i) {
            into[where[i]] = std::move(done[i]);
        }
    }

    std::vector<std::size_t> where;
    std::vector<render::manifest> objects;
};

} // namespace

result<std::shared_ptr<const render::packed_output>>
pack_output(render::render_output output, bool is_secret) {
    auto expanded = secrets::expand_pass_secrets(std::move(output.objects), nullptr);
    if (!expanded) {
        return expanded.error().summary(most_errors);
    }
    output.objects = std::move(*expanded);
    auto made = render::pack(output);
    made->needs_secrets = std::ranges::any_of(output.objects, [](const render::manifest& m) {
        return secrets::is_encrypted(m.object);
    });
    const bool any = std::ranges::any_of(output.objects, [](const render::manifest& m) {
        return secrets::has_references(m.object);
    });
    if (any) {
        // What is written wrong is told when the values are put in: only then is it known where they may be.
        made->needs_secrets = true;
        if (const auto found = secrets::find_references(output.objects, secrets::places::everywhere)) {
            for (const auto& text : *found) {
                for (const auto& piece : text.pieces) {
                    if (const auto* r = std::get_if<secrets::reference>(&piece)) {
                        made->entries.push_back({r->store, r->entry});
                    }
                }
            }
        }
        std::ranges::sort(made->entries);
        made->entries.erase(std::ranges::unique(made->entries).begin(), made->entries.end());
    }
    if (!is_secret) {
        return std::shared_ptr<const render::packed_output>{std::move(made)};
    }
    for (auto& one : output.objects) {
        secrets::wipe(one.object);
    }
    auto wiped = std::make_shared<const secret_output>(std::move(made));
    const render::packed_output* const inner = wiped->held.get();
    return std::shared_ptr<const render::packed_output>{std::move(wiped), inner};
}

build_secrets::build_secrets(
    asio::any_io_executor executor, worker_pool& pool, sandbox::runner& sandbox, secret_stores& stores
)
    : pool_{pool},
      stores_{stores},
      resolver_{executor, pool},
      decryptor_{executor, pool, sandbox, sops_settings()} {}

asio::awaitable<result<build_secrets::store_ptr>> build_secrets::copy_default_store(const stores_in_use& of) {
    auto failed = of.failed;
    auto stores = co_await stores_.open_with_keys(of, failed);
    if (!stores) {
        co_return stores.error();
    }
    auto copy = [stores = std::move(*stores), who = of.who]() -> result<store_ptr> {
        const auto found = std::ranges::find_if(stores, &secrets::usable_store::is_default);
        if (found == stores.end()) {
            return user_error("the plugin asks for the password store, and there is no default one for this "
                              "application: set spec.passwordStore.default on the Repository of one, or "
                              "name it in spec.secrets");
        }
        auto made = secrets::copy_store(*found, who);
        if (!made) {
            return made.error();
        }
        return std::make_shared<const secrets::store_copy>(std::move(*made));
    };
    auto work = [copy = std::move(copy)](const auto& stop) {
        return within_budget("copying a password store", stop, copy);
    };
    auto copied = co_await on_pool(pool_, nullptr, std::move(work));
    if (!copied) {
        co_return with_failed_stores(copied.error(), failed);
    }
    co_return copied;
}

// Values of password stores in place of references.
asio::awaitable<result<build_secrets::manifests>>
build_secrets::with_values(manifests objects, const stores_in_use& of, value_list values) {
    picked some{objects, secrets::has_references};
    if (some.objects.empty()) {
        co_return objects;
    }
    auto failed = of.failed;
    auto stores = co_await stores_.open_with_keys(of, failed);
    if (!stores) {
        co_return stores.error();
    }
    auto resolved = co_await resolver_.resolve(
        std::move(some.objects), std::move(*stores), of.who, of.places, std::move(values)
    );
    if (!resolved) {
        co_return with_failed_stores(resolved.error().summary(most_errors), failed);
    }
    some.put_back(objects, std::move(*resolved));
    co_return objects;
}

// What SOPS encrypted, in plain text.
asio::awaitable<result<build_secrets::manifests>>
build_secrets::decrypted(manifests objects, const stores_in_use& of, value_list values) {
    picked some{objects, secrets::is_encrypted};
    if (some.objects.empty()) {
        co_return objects;
    }
    auto keys = co_await stores_.sops_keys(of);
    if (!keys) {
        co_return keys.error();
    }
    std::vector<json::object> before; // nothing in it is plain
    for (const auto& m : some.objects) {
        before.push_back(m.object);
    }
    auto plain = co_await decryptor_.decrypt(std::move(some.objects), std::move(*keys));
    if (!plain) {
        co_return plain.error().summary(most_errors);
    }
    for (std::size_t i = 0; i < before.size(); ++i) {
        secrets::add_changed(before[i], (*plain)[i].object, *values);
    }
    some.put_back(objects, std::move(*plain));
    co_return objects;
}

asio::awaitable<result<build_secrets::filled>>
build_secrets::fill(manifests objects, const stores_in_use& of) {
    auto values = std::make_shared<std::vector<secrets::sensitive>>();
    auto valued = co_await with_values(std::move(objects), of, values);
    if (!valued) {
        co_return valued.error();
    }
    auto plain = co_await decrypted(std::move(*valued), of, values);
    if (!plain) {
        co_return plain.error();
    }
    co_return filled{.objects = std::move(*plain), .values = std::move(values)};
}

} // namespace holdfast::sources
