#include "secrets/resolver.hpp"

#include "base/pool_work.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace holdfast::secrets {

namespace {

// One entry that is needed, and where its first reference stands.
struct wanted_entry {
    std::size_t store = 0;
    std::string name;
    std::string message;
    std::string recipients;
    std::size_t object = 0;
    std::vector<std::string> path;
    decrypted opened;
};

// What one call carries from step to step.
struct job {
    std::vector<render::manifest> objects;
    std::vector<usable_store> stores;
    requester who;
    places where = places::secrets_only;
    std::vector<found_text> found;
    std::map<std::pair<std::size_t, std::string>, std::size_t> known; // store and entry → index in `wanted`
    std::vector<wanted_entry> wanted;
    std::shared_ptr<std::vector<sensitive>> values; // null: nobody asks
    render::render_errors errors;

    void fail(const wanted_entry& entry, const error& what) {
        errors.all.push_back(error_at(objects[entry.object], entry.path, what));
    }
};

std::string named(const usable_store& store, std::string_view entry) {
    return "entry \"" + std::string{entry} + "\" of the password store " + store.url;
}

// ---- reading the stores, on the pool
// -----------------------------------------------------------------------

class collector {
public:
    collector(job& j, const resolver_settings& settings)
        : job_{j}, settings_{settings}, open_(j.stores.size()) {}

    void run() {
        auto found = find_references(job_.objects, job_.where);
        if (found.has_error()) {
            job_.errors = found.error();
            return;
        }
        job_.found = std::move(*found);
        for (const auto& text : job_.found) {
            for (const auto& piece : text.pieces) {
                const auto* r = std::get_if<reference>(&piece);
                if (r == nullptr) continue;
                if (auto taken = take(*r, text); taken.has_error()) {
                    job_.errors.all.push_back(error_at(job_.objects[text.object], text.path, taken.error()));
                }
            }
        }
    }

private:
    result<std::size_t> store_of(const reference& r) const {
        std::string others;
        for (std::size_t i = 0; i < job_.stores.size(); ++i) {
            const auto& store = job_.stores[i];
            if (r.store.empty() ? store.is_default : same_repository(store.url, r.store)) return i;
            if (store.access.may_read_some(job_.who)) others += (others.empty() ? "" : ", ") + store.url;
        }
        const auto may =
            others.empty() ? std::string{"none may be used by this application"} : "it may use " + others;
        if (r.store.empty()) {
            return user_error(
                describe(r) + ": there is no default password store for this application (" + may +
                "): set spec.passwordStore.default on the Repository of one, or name it: ?store=URL"
            );
        }
        return user_error(
            describe(r) + ": there is no password store " + r.store + " for this application (" + may +
            "): a store is a Repository with spec.passwordStore"
        );
    }

    result<password_store*> open(std::size_t index) {
        if (!open_[index]) {
            const auto& store = job_.stores[index];
            auto opened = password_store::open(store.at, store.path, store.url, settings_.store);
            if (opened.has_error()) return opened.error();
            open_[index].emplace(std::move(*opened));
        }
        return &*open_[index];
    }

    result<void> take(const reference& r, const found_text& text) {
        const auto index = store_of(r);
        if (index.has_error()) return index.error();
        const auto& store = job_.stores[*index];
        if (!store.access.may_read(job_.who, r.entry)) {
            return error{
                error_kind::forbidden, named(store, r.entry) + " may not be read by the application " +
                                           job_.who.namespace_ + '/' + job_.who.name +
                                           ": no rule in spec.passwordStore.allow of its Repository lets it"
            };
        }
        const auto key = std::pair{*index, r.entry};
        if (failed_.contains(key)) return {}; // said once
        auto taken = job_.known.contains(key) ? result<void>{} : read(key, text);
        if (taken.has_error()) failed_.emplace(key, true);
        if (taken.has_value() && !r.blob.empty() && blobs_.at(key) != r.blob) {
            return transient_error(
                named(store, r.entry) + " changed since the manifests were built; they are built again"
            );
        }
        return taken;
    }

