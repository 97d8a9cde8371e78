#include "git/tree_cache.hpp"

namespace holdfast::git {

namespace {
// Of an entry beside the tree: nodes of the list and the index.
constexpr std::size_t overhead = 200;
} // namespace

std::shared_ptr<const parsed_tree> tree_cache::find(const key& of) {
    const std::lock_guard lock{mutex_};
    const auto found = index_.find(of);
    if (found == index_.end()) {
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->second;
}

void tree_cache::insert(const key& of, std::shared_ptr<const parsed_tree> tree) {
    const auto size = tree->bytes() + overhead;
    const std::lock_guard lock{mutex_};
    ++parsed_;
    if (size > max_bytes_ / 2 || index_.contains(of)) {
        return;
    }
    while (held_ + size > max_bytes_) {
        held_ -= entries_.back().second->bytes() + overhead;
        index_.erase(entries_.back().first);
        entries_.pop_back();
    }
    held_ += size;
    entries_.emplace_front(of, std::move(tree));
    index_.emplace(of, entries_.begin());
}

std::uint64_t tree_cache::parsed() const {
    const std::lock_guard lock{mutex_};
    return parsed_;
}

std::size_t tree_cache::bytes() const {
    const std::lock_guard lock{mutex_};
    return held_;
}

} // namespace holdfast::git
