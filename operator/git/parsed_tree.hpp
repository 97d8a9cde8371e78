#pragma once

#include "base/error.hpp"
#include "files/tree_reader.hpp"
#include "git/object_id.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::git {

/// A tree object that was read once: its bytes as Git has them, checked, with an index over the names. A name
/// is found without a look at the others. Immutable; any thread.
class parsed_tree {
public:
    /// User errors: bytes that are no tree, and names that no checkout may have.
    static result<std::shared_ptr<const parsed_tree>> parse(std::string bytes, const object_id& id);

    /// The entry of that name, the first where a hostile tree has several.
    [[nodiscard]] std::optional<files::tree_entry> find(std::string_view name) const;
    /// All, in Git's order.
    [[nodiscard]] std::vector<files::tree_entry> entries() const;
    [[nodiscard]] std::size_t size() const noexcept { return by_name_.size(); }
    /// What it takes in memory.
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    explicit parsed_tree(std::string bytes) : bytes_{std::move(bytes)} {}
    struct raw_entry;
    [[nodiscard]] raw_entry at(std::size_t offset) const noexcept;
    [[nodiscard]] std::string_view name_at(std::size_t offset) const noexcept;

    std::string bytes_;
    /// Where entries begin, sorted by name.
    std::vector<std::uint32_t> by_name_;
};

} // namespace holdfast::git
