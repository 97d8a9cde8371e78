#include "builders/cached_tree.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_entries = 500'000;

class cached_tree final : public render::source_tree {
public:
    explicit cached_tree(std::unique_ptr<render::source_tree> tree) : tree_{std::move(tree)} {}

    [[nodiscard]] std::string describe() const override { return tree_->describe(); }

    result<std::optional<render::source_entry>> find(std::string_view path) override {
        if (!root_) {
            auto root = tree_->find("");
            if (!root) return root.error();
            root_ = std::move(*root);
            if (!root_) return std::optional<render::source_entry>{};
        }
        auto at = *root_;
        while (!path.empty()) {
            if (at.kind != render::entry_kind::directory) return std::optional<render::source_entry>{};
            const auto name = path.substr(0, path.find('/'));
            path.remove_prefix(std::min(path.size(), name.size() + 1));
            const auto* const entries = known(at);
            if (entries == nullptr) return *failure_;
            const auto found = std::ranges::lower_bound(*entries, name, {}, [](const auto& e) {
                return std::string_view{e.name};
            });
            if (found == entries->end() || found->name != name) return std::optional<render::source_entry>{};
            at = *found;
        }
        return std::optional{std::move(at)};
    }

    result<std::vector<render::source_entry>> list(const render::source_entry& directory) override {
        const auto* const entries = known(directory);
        if (entries == nullptr) return *failure_;
        return *entries;
    }

    result<std::string> read(const render::source_entry& file, std::size_t limit) override {
        return tree_->read(file, limit);
    }

private:
    // The entries of a directory, sorted by name; nullptr: failure_ says why.
    const std::vector<render::source_entry>* known(const render::source_entry& directory) {
        if (const auto there = listings_.find(directory.id); there != listings_.end()) return &there->second;
        auto listed = tree_->list(directory);
        if (!listed) {
            failure_ = listed.error();
            return nullptr;
        }
        if (held_ + listed->size() > max_entries) {
            listings_.clear();
            held_ = 0;
        }
        held_ += listed->size();
        return &listings_.emplace(directory.id, std::move(*listed)).first->second;
    }

    std::unique_ptr<render::source_tree> tree_;
    std::optional<render::source_entry> root_;
    // By the id of the tree.
    std::unordered_map<std::string, std::vector<render::source_entry>> listings_;
    std::size_t held_ = 0;
    std::optional<error> failure_;
};

} // namespace

std::unique_ptr<render::source_tree> cached(std::unique_ptr<render::source_tree> tree) {
    return std::make_unique<cached_tree>(std::move(tree));
}

} // namespace holdfast::builders
