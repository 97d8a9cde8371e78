#include "render/git_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::render {

namespace {

entry_kind kind_of(git::entry_mode mode) noexcept {
    switch (mode) {
    case git::entry_mode::tree: return entry_kind::directory;
    case git::entry_mode::symlink: return entry_kind::symlink;
    case git::entry_mode::submodule: return entry_kind::submodule;
    case git::entry_mode::file:
    case git::entry_mode::executable: break;
    }
    return entry_kind::file;
}

class git_tree final : public source_tree {
public:
    git_tree(std::unique_ptr<git::tree_reader> reader, std::string name)
        : reader_{std::move(reader)}, name_{std::move(name)} {}

    [[nodiscard]] std::string describe() const override {
        return fmt::format("revision {} of {}", reader_->commit().hex().substr(0, 10), name_);
    }

    result<std::optional<source_entry>> find(std::string_view path) override {
        return given(path, reader_->entry_at(path));
    }

    result<std::optional<source_entry>> step(std::string_view path) override {
        return given(path, reader_->step_at(path));
    }

    result<std::vector<source_entry>> list(const source_entry& directory) override {
        const auto entries = reader_->list(id_of(directory));
        if (!entries) return entries.error();
        std::vector<source_entry> listed;
        listed.reserve(entries->size());
        for (const git::tree_entry& entry : *entries) {
            listed.push_back({.name = entry.name, .kind = kind_of(entry.mode), .id = entry.id.hex()});
        }
        std::sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        return listed;
    }

    result<std::string> read(const source_entry& file, std::size_t limit) override {
        return reader_->blob(id_of(file), limit);
    }

private:
    static result<std::optional<source_entry>>
    given(std::string_view path, const result<git::tree_entry>& entry) {
        if (!entry) {
            if (entry.error().kind() == error_kind::not_found) return std::optional<source_entry>{};
            return entry.error();
        }
        const auto slash = path.rfind('/');
        return std::optional{source_entry{
            .name = std::string{slash == std::string_view::npos ? path : path.substr(slash + 1)},
            .kind = kind_of(entry->mode),
            .id = entry->id.hex(),
        }};
    }

    static git::object_id id_of(const source_entry& entry) {
        return git::object_id::from_hex(entry.id).value_or(git::object_id{});
    }

    std::unique_ptr<git::tree_reader> reader_;
    std::string name_;
};

} // namespace

std::unique_ptr<source_tree> make_git_tree(std::unique_ptr<git::tree_reader> reader, std::string name) {
    return std::make_unique<git_tree>(std::move(reader), std::move(name));
}

} // namespace holdfast::render
