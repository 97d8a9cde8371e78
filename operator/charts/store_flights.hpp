#pragma once

// How calls that want the same share one exchange: the templates of store_state.

#include "charts/store_state.hpp"

namespace holdfast::charts {

template <class T>
asio::awaitable<void> store_state::fly(
    self me, flights<T> store_state::* all, std::string key, std::string doing,
    std::shared_ptr<flight<result<T>>> f, asio::awaitable<result<T>> work
) {
    struct departure {
        flights<T>& from;
        const std::string& key;
        ~departure() { from.erase(key); }
    };
    lander<T> landing{std::move(f), me->closed_error()};
    const departure at_the_end{(*me).*all, key};
    auto outcome = co_await with_deadline(me->options_.limits.deadline, std::move(doing), std::move(work));
    if (outcome) {
        me->failures_.erase(key);
    } else {
        me->note_failure(key, outcome.error());
    }
    landing.land(std::move(outcome));
}

/// Joins the exchange that is under way for `key`, or starts `work`, which is not run otherwise. It goes on
/// when its callers are cancelled, for those that are not.
template <class T>
asio::awaitable<result<T>> store_state::share(
    flights<T> store_state::* all, std::string key, std::string doing, asio::awaitable<result<T>> work
) {
    const auto me = shared_from_this();
    if (closed_) {
        co_return closed_error();
    }
    auto& flying = (*this).*all;
    std::shared_ptr<flight<result<T>>> f;
    if (const auto there = flying.find(key); there != flying.end()) {
        f = there->second;
    } else {
        if (const auto failed = failures_.find(key); failed != failures_.end()) {
            if (auto why = failed->second.at(steady_clock::now())) {
                co_return *why;
            }
        }
        f = std::make_shared<flight<result<T>>>(executor_);
        flying.emplace(key, f);
        tasks_.spawn_along("charts: " + doing, fly<T>(me, all, key, doing, f, std::move(work)));
    }
    co_return co_await flight<result<T>>::wait(std::move(f));
}

} // namespace holdfast::charts
