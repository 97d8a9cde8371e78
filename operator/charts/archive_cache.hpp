#pragma once

// Archives on disk, by their digest.

#include "base/async_semaphore.hpp"
#include "base/worker_pool.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace holdfast::charts {

/// An archive in the cache; it stays while `held` lives.
struct held_archive {
    /// 64 hexadecimal digits.
    std::string digest;
    std::string file;
    std::shared_ptr<const void> held;
};

/// What is on disk, below its directory, which belongs to one process:
///
///     lock
///     sha256/<digest>.tgz      its time is when it was used last
///     known/<hash>             the digest that somebody was given for a request, so that a restart needs no
///     network temporary/               in the making; emptied when it is opened
///
/// On the thread of its executor. What blocks is done on the pool, one thing at a time.
class archive_cache : public std::enable_shared_from_this<archive_cache> {
public:
    /// Reads what is there. Transient errors: the disk; another process has it.
    static result<std::shared_ptr<archive_cache>>
    open(asio::any_io_executor executor, worker_pool& pool, std::string directory, std::uint64_t max_bytes);
    virtual ~archive_cache() = default;

    /// The archive, if it is there and whole: it is read through when it is used first after a restart.
    virtual asio::awaitable<std::optional<held_archive>> find(std::string digest) = 0;
    /// Keeps the bytes of that digest, which the caller has verified. Those that nobody holds and nobody used
    /// for longest make room; a transient error when that is not enough.
    virtual asio::awaitable<result<held_archive>>
    keep(std::string digest, std::shared_ptr<const std::string> bytes) = 0;

    /// The digest noted for a request (64 hexadecimal digits stand for it); empty when there is none.
    [[nodiscard]] virtual std::string noted(const std::string& request) const = 0;
    virtual asio::awaitable<void> note(std::string request, std::string digest) = 0;

    /// Removes what is over the limit, and notes that lead to nothing.
    virtual asio::awaitable<void> housekeeping() = 0;
    [[nodiscard]] virtual std::uint64_t bytes() const noexcept = 0;
};

} // namespace holdfast::charts