    result<void> read(const std::pair<std::size_t, std::string>& key, const found_text& text) {
        const auto& store = job_.stores[key.first];
        auto opened = open(key.first);
        if (opened.has_error()) return opened.error();
        auto entry = (*opened)->find(key.second);
        if (entry.has_error()) return entry.error();
        if (store.keys == nullptr || store.keys->private_keys.empty()) {
            return user_error(
                named(store, key.second) + " cannot be opened without a private key; " +
                "spec.passwordStore.keySecretRef names the Secret that has it"
            );
        }
        if (job_.wanted.size() >= settings_.max_entries) {
            return user_error(
                "the application refers to more than " + std::to_string(settings_.max_entries) + " entries"
            );
        }
        auto message = (*opened)->read(*entry);
        if (message.has_error()) return message.error();
        auto recipients = (*opened)->recipients_of(key.second);
        if (recipients.has_error()) return recipients.error();
        std::string ids = recipients->file + " names ";
        for (std::size_t i = 0; i < recipients->ids.size(); ++i)
            ids += (i == 0 ? "" : ", ") + recipients->ids[i];
        blobs_.emplace(key, entry->blob.hex());
        job_.known.emplace(key, job_.wanted.size());
        job_.wanted.push_back(
            {key.first, key.second, std::move(*message), std::move(ids), text.object, text.path, {}}
        );
        return {};
    }

    job& job_;
    const resolver_settings& settings_;
    std::vector<std::optional<password_store>> open_;
    std::map<std::pair<std::size_t, std::string>, bool> failed_;
    std::map<std::pair<std::size_t, std::string>, std::string> blobs_;
};

// ---- after decrypting
// --------------------------------------------------------------------------------------

error failure_of(const wanted_entry& entry, const usable_store& store, std::size_t max_plain_bytes) {
    const auto& detail = entry.opened.detail;
    const auto why = [&]() -> std::string {
        switch (entry.opened.outcome) {
        case decrypt_outcome::no_key:
            return detail + ". " + entry.recipients + ". Add the key to " + store.keys_from +
                   ", or encrypt the entry for it (pass init)";
        case decrypt_outcome::bad_passphrase:
            return "the private key " + detail + " is protected, and " +
                   (store.keys->passphrases.empty() ? "there is no passphrase" : "the passphrase is wrong") +
                   "; spec.passwordStore.passphraseSecretRef names the Secret that has it";
        case decrypt_outcome::expired_key:
            return "its key " + detail + ". Extend it (gpg --quick-set-expire), and put it into " +
                   store.keys_from + " again";
        case decrypt_outcome::revoked_key:
            return "its key " + detail +
                   " is revoked. Encrypt the store for another one (pass init), and put that into " +
                   store.keys_from;
        case decrypt_outcome::bad_data:
            return "its file is not an OpenPGP message, or is damaged (" + detail + ")";
        case decrypt_outcome::too_large:
            return "it is longer than " + std::to_string(max_plain_bytes >> 10U) +
                   " KiB, or all are together";
        default: return "gpg says: " + detail;
        }
    }();
    return user_error(named(store, entry.name) + " cannot be opened: " + why);
}

// Puts the values in, unless something is wrong.
void finish(job& j, std::size_t max_plain_bytes) {
    for (const auto& entry : j.wanted) {
        if (entry.opened.outcome != decrypt_outcome::done) {
            j.fail(entry, failure_of(entry, j.stores[entry.store], max_plain_bytes));
        }
    }
    const auto content_of = [&j](const reference& r) -> const wanted_entry& {
        std::size_t store = 0;
        while (r.store.empty() ? !j.stores[store].is_default : !same_repository(j.stores[store].url, r.store))
            ++store;
        return j.wanted[j.known.at({store, r.entry})];
    };
    for (const auto& text : j.found) {
        for (const auto& piece : text.pieces) {
            const auto* r = std::get_if<reference>(&piece);
            if (r == nullptr) continue;
            const auto& entry = content_of(*r);
            if (entry.opened.outcome != decrypt_outcome::done) continue;
            if (const auto value = select(*r, entry.opened.plain.view()); value.has_error()) {
                j.errors.all.push_back(error_at(
                    j.objects[text.object], text.path,
                    value.error().within(
                        named(j.stores[entry.store], r->entry) + ", field \"" + r->field + '"'
                    )
                ));
            }
        }
    }
    if (!j.errors.all.empty()) return;
    const auto put = put_in(j.objects, j.found, [&](const reference& r) {
        const auto value = select(r, content_of(r).opened.plain.view()).value(); // looked at above
        if (j.values) j.values->emplace_back(value);
        return value;
    });
    if (put.has_error()) j.errors = put.error();
}

asio::awaitable<result<void>> open_entries(std::shared_ptr<job> j, std::size_t store, decrypt_options with) {
    std::vector<std::string> messages;
    std::vector<wanted_entry*> entries;
    for (auto& entry : j->wanted) {
        if (entry.store != store) continue;
        messages.push_back(std::move(entry.message));
        entries.push_back(&entry);
    }
    auto opened = co_await decrypt(j->stores[store].keys, std::move(messages), std::move(with));
    if (opened.has_error()) co_return opened.error().within("password store " + j->stores[store].url);
    for (std::size_t i = 0; i < entries.size(); ++i)
        entries[i]->opened = std::move((*opened)[i]);
    co_return result<void>{};
}

} // namespace

