#pragma once

#include <functional>
#include <map>
#include <set>

namespace holdfast {

/// An index: sets of values by a key. A key without values takes no memory.
template <class Key, class Value>
class keyed_sets {
public:
    void add(const Key& key, const Value& value) { sets_[key].insert(value); }
    void remove(const Key& key, const Value& value) {
        const auto found = sets_.find(key);
        if (found == sets_.end()) {
            return;
        }
        found->second.erase(value);
        if (found->second.empty()) {
            sets_.erase(found);
        }
    }
    /// Valid until the next change: who changes something on the way takes a copy.
    template <class K>
    [[nodiscard]] const std::set<Value>& of(const K& key) const {
        static const std::set<Value> none;
        const auto found = sets_.find(key);
        return found == sets_.end() ? none : found->second;
    }
    [[nodiscard]] auto begin() const { return sets_.begin(); }
    [[nodiscard]] auto end() const { return sets_.end(); }
    /// The first entry whose key is not less than this one.
    template <class K>
    [[nodiscard]] auto from(const K& key) const {
        return sets_.lower_bound(key);
    }
    [[nodiscard]] bool empty() const noexcept { return sets_.empty(); }

private:
    std::map<Key, std::set<Value>, std::less<>> sets_;
};

} // namespace holdfast
