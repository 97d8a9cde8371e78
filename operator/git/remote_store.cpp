#include "git/remote_store.hpp"

#include "base/log.hpp"
#include "git/failure.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <unordered_set>

namespace holdfast::git {

namespace {

constexpr std::size_t max_other_refs = 64;
constexpr std::uint64_t least_room = std::uint64_t{1} << 20U;
constexpr std::chrono::minutes least_between_throwing_away{10};
constexpr std::string_view everything = "2147483647"; // git's own number for an unlimited depth

// Lands a flight in every case: whoever waits for it must not wait for ever.
template <class T>
class lander {
public:
    lander(std::shared_ptr<flight<result<T>>> f, error otherwise)
        : flight_{std::move(f)}, otherwise_{std::move(otherwise)} {}
    lander(const lander&) = delete;
    lander& operator=(const lander&) = delete;
    ~lander() {
        if (flight_) {
            flight_->land(otherwise_);
        }
    }
    void land(result<T> outcome) { std::exchange(flight_, nullptr)->land(std::move(outcome)); }

private:
    std::shared_ptr<flight<result<T>>> flight_;
    error otherwise_;
};

bool is_conflict(const error& e) noexcept {
    return e.kind() == error_kind::conflict;
}

} // namespace

remote_store::remote_store(std::shared_ptr<store_surroundings> around, std::string directory, url remote)
    : around_{std::move(around)},
      directory_{std::move(directory)},
      repository_{directory_ + "/repo.git"},
      remote_{std::move(remote)},
      remote_turn_{around_->executor, 1},
      last_used_{steady_clock::now()} {}

void remote_store::speak_with(const url& remote, std::shared_ptr<const credentials> c) {
    if (remote.text() != remote_.text()) {
        with_suffix_ = false;
    }
    remote_ = remote;
    credentials_ = std::move(c);
    last_used_ = steady_clock::now();
}

error remote_store::closed_error() const {
    return {error_kind::cancelled, remote_.text() + ": the operator is shutting down"};
}

error remote_store::too_large() const {
    return user_error(
        "fetching from " + remote_.text() + ": with the commits in use it would take more than the " +
        std::to_string(around_->options.limits.max_store_bytes >> 20U) +
        " MiB that one repository may take on disk"
    );
}

std::optional<snapshot> remote_store::known(const object_id& commit) {
    const auto at = commits_.find(commit);
    if (at == commits_.end()) {
        return std::nullopt;
    }
    auto token = at->second.token.lock();
    if (!token) {
        token = std::make_shared<const char>('p');
        at->second.token = token;
    }
    at->second.used = last_used_ = steady_clock::now();
    return snapshot{repository_, commit, std::move(token)};
}

// ---- what is on disk

asio::awaitable<result<void>> remote_store::prepare_files() {
    auto prepare = [path = repository_, name = remote_.normalised()] {
        return store_files::prepare(path, name);
    };
    auto commits = co_await on_pool(*around_->pool, std::move(prepare));
    if (!commits) {
        co_return commits.error();
    }
    auto measure = [path = repository_] { return store_files::measure(path); };
    size_ = co_await on_pool(*around_->pool, std::move(measure));
    commits_.clear();
    const auto now = steady_clock::now();
    for (const auto& c : *commits) {
        commits_.emplace(c, commit_entry{.token = {}, .used = now});
    }
    prepared_ = true;
    co_return result<void>{};
}

asio::awaitable<void> remote_store::run_prepare(self me, std::shared_ptr<prepare_flight> f) {
    lander<void> landing{f, me->closed_error()};
    auto outcome = co_await me->prepare_files();
    if (!outcome && is_conflict(outcome.error())) {
        co_await me->throw_away();
        outcome = co_await me->prepare_files();
    }
    me->preparing_.reset();
    landing.land(std::move(outcome));
}

asio::awaitable<result<void>> remote_store::ready() {
    if (around_->closed) {
        co_return closed_error();
    }
    if (prepared_) {
        co_return result<void>{};
    }
    auto f = preparing_;
    if (!f) {
        f = preparing_ = std::make_shared<prepare_flight>(around_->executor);
        around_->tasks.spawn("git prepare " + remote_.normalised(), run_prepare(shared_from_this(), f));
    }
    co_return co_await prepare_flight::wait(std::move(f));
}

asio::awaitable<void> remote_store::throw_away() {
    log::warn(
        "a store is damaged and is thrown away", {{"repository", remote_.text()}, {"directory", repository_}}
    );
    prepared_ = false;
    thrown_away_ = steady_clock::now();
    commits_.clear();
    newest_ = {};
    auto discard = [path = repository_, trash = around_->trash] {
        store_files::remove(store_files::set_aside(path, trash));
        return 0;
    };
    co_await on_pool(*around_->pool, std::move(discard));
}

asio::awaitable<result<snapshot>> remote_store::open(object_id commit) {
    const auto keep_alive = shared_from_this();
    if (auto is_ready = co_await ready(); !is_ready) {
        co_return is_ready.error();
    }
    if (auto s = known(commit)) {
        co_return std::move(*s);
    }
    co_return error{
        error_kind::not_found, "commit " + commit.hex() + " of " + remote_.text() + " is not in the store"
    };
}

asio::awaitable<void> remote_store::verify() {
    const auto keep_alive = shared_from_this();
    if (auto is_ready = co_await ready(); !is_ready) {
        co_return;
    }
    const auto turn = co_await remote_turn_.enter();
    if (co_await run_locally({"fsck", "--no-dangling", "--no-progress"}) != 0) {
        co_await throw_away();
    }
}

// ---- one exchange

asio::awaitable<remote_store::outcome> remote_store::exchange(
    std::string doing, std::vector<std::string> before, std::vector<std::string> after,
    std::chrono::milliseconds deadline, std::uint64_t max_file_bytes
) {
    outcome out;
    const url remote = remote_;
    const auto with = credentials_;
    bool token_renewed = false;
    for (;;) {
        git_call call;
        call.remote = &remote;
        call.with = with;
        if (with && with->app && remote.kind() != transport::ssh) {
            auto token = co_await around_->tokens->token(with);
            if (!token) {
                out.failure = token.error().within(doing);
                co_return out;
            }
            call.app_token = std::move(*token);
        }
        call.arguments = before;
        call.arguments.push_back(remote.text() + (with_suffix_ ? ".git" : ""));
        call.arguments.insert(call.arguments.end(), after.begin(), after.end());
        call.repository = repository_;
        call.deadline = deadline;
        call.connect_timeout = around_->options.limits.connect_timeout;
        call.max_output = around_->options.limits.max_list_bytes;
        call.max_file_bytes = max_file_bytes;
        call.path = around_->options.path;
        call.home = around_->home;
        const auto secrets = secrets_of(call);
        const auto app_token = call.app_token;

        ++exchanges_;
        const auto process = co_await around_->processes.enter();
        auto said = co_await run_git(std::move(call));
        if (!said) {
            out.failure = said.error().within(doing);
            co_return out;
        }
        if (said->status == 0) {
            out.output = std::move(said->output);
            co_return out;
        }
        const auto& words = said->error_output;
        const bool sends_credentials = with && (with->basic || with->bearer_token || with->app);
        if (sends_credentials && !with_suffix_ && says_redirect(words) && !remote.text().ends_with(".git") &&
            !remote.text().ends_with('/')) {
            with_suffix_ = true;
            continue;
        }
        failed_call failed;
        failed.doing = doing;
        failed.remote = &remote;
        failed.had_credentials = with && (sends_credentials || with->ssh_key);
        failed.status = said->status;
        failed.error_output = words;
        failed.secrets.assign(secrets.begin(), secrets.end());
        failed.directory = around_->options.directory;
        failed.size_limit = around_->options.limits.max_store_bytes;
        auto failure = explain(failed);
        if (failure.kind() == error_kind::forbidden && !app_token.empty() && !token_renewed) {
            // Revoked, or the clock of one of us is wrong: one fresh token, then it is an answer.
            around_->tokens->forget(app_token);
            token_renewed = true;
            continue;
        }
        with_suffix_ = with_suffix_ && !says_redirect(words);
        out.sha_not_allowed = says_sha_not_allowed(words);
        out.damaged = is_conflict(failure);
        out.failure = std::move(failure);
        co_return out;
    }
}

asio::awaitable<int> remote_store::run_locally(std::vector<std::string> arguments) {
    git_call call;
    call.arguments = std::move(arguments);
    call.repository = repository_;
    call.deadline = around_->options.limits.fetch_deadline;
    call.path = around_->options.path;
    call.home = around_->home;
    const auto name = call.arguments.front();
    const auto process = co_await around_->processes.enter();
    auto said = co_await run_git(std::move(call));
    if (!said) {
        log::warn(
            "git failed", {{"command", name}, {"directory", repository_}, {"error", said.error().message()}}
        );
        co_return -1;
    }
    if (said->status != 0) {
        log::warn(
            "git failed",
            {{"command", name}, {"directory", repository_}, {"error", scrub(said->error_output, {})}}
        );
    }
    co_return said->status;
}

// ---- listing

asio::awaitable<result<remote_store::listing>> remote_store::ask_for_refs() {
    std::vector<std::string> patterns{"HEAD", "refs/heads/*", "refs/tags/*"};
    patterns.insert(patterns.end(), other_refs_.begin(), other_refs_.end());
    const auto doing = "listing the refs of " + remote_.text();
    std::vector<std::string> before{"ls-remote", "--symref", "--quiet", "--"};
    auto said = co_await exchange(
        doing, std::move(before), std::move(patterns), around_->options.limits.list_deadline, 0
    );
    if (said.failure) {
        co_return std::move(*said.failure);
    }
    auto parsed = ref_list::parse(said.output);
    if (!parsed) {
        co_return parsed.error().within(doing);
    }
    co_return std::make_shared<const ref_list>(std::move(*parsed));
}

asio::awaitable<void> remote_store::run_listing(self me, std::shared_ptr<listing_flight> f) {
    lander<listing> landing{f, me->closed_error()};
    const auto turn = co_await me->remote_turn_.enter();
    // Who asks in this very moment takes part. From here on a caller may know of something that this listing
    // does not see yet.
    co_await asio::post(me->around_->executor, asio::use_awaitable);
    me->next_listing_.reset();
    auto refs = co_await me->ask_for_refs();
    if (refs) {
        me->refs_ = *refs;
        me->listed_ = steady_clock::now();
    }
    landing.land(std::move(refs));
}

asio::awaitable<result<remote_store::listing>> remote_store::list_refs(std::chrono::milliseconds max_age) {
    const auto keep_alive = shared_from_this();
    last_used_ = steady_clock::now();
    // In max_age's own unit: the longest of milliseconds does not fit into nanoseconds.
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - listed_);
    if (refs_ && max_age.count() > 0 && age <= max_age) {
        co_return refs_;
    }
    if (auto is_ready = co_await ready(); !is_ready) {
        co_return is_ready.error();
    }
    auto f = next_listing_;
    if (!f) {
        f = next_listing_ = std::make_shared<listing_flight>(around_->executor);
        around_->tasks.spawn("git listing " + remote_.normalised(), run_listing(shared_from_this(), f));
    }
    co_return co_await listing_flight::wait(std::move(f));
}

