#include "charts/archive_cache.hpp"

#include "base/directory_lock.hpp"
#include "base/log.hpp"
#include "charts/archive_files.hpp"
#include "charts/manifest.hpp"

#include <algorithm>
#include <list>
#include <vector>

namespace holdfast::charts {

namespace {

constexpr std::size_t most_notes = 50'000;
constexpr std::string_view suffix = ".tgz";

class files_cache final : public archive_cache {
public:
    files_cache(
        asio::any_io_executor executor, worker_pool& pool, std::string directory, std::uint64_t max_bytes,
        directory_lock lock
    )
        : pool_{pool},
          directory_{std::move(directory)},
          max_bytes_{max_bytes},
          lock_{std::move(lock)},
          turn_{std::move(executor), 1} {}

    void take_stock() {
        auto files = archive_files::list(directory_ + "/sha256");
        std::ranges::sort(files, [](const auto& a, const auto& b) { return a.time > b.time; });
        for (const auto& f : files) {
            const auto digest = std::string_view{f.name}.substr(0, f.name.find('.'));
            if (!sha256_of(digest) || f.name != std::string{digest} + std::string{suffix}) {
                archive_files::remove(directory_ + "/sha256/" + f.name); // none of ours
                continue;
            }
            insert(std::string{digest}, f.size, false, entries_.end());
        }
        for (const auto& f : archive_files::list(directory_ + "/known")) {
            const auto digest = archive_files::read(directory_ + "/known/" + f.name, 64);
            if (sha256_of(f.name) && entries_by_digest_.contains(digest) && notes_.size() < most_notes) {
                notes_.emplace(f.name, digest);
            } else {
                archive_files::remove(directory_ + "/known/" + f.name);
            }
        }
    }

    asio::awaitable<std::optional<held_archive>> find(std::string digest) override {
        const auto keep_alive = shared_from_this();
        const auto turn = co_await turn_.enter();
        const auto at = entries_by_digest_.find(digest);
        if (at == entries_by_digest_.end()) {
            co_return std::nullopt;
        }
        auto found = hold(at->second);
        const bool whole = !at->second->verified;
        auto check = [path = found.file, size = at->second->size, digest, whole] {
            return archive_files::check(path, size, digest, whole);
        };
        if (co_await on_pool(pool_, std::move(check))) {
            at->second->verified = true; // the turn is ours: nothing has changed
            co_return found;
        }
        log::warn("a chart's archive is damaged and is thrown away", {{"file", found.file}});
        drop(at->second);
        std::vector<std::string> doomed{found.file};
        co_await unlink(std::move(doomed));
        co_return std::nullopt;
    }

    asio::awaitable<result<held_archive>>
    keep(std::string digest, std::shared_ptr<const std::string> bytes) override {
        const auto keep_alive = shared_from_this();
        const auto turn = co_await turn_.enter();
        if (const auto at = entries_by_digest_.find(digest); at != entries_by_digest_.end()) {
            co_return hold(at->second);
        }
        co_await make_room(bytes->size());
        if (total_ + bytes->size() > max_bytes_) {
            co_return transient_error(
                "all of the " + std::to_string(max_bytes_ >> 20U) +
                " MiB that charts may take on disk are in use"
            );
        }
        auto write = [temporary = directory_ + "/temporary", path = path_of(digest), bytes] {
            return archive_files::write(temporary, path, *bytes);
        };
        auto written = co_await on_pool(pool_, std::move(write));
        if (!written) {
            co_return written.error();
        }
        co_return hold(insert(std::move(digest), bytes->size(), true, entries_.begin()));
    }

    [[nodiscard]] std::string noted(const std::string& request) const override {
        const auto at = notes_.find(request);
        return at == notes_.end() ? std::string{} : at->second;
    }

    asio::awaitable<void> note(std::string request, std::string digest) override {
        const auto keep_alive = shared_from_this();
        auto& known = notes_[request];
        if (known == digest) {
            co_return;
        }
        known = digest;
        if (notes_.size() > most_notes) {
            co_await forget_notes();
        }
        const auto turn = co_await turn_.enter();
        auto write = [temporary = directory_ + "/temporary", path = directory_ + "/known/" + request,
                      digest] { return archive_files::write(temporary, path, digest); };
        auto written = co_await on_pool(pool_, std::move(write));
        if (!written) {
            log::warn("a note about a chart cannot be kept", {{"error", written.error().message()}});
        }
    }

