#include "cluster/check_queue.hpp"

#include <utility>

namespace holdfast::cluster {

void check_queue::put(const kube::object_name& name, const json::object* live) {
    forget(name);
    const bool is_kept = live != nullptr && kept_ < most_kept;
    waiting_[name] = is_kept ? std::make_shared<const json::object>(*live) : nullptr;
    kept_ += is_kept ? 1 : 0;
    changed_.notify_all();
}

void check_queue::put_later(const kube::object_name& name, steady_clock::time_point when) {
    if (waiting_.contains(name) || when_.contains(name)) return;
    later_.emplace(when, name);
    when_.emplace(name, when);
    changed_.notify_all();
}

void check_queue::forget(const kube::object_name& name) {
    if (const auto found = waiting_.find(name); found != waiting_.end()) {
        kept_ -= found->second != nullptr ? 1 : 0;
        waiting_.erase(found);
    }
    if (const auto found = when_.find(name); found != when_.end()) {
        later_.erase({found->second, name});
        when_.erase(found);
    }
}

void check_queue::put_what_is_due(steady_clock::time_point now) {
    while (!later_.empty() && later_.begin()->first <= now) {
        put(kube::object_name{later_.begin()->second}, nullptr);
    }
}

asio::awaitable<check_queue::item> check_queue::next() {
    for (;;) {
        put_what_is_due(steady_clock::now());
        if (!waiting_.empty()) {
            auto node = waiting_.extract(waiting_.begin());
            kept_ -= node.mapped() != nullptr ? 1 : 0;
            co_return item{.name = std::move(node.key()), .live = std::move(node.mapped())};
        }
        if (later_.empty()) {
            co_await changed_.wait();
        } else {
            (void)co_await changed_.wait_until(later_.begin()->first);
        }
    }
}

} // namespace holdfast::cluster