asio::awaitable<result<resolved_revision>>
remote_store::resolve(revision r, std::string tag_prefix, std::chrono::milliseconds max_age) {
    const auto keep_alive = shared_from_this();
    if (!r.moves()) {
        co_return git::resolve(r, {}, tag_prefix);
    }
    // Pull requests and the like are not in every listing: there may be a hundred thousand of them.
    std::string other;
    if (r.kind == revision::form::ref && !r.text.starts_with("refs/heads/") &&
        !r.text.starts_with("refs/tags/")) {
        other = r.text;
    } else if (r.kind == revision::form::name &&
               (r.text.starts_with("pull/") || r.text.starts_with("merge-requests/") ||
                r.text.starts_with("changes/") || r.text.starts_with("pull-requests/"))) {
        other = "refs/" + r.text;
    }
    if (!other.empty() && std::find(other_refs_.begin(), other_refs_.end(), other) == other_refs_.end()) {
        if (other_refs_.size() >= max_other_refs) {
            other_refs_.erase(other_refs_.begin());
        }
        other_refs_.push_back(other);
        max_age = {};
    }
    auto refs = co_await list_refs(max_age);
    if (!refs) {
        co_return refs.error();
    }
    auto found = git::resolve(r, **refs, tag_prefix);
    if (!found) {
        co_return found.error().within(remote_.text());
    }
    co_return found;
}

