#pragma once

#include "base/error.hpp"
#include "base/worker_pool.hpp"
#include "git/credentials.hpp"
#include "git/revision.hpp"
#include "git/snapshot.hpp"
#include "git/url.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::git {

struct store_limits {
    /// For one listing of refs, and for one fetch.
    std::chrono::milliseconds list_deadline{30'000};
    std::chrono::milliseconds fetch_deadline{300'000};
    std::chrono::milliseconds connect_timeout{15'000};
    /// What a listing may print.
    std::size_t max_list_bytes = std::size_t{64} << 20U;
    /// What one repository may take on disk. A fetch that would go beyond is stopped and leaves nothing.
    std::uint64_t max_store_bytes = std::uint64_t{2} << 30U;
    /// A commit that no ref leads to any more and nobody read for so long is let go.
    std::chrono::seconds keep_commits{std::chrono::hours{24}};
    /// So many packs are made into one by housekeeping.
    std::size_t max_packs = 20;
};

/// A remote repository and what of it is on disk. Any number of calls at once, on the thread of its executor;
/// concurrent calls that want the same share one exchange with the remote, and one exchange with the remote
/// runs at a time. Its state outlives it until close() of its manager.
class store {
public:
    virtual ~store() = default;

    /// The URL, in the spelling given last: the case of its host and a default port are all that may differ.
    [[nodiscard]] virtual const url& remote() const noexcept = 0;
    /// The directory of the bare repository.
    [[nodiscard]] virtual const std::string& directory() const noexcept = 0;

    /// The remote's HEAD, branches and tags. One that is not older than `max_age` is given without asking;
    /// zero asks, and gives one that began after the call. Errors as for fetch.
    virtual boost::asio::awaitable<result<std::shared_ptr<const ref_list>>>
    list_refs(std::chrono::milliseconds max_age = {}) = 0;

    /// What it listed last, be it to a process before this one with the same directory; null: nothing is
    /// known. Asks nobody. From then on resolve() goes by it where any age will do.
    virtual boost::asio::awaitable<std::shared_ptr<const ref_list>> last_listing() = 0;

    /// The commit that `r` means now; asks the remote as list_refs does, and not at all for a full SHA.
    virtual boost::asio::awaitable<result<resolved_revision>>
    resolve(match::revision r, std::string tag_prefix = {}, std::chrono::milliseconds max_age = {}) = 0;

    /// Brings a commit into the store, without history, and gives it. At once when it is there. A ref that
    /// moved meanwhile does not matter: what is brought is this commit or an error. Errors: forbidden
    /// (credentials refused; the host key or certificate is not the one expected, with what to do), transient
    /// (unreachable, timeouts, disk full), not_found (no such repository or commit), user (too large). None
    /// holds a secret, and a failure leaves the store and the disk as they were.
    virtual boost::asio::awaitable<result<snapshot>> fetch(resolved_revision what) = 0;

    /// A commit that is there already; not_found when it is not. Never asks the remote.
    virtual boost::asio::awaitable<result<snapshot>> open(object_id commit) = 0;

    /// The bytes of a commit that is there, as its signature is over them; of at most 4 MiB. Never asks the
    /// remote. Errors: not_found, conflict for one that is damaged, user for one too large.
    virtual boost::asio::awaitable<result<std::string>> commit_bytes(object_id commit) = 0;

    /// The same for an annotated tag, which a ref of the remote leads to (`name`: "refs/tags/v1") and which
    /// names that commit. Brought when it is not there, and kept as long as the commit is. Errors as for
    /// fetch.
    virtual boost::asio::awaitable<result<std::string>>
    tag_bytes(object_id tag, std::string name, object_id commit) = 0;

    /// To be called when a reader reported a conflict (an object is missing or broken): unless git finds the
    /// store whole it is thrown away, and the next fetch starts anew.
    virtual boost::asio::awaitable<void> verify() = 0;

    /// What it takes on disk, in bytes, as of the last fetch or housekeeping.
    [[nodiscard]] virtual std::uint64_t disk_bytes() const noexcept = 0;
    /// How many exchanges with the remote there have been.
    [[nodiscard]] virtual std::uint64_t exchanges() const noexcept = 0;
};

struct store_manager_options {
    /// Below it everything is ours. Made when it is not there.
    std::string directory;
    store_limits limits;
    /// Host keys that are trusted for every repository, beside those of its own credentials.
    std::string known_hosts;
    /// All stores together; beyond it those unused longest go.
    std::uint64_t max_total_bytes = std::uint64_t{8} << 30U;
    /// A store that nobody opened or used for so long goes.
    std::chrono::seconds keep_stores{std::chrono::hours{24 * 7}};
    /// How many git processes may run at once, over all stores.
    std::size_t max_processes = 8;
    /// What one of them may take, in bytes. Where that is not enough for a repository, its runs take the
    /// places of all others but two, with the memory of these: one such run at a time.
    std::uint64_t process_memory = std::uint64_t{128} << 20U;
    /// The PATH of children.
    std::string path = "/usr/local/bin:/usr/bin:/bin";
};

/// All stores: one for each URL (url::identity) and owner. On the thread of its executor.
class store_manager {
public:
    virtual ~store_manager() = default;

    /// The store of what is at this URL, spoken to as the URL says and with these
    /// credentials (nullptr: none); calls under way go on with theirs. While someone holds it, it is not
    /// evicted. User errors: those of check(). Touches no disk: what is wrong there is told by the store's
    /// own calls.
    ///
    /// `owner` says whose credentials these are (empty: nobody's, there are none). What was brought with one
    /// owner's is never given to another, who may not be let in by the remote.
    virtual result<std::shared_ptr<store>>
    open(const url& remote, const std::string& owner, std::shared_ptr<const credentials> c) = 0;

    /// One round: lets go of commits that nobody needs, repacks stores with many packs, removes stores long
    /// unused or over the total, and what crashes left behind. Bounded: at most `at_most` stores are
    /// repacked. Readers are not disturbed. To be called every few minutes.
    virtual boost::asio::awaitable<void> housekeeping(std::size_t at_most = 4) = 0;

    /// Ends every exchange (their callers see `cancelled`) and waits for it. To be awaited before
    /// destruction.
    virtual boost::asio::awaitable<void> close() = 0;
};

/// `pool` does the reading of packs and directories; it outlives the manager. A transient error when the
/// directory cannot be made, a user error when git is not installed.
result<std::unique_ptr<store_manager>>
make_store_manager(boost::asio::any_io_executor executor, worker_pool& pool, store_manager_options options);

} // namespace holdfast::git
