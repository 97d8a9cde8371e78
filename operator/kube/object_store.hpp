#pragma once

#include "kube/collection_changes.hpp"
#include "kube/informer_handler.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

namespace holdfast::kube {

/// A handler that keeps of each object what `project` makes of it, and tells who cares what changed. Until
/// the first list is whole it says that there is nothing, and tells nothing; then all of it, one after the
/// other, with all of it to be found.
template <class T>
class object_store : public informer_handler {
public:
    struct callbacks {
        std::function<void(const object_name&, const T&)> added;
        /// The old and the new.
        std::function<void(const object_name&, const T&, const T&)> changed;
        /// What it was last known to be.
        std::function<void(const object_name&, const T&)> removed;
        /// After each list, when all that it changed was told.
        std::function<void()> synced;
        /// As informer_handler::trouble_changed().
        std::function<void()> trouble_changed;
    };

    explicit object_store(std::function<T(const json::object&)> project, callbacks tell = {})
        : project_{std::move(project)}, tell_{std::move(tell)} {}

    /// The first list was whole.
    [[nodiscard]] bool whole() const noexcept { return whole_; }
    [[nodiscard]] const T* find(const object_name& key) const {
        const auto it = entries_.find(key);
        return it == entries_.end() || !whole_ ? nullptr : &it->second.value;
    }
    [[nodiscard]] std::size_t size() const noexcept { return whole_ ? entries_.size() : 0; }
    /// Calls f(const object_name&, const T&) for each, in no order.
    template <class F>
    void for_each(F f) const {
        if (!whole_) {
            return;
        }
        for (const auto& [key, e] : entries_) {
            f(key, e.value);
        }
    }
    /// The server's answer to a write: passed over where the watch was faster, and before the first list.
    void note(const json::object& object) {
        const object_version now{.uid = uid_of(object), .resource_version = resource_version_of(object)};
        if (whole_ && change_of(version_of(object_name_of(object)), now, told_by::watch) != change::none) {
            put(object);
        }
    }

    [[nodiscard]] std::optional<object_version> version_of(const object_name& name) const override {
        const auto it = entries_.find(name);
        if (it == entries_.end()) {
            return std::nullopt;
        }
        return object_version{.uid = it->second.uid, .resource_version = it->second.resource_version};
    }
    void for_each_known(const std::function<void(const object_name&)>& see) const override {
        for (const auto& [key, e] : entries_) {
            see(key);
        }
    }
    void added(const json::object& object) override { put(object); }
    void changed(const json::object& object) override { put(object); }
    void removed(const object_name& name, std::string_view /*resource_version*/) override {
        if (auto node = entries_.extract(name); !node.empty()) {
            say(tell_.removed, node.key(), node.mapped().value);
        }
    }
    void synced() override {
        if (!std::exchange(whole_, true)) {
            for (const auto& [key, e] : entries_) {
                say(tell_.added, key, e.value);
            }
        }
        say(tell_.synced);
    }
    void trouble_changed() override {
        if (tell_.trouble_changed) {
            tell_.trouble_changed();
        }
    }

private:
    struct entry {
        std::string uid;
        std::string resource_version;
        T value;
    };

    void put(const json::object& object) {
        entry now{std::string{uid_of(object)}, std::string{resource_version_of(object)}, project_(object)};
        const auto [it, is_new] = entries_.try_emplace(object_name_of(object), std::move(now));
        if (is_new) {
            say(tell_.added, it->first, it->second.value);
        } else {
            const entry old = std::exchange(it->second, std::move(now));
            say(tell_.changed, it->first, old.value, it->second.value);
        }
    }
    template <class... Arguments>
    void
    say(const std::function<void(Arguments...)>& what,
        const std::type_identity_t<Arguments>&... values) const {
        if (what && whole_) {
            what(values...);
        }
    }

    std::function<T(const json::object&)> project_;
    callbacks tell_;
    std::unordered_map<object_name, entry> entries_;
    bool whole_ = false;
};

} // namespace holdfast::kube