// ---- fetching

asio::awaitable<remote_store::outcome>
remote_store::fetch_once(std::vector<std::string> refspecs, std::string depth, std::uint64_t allowed) {
    const auto doing = "fetching from " + remote_.text();
    std::vector<std::string> before{
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--refmap=",
        "--no-recurse-submodules",
        "--update-shallow",
        "--force",
        "--depth=" + depth,
        "--"
    };
    co_return co_await exchange(
        doing, std::move(before), std::move(refspecs), around_->options.limits.fetch_deadline, allowed
    );
}

// By its SHA, which every server of today allows. Where one does not: by its ref, whose tip it may still be;
// and last with all of the history in which it must be.
asio::awaitable<remote_store::outcome>
remote_store::fetch_steps(resolved_revision what, std::uint64_t allowed) {
    const auto sha = what.commit.hex();
    std::vector<std::string> by_sha{"+" + sha + ":" + store_files::pin_name(what.commit)};
    auto out = co_await fetch_once(std::move(by_sha), "1", allowed);
    if (!out.sha_not_allowed) {
        co_return out;
    }
    const std::string tip = "refs/holdfast-tmp/tip";
    const auto is_here = [](const store_surroundings& around, std::string repository,
                            object_id commit) -> asio::awaitable<bool> {
        auto is_there = [repository, commit] {
            return store_files::check_commit(repository, commit).has_value() &&
                   store_files::pin(repository, commit).has_value();
        };
        co_return co_await on_pool(*around.pool, std::move(is_there));
    };
    if (!what.ref.empty()) {
        std::vector<std::string> by_ref{"+" + what.ref + ":" + tip};
        auto shallow = co_await fetch_once(by_ref, "1", allowed);
        if (shallow.failure) {
            co_return shallow;
        }
        if (co_await is_here(*around_, repository_, what.commit)) {
            co_return shallow;
        }
    }
    std::vector<std::string> all{
        "+refs/heads/*:refs/holdfast-tmp/heads/*", "+refs/tags/*:refs/holdfast-tmp/tags/*"
    };
    if (!what.ref.empty() && what.ref != "HEAD") {
        all = {"+" + what.ref + ":" + tip};
    }
    auto deep = co_await fetch_once(std::move(all), std::string{everything}, allowed);
    if (deep.failure) {
        co_return deep;
    }
    if (!co_await is_here(*around_, repository_, what.commit)) {
        deep.failure = error{
            error_kind::not_found, "commit " + sha + " is not in " +
                                       (what.ref.empty() ? "any branch or tag" : what.ref) + " of " +
                                       remote_.text() + ", and the server does not give it out by its SHA"
        };
    }
    co_return deep;
}