    asio::awaitable<void> housekeeping() override {
        const auto keep_alive = shared_from_this();
        {
            const auto turn = co_await turn_.enter();
            co_await make_room(0);
        }
        co_await forget_notes();
    }

    [[nodiscard]] std::uint64_t bytes() const noexcept override { return total_; }

private:
    struct entry {
        std::string digest;
        std::uint64_t size = 0;
        bool verified = false;
        std::weak_ptr<const void> held;
    };
    using entry_list = std::list<entry>; // the one used last in front
    using entry_iterator = entry_list::iterator;

    [[nodiscard]] std::string path_of(const std::string& digest) const {
        return directory_ + "/sha256/" + digest + std::string{suffix};
    }

    entry_iterator insert(std::string digest, std::uint64_t size, bool verified, entry_iterator before) {
        const auto at = entries_.insert(
            before, entry{.digest = std::move(digest), .size = size, .verified = verified, .held = {}}
        );
        entries_by_digest_.emplace(at->digest, at);
        total_ += size;
        return at;
    }

    void drop(entry_iterator at) {
        total_ -= at->size;
        entries_by_digest_.erase(at->digest);
        entries_.erase(at);
    }

    held_archive hold(entry_iterator at) {
        entries_.splice(entries_.begin(), entries_, at);
        auto held = at->held.lock();
        if (!held) {
            held = std::make_shared<const char>('h');
            at->held = held;
        }
        return {.digest = at->digest, .file = path_of(at->digest), .held = std::move(held)};
    }

    // Within a turn.
    asio::awaitable<void> make_room(std::uint64_t wanted) {
        std::vector<std::string> doomed;
        for (auto it = entries_.end(); it != entries_.begin() && total_ + wanted > max_bytes_;) {
            --it;
            if (it->held.expired()) {
                doomed.push_back(path_of(it->digest));
                drop(it++);
            }
        }
        co_await unlink(std::move(doomed));
    }

    asio::awaitable<void> forget_notes() {
        std::vector<std::string> doomed;
        for (auto it = notes_.begin(); it != notes_.end();) {
            if (entries_by_digest_.contains(it->second)) {
                ++it;
                continue;
            }
            doomed.push_back(directory_ + "/known/" + it->first);
            it = notes_.erase(it);
        }
        while (notes_.size() > most_notes) {
            doomed.push_back(directory_ + "/known/" + notes_.begin()->first);
            notes_.erase(notes_.begin());
        }
        const auto turn = co_await turn_.enter();
        co_await unlink(std::move(doomed));
    }

    asio::awaitable<void> unlink(std::vector<std::string> paths) {
        if (paths.empty()) {
            co_return;
        }
        auto all = [paths = std::move(paths)] {
            for (const auto& path : paths) {
                archive_files::remove(path);
            }
            return 0;
        };
        co_await on_pool(pool_, std::move(all));
    }

    worker_pool& pool_;
    std::string directory_;
    std::uint64_t max_bytes_;
    directory_lock lock_;
    async_semaphore turn_;
    entry_list entries_;
    std::unordered_map<std::string, entry_iterator> entries_by_digest_;
    std::unordered_map<std::string, std::string> notes_;
    std::uint64_t total_ = 0;
};

} // namespace

result<std::shared_ptr<archive_cache>> archive_cache::open(
    asio::any_io_executor executor, worker_pool& pool, std::string directory, std::uint64_t max_bytes
) {
    if (auto ready = archive_files::make_directory(directory); !ready) {
        return ready.error();
    }
    auto lock = directory_lock::take(directory);
    if (!lock) {
        return lock.error();
    }
    if (auto ready = archive_files::prepare(directory); !ready) {
        return ready.error();
    }
    auto made = std::make_shared<files_cache>(
        std::move(executor), pool, std::move(directory), max_bytes, std::move(*lock)
    );
    made->take_stock();
    return std::shared_ptr<archive_cache>{std::move(made)};
}

} // namespace holdfast::charts
