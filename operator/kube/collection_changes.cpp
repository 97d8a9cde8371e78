#include "kube/collection_changes.hpp"

#include <utility>
#include <vector>

namespace holdfast::kube {

namespace {

std::string key_of(const object_name& name) {
    return name.namespace_ + '/' + name.name;
}

object_version version_in(const json::object& object) {
    return {.uid = uid_of(object), .resource_version = resource_version_of(object)};
}

bool is_past(const object_version& known, const object_version& now, told_by how) {
    return how == told_by::watch && is_older_version(now.resource_version, known.resource_version);
}

} // namespace

change
change_of(const std::optional<object_version>& known, const object_version& now, told_by how) noexcept {
    if (!known) {
        return change::added;
    }
    if (is_past(*known, now, how)) {
        return change::none;
    }
    if (!known->uid.empty() && !now.uid.empty() && known->uid != now.uid) {
        return change::replaced;
    }
    const bool same = !known->resource_version.empty() && known->resource_version == now.resource_version;
    return same && how != told_by::list_of_any_time ? change::none : change::changed;
}

void collection_changes::begin_list(told_by how) {
    how_ = how;
    listed_.clear();
    handler_.list_begins();
}

void collection_changes::there_is(const json::object& object) {
    const auto name = object_name_of(object);
    if (in_list()) {
        listed_.insert(key_of(name));
    }
    const auto now = version_in(object);
    switch (change_of(handler_.version_of(name), now, how_)) {
    case change::none: break;
    case change::added: handler_.added(object); break;
    case change::changed: handler_.changed(object); break;
    case change::replaced:
        handler_.removed(name, now.resource_version);
        handler_.added(object);
        break;
    }
}

void collection_changes::is_gone(const json::object& object) {
    const auto name = object_name_of(object);
    if (in_list()) {
        listed_.erase(key_of(name));
    }
    const auto known = handler_.version_of(name);
    if (known && !is_past(*known, version_in(object), how_)) {
        handler_.removed(name, resource_version_of(object));
    }
}

void collection_changes::end_list(std::string_view resource_version, bool store_went_back) {
    if (!in_list()) {
        return;
    }
    how_ = told_by::watch;
    const auto listed = std::exchange(listed_, {});
    if (store_went_back) {
        handler_.store_went_back();
    }
    std::vector<object_name> gone;
    handler_.for_each_known([&](const object_name& name) {
        if (!listed.contains(key_of(name))) {
            gone.push_back(name);
        }
    });
    for (const auto& name : gone) {
        handler_.removed(name, resource_version);
    }
    handler_.synced();
}

} // namespace holdfast::kube