// Everything that a fetch changes on disk, and taking it back when it fails. Inside the remote turn.
asio::awaitable<result<void>> remote_store::bring(resolved_revision what, bool* damaged) {
    const auto limit = around_->options.limits.max_store_bytes;
    auto room = [&] { return limit > size_.bytes ? limit - size_.bytes : 0; };
    auto measure = [path = repository_] { return store_files::measure(path); };
    size_ = co_await on_pool(*around_->pool, std::move(measure));
    if (room() < std::max(least_room, limit / 16) && !commits_.empty()) {
        co_await tidy_inside(std::chrono::seconds{0}, true);
    }
    const auto allowed = room();
    if (allowed == 0) {
        co_return too_large();
    }
    auto take_mark = [path = repository_] { return store_files::take_mark(path); };
    const auto before = co_await on_pool(*around_->pool, std::move(take_mark));
    std::exception_ptr cancelled;
    result<void> outcome;
    try {
        auto fetched = co_await fetch_steps(what, allowed);
        *damaged = fetched.damaged;
        if (fetched.failure) {
            outcome = std::move(*fetched.failure);
            auto find_largest = [path = repository_, before] {
                return store_files::largest_pack_since(path, before);
            };
            const auto largest = co_await on_pool(*around_->pool, std::move(find_largest));
            if (largest >= allowed) {
                outcome = too_large();
                *damaged = false;
            }
        } else {
            auto check = [path = repository_, commit = what.commit] {
                auto checked = store_files::check_commit(path, commit);
                store_files::remove_refs(path, "refs/holdfast-tmp/");
                return checked;
            };
            outcome = co_await on_pool(*around_->pool, std::move(check));
            *damaged =
                !outcome && (is_conflict(outcome.error()) || outcome.error().kind() == error_kind::not_found);
        }
    } catch (...) {
        cancelled = std::current_exception();
    }
    if (cancelled || !outcome) {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        auto roll_back = [path = repository_, before, commit = what.commit] {
            store_files::unpin(path, {commit});
            store_files::roll_back(path, before);
            return 0;
        };
        co_await on_pool(*around_->pool, std::move(roll_back));
    }
    if (cancelled) {
        std::rethrow_exception(cancelled);
    }
    auto measure_again = [path = repository_] { return store_files::measure(path); };
    size_ = co_await on_pool(*around_->pool, std::move(measure_again));
    co_return outcome;
}

