// Fetching: what brings a commit into the store.

#include "base/log.hpp"
#include "git/failure.hpp"
#include "git/remote_store.hpp"

#include <algorithm>
#include <exception>

namespace holdfast::git {

namespace {

constexpr std::uint64_t least_room = std::uint64_t{1} << 20U;
constexpr std::string_view everything = "2147483647"; // git's own number for an unlimited depth

} // namespace

asio::awaitable<remote_store::outcome>
remote_store::fetch_once(std::vector<std::string> refspecs, std::string depth, std::uint64_t allowed) {
    const auto doing = "fetching from " + remote_.text();
    for (;;) {
        std::vector<std::string> before{
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--refmap=",
            "--no-recurse-submodules",
            "--update-shallow",
            "--force"
        };
        if (!not_shallow_) {
            before.push_back("--depth=" + depth);
        }
        before.emplace_back("--");
        auto out = co_await exchange(
            doing, std::move(before), refspecs, around_->options.limits.fetch_deadline, allowed
        );
        if (!out.not_shallow || not_shallow_) {
            co_return out;
        }
        log::info("a server has whole histories only, so they are fetched", {{"repository", remote_.text()}});
        not_shallow_ = true;
    }
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
            auto measure_fetched = [path = repository_] { return store_files::measure(path); };
            auto check = [path = repository_, commit = what.commit] {
                auto checked = store_files::check_commit(path, commit);
                store_files::remove_refs(path, "refs/holdfast-tmp/");
                return checked;
            };
            outcome = co_await on_pool(*around_->pool, std::move(check));
            if (outcome && not_shallow_) {
                // Of a server of files many come, each of which is small enough.
                size_ = co_await on_pool(*around_->pool, std::move(measure_fetched));
                if (size_.bytes > limit) {
                    outcome = too_large();
                }
            }
            *damaged = !outcome && (outcome.error().kind() == error_kind::conflict ||
                                    outcome.error().kind() == error_kind::not_found);
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
        if (not_shallow_) {
            co_await run_locally({"prune", "--expire=now"}); // what came as single files
        }
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
    if (auto mended = co_await me->mend(); !mended) {
        landing.land(mended.error());
        co_return;
    }
    if (auto s = me->known(what.commit)) {
        landing.land(std::move(*s));
        co_return;
    }
    bool damaged = false;
    auto brought = co_await me->bring(what, &damaged);
    // Not again and again: what looks like damage of ours may be the server's.
    if (!brought && damaged && me->repairs_.may_repair(steady_clock::now())) {
        me->repairs_.repairs(steady_clock::now());
        co_await me->throw_away();
        brought = co_await me->ready();
        if (brought) {
            brought = co_await me->bring(what, &damaged);
        }
    }
    if (!brought && brought.error().kind() == error_kind::conflict) {
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
        around_->tasks.spawn_along(
            "git fetch " + remote_.normalised(), run_fetch(shared_from_this(), what, f)
        );
    }
    co_return co_await fetch_flight::wait(std::move(f));
}

} // namespace holdfast::git
