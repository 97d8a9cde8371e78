#pragma once

#include "kube/informer.hpp"
#include "kube/object.hpp"

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace holdfast::kube {

/// Which object of one kind.
struct object_name {
    std::string namespace_;
    std::string name;

    friend auto operator<=>(const object_name&, const object_name&) = default;
};

} // namespace holdfast::kube

template <>
struct std::hash<holdfast::kube::object_name> {
    std::size_t operator()(const holdfast::kube::object_name& key) const noexcept {
        const std::size_t a = std::hash<std::string>{}(key.namespace_);
        return std::hash<std::string>{}(key.name) ^ (a + 0x9e3779b97f4a7c15U + (a << 6U) + (a >> 2U));
    }
};

namespace holdfast::kube {

/// A handler that keeps of each object what `project` makes of it, and tells who cares what changed. New
/// contents replace the old at once: readers never see half of them. An object that comes again in the same
/// resource version is no change.
template <class T>
class object_store : public informer_handler {
public:
    struct callbacks {
        std::function<void(const object_name&, const T&)> added;
        /// The old and the new.
        std::function<void(const object_name&, const T&, const T&)> modified;
        /// What it was last known to be.
        std::function<void(const object_name&, const T&)> deleted;
    };

    explicit object_store(std::function<T(const json::object&)> project, callbacks tell = {})
        : project_{std::move(project)}, tell_{std::move(tell)} {}

    [[nodiscard]] const T* find(const object_name& key) const {
        const auto it = entries_.find(key);
        return it == entries_.end() ? nullptr : &it->second.value;
    }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    /// Calls f(const object_name&, const T&) for each, in no order.
    template <class F>
    void for_each(F f) const {
        for (const auto& [key, e] : entries_) {
            f(key, e.value);
        }
    }

    void begin_replace() override { next_.emplace(); }

    void changed(const json::object& object) override {
        object_name key{std::string{namespace_of(object)}, std::string{name_of(object)}};
        if (next_) {
            next_->insert_or_assign(std::move(key), entry_of(object));
            return;
        }
        const auto it = entries_.find(key);
        if (it == entries_.end()) {
            const auto added = entries_.emplace(std::move(key), entry_of(object)).first;
            tell_added(*added);
        } else if (it->second.resource_version != resource_version_of(object)) {
            const entry old = std::exchange(it->second, entry_of(object));
            tell_modified(it->first, old.value, it->second.value);
        }
    }

    void deleted(const json::object& object) override {
        const object_name key{std::string{namespace_of(object)}, std::string{name_of(object)}};
        if (next_) {
            next_->erase(key);
            return;
        }
        if (auto node = entries_.extract(key); !node.empty() && tell_.deleted) {
            tell_.deleted(node.key(), node.mapped().value);
        }
    }

    void end_replace() override {
        if (!next_) {
            return;
        }
        const auto old = std::exchange(entries_, std::move(*next_));
        next_.reset();
        for (const auto& [key, e] : old) {
            if (!entries_.contains(key) && tell_.deleted) {
                tell_.deleted(key, e.value);
            }
        }
        for (const auto& now : entries_) {
            const auto before = old.find(now.first);
            if (before == old.end()) {
                tell_added(now);
            } else if (before->second.resource_version != now.second.resource_version) {
                tell_modified(now.first, before->second.value, now.second.value);
            }
        }
    }

private:
    struct entry {
        std::string resource_version;
        T value;
    };
    using map = std::unordered_map<object_name, entry>;

    entry entry_of(const json::object& object) const {
        return entry{std::string{resource_version_of(object)}, project_(object)};
    }
    void tell_added(const typename map::value_type& now) const {
        if (tell_.added) {
            tell_.added(now.first, now.second.value);
        }
    }
    void tell_modified(const object_name& key, const T& before, const T& now) const {
        if (tell_.modified) {
            tell_.modified(key, before, now);
        }
    }

    std::function<T(const json::object&)> project_;
    callbacks tell_;
    map entries_;
    std::optional<map> next_;
};

} // namespace holdfast::kube