asio::awaitable<void>
remote_store::run_fetch(self me, resolved_revision what, std::shared_ptr<fetch_flight> f) {
    struct leave {
        remote_store* store;
        object_id commit;
        ~leave() { store->fetching_.erase(commit); }
    };
    lander<snapshot> landing{f, me->closed_error()};
    const leave leaving{me.get(), what.commit};
    const auto turn = co_await me->remote_turn_.enter();
    if (auto s = me->known(what.commit)) {
        landing.land(std::move(*s));
        co_return;
    }
    bool damaged = false;
    auto brought = co_await me->bring(what, &damaged);
    // Not again and again: what looks like damage of ours may be the server's.
    const bool may_be_ours =
        !me->thrown_away_ || steady_clock::now() - *me->thrown_away_ > least_between_throwing_away;
    if (!brought && damaged && may_be_ours) {
        co_await me->throw_away();
        brought = co_await me->prepare_files();
        if (brought) {
            brought = co_await me->bring(what, &damaged);
        }
    }
    if (!brought && is_conflict(brought.error())) {
        brought = transient_error(brought.error().message());
    }
    if (!brought) {
        landing.land(brought.error());
        co_return;
    }
    me->newest_ = what.commit;
    me->commits_[what.commit];
    landing.land(std::move(*me->known(what.commit)));
}

asio::awaitable<result<snapshot>> remote_store::fetch(resolved_revision what) {
    const auto keep_alive = shared_from_this();
    if (auto is_ready = co_await ready(); !is_ready) {
        co_return is_ready.error();
    }
    if (auto s = known(what.commit)) {
        co_return std::move(*s);
    }
    auto f = fetching_[what.commit];
    if (!f) {
        f = fetching_[what.commit] = std::make_shared<fetch_flight>(around_->executor);
        around_->tasks.spawn("git fetch " + remote_.normalised(), run_fetch(shared_from_this(), what, f));
    }
    co_return co_await fetch_flight::wait(std::move(f));
}

// ---- housekeeping

asio::awaitable<bool> remote_store::tidy(std::chrono::seconds keep, bool force) {
    const auto keep_alive = shared_from_this();
    if (!prepared_ || !remote_turn_.is_free()) {
        co_return false; // nobody uses it, or somebody does right now: next time
    }
    const auto turn = co_await remote_turn_.enter();
    co_return co_await tidy_inside(keep, force);
}

asio::awaitable<bool> remote_store::tidy_inside(std::chrono::seconds keep, bool force) {
    std::vector<object_id> doomed;
    const auto now = steady_clock::now();
    std::unordered_set<object_id> listed;
    if (refs_ && !force) {
        for (const auto& r : refs_->refs()) {
            listed.insert(r.commit());
        }
    }
    for (const auto& [commit, entry] : commits_) {
        if (entry.token.expired() && now - entry.used >= keep && commit != newest_ &&
            !listed.contains(commit)) {
            doomed.push_back(commit);
        }
    }
    for (const auto& commit : doomed) {
        commits_.erase(commit); // before the first wait: from here on nobody gets it
    }
    if (!doomed.empty()) {
        auto let_go = [path = repository_, doomed] {
            store_files::unpin(path, doomed);
            return 0;
        };
        co_await on_pool(*around_->pool, std::move(let_go));
    }
    const bool grown = !doomed.empty() && size_.bytes > 2 * bytes_when_packed_;
    if (!force && !grown && size_.packs <= around_->options.limits.max_packs) {
        co_return false;
    }
    // Readers keep what they have open and find the rest in the new pack. What was removed above is pruned.
    const bool packed = co_await run_locally({"repack", "-a", "-d", "-q"}) == 0 &&
                        co_await run_locally({"prune", "--expire=now"}) == 0 &&
                        co_await run_locally({"pack-refs", "--all"}) == 0;
    auto tidy = [path = repository_] {
        store_files::sweep(path);
        return store_files::measure(path);
    };
    size_ = co_await on_pool(*around_->pool, std::move(tidy));
    bytes_when_packed_ = size_.bytes;
    co_return packed;
}

} // namespace holdfast::git
