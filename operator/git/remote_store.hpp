#pragma once

// The store of one repository, for store_manager.cpp.

#include "base/async_semaphore.hpp"
#include "base/task_group.hpp"
#include "base/worker_pool.hpp"
#include "git/git_process.hpp"
#include "git/github_app.hpp"
#include "git/http_refs.hpp"
#include "git/repair_pace.hpp"
#include "git/store.hpp"
#include "git/store_files.hpp"
#include "git/tree_cache.hpp"

#include <map>
#include <optional>
#include <unordered_map>

namespace holdfast::git {

/// What all stores of a manager share.
struct store_surroundings {
    asio::any_io_executor executor;
    worker_pool* pool = nullptr;
    store_manager_options options;
    async_semaphore processes;
    async_semaphore large_process;
    std::unique_ptr<app_tokens> tokens;
    http_refs refs;
    std::shared_ptr<tree_cache> trees = std::make_shared<tree_cache>();
    task_group tasks;
    /// HOME of children: empty, nobody writes there.
    std::string home;
    std::string trash;
    bool closed = false;

    store_surroundings(asio::any_io_executor e, worker_pool& p, store_manager_options o)
        : executor{e},
          pool{&p},
          options{std::move(o)},
          processes{e, options.max_processes},
          large_process{e, 1},
          tokens{make_app_tokens(e)},
          refs{e, options.limits.connect_timeout},
          tasks{e} {}

    /// A place for one run of git, and the memory that it may take.
    struct git_turn {
        async_semaphore::place large;
        async_semaphore::place processes;
        std::uint64_t memory = 0;
    };
    /// Waits for one; `large` is for a run that the memory of one place is not enough for.
    asio::awaitable<git_turn> enter(bool large);
};

class remote_store final : public store, public std::enable_shared_from_this<remote_store> {
public:
    using listing = std::shared_ptr<const ref_list>;

    remote_store(std::shared_ptr<store_surroundings> around, std::string directory, url remote);

    void speak_with(const url& remote, std::shared_ptr<const credentials> c);

    const url& remote() const noexcept override { return remote_; }
    const std::string& directory() const noexcept override { return repository_; }
    asio::awaitable<result<listing>> list_refs(std::chrono::milliseconds max_age) override;
    asio::awaitable<listing> last_listing() override;
    asio::awaitable<result<resolved_revision>>
    resolve(match::revision r, std::string tag_prefix, std::chrono::milliseconds max_age) override;
    asio::awaitable<result<snapshot>> fetch(resolved_revision what) override;
    asio::awaitable<result<snapshot>> open(object_id commit) override;
    asio::awaitable<result<std::string>> commit_bytes(object_id commit) override;
    asio::awaitable<result<std::string>>
    tag_bytes(object_id tag, std::string name, object_id commit) override;
    asio::awaitable<void> verify() override;
    std::uint64_t disk_bytes() const noexcept override { return size_.bytes; }
    std::uint64_t exchanges() const noexcept override { return exchanges_; }

    /// Lets go of commits unused for `keep`, and repacks when that is due (or `force`d). Gives true when it
    /// repacked.
    asio::awaitable<bool> tidy(std::chrono::seconds keep, bool force);

    [[nodiscard]] steady_clock::time_point last_used() const noexcept { return last_used_; }
    /// The directory that holds the repository and what is kept beside it.
    [[nodiscard]] const std::string& home() const noexcept { return directory_; }

private:
    using self = std::shared_ptr<remote_store>;
    using listing_flight = flight<result<listing>>;
    using fetch_flight = flight<result<snapshot>>;
    using prepare_flight = flight<result<void>>;

    struct commit_entry {
        std::weak_ptr<const void> token;
        steady_clock::time_point used;
    };

    // What came of one exchange with the remote.
    struct outcome {
        std::optional<error> failure;
        bool sha_not_allowed = false;
        bool not_shallow = false;
        bool damaged = false;
        std::string output;
    };

    static asio::awaitable<void> run_prepare(self me, std::shared_ptr<prepare_flight> f);
    static asio::awaitable<void> run_listing(self me, std::shared_ptr<listing_flight> f);
    static asio::awaitable<void> run_fetch(self me, resolved_revision what, std::shared_ptr<fetch_flight> f);

    asio::awaitable<result<void>> ready();
    asio::awaitable<result<void>> prepare_files();
    // Makes anew what somebody removed from the cache directory: all there is to lose is fetched again. To be
    // called inside the remote turn, before git is.
    asio::awaitable<result<void>> mend();
    asio::awaitable<result<listing>> ask_for_refs();
    // The text of a listing; nothing where git is to be asked, an error where no time is left for that.
    asio::awaitable<result<std::optional<std::string>>>
    ask_without_git(ref_selection which, std::chrono::milliseconds deadline);
    // Of a GitHub App for `remote`; empty where the credentials are none of an app's.
    asio::awaitable<result<std::string>> app_token(url remote, std::shared_ptr<const credentials> with);
    asio::awaitable<void> keep(std::string listing);
    asio::awaitable<result<void>> bring(resolved_revision what, bool* damaged);
    asio::awaitable<result<void>> bring_tag(object_id tag, std::string name, object_id commit);
    asio::awaitable<outcome> fetch_steps(resolved_revision what, std::uint64_t allowed);
    asio::awaitable<outcome>
    fetch_once(std::vector<std::string> refspecs, std::string depth, std::uint64_t allowed);
    asio::awaitable<outcome> exchange(
        std::string doing, std::vector<std::string> before, std::vector<std::string> after,
        std::chrono::milliseconds deadline, std::uint64_t max_file_bytes
    );
    // Where the server says to ask instead of at `call`'s remote.
    asio::awaitable<result<url>> ask_where(git_call call, bool with_credentials);
    asio::awaitable<int> run_locally(std::vector<std::string> arguments);
    asio::awaitable<void> throw_away();
    asio::awaitable<bool> tidy_inside(std::chrono::seconds keep, bool force);
    std::optional<snapshot> known(const object_id& commit);
    error closed_error() const;
    error too_large() const;

    std::shared_ptr<store_surroundings> around_;
    std::string directory_;
    std::string repository_;
    url remote_;
    std::shared_ptr<const credentials> credentials_;
    // Where the server led from `remote_`: a renamed repository, or one that wants ".git" at its end.
    std::optional<url> redirected_;
    bool not_shallow_ = false; // the server has whole histories only
    bool is_large_ = false;    // git needs more memory for it than for others

    async_semaphore remote_turn_;
    std::shared_ptr<prepare_flight> preparing_;
    bool prepared_ = false;
    repair_pace repairs_;

    listing refs_;
    bool is_kept_ = false; // what refs_ says is on disk, too
    steady_clock::time_point listed_{};
    std::shared_ptr<listing_flight> next_listing_;
    std::vector<std::string> other_refs_; // asked for beside heads and tags
    bool speaks_v2_ = false;              // refs have been listed over HTTP in protocol version 2
    steady_clock::time_point asks_git_until_{};

    std::unordered_map<object_id, commit_entry> commits_;
    std::map<object_id, std::shared_ptr<fetch_flight>> fetching_;
    object_id newest_;

    store_files::size size_;
    std::uint64_t bytes_when_packed_ = 0;
    std::uint64_t exchanges_ = 0;
    steady_clock::time_point last_used_;
};

} // namespace holdfast::git