resolver::resolver(asio::any_io_executor executor, worker_pool& pool, resolver_settings settings)
    : pool_{pool}, settings_{std::move(settings)}, keyrings_{std::move(executor), settings_.concurrency} {}

asio::awaitable<render::render_result<std::vector<render::manifest>>> resolver::resolve(
    std::vector<render::manifest> objects, std::vector<usable_store> stores, requester who, places where,
    std::shared_ptr<std::vector<sensitive>> values
) {
    auto j = std::make_shared<job>();
    j->objects = std::move(objects);
    j->stores = std::move(stores);
    j->who = std::move(who);
    j->where = where;
    j->values = std::move(values);
    auto collect = [j, settings = settings_](const auto& stop) {
        // For each reference to what is not there all entries are listed, to name the nearest.
        work_budget budget{"looking up entries of password stores", {}, stop};
        const work_budget::scope inside{budget};
        collector{*j, settings}.run();
        if (const auto& over = budget.over()) {
            j->errors.all.push_back({.kind = over->kind(), .message = over->message()});
        }
    };
    co_await on_pool(pool_, nullptr, std::move(collect));
    if (!j->errors.all.empty()) co_return std::move(j->errors);
    if (j->found.empty()) co_return std::move(j->objects);
    for (std::size_t i = 0; i < j->stores.size(); ++i) {
        const auto place = co_await keyrings_.enter();
        auto opened = co_await open_entries(j, i, settings_.decryption);
        if (opened.has_error()) {
            j->errors.all.push_back({.kind = opened.error().kind(), .message = opened.error().message()});
        }
    }
    if (!j->errors.all.empty()) co_return std::move(j->errors);
    auto end = [j, max = settings_.decryption.max_plain_bytes] { finish(*j, max); };
    co_await on_pool(pool_, std::move(end));
    if (!j->errors.all.empty()) co_return std::move(j->errors);
    co_return std::move(j->objects);
}

result<store_index> make_index(
    const std::vector<usable_store>& stores, const requester& who, const password_store_limits& limits
) {
    std::vector<indexed_store> indexed;
    for (const auto& store : stores) {
        if (!store.access.may_read_some(who)) continue;
        auto opened = password_store::open(store.at, store.path, store.url, limits);
        if (opened.has_error()) return opened.error();
        auto entries = opened->entries();
        if (entries.has_error()) return entries.error();
        indexed_store each{.urls = {store.url}, .is_default = store.is_default, .entries = {}};
        for (const auto& entry : *entries) {
            if (store.access.may_read(who, entry.name)) each.entries.emplace(entry.name, entry.blob.hex());
        }
        indexed.push_back(std::move(each));
    }
    return store_index{std::move(indexed)};
}

} // namespace holdfast::secrets
