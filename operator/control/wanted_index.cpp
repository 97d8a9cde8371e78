#include "control/wanted_index.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace holdfast::control {

namespace {

std::uint64_t hash_of(const std::string& cluster, const sync::object_id& id) {
    return std::hash<std::string>{}(cluster + "\n" + sync::to_string(id));
}

} // namespace

void wanted_index::set(
    const std::string& application, const std::string& cluster, const std::vector<sync::object_id>& objects
) {
    std::vector<std::uint64_t> now;
    now.reserve(objects.size());
    for (const auto& id : objects) {
        now.push_back(hash_of(cluster, id));
    }
    std::ranges::sort(now);
    const auto entry = objects_of_.try_emplace(application).first;
    if (entry->second == now) {
        return;
    }
    unindex(application, entry->second);
    for (const auto hash : now) {
        applications_of_.emplace(hash, &entry->first);
    }
    entry->second = std::move(now);
}

void wanted_index::forget(const std::string& application) {
    const auto known = objects_of_.find(application);
    if (known == objects_of_.end()) {
        return;
    }
    unindex(application, known->second);
    objects_of_.erase(known);
}

void wanted_index::unindex(const std::string& application, const std::vector<std::uint64_t>& objects) {
    for (const auto hash : objects) {
        auto [at, end] = applications_of_.equal_range(hash);
        const auto found = std::find_if(at, end, [&](const auto& one) { return *one.second == application; });
        if (found != end) {
            applications_of_.erase(found);
        }
    }
}

std::vector<std::string> wanted_index::wanting(const std::string& cluster, const sync::object_id& id) const {
    std::vector<std::string> all;
    const auto [begin, end] = applications_of_.equal_range(hash_of(cluster, id));
    for (auto at = begin; at != end; ++at) {
        all.push_back(*at->second);
    }
    std::ranges::sort(all);
    return all;
}

} // namespace holdfast::control
