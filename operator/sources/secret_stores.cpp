#include "sources/secret_stores.hpp"

#include "base/hash.hpp"
#include "base/pool_work.hpp"
#include "secrets/password_store.hpp"
#include "secrets/store_index.hpp"
#include "sources/within_budget.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace holdfast::sources {

namespace {

std::string described(const key_secrets& keys) {
    return "Secret " + keys.namespace_ + "/" + keys.secret;
}

std::optional<std::vector<secrets::access_rule>> as_rules(const crds::repository_password_store& store) {
    if (store.allow.empty()) {
        return std::nullopt;
    }
    std::vector<secrets::access_rule> rules;
    for (const auto& one : store.allow) {
        rules.push_back({one.entries, one.namespaces, one.applications});
    }
    return rules;
}

// A store whose commit is not known yet.
struct candidate {
    store_in_use store;
    std::string revision;
};

candidate own_store(const crds::pass_store& pass, const std::string& namespace_, bool first) {
    candidate made;
    made.store.url = pass.repo_url;
    made.store.namespace_ = namespace_;
    made.store.path = pass.path;
    made.store.access = secrets::access_rules::everything();
    made.store.is_default = first;
    made.store.keys = {
        .namespace_ = namespace_,
        .secret = pass.key_secret_ref.name,
        .key = pass.key_secret_ref.key,
        .passphrase = pass.passphrase_secret_ref ? pass.passphrase_secret_ref->name : std::string{}
    };
    made.revision = pass.target_revision;
    return made;
}

candidate declared_store(const crds::repository& of, const secrets::access_rules& access) {
    const auto& store = *of.spec.password_store;
    const auto& namespace_ = of.metadata.namespace_;
    candidate made;
    made.store.url = of.spec.url;
    made.store.namespace_ = namespace_;
    made.store.path = store.path;
    made.store.access = access;
    made.store.is_default = store.default_;
    made.store.keys = {
        .namespace_ = namespace_,
        .secret = store.key_secret_ref.name,
        .key = {},
        .passphrase = store.passphrase_secret_ref ? store.passphrase_secret_ref->name : std::string{}
    };
    made.revision = store.target_revision;
    return made;
}

bool is_same_store(const store_in_use& a, const store_in_use& b) {
    return a.path == b.path && secrets::same_repository(a.url, b.url);
}

// Only the one key that is meant, so that nothing else of the Secret is taken for a private key.
json::object narrowed(json::object secret, const std::string& key) {
    if (key.empty()) {
        return secret;
    }
    json::object data;
    if (const auto* all = kube::find_object(secret, {"data"})) {
        if (const auto* value = all->if_contains(key)) {
            data[key] = *value;
        }
    }
    secret["data"] = std::move(data);
    return secret;
}

} // namespace

std::string stores_in_use::key() const {
    if (stores.empty()) {
        return {};
    }
    hasher h;
    for (const auto& store : stores) {
        h.add(store.url).add(store.path).add(store.is_default ? "default" : "").add(store.at.commit.hex());
        h.add(store.access.identity());
    }
    return to_hex(h.finish());
}

secret_stores::secret_stores(kube::client& api, repositories& sources, worker_pool& pool)
    : api_{api}, sources_{sources}, pool_{pool} {}

const result<secrets::access_rules>& secret_stores::rules_of(const crds::repository& of) {
    constexpr std::size_t most_known = 1000; // those of Repositories that are gone are among them
    const auto& store = *of.spec.password_store;
    const auto& namespace_ = of.metadata.namespace_;
    const auto key = namespace_ + "/" + of.metadata.name;
    const auto known = rules_.find(key);
    if (known != rules_.end() && known->second.allow == store.allow) {
        return known->second.compiled;
    }
    if (rules_.size() >= most_known) {
        rules_.clear();
    }
    auto compiled = secrets::access_rules::compile(namespace_, as_rules(store));
    if (!compiled) {
        compiled = compiled.error().within("Repository " + key);
    }
    known_rules made{.allow = store.allow, .compiled = std::move(compiled)};
    return rules_.insert_or_assign(key, std::move(made)).first->second.compiled;
}

