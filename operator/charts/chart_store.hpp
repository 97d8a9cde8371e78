#pragma once

#include "base/error.hpp"
#include "base/worker_pool.hpp"
#include "git/credentials.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

/// Helm charts out of chart repositories (https://…/index.yaml) and OCI registries (oci://…).
namespace holdfast::charts {

struct chart_request {
    /// "https://charts.example.com/stable", "oci://registry.example.com/charts", or as Argo CD's users write
    /// the latter, without a scheme: "registry-1.docker.io/bitnamicharts".
    std::string repository;
    /// The chart's name in it.
    std::string name;
    /// A version, or a range of Masterminds' grammar (match/semver.hpp); empty: the highest that is no
    /// prerelease.
    std::string version;
    /// nullptr: none.
    std::shared_ptr<const git::credentials> with;
    /// Credentials are sent also where the index leads to another host (spec.source.helm.passCredentials).
    bool pass_credentials = false;
};

/// A chart's archive in the cache.
struct chart {
    std::string name;
    std::string version;
    /// "sha256:…" of the archive.
    std::string digest;
    /// The .tgz on disk; it stays while `held` lives.
    std::string file;
    std::shared_ptr<const void> held;
};

struct chart_limits {
    std::chrono::milliseconds deadline{60'000};
    /// So long, at most, it is believed that something is not there: it may have been published since.
    std::chrono::milliseconds absence{10'000};
    std::size_t max_index_bytes = std::size_t{64} << 20U;
    std::size_t max_archive_bytes = std::size_t{20} << 20U;
    /// All archives on disk; beyond it those unused longest go.
    std::uint64_t max_total_bytes = std::uint64_t{1} << 30U;
    /// Indices in memory, parsed: how many, and what they may take together. Beyond it those unused longest
    /// go.
    std::size_t max_indices = 32;
    std::size_t max_index_memory = std::size_t{96} << 20U;
};

struct chart_store_options {
    /// Below it everything is ours. Made when it is not there.
    std::string directory;
    chart_limits limits;
};

/// Charts by their digest, downloaded once for everybody who has the same credentials. On the thread of its
/// executor; concurrent calls that want the same share one exchange. What failed is not tried again for a
/// moment, whoever asks. Destroyed, it ends what is under way: who waits gets cancelled.
class chart_store {
public:
    virtual ~chart_store() = default;

    /// The version that a request means now. What was found out is used again for `max_age`; zero asks.
    /// Errors: not_found for a repository, chart or version that is not there, naming the nearest versions
    /// or names that are; forbidden for refused credentials and certificates; user for an index or a range
    /// that cannot be read; transient for the network.
    virtual boost::asio::awaitable<result<std::string>>
    resolve(chart_request what, std::chrono::milliseconds max_age) = 0;

    /// Brings the archive of an exact version; at once, without the network, when it is there and nothing
    /// that resolve() found out says that the version is another by now. Its digest is that of the index or
    /// the manifest, or it is an error (transient: the other side is asked again later). Errors as above;
    /// user also for an archive that is not of this chart, or that no one should unpack.
    virtual boost::asio::awaitable<result<chart>> fetch(chart_request exactly) = 0;

    /// Removes what is over the limits. To be called every few minutes.
    virtual boost::asio::awaitable<void> housekeeping() = 0;
};

/// Reads what is in the directory, which belongs to one process at a time: transient errors when it is in use
/// or cannot be written. `pool` reads and writes the disk, and parses; it outlives the store.
result<std::unique_ptr<chart_store>>
make_chart_store(boost::asio::any_io_executor executor, worker_pool& pool, chart_store_options options);

/// A file behind an http or https URL, for kustomizations and value files that name one. Redirects are
/// followed; to another host, without the credentials. Errors as chart_store's.
boost::asio::awaitable<result<std::string>> download(
    boost::asio::any_io_executor executor, std::string url, std::shared_ptr<const git::credentials> with,
    std::size_t max_bytes, std::chrono::milliseconds deadline
);

} // namespace holdfast::charts
