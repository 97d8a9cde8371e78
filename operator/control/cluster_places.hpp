#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace holdfast::control {

/// How many applications of one cluster other than the operator's own are reconciled side by side: of those that
/// can be at all only a few, so that a cluster which answers slowly, or ceases to answer, leaves places for
/// the others. On the loop's thread.
class cluster_places {
public:
    explicit cluster_places(std::size_t of_each) : of_each_{of_each} {}

    /// False: all places of that cluster are taken, and `application` waits for one. Of the operator's own cluster
    /// (empty) there are always some.
    bool take(const std::string& cluster, const std::string& application) {
        if (cluster.empty()) {
            return true;
        }
        auto& one = clusters_[cluster];
        if (one.taken < of_each_) {
            ++one.taken;
            return true;
        }
        if (one.is_waiting.insert(application).second) {
            one.waiting.push_back(application);
        }
        return false;
    }

    /// After take() gave one. The application that is to try again, where one waits.
    std::optional<std::string> give_back(const std::string& cluster) {
        const auto found = clusters_.find(cluster);
        if (found == clusters_.end()) {
            return std::nullopt;
        }
        auto& one = found->second;
        --one.taken;
        if (one.waiting.empty()) {
            if (one.taken == 0) {
                clusters_.erase(found);
            }
            return std::nullopt;
        }
        auto next = std::move(one.waiting.front());
        one.waiting.pop_front();
        one.is_waiting.erase(next);
        return next;
    }

private:
    struct places {
        std::size_t taken = 0;
        std::deque<std::string> waiting;
        std::set<std::string> is_waiting;
    };
    std::size_t of_each_;
    std::map<std::string, places> clusters_;
};

} // namespace holdfast::control