asio::awaitable<stores_in_use> secret_stores::look(const crds::application& value, refs_wanted how_new) {
    stores_in_use made;
    made.who = {value.metadata.namespace_, value.metadata.name};
    if (value.spec.secret_references == crds::reference_places::everywhere) {
        made.places = secrets::places::everywhere;
    }
    std::vector<candidate> candidates;
    for (const auto& one : value.spec.secrets) {
        if (one.pass) {
            candidates.push_back(own_store(*one.pass, value.metadata.namespace_, candidates.empty()));
        } else if (one.sops) {
            made.sops.push_back(
                {.namespace_ = value.metadata.namespace_,
                 .secret = one.sops->key_secret_ref.name,
                 .key = {},
                 .passphrase =
                     one.sops->passphrase_secret_ref ? one.sops->passphrase_secret_ref->name : std::string{}}
            );
        }
    }
    bool has_default = !candidates.empty();
    std::vector<candidate> declared;
    // Those of other namespaces would be a way to put values into an application, and to stop it, whatever
    // its owner thinks of that.
    sources_.for_each_password_store(made.who.namespace_, [&](const crds::repository& r) {
        if (r.metadata.deletion_timestamp) {
            return;
        }
        const auto& access = rules_of(r);
        if (!access) {
            made.failed.push_back(access.error());
        } else if (access->may_read_some(made.who)) {
            declared.push_back(declared_store(r, *access));
        }
    });
    // Its own namespace's go before the operator's.
    const auto nearness = [&](const candidate& c) {
        return std::tuple{c.store.namespace_ != made.who.namespace_, c.store.url, c.store.path};
    };
    std::ranges::sort(declared, {}, nearness);
    for (auto& one : declared) {
        if (std::ranges::any_of(candidates, [&](const candidate& c) {
                return is_same_store(c.store, one.store);
            })) {
            continue;
        }
        one.store.is_default =
            one.store.is_default && !std::exchange(has_default, has_default || one.store.is_default);
        candidates.push_back(std::move(one));
    }
    for (const auto& one : candidates) {
        made.repositories.insert({one.store.namespace_, one.store.url});
    }
    for (auto& one : candidates) {
        auto at = co_await sources_.resolve(one.store.url, one.store.namespace_, one.revision, {}, how_new);
        if (!at) {
            made.failed.push_back(at.error().within("password store " + one.store.url));
            continue;
        }
        one.store.at = std::move(*at);
        made.stores.push_back(std::move(one.store));
    }
    co_return made;
}

asio::awaitable<result<json::object>> secret_stores::secret(std::string namespace_, std::string name) {
    auto found = co_await api_.get(kube::resources::secrets(), namespace_, name);
    if (!found) {
        if (found.error().is_not_found()) {
            co_return user_error("there is no Secret \"" + name + "\" in namespace \"" + namespace_ + "\"");
        }
        co_return found.error();
    }
    co_return std::move(*found);
}

asio::awaitable<result<std::shared_ptr<const secrets::key_material>>>
secret_stores::keys_of(const key_secrets& from) {
    auto keys = co_await secret(from.namespace_, from.secret);
    if (!keys) {
        co_return keys.error();
    }
    std::optional<json::object> passphrase;
    if (!from.passphrase.empty()) {
        auto found = co_await secret(from.namespace_, from.passphrase);
        if (!found) {
            co_return found.error();
        }
        passphrase = std::move(*found);
    }
    auto narrow = narrowed(std::move(*keys), from.key);
    auto read = secrets::read_keys(narrow, passphrase ? &*passphrase : nullptr);
    secrets::wipe(narrow);
    if (passphrase) {
        secrets::wipe(*passphrase);
    }
    co_return read;
}

