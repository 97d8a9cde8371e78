#pragma once

#include "base/hash.hpp"
#include "git/parsed_tree.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace holdfast::git {

/// Trees that were read lately, for all readers: the folder in which many applications lie is parsed once,
/// not once for each look-up of each of them. Holds at most so many bytes; the least recently used make room.
/// Any thread.
class tree_cache {
public:
    explicit tree_cache(std::size_t max_bytes = std::size_t{8} << 20U) : max_bytes_{max_bytes} {}

    /// A tree of a repository. What one repository has is not found through another, whatever ids somebody
    /// writes into it.
    struct key {
        sha256_digest repository{};
        object_id tree;
        friend bool operator==(const key&, const key&) = default;
    };

    /// Null when it is not there.
    [[nodiscard]] std::shared_ptr<const parsed_tree> find(const key& of);
    /// One that would fill half of the room alone is not kept.
    void insert(const key& of, std::shared_ptr<const parsed_tree> tree);

    /// How many trees were inserted so far, each of which somebody had to read and parse. For tests.
    [[nodiscard]] std::uint64_t parsed() const;
    [[nodiscard]] std::size_t bytes() const;

private:
    struct hash {
        std::size_t operator()(const key& k) const noexcept { return std::hash<object_id>{}(k.tree); }
    };
    using entry = std::pair<key, std::shared_ptr<const parsed_tree>>;

    mutable std::mutex mutex_;
    std::size_t max_bytes_;
    std::size_t held_ = 0;
    std::uint64_t parsed_ = 0;
    std::list<entry> entries_; // the most recently used first
    std::unordered_map<key, std::list<entry>::iterator, hash> index_;
};

} // namespace holdfast::git
