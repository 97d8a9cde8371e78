#pragma once

#include "base/async.hpp"
#include "base/lru.hpp"
#include "base/worker_pool.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace holdfast::sources {

/// A file on disk for as long as somebody has this. Its content never changes.
struct downloaded_file {
    /// A hash of its content: the same text is the same content.
    std::string identity;
    std::string path;
    std::uint64_t bytes = 0;
};
using downloaded_file_ptr = std::shared_ptr<const downloaded_file>;

/// The files behind URLs that builds read, on disk. All together, and those of each namespace, take so much
/// and no more: those asked for longest ago go first, a namespace's own before those of others. One that a
/// build holds goes when the build has ended. Nothing is kept for the next process. On the loop's thread.
class downloaded_files {
public:
    struct limits {
        std::uint64_t total_bytes = std::uint64_t{512} << 20U;
        std::uint64_t namespace_bytes = std::uint64_t{128} << 20U;
        /// Entries are small; so many of each namespace.
        std::size_t namespace_files = 2'000;
    };

    /// Removes what a process before left in `directory`. The pool outlives this and every file of it.
    downloaded_files(std::string directory, worker_pool& pool, limits l);

    struct entry {
        downloaded_file_ptr file;
        /// When the server gave it.
        steady_clock::time_point fetched;
    };
    /// What was downloaded last of a URL for a namespace; null when that is not known any more. Valid until
    /// the next keep().
    [[nodiscard]] const entry* find(const std::string& namespace_, const std::string& url);

    /// Whether the file is still on the disk: somebody may empty the cache directory.
    asio::awaitable<bool> is_there(downloaded_file_ptr file);
    /// Writes what was downloaded, and lets go of others to make room. Error: transient for the disk.
    asio::awaitable<result<downloaded_file_ptr>>
    keep(std::string namespace_, std::string url, std::string content);

    [[nodiscard]] std::uint64_t total_bytes() const noexcept { return total_; }

private:
    /// What one namespace has, by URL.
    struct share {
        explicit share(std::size_t most) : files{most} {}
        std::uint64_t bytes = 0;
        lru_map<std::string, entry> files;
    };
    using shares = std::map<std::string, share>;

    /// Lets go of a file; of the whole share with its last one.
    void forget(shares::iterator whose, const std::string& url);
    void forget_oldest(shares::iterator whose);
    void make_room(const std::string& namespace_, std::uint64_t bytes);

    std::string directory_;
    worker_pool& pool_;
    limits limits_;
    shares shares_;
    std::uint64_t total_ = 0;
    std::uint64_t written_ = 0;
};

} // namespace holdfast::sources