asio::awaitable<result<std::shared_ptr<const secrets::sops_keys>>>
secret_stores::sops_keys(const stores_in_use& of) {
    if (of.sops.empty()) {
        co_return std::shared_ptr<const secrets::sops_keys>{};
    }
    std::vector<json::object> found;
    std::optional<json::object> passphrases;
    for (const auto& one : of.sops) {
        auto keys = co_await secret(one.namespace_, one.secret);
        if (!keys) {
            co_return keys.error().within("spec.secrets");
        }
        found.push_back(std::move(*keys));
        if (!one.passphrase.empty() && !passphrases) {
            auto passphrase = co_await secret(one.namespace_, one.passphrase);
            if (!passphrase) {
                co_return passphrase.error().within("spec.secrets");
            }
            passphrases = std::move(*passphrase);
        }
    }
    std::vector<const json::object*> all;
    for (const auto& one : found) {
        all.push_back(&one);
    }
    auto read = secrets::read_sops_keys(all, passphrases ? &*passphrases : nullptr);
    for (auto& one : found) {
        secrets::wipe(one);
    }
    if (passphrases) {
        secrets::wipe(*passphrases);
    }
    co_return read;
}

asio::awaitable<result<std::vector<secrets::usable_store>>> secret_stores::open(const stores_in_use& of) {
    std::vector<secrets::usable_store> opened;
    for (const auto& store : of.stores) {
        auto at = co_await sources_.fetch(store.url, store.namespace_, store.at);
        if (!at) {
            co_return at.error().within("password store " + store.url);
        }
        secrets::usable_store made;
        made.url = store.url;
        made.at = std::move(*at);
        made.path = store.path;
        made.keys_from = described(store.keys);
        made.access = store.access;
        made.is_default = store.is_default;
        opened.push_back(std::move(made));
    }
    co_return opened;
}

asio::awaitable<result<std::vector<secrets::usable_store>>>
secret_stores::open_with_keys(const stores_in_use& of, std::vector<error>& failed) {
    auto opened = co_await open(of);
    if (!opened) {
        co_return opened.error();
    }
    for (std::size_t i = 0; i < opened->size(); ++i) {
        auto keys = co_await keys_of(of.stores[i].keys);
        if (keys) {
            (*opened)[i].keys = std::move(*keys);
        } else {
            failed.push_back(keys.error().within("password store " + of.stores[i].url));
        }
    }
    co_return opened;
}

asio::awaitable<result<std::string>>
secret_stores::identify(const stores_in_use& of, std::vector<render::named_entry> entries) {
    auto opened = co_await open(of);
    if (!opened) {
        co_return opened.error();
    }
    auto look = [stores = std::move(*opened), entries = std::move(entries)]() -> result<std::string> {
        std::map<std::size_t, secrets::password_store> read;
        hasher h;
        for (const auto& one : entries) {
            h.add(one.store).add(one.entry);
            for (std::size_t i = 0; i < stores.size(); ++i) {
                const auto& store = stores[i];
                if (one.store.empty() ? !store.is_default : !secrets::same_repository(store.url, one.store)) {
                    continue;
                }
                if (!read.contains(i)) {
                    auto made = secrets::password_store::open(store.at, store.path, store.url);
                    if (!made) {
                        return made.error();
                    }
                    read.emplace(i, std::move(*made));
                }
                const auto found = read.at(i).find(one.entry);
                h.add(store.url).add(found ? found->blob.hex() : "missing");
                break;
            }
        }
        return to_hex(h.finish());
    };
    auto work = [look = std::move(look)](const auto& stop) {
        return within_budget("looking up entries of password stores", stop, look);
    };
    co_return co_await on_pool(pool_, nullptr, std::move(work));
}

asio::awaitable<result<std::string>> secret_stores::index(const stores_in_use& of) {
    if (of.stores.empty()) {
        co_return std::string{};
    }
    auto opened = co_await open(of);
    if (!opened) {
        co_return opened.error();
    }
    auto list = [stores = std::move(*opened), who = of.who]() -> result<std::string> {
        const auto made = secrets::make_index(stores, who);
        if (!made) {
            return made.error();
        }
        return made->to_json();
    };
    auto work = [list = std::move(list)](const auto& stop) {
        return within_budget("listing the password stores", stop, list);
    };
    co_return co_await on_pool(pool_, nullptr, std::move(work));
}

} // namespace holdfast::sources
