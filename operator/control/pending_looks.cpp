#include "control/pending_looks.hpp"

#include <algorithm>

namespace holdfast::control {

void pending_looks::begin_move(const std::string& url, time_point now) {
    auto& [count, since] = moving_[url];
    ++count;
    since = now;
}

void pending_looks::end_move(const std::string& url) {
    const auto found = moving_.find(url);
    if (found != moving_.end() && --found->second.first <= 0) {
        moving_.erase(found);
    }
}

void pending_looks::expect(
    const std::string& url, const std::string& namespace_, const std::string& application, time_point now
) {
    drop_idle(now);
    const place where{url, namespace_};
    groups_[where].waiting[application] = {.since = looks_, .until = now + longest_wait};
    places_of_[application].insert(where);
}

void pending_looks::end_look(
    const std::string& application, std::uint64_t begun, bool knows, time_point now
) {
    const auto places = places_of_.find(application);
    if (places == places_of_.end()) {
        return;
    }
    for (auto at = places->second.begin(); at != places->second.end();) {
        const auto where = *at;
        auto& all = groups_[where];
        const auto waiting = all.waiting.find(application);
        if (waiting != all.waiting.end() && waiting->second.since >= begun) {
            ++at; // a newer state than the one that was looked at
            continue;
        }
        if (!knows && waiting != all.waiting.end() && now < waiting->second.until) {
            waiting->second.until = std::min(waiting->second.until, now + longest_repair);
            ++at;
            continue;
        }
        all.waiting.erase(application);
        all.last = application;
        all.last_end = now;
        at = places->second.erase(at);
        if (all.waiting.empty()) {
            idle_.emplace_back(now, where);
        }
    }
    if (places->second.empty()) {
        places_of_.erase(places);
    }
}

void pending_looks::forget(const std::string& application) {
    const auto places = places_of_.find(application);
    if (places == places_of_.end()) {
        return;
    }
    for (const auto& where : places->second) {
        auto& all = groups_[where];
        all.waiting.erase(application);
        if (all.waiting.empty()) {
            idle_.emplace_back(steady_clock::now(), where);
        }
    }
    places_of_.erase(places);
}

bool pending_looks::is_moving(const std::vector<std::string>& urls, time_point now) const {
    return std::ranges::any_of(urls, [&](const std::string& url) {
        const auto found = moving_.find(url);
        return found != moving_.end() && now < found->second.second + longest_repair;
    });
}

bool pending_looks::is_pending(const std::string& application, time_point now) const {
    const auto places = places_of_.find(application);
    return places != places_of_.end() && std::ranges::any_of(places->second, [&](const place& where) {
               const auto& waiting = groups_.at(where).waiting;
               const auto found = waiting.find(application);
               return found != waiting.end() && now < found->second.until;
           });
}

std::optional<std::string> pending_looks::awaited(
    const std::vector<std::string>& urls, const std::set<std::string>& namespaces, const std::string& except,
    time_point now
) const {
    if (is_moving(urls, now)) {
        return std::string{};
    }
    for (const auto& url : urls) {
        for (const auto& namespace_ : namespaces) {
            const auto found = groups_.find({url, namespace_});
            if (found == groups_.end()) {
                continue;
            }
            const auto& all = found->second;
            for (const auto& [application, one] : all.waiting) {
                if (application != except && now < one.until) {
                    return application;
                }
            }
            if (!all.last.empty() && all.last != except && now < all.last_end + aftermath) {
                return all.last;
            }
        }
    }
    return std::nullopt;
}

// Kept while its last look is waited out; then it is as good as none.
void pending_looks::drop_idle(time_point now) {
    while (!idle_.empty() && idle_.front().first + aftermath <= now) {
        const auto found = groups_.find(idle_.front().second);
        if (found != groups_.end() && found->second.waiting.empty() &&
            found->second.last_end + aftermath <= now) {
            groups_.erase(found);
        }
        idle_.pop_front();
    }
}

} // namespace holdfast::control
