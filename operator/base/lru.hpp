#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace holdfast {

/// A map of at most so many entries: the least recently used one makes room.
template <class Key, class Value>
class lru_map {
public:
    explicit lru_map(std::size_t limit) : limit_{limit} {}

    /// Null when there is none; else it is the most recently used now. Valid until the next insert().
    [[nodiscard]] Value* find(const Key& key) {
        const auto it = index_.find(key);
        if (it == index_.end()) {
            return nullptr;
        }
        entries_.splice(entries_.begin(), entries_, it->second);
        return &it->second->second;
    }

    /// Replaces what is there.
    Value& insert(const Key& key, Value value) {
        if (auto* there = find(key)) {
            return *there = std::move(value);
        }
        if (entries_.size() >= limit_ && !entries_.empty()) {
            index_.erase(entries_.back().first);
            entries_.pop_back();
        }
        entries_.emplace_front(key, std::move(value));
        index_.emplace(key, entries_.begin());
        return entries_.front().second;
    }

    void erase(const Key& key) {
        if (const auto it = index_.find(key); it != index_.end()) {
            entries_.erase(it->second);
            index_.erase(it);
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] auto begin() { return entries_.begin(); }
    [[nodiscard]] auto end() { return entries_.end(); }

private:
    std::size_t limit_;
    std::list<std::pair<Key, Value>> entries_;
    std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator> index_;
};

} // namespace holdfast
