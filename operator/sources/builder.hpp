#pragma once

#include "base/async.hpp"
#include "base/async_semaphore.hpp"
#include "base/fair_places.hpp"
#include "base/worker_pool.hpp"
#include "builders/plan_source.hpp"
#include "crds/application_status.hpp"
#include "kube/discovery.hpp"
#include "observe/metrics.hpp"
#include "render/manifest.hpp"
#include "render/manifest_cache.hpp"
#include "render/manifest_disk_cache.hpp"
#include "sandbox/sandbox.hpp"
#include "sources/build_memory.hpp"
#include "sources/build_secrets.hpp"
#include "sources/desired_set.hpp"
#include "sources/ignored_fields.hpp"
#include "sources/late_builds.hpp"
#include "sources/secret_stores.hpp"
#include "sources/source_identity.hpp"
#include "sources/work_shares.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::sources {

/// Makes manifests of sources, each build once for all who want the same. On the loop's thread; what blocks
/// is done on the pool, what is not ours in the sandbox.
class builder {
public:
    /// All outlive it.
    struct parts {
        asio::any_io_executor executor;
        worker_pool& pool;
        sandbox::runner& sandbox;
        secret_stores& stores;
        observe::metrics& counters;
    };
    struct settings {
        builders::build_settings builds;
        /// Finished builds that are held in memory, and on disk.
        std::size_t cache_bytes = std::size_t{16} << 20U;
        std::uint64_t disk_cache_bytes = std::uint64_t{1} << 30U;
        /// Of the builds on disk; empty: none are kept there.
        std::string cache_directory;
        /// How many builds by programs run at once: as many as the sandbox runs jobs. One tenant leaves a
        /// place to the others.
        std::size_t most_programs = 2;
        /// How many of them are run or waited for until they are read: each may print 64 MiB.
        std::size_t most_outputs = 4;
        /// Of memory in MiB, for all builds that are read at a time (build_memory.hpp); at least as much as
        /// the largest of them takes.
        std::size_t reading_mebibytes = 448;
        /// The same for the objects of applications that are worked on. Small ones are not counted.
        std::size_t objects_mebibytes = 256;
        /// Pieces of work of one tenant that are on the pool at a time: fewer than it has threads.
        std::size_t places_per_tenant = 1;
    };

    builder(parts with, settings s);

    /// What identifies each source's manifests, and how they are made. Errors are per source: those of
    /// identify_source.
    asio::awaitable<std::vector<result<identified>>>
    identify(std::vector<build_input> sources, work_owner owner);

    /// still_hold, on the pool.
    asio::awaitable<std::vector<bool>> compare_reads(std::vector<reads_check> checks, work_owner owner);

    /// The entries of password stores that finished builds refer to; nothing when one of them is not at hand.
    /// Of secret builds none: their keys cover the whole of the stores.
    asio::awaitable<std::optional<std::vector<render::named_entry>>>
    entries_of(std::vector<source_identity> identities);

    /// For find_ignored_fields.
    [[nodiscard]] jq_tools jq() const {
        return {with_.sandbox, with_.pool, settings_.builds.programs.builder};
    }

    struct built {
        std::shared_ptr<const desired_set> wanted;
        std::vector<render::named_entry> entries;
    };

    /// Builds, places and prepares the objects of all `sources` (with the keys that identify() gave), and
    /// puts values of secrets in. Errors list everything that is wrong, with file, document and line;
    /// cancelled when the owner no longer wants it.
    asio::awaitable<result<built>> build(
        std::vector<build_input> sources, std::vector<source_identity> identities, build_target target,
        std::shared_ptr<const kube::api_catalog> catalog, stores_in_use secrets, work_owner owner
    );

    /// Builds of a tenant that took too long are run again when they are asked for next.
    void retry(const std::string& tenant) { late_.retry(tenant); }

    /// Removes builds on disk that are over the bound.
    asio::awaitable<void> housekeeping();

private:
    using packed_ptr = std::shared_ptr<const render::packed_output>;
    using packed_flight = flight<result<packed_ptr>>;

    asio::awaitable<packed_ptr> find(render::build_key key);
    asio::awaitable<result<packed_ptr>> finished(build_input input, render::build_key key, work_owner owner);
    asio::awaitable<result<packed_ptr>> make(build_input input, render::build_key key, work_owner owner);
    asio::awaitable<result<packed_ptr>>
    make_secret(build_input input, const stores_in_use& secrets, work_owner owner);
    using store_ptr = build_secrets::store_ptr;
    struct made_source;
    asio::awaitable<result<std::shared_ptr<made_source>>>
    run_build(build_input input, store_ptr store, fair_places::place& place, work_owner owner);
    asio::awaitable<result<packed_ptr>>
    read(std::shared_ptr<made_source> from, std::optional<render::build_key> key, work_owner owner);
    asio::awaitable<std::optional<result<packed_ptr>>> read_within(
        std::shared_ptr<made_source> from, std::optional<render::build_key> key, build_allowance allowance,
        bool is_largest, work_owner owner
    );
    /// On the pool, when one of the owner's places there is free: the last thing that is waited for.
    template <class F>
    asio::awaitable<std::invoke_result_t<F&, std::shared_ptr<const work_stop>>>
    in_turn(work_owner owner, F work);

    parts with_;
    settings settings_;
    render::manifest_cache cache_;
    /// For what programs printed, until it was read; then for reading, then for objects (build_memory.hpp).
    /// Taken in this order, and nobody who has a later one waits for an earlier one, but for a build that is
    /// gone from the caches: nobody waits for objects_ while he reads.
    fair_places outputs_;
    fair_places programs_; // after a place in outputs_
    late_builds late_;
    async_semaphore reading_;
    async_semaphore objects_;
    std::optional<render::manifest_disk_cache> disk_;
    build_secrets secrets_;
    work_shares shares_;
    // A build, and where its source is: the repository and the directory.
    using place_of_build = std::pair<render::build_key, std::string>;
    std::map<place_of_build, std::shared_ptr<packed_flight>> under_way_;
};

} // namespace holdfast::sources
