#include "push/replay_guard.hpp"

namespace holdfast::push {

bool replay_guard::knows(std::string_view what, time now) {
    forget(now);
    return known_.contains(sha256(what));
}

void replay_guard::remember(std::string_view what, time now) {
    const auto digest = sha256(what);
    if (known_.insert(digest).second) {
        order_.emplace_back(now, digest);
    }
    forget(now);
}

void replay_guard::forget(time now) {
    while (!order_.empty() && (order_.size() > most_ || now - order_.front().first > window_)) {
        known_.erase(order_.front().second);
        order_.pop_front();
    }
}

} // namespace holdfast::push
