#pragma once

// All that a chart store knows and does. Not a public header: for the .cpp files of this folder.

#include "base/hash.hpp"
#include "base/lru.hpp"
#include "base/task_group.hpp"
#include "base/worker_pool.hpp"
#include "charts/archive_cache.hpp"
#include "charts/chart_store.hpp"
#include "charts/failures.hpp"
#include "charts/index.hpp"
#include "charts/registry.hpp"
#include "charts/web.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::charts {

/// Where a request leads.
struct place {
    /// Of a registry; else `repository` is an index's.
    std::optional<oci_address> registry;
    web_address repository;
    /// For messages.
    std::string shown;
    /// The repository and the credentials, as a key of caches.
    std::string identity;
};

/// User errors for names, addresses and credentials that cannot be.
result<place> place_of(const chart_request& what);

/// Held by every coroutine that runs in it, so that it outlives the store that made it.
class store_state : public std::enable_shared_from_this<store_state> {
public:
    using self = std::shared_ptr<store_state>;

    store_state(
        asio::any_io_executor e, worker_pool& p, chart_store_options o,
        std::shared_ptr<archive_cache> archives
    );

    static asio::awaitable<result<std::string>>
    resolve(self me, chart_request what, std::chrono::milliseconds max_age);
    static asio::awaitable<result<chart>> fetch(self me, chart_request what);
    static asio::awaitable<void> housekeeping(self me);
    void close();

private:
    using index_pointer = std::shared_ptr<const chart_index>;
    using tag_list = std::shared_ptr<const std::vector<std::string>>;
    struct kept_index {
        index_pointer index;
        std::string etag;
        std::string last_modified;
        steady_clock::time_point asked;
        // What it says was found to be otherwise: it is asked for again before it is used.
        bool doubted = false;
    };
    struct kept_tags {
        tag_list tags;
        steady_clock::time_point asked;
    };
    struct kept_manifest {
        tagged_manifest manifest;
        steady_clock::time_point asked;
    };
    // Bytes, the digest that they must have, and where they are from.
    struct brought {
        std::string bytes;
        std::string digest;
        std::string from;
    };
    template <class T>
    using flights = std::map<std::string, std::shared_ptr<flight<result<T>>>>;

    // ---- one exchange for all who want the same (chart_store.cpp)
    template <class T>
    asio::awaitable<result<T>>
    share(flights<T> store_state::* all, std::string key, std::string doing, asio::awaitable<result<T>> work);
    template <class T>
    static asio::awaitable<void>
    fly(self me, flights<T> store_state::* all, std::string key, std::string doing,
        std::shared_ptr<flight<result<T>>> f, asio::awaitable<result<T>> work);
    void note_failure(const std::string& key, const error& why);
    [[nodiscard]] error closed_error() const;

    // ---- archives (archives.cpp)
    // What stands for a version in the notes of the cache: as it was said to be (`said`: a digest in an index
    // or of a manifest), or whatever it is.
    static std::string note_key(const place& at, const chart_request& what, const std::string* said);
    asio::awaitable<std::optional<chart>> known(std::string note, chart_request what);
    asio::awaitable<result<chart>> take_in(
        place at, chart_request what, std::string said, std::string digest, std::string from,
        std::string bytes
    );

    // ---- chart repositories (repository.cpp)
    asio::awaitable<result<index_pointer>>
    index_of(place at, shared_credentials with, std::chrono::milliseconds max_age);
    asio::awaitable<result<index_pointer>> load_index(place at, shared_credentials with);
    void keep_index(const std::string& identity, kept_index kept);
    asio::awaitable<result<std::string>>
    resolve_in_index(place at, chart_request what, std::chrono::milliseconds max_age);
    asio::awaitable<result<chart>> fetch_from_index(place at, chart_request what);
    asio::awaitable<result<chart>> download(place at, chart_request what, index_entry entry);
    // Behind one URL of an entry; `digest` as the index says it, or empty.
    asio::awaitable<result<brought>> bring(place at, chart_request what, std::string url, std::string digest);
    asio::awaitable<result<std::string>> bytes_behind(place at, chart_request what, web_address where);

    // ---- registries (registry_charts.cpp)
    asio::awaitable<result<tag_list>>
    tags_of(place at, shared_credentials with, std::chrono::milliseconds max_age);
    asio::awaitable<result<tag_list>> load_tags(place at, shared_credentials with);
    asio::awaitable<result<tagged_manifest>>
    look_at(place at, std::string tag, shared_credentials with, std::chrono::milliseconds max_age);
    asio::awaitable<result<tagged_manifest>>
    load_manifest(place at, std::string tag, shared_credentials with);
    asio::awaitable<result<std::string>>
    tag_for(place at, std::string version, shared_credentials with, std::chrono::milliseconds max_age);
    asio::awaitable<result<std::string>>
    resolve_in_registry(place at, chart_request what, std::chrono::milliseconds max_age);
    asio::awaitable<result<chart>> fetch_from_registry(place at, chart_request what);
    asio::awaitable<result<chart>> pull(place at, chart_request what);
    asio::awaitable<result<std::string>>
    pull_bytes(oci_address of, shared_credentials with, std::string manifest_digest, tagged_manifest* found);

    asio::any_io_executor executor_;
    worker_pool& pool_;
    chart_store_options options_;
    std::shared_ptr<archive_cache> archives_;
    std::shared_ptr<web> web_;
    registries registries_;
    task_group tasks_;
    bool closed_ = false;

    lru_map<std::string, kept_index> indices_;
    lru_map<std::string, kept_tags> tags_{64};
    lru_map<std::string, kept_manifest> manifests_{4096};
    std::map<std::string, recent_failure> failures_;

    flights<index_pointer> loading_indices_;
    flights<tag_list> loading_tags_;
    flights<tagged_manifest> looking_;
    flights<chart> fetching_;
    // Each of those holds all of its bytes in memory.
    async_semaphore index_turns_;
    async_semaphore archive_turns_;
};

/// What of credentials goes to a host that is not the repository's: the way out.
shared_credentials way_out(const shared_credentials& with);

} // namespace holdfast::charts
