#pragma once

#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "crds/application.hpp"
#include "crds/repository.hpp"
#include "kube/client.hpp"
#include "render/manifest_cache.hpp"
#include "secrets/access.hpp"
#include "secrets/resolver.hpp"
#include "sources/repositories.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::sources {

/// Secrets of one namespace that keys are in. A key of data, or all of them where it is empty.
struct key_secrets {
    std::string namespace_;
    std::string secret;
    std::string key;
    /// Empty: none.
    std::string passphrase;

    friend bool operator==(const key_secrets&, const key_secrets&) = default;
};

/// A password store that an application may use, and the commit at which it is now.
struct store_in_use {
    std::string url;
    /// Through whose Repositories it is reached, and where its keys are.
    std::string namespace_;
    std::string path;
    secrets::access_rules access;
    bool is_default = false;
    key_secrets keys;
    git::resolved_revision at;
};

/// The password stores of one application at one moment. Without a store in the cluster it is empty and costs
/// nothing.
struct stores_in_use {
    std::vector<store_in_use> stores;
    /// The repositories of all of them, of those that could not be looked at too.
    std::set<repository_use> repositories;
    /// Stores that could not be looked at: no concern of an application that names none of their entries.
    std::vector<error> failed;
    secrets::requester who;
    secrets::places places = secrets::places::secrets_only;
    /// What opens objects encrypted by SOPS.
    std::vector<key_secrets> sops;

    /// Changes whenever a store moves or is another one, or other rules hold for it. Empty without any.
    [[nodiscard]] std::string key() const;
};

/// Finds, reads and opens the password stores of applications: those that an Application names itself, and
/// the Repositories with a passwordStore whose rules let it read. On the loop's thread.
class secret_stores {
public:
    /// All outlive it.
    secret_stores(kube::client& api, repositories& sources, worker_pool& pool);

    /// Which stores an application may use, and where they are now.
    asio::awaitable<stores_in_use> look(const crds::application& value, refs_wanted how_new = {});

    /// Brings their commits; those that could not be looked at are left out. Errors: those of fetching.
    asio::awaitable<result<std::vector<secrets::usable_store>>> open(const stores_in_use& of);
    /// The same with what opens them. A store whose keys cannot be read is given without, and why is added to
    /// `failed`: it may be another one that the application needs.
    asio::awaitable<result<std::vector<secrets::usable_store>>>
    open_with_keys(const stores_in_use& of, std::vector<error>& failed);

    /// Identifies what these entries hold now: changes exactly when one of them does. Entries that are
    /// missing are no error here.
    asio::awaitable<result<std::string>>
    identify(const stores_in_use& of, std::vector<render::named_entry> entries);

    /// Names and ids of all entries that it may read, for builds that turn names into references.
    asio::awaitable<result<std::string>> index(const stores_in_use& of);

    /// What opens the objects that SOPS encrypted; null where the Application names no keys.
    asio::awaitable<result<std::shared_ptr<const secrets::sops_keys>>> sops_keys(const stores_in_use& of);

private:
    /// What a Repository's `allow` means, compiled.
    struct known_rules {
        std::vector<crds::password_store_access> allow;
        result<secrets::access_rules> compiled;
    };
    const result<secrets::access_rules>& rules_of(const crds::repository& of);

    asio::awaitable<result<json::object>> secret(std::string namespace_, std::string name);
    asio::awaitable<result<std::shared_ptr<const secrets::key_material>>> keys_of(const key_secrets& from);

    kube::client& api_;
    repositories& sources_;
    worker_pool& pool_;
    // By the Repository's namespace and name: a look at an application compiles nothing.
    std::map<std::string, known_rules> rules_;
};

} // namespace holdfast::sources
